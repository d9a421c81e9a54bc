"""Requests for a role: an Instructor without one asks by coming, an admin of the course answers in one tap."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models.centre import Grant, RoleRequest
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.training import access, audit, centre_roles, centre_staff

REFUSAL_STANDS = timedelta(days=7)
GRANTABLE = ("cohort_admin", "korkab", "supervisor")
"""What an admin can make of somebody who asks for a role; `learner` marks a person who only teaches elsewhere."""
AUTHOR = "author"
"""What an admin of the whole centre can also make of them: an author of its programs."""


@dataclass(frozen=True)
class OpenRequest:
    """Somebody who waits for an admin's word."""

    id: int
    person_id: int
    name: str | None
    email: str | None
    asked_at: datetime


def ask(session: WriteSession, person_id: int, course: Course, now: datetime) -> None:
    """An Instructor without a role asks by coming; one open request for each person and course. A refusal stands for a
    week, so that nobody has to be refused at every launch; that somebody is an author here stands while they are one."""
    r = RoleRequest
    refused = and_(r.answer == "refused", r.answered_at > now - REFUSAL_STANDS)
    is_author = exists().where(
        Grant.person_id == person_id, Grant.role == AUTHOR, *centre_staff.of_centre(course.centre_id, now)
    )
    standing = or_(r.answered_at.is_(None), refused, and_(r.answer == AUTHOR, is_author))
    known = select(r.id).where(r.person_id == person_id, r.course_id == course.id, standing)
    if session.scalars(known.limit(1)).one_or_none() is None:
        session.add(r(person_id=person_id, course_id=course.id, asked_at=now))


def waiting(session: Session, course_id: int) -> list[OpenRequest]:
    r, p = RoleRequest, Person
    rows = session.execute(
        select(r.id, p.id, p.name, p.email, r.asked_at)
        .join(p, p.id == r.person_id)
        .where(r.course_id == course_id, r.answered_at.is_(None))
        .order_by(r.asked_at)
    )
    return [OpenRequest(*row) for row in rows]


def last_answer(session: Session, person_id: int, course_id: int) -> str | None:
    """What an admin answered this person last; None while the request stands open or was never made."""
    r = RoleRequest
    return session.scalars(
        select(r.answer).where(r.person_id == person_id, r.course_id == course_id).order_by(r.id.desc()).limit(1)
    ).one_or_none()


def answer(session: WriteSession, request_id: int, course: Course, given: str, admin_id: int, now: datetime) -> None:
    """A role, `learner` or `refused`; asked twice it changes nothing the second time."""
    request = session.scalars(
        select(RoleRequest).where(RoleRequest.id == request_id, RoleRequest.course_id == course.id).with_for_update()
    ).one_or_none()
    if request is None:
        raise not_found()
    of_centre = given == AUTHOR and access.leads(session, admin_id, course.centre_id, now)
    if given not in (*GRANTABLE, "learner", "refused") and not of_centre:
        raise Problem(Kind.BAD_INPUT, "unknown_role", say("This role does not exist."), say("Choose one of the list."))
    if request.answered_at is not None:
        return
    request.answer, request.answered_at, request.answered_by = given, now, admin_id
    if given in GRANTABLE:
        access.grant(session, request.person_id, given, course.centre_id, "request", now, course.id, admin_id)
    if of_centre:
        centre_roles.give(session, course.centre_id, request.person_id, AUTHOR, admin_id, now, "request")
    if given == "learner":
        member = session.get_one(Member, (course.id, request.person_id))
        member.marked = "learner"
    data = {"answer": given, "course": course.id}
    audit.note(session, course.centre_id, admin_id, "request.answered", "person", request.person_id, data, now)
