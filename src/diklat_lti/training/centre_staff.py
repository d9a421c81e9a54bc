"""Who works in a centre and which roles they hold: what its admins and the operator read before they give or take one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from diklat_lti.models.centre import Grant
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.training import access, centres

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
class StaffLine:
    """Somebody in a centre, with roles that hold now."""

    id: int
    name: str | None
    email: str | None
    roles: tuple[str, ...]


def roles(session: Session, centre_id: int, now: datetime) -> list[RoleLine]:
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


def find(session: Session, centre_id: int, text: str, now: datetime) -> list[StaffLine]:
    """Who was seen in a course of the centre and has `text` in the name or e-mail, with their roles of the whole centre.
    Nobody where nothing was typed."""
    if not (text := text.strip()):
        return []
    named = or_(Person.name.icontains(text, autoescape=True), Person.email.icontains(text, autoescape=True))
    seen = _PEOPLE.where(named, Person.erased_at.is_(None), seen_in(centre_id)).order_by(Person.name, Person.id)
    return _lines(session, seen.limit(MOST_FOUND), of_centre(centre_id, now))


def people(session: Session, centre_id: int, now: datetime) -> list[StaffLine]:
    """Who came as a teacher into a course of the centre, or holds a role in it, with all their roles there."""
    centres.find(session, centre_id)
    here = (Grant.centre_id == centre_id, access.in_force(now))
    return _lines(session, _PEOPLE.where(works_in(centre_id, now)).order_by(Person.id), here)


def _lines(
    session: Session, who: Select[int, str | None, str | None], which: tuple[ColumnElement[bool], ...]
) -> list[StaffLine]:
    found = session.execute(who).all()
    held = select(Grant.person_id, Grant.role).where(*which, Grant.person_id.in_([id_ for id_, *_ in found]))
    pairs = {(person_id, role) for person_id, role in session.execute(held)}
    return [StaffLine(id_, name, email, tuple(sorted(r for p, r in pairs if p == id_))) for id_, name, email in found]


def of_centre(centre_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Roles of the whole centre that hold now."""
    return (Grant.centre_id == centre_id, Grant.course_id.is_(None), Grant.cohort_id.is_(None), access.in_force(now))


def seen_in(centre_id: int) -> ColumnElement[bool]:
    """People who have come into a course of the centre, as whatever."""
    return exists().where(Member.person_id == Person.id, Member.course_id == Course.id, Course.centre_id == centre_id)


def works_in(centre_id: int, now: datetime) -> ColumnElement[bool]:
    """People who came as a teacher into a course of the centre, or hold a role in it."""
    taught = exists().where(
        Member.person_id == Person.id,
        Member.course_id == Course.id,
        Course.centre_id == centre_id,
        Member.instructor_at.is_not(None),
        or_(Member.marked.is_(None), Member.marked != "learner"),
    )
    held = exists().where(and_(Grant.person_id == Person.id, Grant.centre_id == centre_id, access.in_force(now)))
    return or_(taught, held)


_PEOPLE = select(Person.id, Person.name, Person.email)
