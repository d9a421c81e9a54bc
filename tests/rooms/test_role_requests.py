"""Requests for a role: one that stands open, what an answer gives, and how long a refusal holds."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, Centre, Course, Grant, Member, Person
from diklat_lti.training import role_requests
from world import NOW

HOUR, WEEK, MONTH = timedelta(hours=1), timedelta(days=7), timedelta(days=30)


class Here:
    """Two courses of one centre; Budi, who came into the first as an instructor without a role."""

    def __init__(self, session: Session) -> None:
        self.platform = world.platform(session)
        self.course, self.other = world.course(session, self.platform), world.course(session, self.platform)
        self.budi = world.person(session, self.platform, name="Budi")


def asked(
    session: Session, here: Here, who: Person | None = None, course: Course | None = None, at: datetime = NOW
) -> int:
    role_requests.ask(session, (who or here.budi).id, course or here.course, at)
    session.flush()
    return max(request.id for request in role_requests.waiting(session, (course or here.course).id))


def test_one_open_request_for_each_person_and_course(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        ani = world.person(session, here.platform, name="Ani", email="ani@example.test")
        asked(session, here)
        asked(session, here)
        asked(session, here, ani)
        asked(session, here, course=here.other)
        waiting = role_requests.waiting(session, here.course.id)
        assert [(w.person_id, w.name, w.email) for w in waiting] == [
            (here.budi.id, "Budi", None), (ani.id, "Ani", "ani@example.test"),
        ]  # fmt: skip
        assert len(role_requests.waiting(session, here.other.id)) == 1


def test_requests_are_listed_by_the_time_they_were_made(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        ani = world.person(session, here.platform, name="Ani")
        role_requests.ask(session, here.budi.id, here.course, NOW)
        role_requests.ask(session, ani.id, here.course, NOW - HOUR)
        assert [w.name for w in role_requests.waiting(session, here.course.id)] == ["Ani", "Budi"]


@pytest.mark.parametrize("role", role_requests.GRANTABLE)
def test_an_answer_gives_the_role_in_that_course_and_is_written_down(db: Database, role: str) -> None:
    with db.write() as session:
        here = Here(session)
        admin = world.person(session, here.platform, name="Rina")
        request = asked(session, here)
        role_requests.answer(session, request, here.course, role, admin.id, NOW)
        role_requests.answer(session, request, here.course, "refused", admin.id, NOW + HOUR)
        given = session.scalars(select(Grant)).one()
        assert (given.person_id, given.role, given.course_id, given.source, given.granted_by, given.granted_at) == (
            here.budi.id, role, here.course.id, "request", admin.id, NOW,
        )  # fmt: skip
        rows = session.execute(select(AuditRow.action, AuditRow.actor_id, AuditRow.subject_id).order_by(AuditRow.id))
        assert [tuple(row) for row in rows] == [
            ("role.granted", admin.id, here.budi.id), ("request.answered", admin.id, here.budi.id),
        ]  # fmt: skip
        assert role_requests.waiting(session, here.course.id) == []
        assert role_requests.last_answer(session, here.budi.id, here.course.id) == role


def test_a_refusal_gives_nothing_and_learner_marks_the_member(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        session.add(Member(course_id=here.course.id, person_id=here.budi.id, instructor_at=NOW))
        role_requests.answer(session, asked(session, here), here.course, "refused", here.budi.id, NOW)
        member = session.get_one(Member, (here.course.id, here.budi.id))
        assert member.marked is None
        again = asked(session, here, at=NOW + MONTH)
        role_requests.answer(session, again, here.course, "learner", here.budi.id, NOW + MONTH)
        assert member.marked == "learner"
        assert session.scalar(select(func.count()).select_from(Grant)) == 0


@pytest.mark.parametrize(("later", "asks"), [(WEEK - timedelta(seconds=1), False), (WEEK, True)])
def test_a_refusal_stands_for_a_week_to_the_instant(db: Database, later: timedelta, asks: bool) -> None:
    with db.write() as session:
        here = Here(session)
        role_requests.answer(session, asked(session, here), here.course, "refused", here.budi.id, NOW)
        role_requests.ask(session, here.budi.id, here.course, NOW + later)
        session.flush()
        assert bool(role_requests.waiting(session, here.course.id)) is asks


def test_an_answer_that_is_none_and_a_request_of_another_course_change_nothing(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        request = asked(session, here)
        for course, answer, reason in (
            (here.course, "emperor", "unknown_role"),
            (here.other, "supervisor", "not_found"),
        ):
            with pytest.raises(Problem) as refused:
                role_requests.answer(session, request, course, answer, here.budi.id, NOW)
            assert refused.value.reason == reason
        assert len(role_requests.waiting(session, here.course.id)) == 1
        assert session.scalar(select(func.count()).select_from(Grant)) == 0


def test_the_newest_request_says_what_was_answered_last(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        assert role_requests.last_answer(session, here.budi.id, here.course.id) is None
        role_requests.answer(session, asked(session, here), here.course, "refused", here.budi.id, NOW)
        role_requests.answer(session, asked(session, here, course=here.other), here.other, "korkab", here.budi.id, NOW)
        assert role_requests.last_answer(session, here.budi.id, here.course.id) == "refused"
        again = asked(session, here, at=NOW + MONTH)
        assert role_requests.last_answer(session, here.budi.id, here.course.id) is None
        role_requests.answer(session, again, here.course, "supervisor", here.budi.id, NOW + MONTH)
        assert role_requests.last_answer(session, here.budi.id, here.course.id) == "supervisor"


@pytest.mark.parametrize(
    ("role", "whole", "made"), [("centre_admin", True, 1), ("centre_admin", False, 0), ("cohort_admin", False, 0)]
)
def test_an_author_is_made_once_by_whoever_leads_the_centre(db: Database, role: str, whole: bool, made: int) -> None:
    with db.write() as session:
        here = Here(session)
        session.add(Member(course_id=here.course.id, person_id=here.budi.id, instructor_at=NOW))
        rina, centre = world.person(session, here.platform), session.get_one(Centre, here.course.centre_id)
        world.grant(session, rina, role, centre if whole else here.course)
        for course in (here.course, here.other):
            request = asked(session, here, course=course)
            if made:
                role_requests.answer(session, request, course, "author", rina.id, NOW)
            else:
                with pytest.raises(Problem, match="does not exist"):
                    role_requests.answer(session, request, course, "author", rina.id, NOW)
        given = session.execute(
            select(Grant.role, Grant.centre_id, Grant.course_id).where(Grant.person_id == here.budi.id)
        )
        assert [tuple(row) for row in given] == [("author", centre.id, None)] * made
