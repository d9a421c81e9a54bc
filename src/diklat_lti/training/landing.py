"""Receives an arrival: finds or makes person, course, placement and enrolment, and says which page comes first.

This is the hot path: one look at everything that is known, then only the inserts that are missing (architecture.md).
Its statements are built once and run on the connection: to build one anew costs five times as much as to run it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, func, insert, literal, select, update

from diklat_lti.database import WriteSession, session_on
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.cohort import Cohort, Placement
from diklat_lti.models.grade import GradeDelivery
from diklat_lti.models.people import BrowserSession, Course, Launch, Member, Person
from diklat_lti.models.platform import Platform
from diklat_lti.models.progress import Enrolment
from diklat_lti.training import access, enrolments, placements, review, role_requests, verdict
from diklat_lti.training.arrival import Arrival, ArrivedBrowser

STAFF = timedelta(hours=12)
FRAMED_LEARNER = timedelta(hours=24)
LONGEST = timedelta(days=120)
UNKNOWN_BROWSER = ArrivedBrowser()


@dataclass(frozen=True)
class Landing:
    """The first page after a launch, and the launch's row."""

    path: str
    launch_id: int


@dataclass(frozen=True)
class Known:
    """What is known of the one who came; ids are None where there is no such row."""

    person_id: int
    course_id: int | None
    placement_id: int | None
    cohort_id: int | None
    module_key: str | None
    enrolment_id: int | None
    enrolment_ends: datetime | None
    turned_away: bool
    """Whether the LMS refused this learner's grade for want of an enrolment."""
    was_instructor: bool
    marked: str | None
    rules_seq: int | None
    """The cohort's, if the link was known before."""
    session_id: int | None
    """The browser's session, where it brought one of this person along."""
    session_ends: datetime | None


def arrive(
    connection: Connection,
    arrival: Arrival,
    real_now: datetime,
    now: datetime,
    browser: ArrivedBrowser = UNKNOWN_BROWSER,
) -> Landing:
    """`real_now` is the protocol's clock (how long the launch is good for), `now` the training's (when somebody enrolled).

    May raise IntegrityError where two launches make the same row at once: run it through `Database.write_again`.
    """
    known = _recognise(connection, arrival, browser, real_now, now)
    path, ends = _lead(connection, arrival, known, now)
    expires_at = real_now + _lifetime(arrival, ends, now)
    session_id = _browser_session(connection, browser, known, real_now, expires_at)
    values = _launch_values(arrival, browser.family, known, path, session_id, real_now, expires_at)
    launch_id = connection.execute(_NEW_LAUNCH, values).scalar_one()
    if "{launch}" in path:
        path = path.format(launch=launch_id)
        connection.execute(update(Launch).where(Launch.id == launch_id).values(led_to=path))
    return Landing(path, launch_id)


def _recognise(
    connection: Connection, arrival: Arrival, browser: ArrivedBrowser, real_now: datetime, now: datetime
) -> Known:
    row = _look(connection, arrival, browser, real_now)
    person_id = row.person_id
    if person_id is None:
        person_id = _new_person(connection, arrival, now)
    else:
        _update_person(connection, person_id, arrival, row)
    course_id, placement_id, cohort_id, module_key = row.course_id, row.placement_id, row.cohort_id, row.module_key
    if arrival.course is not None:
        if course_id is None:
            course_id = _new_course(connection, arrival, now)
        else:
            _update_course(connection, course_id, arrival, row)
        _see_member(connection, course_id, person_id, row, arrival, now)
        if arrival.link is not None and not placements.is_settled(arrival, row):
            with session_on(connection) as session:
                placed = placements.place(session, arrival, course_id, row, now)
            placement_id, cohort_id, module_key = placed.placement_id, placed.cohort_id, placed.module_key
    enrolment_id, ends = row.enrolment_id, row.enrolment_ends
    if cohort_id is not None and cohort_id != row.cohort_id:  # the link has only now been recognised
        enrolment_id, ends = enrolments.find(connection, cohort_id, person_id)
    return Known(
        person_id, course_id, placement_id, cohort_id, module_key, enrolment_id, ends, row.turned_away,
        row.instructor_at is not None, row.marked,
        row.rules_seq if cohort_id == row.cohort_id else None, row.session_id, row.session_ends,
    )  # fmt: skip


def _look(connection: Connection, arrival: Arrival, browser: ArrivedBrowser, real_now: datetime) -> Any:
    """One row with everything that may be known already."""
    who = {
        "platform": arrival.platform_id,
        "sub": arrival.sub,
        "context": arrival.course.context_id if arrival.course else None,
        "deployment": arrival.deployment_row,
        "link": arrival.link.resource_link_id if arrival.link else None,
        "session": browser.session,
        "real_now": real_now,
    }
    return connection.execute(_LOOK, who).one()


def _personal(arrival: Arrival) -> dict[str, str | None]:
    return {
        "name": arrival.name,
        "given_name": arrival.given_name,
        "family_name": arrival.family_name,
        "email": arrival.email,
    }


def _of_course(arrival: Arrival) -> dict[str, str | None]:
    assert arrival.course is not None
    return {
        "title": arrival.course.title,
        "label": arrival.course.label,
        "lineitems_url": arrival.lineitems_url,
        "memberships_url": arrival.memberships_url,
    }


def _fresh(said: dict[str, str | None], row: Any) -> dict[str, str]:
    """What the LMS says now and did not say before; what it leaves out (privacy switches) stays as it was."""
    return {key: value for key, value in said.items() if value is not None and value != getattr(row, key)}


def _new_person(connection: Connection, arrival: Arrival, now: datetime) -> int:
    values = {"platform_id": arrival.platform_id, "sub": arrival.sub, "created_at": now, **_personal(arrival)}
    return connection.execute(_NEW_PERSON, values).scalar_one()


def _update_person(connection: Connection, person_id: int, arrival: Arrival, row: Any) -> None:
    if fresh := _fresh(_personal(arrival), row):
        connection.execute(update(Person).where(Person.id == person_id).values(fresh))


def _new_course(connection: Connection, arrival: Arrival, now: datetime) -> int:
    assert arrival.course is not None
    centre_id = connection.scalars(_CENTRE, {"platform": arrival.platform_id}).one_or_none()
    if centre_id is None:  # this process knew the registration as it was some seconds ago
        raise Problem(
            Kind.UNAVAILABLE,
            "platform_joined",
            say("The work of this course has just been taken over from an earlier connection of your LMS."),
            say("Load this page again."),
        )
    values = {
        "platform_id": arrival.platform_id,
        "centre_id": centre_id,
        "context_id": arrival.course.context_id,
        "created_at": now,
        **_of_course(arrival),
    }
    return connection.execute(insert(Course).values(values).returning(Course.id)).scalar_one()


def _update_course(connection: Connection, course_id: int, arrival: Arrival, row: Any) -> None:
    if fresh := _fresh(_of_course(arrival), row):
        connection.execute(update(Course).where(Course.id == course_id).values(fresh))


def _see_member(
    connection: Connection, course_id: int, person_id: int, row: Row[Any], arrival: Arrival, now: datetime
) -> None:
    """Remembers that this person was seen as Instructor, or as Learner, in this course."""
    seen = {}
    if arrival.is_instructor and row.instructor_at is None:
        seen["instructor_at"] = now
    if arrival.is_learner and row.learner_at is None:
        seen["learner_at"] = now
    if row.member is None:
        connection.execute(_NEW_MEMBER, {"course_id": course_id, "person_id": person_id, **seen})
    elif seen:
        connection.execute(
            update(Member).where(Member.course_id == course_id, Member.person_id == person_id).values(seen)
        )


def _lead(connection: Connection, arrival: Arrival, known: Known, now: datetime) -> tuple[str, datetime | None]:
    """The first page, and for a learner when the enrolment's grace ends. `{launch}` is filled in by the caller."""
    if known.course_id is None:
        return "/learn/missing/{launch}", None
    if arrival.for_user is not None:
        with session_on(connection) as session:
            return review.lead(session, arrival, known.person_id, known.cohort_id, now), None
    if arrival.deep_linking is not None:
        with session_on(connection) as session:
            course = session.get_one(Course, known.course_id)
            access.grant_by_deep_linking(session, known.person_id, course, now)
        return "/manage/pick/{launch}", None
    if arrival.is_instructor and known.marked != "learner":
        with session_on(connection) as session:
            return _lead_instructor(session, known, now), None
    if not (arrival.is_learner or known.marked == "learner") or known.cohort_id is None:
        return "/learn/missing/{launch}", None
    if known.was_instructor and known.marked != "learner":
        return f"/learn/preview/{known.cohort_id}", None
    return _lead_learner(connection, known, known.course_id, known.cohort_id, now)


def _lead_learner(
    connection: Connection, known: Known, course_id: int, cohort_id: int, now: datetime
) -> tuple[str, datetime | None]:
    if known.enrolment_id is None:
        enrolment_id, ends = enrolments.enrol(connection, cohort_id, known.person_id, "launch", now, known.rules_seq)
        return f"/learn/{enrolment_id}", ends
    if known.turned_away:
        with session_on(connection) as session:
            verdict.look_again(session, known.person_id, course_id)
    return f"/learn/{known.enrolment_id}", known.enrolment_ends


def _lead_instructor(session: WriteSession, known: Known, now: datetime) -> str:
    course = session.scalars(_HOME, {"cohort": known.cohort_id, "course": known.course_id}).one()
    if access.watches(session, known.person_id, course, known.cohort_id, now):
        return f"/manage/{known.cohort_id}" if known.cohort_id else "/manage/unplaced/{launch}"
    if known.cohort_id is None and not session.scalars(_ANY_RUN, {"course": course.id}).all():
        return "/manage/unplaced/{launch}"  # as in a copied course: there is nobody yet who could answer a request
    role_requests.ask(session, known.person_id, course, now)
    return f"/manage/waiting/{course.id}"


def _lifetime(arrival: Arrival, ends: datetime | None, now: datetime) -> timedelta:
    """Staff half a day, a learner in a frame a day, a learner on an own phone until the grace is over."""
    if not arrival.is_learner or arrival.is_instructor:
        return STAFF
    if arrival.framed or ends is None:
        return FRAMED_LEARNER
    return min(max(ends - now, FRAMED_LEARNER), LONGEST)


def _browser_session(
    connection: Connection, browser: ArrivedBrowser, known: Known, real_now: datetime, expires_at: datetime
) -> int | None:
    """The session that came along, if it is this person's; else a new one, where no other launch may be founding one.

    None: `web/session.join` decides at the first page, when all the browser's launches are on the table.
    """
    if known.session_id is not None:
        assert known.session_ends is not None
        if known.session_ends < expires_at:
            longer = update(BrowserSession).where(BrowserSession.id == known.session_id)
            connection.execute(longer.values(expires_at=expires_at))
        return known.session_id
    if browser.founds is None:
        return None
    values = {
        "name_hash": browser.founds,
        "person_id": known.person_id,
        "device": browser.device,
        "created_at": real_now,
        "expires_at": expires_at,
    }
    return connection.execute(_NEW_SESSION, values).scalar_one()


def _launch_values(
    arrival: Arrival,
    family: str | None,
    known: Known,
    path: str,
    session_id: int | None,
    real_now: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    wish = arrival.deep_linking
    roles = [word for word, is_it in (("instructor", arrival.is_instructor), ("learner", arrival.is_learner)) if is_it]
    return {
        "ticket_id": arrival.ticket_id,
        "session_id": session_id,
        "person_id": known.person_id,
        "deployment_id": arrival.deployment_row,
        "course_id": known.course_id,
        "placement_id": known.placement_id,
        "message_type": arrival.message_type,
        "roles": " ".join(roles) or "none",
        "framed": arrival.framed,
        "bounce": arrival.bounce,
        "browser_family": family,
        "locale": arrival.locale,
        "return_url": arrival.return_url,
        "deep_linking": wish.as_json() if wish else None,
        "led_to": path,
        "at": real_now,
        "expires_at": expires_at,
    }


def _look_statement() -> Select[*tuple[Any, ...]]:
    """Outer joins, so that a row always comes."""
    p, c, l, m, e, b = Person, Course, Placement, Member, Enrolment, BrowserSession  # noqa: E741
    one = select(literal(1).label("one")).subquery()
    link = and_(
        l.deployment_id == bindparam("deployment"), l.course_id == c.id, l.resource_link_id == bindparam("link")
    )
    alive = and_(b.ended_at.is_(None), b.expires_at > bindparam("real_now"))
    d = GradeDelivery
    turned_away = exists().where(d.enrolment_id == e.id, d.outcome == "stopped", d.answer == verdict.NOT_ENROLLED)
    return (
        select(
            p.id.label("person_id"), p.name, p.given_name, p.family_name, p.email,
            c.id.label("course_id"), c.title, c.label.label("label"), c.lineitems_url, c.memberships_url,
            l.id.label("placement_id"), l.cohort_id, l.module_key, l.picked_uuid, Cohort.rules_seq,
            m.course_id.label("member"), m.instructor_at, m.learner_at, m.marked,
            e.id.label("enrolment_id"), e.grace_end_at.label("enrolment_ends"), turned_away.label("turned_away"),
            placements.ITEM_URL.label("item_url"), b.id.label("session_id"), b.expires_at.label("session_ends"),
        )
        .select_from(one)
        .outerjoin(p, and_(p.platform_id == bindparam("platform"), p.sub == bindparam("sub")))
        .outerjoin(c, and_(c.platform_id == bindparam("platform"), c.context_id == bindparam("context")))
        .outerjoin(l, link)
        .outerjoin(Cohort, Cohort.id == l.cohort_id)
        .outerjoin(m, and_(m.course_id == c.id, m.person_id == p.id))
        .outerjoin(e, and_(e.cohort_id == l.cohort_id, e.person_id == p.id))
        .outerjoin(placements.ITEM, placements.ITEM.placement_id == l.id)
        .outerjoin(b, and_(b.name_hash == bindparam("session"), b.person_id == p.id, alive))
    )  # fmt: skip


_HOME = select(Course).where(
    Course.id
    == func.coalesce(
        select(Cohort.course_id).where(Cohort.id == bindparam("cohort")).scalar_subquery(), bindparam("course")
    )
)
"""The course of the run: a copied course may go on with the run of another one."""
_ANY_RUN = select(Cohort.id).where(Cohort.course_id == bindparam("course")).limit(1)
_CENTRE = (
    select(Platform.centre_id)
    .where(Platform.id == bindparam("platform"), Platform.joined_to_id.is_(None))
    .with_for_update(read=True, key_share=True)
)
"""Nobody joins this platform to another one while a course of it is made."""
_LOOK = _look_statement()
_NEW_PERSON = insert(Person).returning(Person.id)
_NEW_MEMBER = insert(Member)
_NEW_SESSION = insert(BrowserSession).returning(BrowserSession.id)
_NEW_LAUNCH = insert(Launch).returning(Launch.id)
