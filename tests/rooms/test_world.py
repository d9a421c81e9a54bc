"""The builders of the tests make rows that both engines take, each on parents of its own."""

import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Course, Enrolment, Person, Platform


def test_an_enrolment_stands_on_rows_of_one_platform(db: Database) -> None:
    with db.write() as session:
        made = world.enrolment(session).id
    with db.read() as session:
        enrolment = session.get_one(Enrolment, made)
        course = session.get_one(Course, session.get_one(Cohort, enrolment.cohort_id).course_id)
        assert session.get_one(Person, enrolment.person_id).platform_id == course.platform_id
        assert session.get_one(Platform, course.platform_id).centre_id == course.centre_id


def test_a_placement_and_a_grant_lie_in_the_cohort_s_course(db: Database) -> None:
    with db.write() as session:
        cohort = world.cohort(session)
        placement = world.placement(session, cohort)
        grant = world.grant(session, world.person(session), "cohort_admin", cohort)
        assert (placement.course_id, grant.course_id, grant.cohort_id) == (
            cohort.course_id,
            cohort.course_id,
            cohort.id,
        )


def test_each_test_starts_with_empty_tables(db: Database) -> None:
    with db.read() as session:
        assert session.query(Enrolment).count() == 0
