"""A centre's courses: what is listed, and what goes along when one is given to another centre."""

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, Centre, Grant
from diklat_lti.training import access, centre_courses
from world import NOW


def test_courses_stand_with_their_runs_and_learners(db: Database) -> None:
    with db.write() as session:
        platform = world.platform(session, name="LMS Bandung")
        beside = world.centre(session, name="BBPPKS Makassar")
        world.course(session, platform, title="C")
        world.course(session, platform, title="B", centre_id=beside.id)
        first = world.course(session, platform, title="A")
        old, new = (world.cohort(session, first, name=name) for name in ("Angkatan I", "Angkatan II"))
        world.enrolment(session, old)
        world.enrolment(session, old)
        world.enrolment(session, old, is_trial=True)
        lines = centre_courses.every(session, platform.centre_id)
        assert [(line.title, line.platform) for line in lines] == [("A", "LMS Bandung"), ("C", "LMS Bandung")]
        assert [(run.id, run.learners) for run in lines[0].runs] == [(new.id, 0), (old.id, 2)]
        (foreign,) = centre_courses.every(session, beside.id)
        assert (foreign.title, foreign.platform, foreign.runs) == ("B", None, ())


def test_a_course_goes_to_another_centre_with_the_roles_that_are_bound_to_it(db: Database) -> None:
    with db.write() as session:
        course = world.course(session)
        home, other = session.get_one(Centre, course.centre_id), world.centre(session, name="BBPPKS Makassar")
        run = world.cohort(session, course)
        rina, budi, candra = (world.person(session) for _ in range(3))
        world.grant(session, rina, "centre_admin", home)
        world.grant(session, candra, "centre_admin", other)
        of_run, of_course = world.grant(session, budi, "supervisor", run), world.grant(session, budi, "korkab", course)
        of_run.course_id = None
        version = run.version_id
        for _ in range(2):
            centre_courses.assign(session, course.id, other.id, rina.id, NOW)
        session.flush()
        session.expire_all()
        assert (course.centre_id, run.version_id) == (other.id, version)
        assert (of_run.centre_id, of_course.centre_id) == (other.id, other.id)
        assert [access.is_admin(session, who.id, course, NOW) for who in (rina, candra)] == [False, True]
        assert access.watches(session, budi.id, course, run.id, NOW)
        assert session.scalars(select(Grant.centre_id).where(Grant.person_id == rina.id)).one() == home.id
        notes = session.execute(select(AuditRow.centre_id, AuditRow.action, AuditRow.actor_id)).all()
        assert sorted(tuple(note) for note in notes) == [
            (home.id, "course.assigned", rina.id), (other.id, "course.assigned", rina.id),
        ]  # fmt: skip


def test_a_course_or_centre_that_does_not_exist_is_named(db: Database) -> None:
    with db.write() as session:
        course = world.course(session)
        with pytest.raises(Problem, match="no course 99"):
            centre_courses.assign(session, 99, course.centre_id, None, NOW)
        with pytest.raises(Problem, match="no centre 99"):
            centre_courses.assign(session, course.id, 99, None, NOW)
