"""Who holds which role in a centre, as its admins see, give and take them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models.centre import Centre, Grant
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.training import access

GIVEN = ("centre_admin", "author")
"""Roles of the whole centre; those of one course are given where it is administered."""
MOST_FOUND = 20


@dataclass(frozen=True)
class RoleLine:
    """A role that holds now. `course` and `run` are None where it reaches further."""

    id: int
    role: str
    source: str
    granted_at: datetime
    person_id: int
    name: str | None
    email: str | None
    course: str | None
    run: str | None
    course_id: int | None


@dataclass(frozen=True)
class Found:
    """Somebody who was seen in a course of the centre, with the roles of the whole centre that they hold."""

    id: int
    name: str | None
    email: str | None
    roles: tuple[str, ...]


def every(session: Session, centre_id: int, now: datetime) -> list[RoleLine]:
    """Those of the whole centre first."""
    g, p = Grant, Person
    columns = (g.id, g.role, g.source, g.granted_at, p.id, p.name, p.email, Course.title, Cohort.name, g.course_id)
    rows = session.execute(
        select(*columns)
        .join(p, p.id == g.person_id)
        .outerjoin(Course, Course.id == g.course_id)
        .outerjoin(Cohort, Cohort.id == g.cohort_id)
        .where(g.centre_id == centre_id, access.in_force(now))
        .order_by(g.course_id.is_not(None), g.role != "centre_admin", g.course_id, p.name, g.id)
    ).all()
    return [RoleLine(*tuple(row)) for row in rows]


def find(session: Session, centre_id: int, text: str, now: datetime) -> list[Found]:
    """People whose name or e-mail holds `text`; nobody where nothing was typed."""
    if not (text := text.strip()):
        return []
    named = or_(Person.name.icontains(text, autoescape=True), Person.email.icontains(text, autoescape=True))
    people = session.execute(
        select(Person.id, Person.name, Person.email)
        .where(named, Person.erased_at.is_(None), _seen_in(centre_id))
        .order_by(Person.name, Person.id)
        .limit(MOST_FOUND)
    ).all()
    held = select(Grant.person_id, Grant.role).where(*_of_centre(centre_id, now))
    roles = session.execute(held.where(Grant.person_id.in_([id_ for id_, *_ in people]))).all()
    return [Found(id_, name, email, tuple(sorted({r for p, r in roles if p == id_}))) for id_, name, email in people]


def give(session: WriteSession, centre_id: int, person_id: int, role: str, actor_id: int, now: datetime) -> None:
    """A role of the whole centre, to somebody who was seen in one of its courses. Twice changes nothing."""
    _lock(session, centre_id)
    if session.scalar(select(Person.id).where(Person.id == person_id, _seen_in(centre_id))) is None:
        raise not_found()
    if role not in GIVEN:
        raise Problem(Kind.BAD_INPUT, "unknown_role", say("This role does not exist."), say("Choose one of the list."))
    held = select(Grant.id).where(Grant.person_id == person_id, Grant.role == role, *_of_centre(centre_id, now))
    if session.scalar(held.limit(1)) is not None:
        return
    access.grant(session, person_id, role, centre_id, "admin", now, granted_by=actor_id)


def revoke(session: WriteSession, centre_id: int, grant_id: int, actor_id: int, now: datetime) -> None:
    """Any role in the centre but that of its last admin. Twice changes nothing."""
    _lock(session, centre_id)
    grant = session.scalar(select(Grant).where(Grant.id == grant_id, Grant.centre_id == centre_id))
    if grant is None:
        raise not_found()
    if grant.revoked_at is not None:
        return
    if grant.role == "centre_admin" and grant.course_id is None and not _others(session, grant, now):
        raise Problem(
            Kind.CONFLICT,
            "last_centre_admin",
            say("This is the last admin of the centre."),
            say("Name another one first. The operator of the tool can also take the role back."),
        )
    access.revoke(session, grant, actor_id, now)


def _others(session: Session, grant: Grant, now: datetime) -> bool:
    """Whether somebody else is admin of that centre."""
    other = select(Grant.id).where(
        Grant.role == "centre_admin", Grant.person_id != grant.person_id, *_of_centre(grant.centre_id, now)
    )
    return session.scalar(other.limit(1)) is not None


def _of_centre(centre_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Grant.centre_id == centre_id, Grant.course_id.is_(None), Grant.cohort_id.is_(None), access.in_force(now))


def _seen_in(centre_id: int) -> ColumnElement[bool]:
    return exists().where(Member.person_id == Person.id, Member.course_id == Course.id, Course.centre_id == centre_id)


def _lock(session: WriteSession, centre_id: int) -> None:
    """One change of a centre's roles at a time: two admins who dismiss each other would leave nobody."""
    session.get(Centre, centre_id, with_for_update=True)
