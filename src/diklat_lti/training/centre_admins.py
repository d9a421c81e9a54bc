"""Centre admins, as the operator makes and unmakes them, and the staff of a centre from whom they are chosen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.centre import Centre, Grant
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.training import access

ROLE = "centre_admin"


@dataclass(frozen=True)
class StaffLine:
    """Somebody who works in a centre, with the roles that hold now."""

    id: int
    name: str | None
    email: str | None
    roles: tuple[str, ...]


def staff(session: Session, centre_id: int, now: datetime) -> list[StaffLine]:
    """Who came as a teacher into a course of the centre, or holds a role in it."""
    _check(session, centre_id)
    people = session.execute(
        select(Person.id, Person.name, Person.email).where(_works_in(centre_id, now)).order_by(Person.id)
    ).all()
    held = select(Grant.person_id, Grant.role).where(Grant.centre_id == centre_id, access.in_force(now))
    roles = {(person_id, role) for person_id, role in session.execute(held)}
    return [StaffLine(id_, name, email, tuple(sorted(r for p, r in roles if p == id_))) for id_, name, email in people]


def name(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> None:
    """An admin of all courses of the centre, at once and until somebody takes it back. Twice changes nothing."""
    _check(session, centre_id)
    if session.scalar(select(Person.id).where(Person.id == person_id, _works_in(centre_id, now))) is None:
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_person",
            say("Nobody with the number %(id)s works in centre %(centre)s.", id=person_id, centre=centre_id),
            say("Who opened the tool as a teacher is listed by: diklat-lti centre staff %(centre)s", centre=centre_id),
        )
    if _held(session, centre_id, person_id, now):
        return
    access.grant(session, person_id, ROLE, centre_id, "operator", now)


def dismiss(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> None:
    """Roles in single courses stay."""
    _check(session, centre_id)
    held = _held(session, centre_id, person_id, now)
    if not held:
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_admin",
            say("The person %(id)s is no admin of centre %(centre)s.", id=person_id, centre=centre_id),
            say("See: diklat-lti centre staff %(centre)s", centre=centre_id),
        )
    for grant in held:
        access.revoke(session, grant, None, now)


def _check(session: Session, centre_id: int) -> None:
    if session.get(Centre, centre_id) is None:
        sentence = say("There is no centre %(id)s.", id=centre_id)
        raise Problem(Kind.NOT_FOUND, "no_such_centre", sentence, say("See: diklat-lti centre list"))


def _works_in(centre_id: int, now: datetime) -> ColumnElement[bool]:
    taught = exists().where(
        Member.person_id == Person.id,
        Member.course_id == Course.id,
        Course.centre_id == centre_id,
        Member.instructor_at.is_not(None),
        or_(Member.marked.is_(None), Member.marked != "learner"),
    )
    held = exists().where(and_(Grant.person_id == Person.id, Grant.centre_id == centre_id, access.in_force(now)))
    return or_(taught, held)


def _held(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> list[Grant]:
    g = Grant
    found = select(g).where(
        g.person_id == person_id, g.centre_id == centre_id, g.role == ROLE, g.course_id.is_(None), access.in_force(now)
    )
    return list(session.scalars(found.with_for_update()))
