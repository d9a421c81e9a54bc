"""Roles of a whole centre, given and taken back: by its admins on their page, and by the operator at the command line."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models.centre import Centre, Grant
from diklat_lti.models.people import Person
from diklat_lti.training import access, centre_staff, centres

ADMIN = "centre_admin"
GIVEN = (ADMIN, "author")
"""Roles of the whole centre; those of one course are given where it is administered."""


def give(
    session: WriteSession,
    centre_id: int,
    person_id: int,
    role: str,
    actor_id: int,
    now: datetime,
    source: str = "admin",
) -> None:
    """A role of the whole centre, to somebody who was seen in one of its courses. Twice changes nothing."""
    _lock(session, centre_id)
    if session.scalar(select(Person.id).where(Person.id == person_id, centre_staff.seen_in(centre_id))) is None:
        raise not_found()
    if role not in GIVEN:
        raise Problem(Kind.BAD_INPUT, "unknown_role", say("This role does not exist."), say("Choose one of the list."))
    held = select(Grant.id).where(
        Grant.person_id == person_id, Grant.role == role, *centre_staff.of_centre(centre_id, now)
    )
    if session.scalar(held.limit(1)) is not None:
        return
    access.grant(session, person_id, role, centre_id, source, now, granted_by=actor_id)


def revoke(session: WriteSession, centre_id: int, grant_id: int, actor_id: int, now: datetime) -> None:
    """Any role in the centre but that of its last admin. Twice changes nothing."""
    _lock(session, centre_id)
    grant = session.scalar(select(Grant).where(Grant.id == grant_id, Grant.centre_id == centre_id))
    if grant is None:
        raise not_found()
    if grant.revoked_at is not None:
        return
    if grant.role == ADMIN and grant.course_id is None and not _others(session, grant, now):
        raise Problem(
            Kind.CONFLICT,
            "last_centre_admin",
            say("This is the last admin of the centre."),
            say("Name another one first. The operator of the tool can also take the role back."),
        )
    access.revoke(session, grant, actor_id, now)


def name_admin(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> None:
    """The operator's: an admin of all courses of the centre, until somebody takes it back. Twice changes nothing."""
    centres.find(session, centre_id)
    _lock(session, centre_id)
    if session.scalar(select(Person.id).where(Person.id == person_id, centre_staff.works_in(centre_id, now))) is None:
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_person",
            say("Nobody with the number %(id)s works in centre %(centre)s.", id=person_id, centre=centre_id),
            say("Who opened the tool as a teacher is listed by: diklat-lti centre staff %(centre)s", centre=centre_id),
        )
    if _held(session, centre_id, person_id, now):
        return
    access.grant(session, person_id, ADMIN, centre_id, "operator", now)


def dismiss_admin(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> None:
    """The operator's, also of the last one. Roles in single courses stay."""
    centres.find(session, centre_id)
    _lock(session, centre_id)
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


def _others(session: Session, grant: Grant, now: datetime) -> bool:
    """Whether somebody else is admin of that centre."""
    other = select(Grant.id).where(
        Grant.role == ADMIN, Grant.person_id != grant.person_id, *centre_staff.of_centre(grant.centre_id, now)
    )
    return session.scalar(other.limit(1)) is not None


def _held(session: WriteSession, centre_id: int, person_id: int, now: datetime) -> list[Grant]:
    of_centre = centre_staff.of_centre(centre_id, now)
    return list(session.scalars(select(Grant).where(Grant.person_id == person_id, Grant.role == ADMIN, *of_centre)))


def _lock(session: WriteSession, centre_id: int) -> None:
    """One change of a centre's roles at a time: two admins who dismiss each other would leave nobody."""
    session.get(Centre, centre_id, with_for_update=True)
