"""A tool that was deleted and added again goes on where it was: nothing is lost, what was of the new one is of the old one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

import two_clients
import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import joining
from diklat_lti.models import (
    Assignment,
    AuditRow,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    Finding,
    GradeItem,
    Launch,
    Member,
    Person,
    Placement,
    Platform,
    Registration,
)
from diklat_lti.training import landing
from diklat_lti.training.arrival import Arrival, ArrivedCourse, ArrivedLink
from diklat_lti.training.merging import Merged
from two_clients import Side
from world import NOW

MERGES = {"courses", "members", "assignments", "findings", "audit_rows"}
"""The tables whose number of rows may change; every other one has just as many rows as before."""


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_and_everything_of_the_new_one_is_the_old_ones(db: Database, seed: int) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        for side in (old, new):
            two_clients.fill(session, side, Random(seed * 2 + side.platform.id))
        before, rows = two_clients.whose(session), two_clients.counts(session)
        doubled = _doubled(session, new, old)
    with db.write() as session:
        done = joining.join(session, new.platform.id, old.platform.id, None, NOW)
    with db.read() as session:
        assert two_clients.whose(session) == before
        after = two_clients.counts(session)
        assert {name for name in rows if after[name] != rows[name]} <= MERGES
        assert (done.people.known, done.courses.known) == doubled
        assert rows["courses"] - after["courses"] == done.courses.known
        assert two_clients.named(session, Platform.__table__, {new.platform.id}) == set()  # type: ignore[arg-type]
        husks = set(session.scalars(select(Person.id).where(Person.joined_to_id.is_not(None))))
        assert len(husks) == done.people.known
        assert two_clients.named(session, Person.__table__, husks) <= {"audit_rows.actor_id"}  # type: ignore[arg-type]
        assert not session.scalars(select(Person.id).where(Person.id.in_(husks), Person.name.is_not(None))).all()
        theirs = select(GradeItem.id).where(GradeItem.deployment_id != new.deployment.id)
        assert session.scalars(theirs).all() == []


def _doubled(session: Any, new: Side, old: Side) -> tuple[int, int]:
    """How many people and courses both sides know."""

    def of(column: Any, table: Any, side: Side) -> set[str]:
        return set(session.scalars(select(column).where(table.platform_id == side.platform.id)))

    return (
        len(of(Person.sub, Person, new) & of(Person.sub, Person, old)),
        len(of(Course.context_id, Course, new) & of(Course.context_id, Course, old)),
    )


def arrival(side: Side, sub: str = "5", context: str = "2", link: str = "7", **more: Any) -> Arrival:
    return Arrival(
        ticket_id=f"t-{next(world.numbers)}", registration_id=side.deployment.registration_id,
        deployment_row=side.deployment.id, platform_id=side.platform.id, message_type="LtiResourceLinkRequest",
        sub=sub, is_learner=True, is_instructor=False, course=ArrivedCourse(context, "Diklat", "D"),
        link=ArrivedLink(link, "Nilai akhir"), **more,
    )  # fmt: skip


def launch(db: Database, came: Arrival) -> str:
    return db.write_again(lambda connection: landing.arrive(connection, came, NOW, NOW)).path


def joined(db: Database, new: Side, old: Side, **more: Any) -> joining.Joined:
    with db.write() as session:
        return joining.join(session, new.platform.id, old.platform.id, None, NOW, **more)


def refused(db: Database, new: int, old: int, **more: Any) -> str:
    with pytest.raises(Problem) as problem, db.write() as session:
        joining.join(session, new, old, None, NOW, **more)
    return problem.value.reason


def learnt(db: Database) -> tuple[Side, Side, int]:
    """Siti, number 5, is enrolled in the run that link 7 of course 2 opens, by the old client."""
    with db.write() as session:
        new, old = two_clients.two(session)
        course = world.course(session, old.platform, context_id="2")
        cohort = world.cohort(session, course)
        placed = world.placement(session, cohort, deployment_id=old.deployment.id, resource_link_id="7")
        item = {"cohort_id": cohort.id, "placement_id": placed.id, "deployment_id": old.deployment.id}
        world.stored(session, GradeItem(module_key="", lineitem_url="https://x/1", label="N", created_at=NOW, **item))
        siti = world.person(session, old.platform, sub="5")
        return new, old, world.enrolment(session, cohort, siti).id


def as_the_old_one(new: Side, old: Side) -> Side:
    """The new client's launches, once the door knows whose they are."""
    return Side(old.platform, new.deployment)


@pytest.mark.parametrize(
    "came_before", [False, True], ids=["before the first launch", "after a launch that led nowhere"]
)
def test_a_launch_by_the_new_client_reaches_the_old_enrolment(db: Database, came_before: bool) -> None:
    new, old, enrolment = learnt(db)
    if came_before:
        assert launch(db, arrival(new)).startswith("/learn/missing/")
    done = joined(db, new, old)
    assert (done.people.known, done.courses.known) == ((1, 1) if came_before else (0, 0))
    came = arrival(as_the_old_one(new, old), lineitem_url="https://x/2")
    assert launch(db, came) == f"/learn/{enrolment}"
    with db.read() as session:
        (item,) = session.scalars(select(GradeItem)).all()
        assert (item.deployment_id, item.lineitem_url) == (new.deployment.id, "https://x/2")
        assert session.scalar(select(func.count(Enrolment.id))) == 1
        assert session.get_one(Registration, old.deployment.registration_id).disabled_at == NOW
        assert session.get_one(Registration, new.deployment.registration_id).platform_id == old.platform.id


def test_a_link_that_was_given_another_run_meanwhile_keeps_it_and_the_first_run_keeps_its_learners(
    db: Database,
) -> None:
    new, old, enrolment = learnt(db)
    with db.write() as session:
        course = world.course(session, new.platform, context_id="2")
        second = world.cohort(session, course)
        placed = world.placement(session, second, deployment_id=new.deployment.id, resource_link_id="7").id
        siti = world.person(session, new.platform, sub="5", name="Siti Rahmawati")
        world.enrolment(session, second, siti)
    joined(db, new, old)
    path = launch(db, arrival(as_the_old_one(new, old)))
    with db.read() as session:
        both = session.scalars(select(Enrolment).order_by(Enrolment.id)).all()
        assert both[0].id == enrolment
        assert path == f"/learn/{both[1].id}"
        assert {one.person_id for one in both} == {both[0].person_id}
        assert session.get_one(Person, both[0].person_id).name == "Siti Rahmawati"
        assert session.get_one(Placement, placed).cohort_id == second.id
        assert {session.get_one(Cohort, one.cohort_id).course_id for one in both} == {
            session.scalars(select(Course.id)).one()
        }
        (item,) = session.scalars(select(GradeItem)).all()
        assert (item.placement_id, item.lineitem_url, item.deployment_id) == (None, None, new.deployment.id)


def test_twice_is_once(db: Database) -> None:
    new, old, _ = learnt(db)
    joined(db, new, old)
    with db.read() as session:
        rows = two_clients.counts(session)
    again = joined(db, new, old)
    assert (again.people, again.courses) == (Merged(0, 0), Merged(0, 0))
    with db.read() as session:
        assert two_clients.counts(session) == rows


def test_of_several_at_once_one_joins_and_the_others_find_it_done(db: Database) -> None:
    new, old, _ = learnt(db)
    launch(db, arrival(new))
    gate = threading.Barrier(3)

    def join() -> joining.Joined:
        gate.wait(20)
        return joined(db, new, old)

    with ThreadPoolExecutor(3) as pool:
        results = [done.result(60) for done in [pool.submit(join) for _ in range(3)]]
    assert sorted(one.people.known for one in results) == [0, 0, 1]
    with db.read() as session:
        assert len(session.scalars(select(AuditRow).where(AuditRow.action == "platform_joined")).all()) == 1


def test_what_was_joined_is_switched_off_says_where_it_went_and_stands_in_the_audit(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        admin = world.person(session, old.platform).id
        row = session.get_one(Platform, old.platform.id)
        row.disabled_at, row.keys_fetched_at = NOW, NOW
        session.get_one(Platform, new.platform.id).version = "5.1"
        for side, light in ((old, "red"), (new, "green")):
            of = {"platform_id": side.platform.id, "link": "tls", "reason": "x", "data": {}, "looked_at": NOW}
            world.stored(session, Finding(light=light, **of))
        earlier = world.platform(session, joined_to_id=new.platform.id).id
        joining.join(session, new.platform.id, old.platform.id, admin, NOW)
    with db.read() as session:
        gone, stays = session.get_one(Platform, new.platform.id), session.get_one(Platform, old.platform.id)
        assert (gone.joined_to_id, gone.disabled_at) == (stays.id, NOW)
        assert stays.joined_to_id is None
        assert (stays.version, stays.disabled_at, stays.keys_fetched_at) == ("5.1", None, None)
        assert session.get_one(Platform, earlier).joined_to_id == stays.id
        assert [(row.platform_id, row.light) for row in session.scalars(select(Finding))] == [(stays.id, "green")]
        (noted,) = session.scalars(select(AuditRow).where(AuditRow.action == "platform_joined")).all()
        assert (noted.actor_id, noted.subject_id, noted.data["joined"]) == (admin, stays.id, gone.id)


def test_a_member_of_both_was_seen_first_when_either_was(db: Database) -> None:
    later = NOW + timedelta(days=3)
    with db.write() as session:
        new, old = two_clients.two(session)
        for side, seen in (
            (old, {"learner_at": NOW}),
            (new, {"learner_at": later, "instructor_at": later, "marked": "staff"}),
        ):
            course = world.course(session, side.platform, context_id="2")
            who = world.person(session, side.platform, sub="5")
            world.stored(session, Member(course_id=course.id, person_id=who.id, **seen))
    joined(db, new, old)
    with db.read() as session:
        (member,) = session.scalars(select(Member)).all()
        assert (member.learner_at, member.instructor_at, member.marked) == (NOW, later, "staff")


def test_who_watches_a_learner_under_both_numbers_does_so_once(db: Database) -> None:
    new, old, enrolment = learnt(db)
    with db.write() as session:
        for side in (new, old):
            who = world.person(session, side.platform, sub="9")
            world.stored(session, Assignment(enrolment_id=enrolment, person_id=who.id, assigned_at=NOW))
    joined(db, new, old)
    with db.read() as session:
        (left,) = session.scalars(select(Assignment)).all()
        assert session.get_one(Person, left.person_id).sub == "9"


def test_two_sites_are_joined_only_where_the_operator_says_so(db: Database) -> None:
    with db.write() as session:
        centre = world.centre(session).id
        old = two_clients.side(session, centre, "a", issuer="https://old.example.id")
        new = two_clients.side(session, centre, "b", issuer="https://old.example.id.evil.example")
    assert refused(db, new.platform.id, old.platform.id) == "other_site"
    joined(db, new, old, other_site=True)


def test_the_same_host_in_another_folder_is_the_same_site(db: Database) -> None:
    with db.write() as session:
        centre = world.centre(session).id
        old = two_clients.side(session, centre, "a", issuer="https://lms.example.id/moodle")
        new = two_clients.side(session, centre, "b", issuer="https://LMS.example.id")
    joined(db, new, old)


def test_what_cannot_be_right_is_refused_and_changes_nothing(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        other = two_clients.side(session, world.centre(session).id, "third")
        world.course(session, other.platform)
    with db.read() as session:
        rows = two_clients.counts(session)
    assert refused(db, new.platform.id, new.platform.id) == "same_platform"
    assert refused(db, 999, old.platform.id) == "no_such_platform"
    assert refused(db, other.platform.id, old.platform.id) == "other_centre"
    with db.write() as session:
        session.get_one(Deployment, new.deployment.id).admitted_at = None
    assert refused(db, new.platform.id, old.platform.id) == "deployment_held"
    with db.write() as session:
        session.get_one(Deployment, new.deployment.id).disabled_at = NOW
    assert refused(db, new.platform.id, old.platform.id) == "not_one_deployment"
    with db.read() as session:
        assert two_clients.counts(session) == rows


def test_several_installations_of_the_new_one_are_refused(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        world.deployment(session, session.get_one(Registration, new.deployment.registration_id))
    assert refused(db, new.platform.id, old.platform.id) == "not_one_deployment"


def test_a_platform_that_went_over_takes_no_further_part(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        third = two_clients.side(session, old.platform.centre_id, "third")
    joined(db, new, old)
    assert refused(db, new.platform.id, third.platform.id) == "joined_already"
    assert refused(db, third.platform.id, new.platform.id) == "joined_already"
    joined(db, third, old)
    with db.read() as session:
        disabled = session.execute(select(Registration.client_id, Registration.disabled_at.is_not(None))).all()
        assert {tuple(row) for row in disabled} == {("first", True), ("second", True), ("third", False)}


def test_a_course_of_two_centres_is_refused(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        world.course(session, new.platform, context_id="2")
        world.course(session, old.platform, context_id="2", centre_id=world.centre(session).id)
    assert refused(db, new.platform.id, old.platform.id) == "course_of_two_centres"


def test_work_in_one_run_under_both_numbers_is_refused(db: Database) -> None:
    new, old, enrolment = learnt(db)
    with db.write() as session:
        cohort = session.get_one(Cohort, session.get_one(Enrolment, enrolment).cohort_id)
        world.enrolment(session, cohort, world.person(session, new.platform, sub="5"))
    assert refused(db, new.platform.id, old.platform.id) == "enrolled_twice"
    with db.read() as session:
        assert session.get_one(Platform, new.platform.id).joined_to_id is None


def test_a_launch_that_was_under_way_comes_over_too(db: Database) -> None:
    new, old, _ = learnt(db)
    gate = threading.Event()

    def join() -> None:
        assert gate.wait(20)
        joined(db, new, old)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(join)
        with db.writer.begin() as connection:
            landing.arrive(connection, arrival(new, context="3"), NOW, NOW)
            gate.set()
            with pytest.raises(TimeoutError):
                done.result(0.3)
        done.result(60)
    with db.read() as session:
        (came,) = session.scalars(select(Launch)).all()
        who, course = session.get_one(Person, came.person_id), session.get_one(Course, came.course_id)
        assert (who.platform_id, who.sub, course.platform_id) == (old.platform.id, "5", old.platform.id)


def test_a_launch_of_a_process_that_does_not_know_yet_makes_nothing_and_may_be_sent_again(db: Database) -> None:
    new, old, enrolment = learnt(db)
    joined(db, new, old)
    with db.read() as session:
        rows = two_clients.counts(session)
    with pytest.raises(Problem) as problem:
        launch(db, arrival(new))
    assert problem.value.reason == "platform_joined"
    with db.read() as session:
        assert two_clients.counts(session) == rows
    assert launch(db, arrival(as_the_old_one(new, old))) == f"/learn/{enrolment}"
