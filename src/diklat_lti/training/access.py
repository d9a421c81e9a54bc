"""Who may see what: the one place that gives and takes roles, and decides what they reach (domain.md, "Who sees what")."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from diklat_lti.database import Reading, WriteSession
from diklat_lti.errors import not_found
from diklat_lti.models.centre import Centre, Grant, GrantRegion
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course
from diklat_lti.models.progress import Assignment, Enrolment
from diklat_lti.training import audit, own
from diklat_lti.training.own import OwnCohort, OwnEnrolment

ADMINS = ("centre_admin", "cohort_admin")
WATCHERS = ("korkab", "supervisor", "dinas")


def in_force(now: datetime) -> ColumnElement[bool]:
    return and_(Grant.revoked_at.is_(None), or_(Grant.ends_at.is_(None), Grant.ends_at > now))


def _reaches(course: type[Course] | Course, cohort_id: Any) -> ColumnElement[bool]:
    """A grant reaches a cohort of its centre, unless it is bound to another course or cohort."""
    in_cohort: ColumnElement[bool] = Grant.cohort_id.is_(None)
    if cohort_id is not None:
        in_cohort = or_(in_cohort, Grant.cohort_id == cohort_id)
    return and_(
        Grant.centre_id == course.centre_id, or_(Grant.course_id.is_(None), Grant.course_id == course.id), in_cohort
    )


def is_admin(session: Session, person_id: int, course: Course, now: datetime) -> bool:
    """Admin of this course, or of its centre."""
    found = select(Grant.id).where(
        Grant.person_id == person_id, Grant.role.in_(ADMINS), in_force(now), _reaches(course, None)
    )
    return session.scalars(found.limit(1)).one_or_none() is not None


def watches(session: Session, person_id: int, course: Course, cohort_id: int | None, now: datetime) -> bool:
    """Whether this person holds any role that reaches the course (or that one cohort of it)."""
    roles = (*ADMINS, *WATCHERS)
    found = select(Grant.id).where(
        Grant.person_id == person_id, Grant.role.in_(roles), in_force(now), _reaches(course, cohort_id)
    )
    return session.scalars(found.limit(1)).one_or_none() is not None


def may_publish(session: Session, person_id: int, course: Course, now: datetime) -> bool:
    """Who installs programs: centre admins and authors; any admin of a course while the centre has no centre admin."""
    g = Grant
    here = select(g.id).where(g.centre_id == course.centre_id, in_force(now)).limit(1)
    if session.scalars(here.where(g.person_id == person_id, g.role.in_(("centre_admin", "author")))).one_or_none():
        return True
    led = session.scalars(here.where(g.role == "centre_admin")).one_or_none() is not None
    return not led and is_admin(session, person_id, course, now)


def led(session: Session, person_id: int, now: datetime) -> list[Centre]:
    """The centres that this person is admin of as a whole, by name."""
    g = Grant
    whole = exists().where(
        g.person_id == person_id,
        g.centre_id == Centre.id,
        g.role == "centre_admin",
        g.course_id.is_(None),
        g.cohort_id.is_(None),
        in_force(now),
    )
    return list(session.scalars(select(Centre).where(whole).order_by(Centre.name, Centre.id)))


def leads(session: Session, person_id: int, centre_id: int, now: datetime) -> bool:
    return any(centre.id == centre_id for centre in led(session, person_id, now))


def administered(session: Session, person_id: int, cohort_id: int, now: datetime) -> Cohort:
    """The cohort, if this person administers it; else 404, as for one that does not exist."""
    c = Cohort
    found = session.scalars(
        select(c)
        .join(Course, Course.id == c.course_id)
        .where(
            c.id == cohort_id,
            exists().where(Grant.person_id == person_id, Grant.role.in_(ADMINS), in_force(now), _reaches(Course, c.id)),
        )
    ).one_or_none()
    if found is None:
        raise not_found()
    return found


def scope(session: Session, person_id: int, cohort: Cohort, now: datetime) -> ColumnElement[bool]:
    """Which enrolments of a cohort this person may see, as a condition that every list, count and export passes through.

    Admins see all; watchers the assigned people and those in their regions; everybody else nobody.
    """
    course = session.get_one(Course, cohort.course_id)
    grants = session.execute(
        select(Grant.id, Grant.role).where(Grant.person_id == person_id, in_force(now), _reaches(course, cohort.id))
    ).all()
    if any(role in ADMINS for _, role in grants):
        return and_(Enrolment.cohort_id == cohort.id, true())
    watching = [id_ for id_, role in grants if role in WATCHERS]
    if not watching:
        return false()
    prefixes = session.scalars(select(GrantRegion.prefix).where(GrantRegion.grant_id.in_(watching))).all()
    regions = [
        or_(Enrolment.region_code == prefix, Enrolment.region_code.startswith(f"{prefix}.", autoescape=True))
        for prefix in prefixes
    ]
    assigned = exists().where(Assignment.enrolment_id == Enrolment.id, Assignment.person_id == person_id)
    return and_(Enrolment.cohort_id == cohort.id, or_(assigned, *regions))


def visible_enrolment(session: Session, person_id: int, cohort: Cohort, enrolment_id: int, now: datetime) -> Enrolment:
    """One enrolment within the person's scope; else 404."""
    within = scope(session, person_id, cohort, now)
    found = session.scalars(select(Enrolment).where(Enrolment.id == enrolment_id, within)).one_or_none()
    if found is None:
        raise not_found()
    return found


def own_enrolment(session: Reading, person_id: int, enrolment_id: int) -> tuple[OwnEnrolment, OwnCohort]:
    """A learner's own enrolment with its cohort; somebody else's is 404."""
    found = own.find(session, person_id, enrolment_id)
    if found is None:
        raise not_found()
    return found


def grant_by_deep_linking(session: WriteSession, person_id: int, course: Course, now: datetime) -> None:
    """Whoever comes by a deep-linking request may edit this course, says the LMS: an admin, unless that was revoked."""
    known = session.scalars(
        select(Grant.id)
        .where(
            Grant.person_id == person_id,
            Grant.course_id == course.id,
            Grant.role == "cohort_admin",
            or_(Grant.source == "deep_linking", in_force(now)),
        )
        .limit(1)
    ).one_or_none()
    if known is None:
        grant(session, person_id, "cohort_admin", course.centre_id, "deep_linking", now, course_id=course.id)


def grant(
    session: WriteSession,
    person_id: int,
    role: str,
    centre_id: int,
    source: str,
    now: datetime,
    course_id: int | None = None,
    granted_by: int | None = None,
    **noted: Any,
) -> None:
    """A role, in one course or in the whole centre, and who gave it. The only place that makes one.

    Whoever took it themselves, by a code, is its actor, and nobody granted it."""
    session.add(
        Grant(
            person_id=person_id,
            role=role,
            centre_id=centre_id,
            course_id=course_id,
            source=source,
            granted_by=granted_by,
            granted_at=now,
        )
    )
    data = {"role": role, "source": source, "course": course_id, **noted}
    actor_id = person_id if source == "code" else granted_by
    audit.note(session, centre_id, actor_id, "role.granted", "person", person_id, data, now)


def revoke(session: WriteSession, held: Grant, actor_id: int | None, now: datetime) -> None:
    """`actor_id` is None for the operator."""
    held.revoked_at, held.revoked_by = now, actor_id
    data = {"role": held.role, "source": held.source, "course": held.course_id, "cohort": held.cohort_id}
    audit.note(session, held.centre_id, actor_id, "role.revoked", "person", held.person_id, data, now)
