"""Who comes in by a launch: the first page, the rows it makes, the placement and its grade item."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import (
    Course,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Grant,
    Launch,
    Member,
    Person,
    Placement,
    RoleRequest,
)
from diklat_lti.training import landing, placements, verdict
from diklat_lti.training.arrival import ArrivedCourse, ArrivedLink, DeepLinking
from threshold import NOW, Door

WISH = DeepLinking("https://lms.example.id/back", ("ltiResourceLink",), True, None, None, None)


@pytest.fixture
def door(db: Database, tmp_path: Path) -> Door:
    return Door(db, tmp_path)


def test_a_learner_lands_on_the_home_of_a_new_enrolment(door: Door) -> None:
    landed = door.arrive()
    with door.db.read() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        launch = session.get_one(Launch, landed.launch_id)
        assert session.scalars(select(Person.name).where(Person.id == enrolment.person_id)).one() == "Siti Aminah"
    assert landed.path == launch.led_to == f"/learn/{enrolment.id}"
    assert (enrolment.end_at, enrolment.required_count, enrolment.source) == (trained.END, 4, "launch")
    assert launch.expires_at == NOW + timedelta(hours=24)
    assert launch.roles == "learner"


def test_the_same_learner_again_makes_no_second_row(door: Door) -> None:
    first, second = door.arrive(), door.arrive()
    assert first.path == second.path
    assert (door.count(Enrolment), door.count(Placement), door.count(Member), door.count(Launch)) == (1, 1, 1, 2)


def test_on_an_own_phone_the_launch_is_good_until_the_grace_is_over(door: Door) -> None:
    door.arrive(framed=False)
    landed = door.arrive(framed=False)
    with door.db.read() as session:
        assert session.get_one(Launch, landed.launch_id).expires_at == trained.END + timedelta(hours=72)


def test_on_an_own_phone_no_launch_is_good_for_more_than_120_days(door: Door) -> None:
    door.arrive()
    with door.db.write() as session:
        session.scalars(select(Enrolment)).one().grace_end_at = NOW + timedelta(days=121)
    landed = door.arrive(framed=False)
    with door.db.read() as session:
        assert session.get_one(Launch, landed.launch_id).expires_at == NOW + timedelta(days=120)


def test_when_somebody_first_came_as_learner_or_instructor_is_remembered_once(door: Door) -> None:
    later = NOW + timedelta(hours=1)
    door.arrive()
    door.arrive(at=NOW + timedelta(minutes=1), is_learner=False, is_instructor=True)
    for roles in ((True, False), (False, True)):
        door.arrive(at=later, is_learner=roles[0], is_instructor=roles[1])
    with door.db.read() as session:
        member = session.scalars(select(Member).join(Person, Person.id == Member.person_id)).one()
    assert (member.learner_at, member.instructor_at) == (NOW, NOW + timedelta(minutes=1))


def test_what_the_lms_says_anew_is_taken_over_and_what_it_leaves_out_stays(door: Door) -> None:
    door.arrive(email="siti@example.id")
    door.arrive(name="Siti A.", email=None, course=ArrivedCourse("2", "Diklat 2026", None), lineitems_url=None)
    door.arrive(name=None, email=None)
    with door.db.read() as session:
        person = session.scalars(select(Person).where(Person.sub == "5")).one()
        course = session.get_one(Course, door.course.id)
    assert (person.name, person.email) == ("Siti A.", "siti@example.id")
    assert (course.title, course.lineitems_url) == ("Diklat", "https://lms.example.id/lineitems?type_id=1")


def test_the_first_launch_gives_the_expected_grade_item_to_its_link(door: Door) -> None:
    with door.db.read() as session:
        expected = session.scalars(select(GradeItem)).one()
        assert (expected.placement_id, expected.module_key, expected.tag) == (None, "", "final")
    door.arrive()
    with door.db.read() as session:
        item = session.scalars(select(GradeItem)).one()
        placement = session.scalars(select(Placement)).one()
    assert (item.id, item.placement_id) == (expected.id, placement.id)
    assert item.lineitem_url == "https://lms.example.id/lineitems/3/lineitem?type_id=1"
    assert item.label == placement.title == "Diklat 15 hari"


def test_the_same_content_added_twice_has_two_items_and_the_second_shows_what_was_decided(door: Door) -> None:
    door.arrive()
    with door.db.write() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        read, quizzes = trained.lessons(session, door.cohort)
        for lesson in read:
            trained.reads(session, enrolment, lesson, NOW)
        for lesson in quizzes:
            trained.sits(session, door.cohort, enrolment, lesson, NOW)
    assert door.count(GradeDelivery) == 1
    door.arrive(link=ArrivedLink("8", "Diklat (copy)"), lineitem_url=None)
    assert (door.count(GradeItem), door.count(GradeDelivery), door.count(Enrolment)) == (2, 2, 1)


def test_a_line_item_that_moved_is_remembered_and_wakes_what_waited_for_it(door: Door) -> None:
    door.arrive()
    with door.db.write() as session:
        key = {"enrolment_id": session.scalars(select(Enrolment.id)).one()}
        said = GradeDecision(**key, module_key="", score=None, reason="nothing", timestamp=NOW, decided_at=NOW)
        item = session.scalars(select(GradeItem.id)).one()
        wanted = world.stored(session, said).id
        stopped = {"tries": 3, "outcome": "stopped", "answer": "no_item"}
        session.add(GradeDelivery(**key, grade_item_id=item, wanted_id=wanted, **stopped))
    moved = "https://lms.example.id/lineitems/9/lineitem?type_id=1"
    door.arrive(lineitem_url=moved)
    with door.db.read() as session:
        assert session.scalars(select(GradeItem.lineitem_url)).one() == moved
        waiting = session.scalars(select(GradeDelivery)).one()
        assert (waiting.outcome, waiting.next_try_at) == ("waiting", verdict.AT_ONCE)


def test_a_line_item_that_moved_wakes_its_own_rows_and_no_other_links(door: Door) -> None:
    door.arrive()
    with door.db.write() as session:
        key = {"enrolment_id": session.scalars(select(Enrolment.id)).one()}
        said = GradeDecision(**key, module_key="", score=None, reason="nothing", timestamp=NOW, decided_at=NOW)
        own = session.scalars(select(GradeItem)).one()
        where = {"cohort_id": own.cohort_id, "deployment_id": own.deployment_id}
        other = world.stored(session, GradeItem(**where, module_key="m1", label="", created_at=NOW))
        wanted = world.stored(session, said).id
        for item in (own, other):
            stopped = {"tries": 3, "outcome": "stopped", "answer": "no_item", "wanted_id": wanted}
            session.add(GradeDelivery(**key, grade_item_id=item.id, **stopped))
    door.arrive(lineitem_url="https://lms.example.id/lineitems/9/lineitem?type_id=1")
    with door.db.read() as session:
        d = GradeDelivery
        assert dict(session.execute(select(d.grade_item_id, d.outcome)).all()) == {
            own.id: "waiting",
            other.id: "stopped",
        }


def test_who_is_enrolled_again_has_all_grades_of_the_course_looked_for_since_moodle_deleted_them(door: Door) -> None:
    landed = door.arrive()
    with door.db.write() as session:
        key = {"enrolment_id": session.scalars(select(Enrolment.id)).one(), "wanted_id": 0}
        said = GradeDecision(
            enrolment_id=key["enrolment_id"], module_key="", score=None, reason="nothing", timestamp=NOW, decided_at=NOW
        )
        key["wanted_id"] = world.stored(session, said).id
        item = session.scalars(select(GradeItem)).one()
        where = {"cohort_id": item.cohort_id, "deployment_id": item.deployment_id}
        other = world.stored(session, GradeItem(**where, module_key="other", label="", created_at=NOW))
        told = {"outcome": "delivered", "answer": "stored", "delivered_id": key["wanted_id"], "tries": 0}
        session.add(GradeDelivery(**key, grade_item_id=other.id, **told))
    assert door.arrive().path == landed.path
    with door.db.write() as session:
        assert session.scalars(select(GradeDelivery.outcome)).one() == "delivered"
        refused = {"tries": 1, "outcome": "stopped", "answer": "not_enrolled"}
        session.add(GradeDelivery(**key, grade_item_id=item.id, **refused))
    door.arrive(sub="6")
    assert door.arrive().path == landed.path
    with door.db.read() as session:
        woken = session.execute(
            select(GradeDelivery.outcome, GradeDelivery.delivered_id, GradeDelivery.next_try_at)
        ).all()
    assert [tuple(row) for row in woken] == [("unknown", None, verdict.AT_ONCE)] * 2


def test_a_copy_that_is_opened_before_the_original_leaves_the_column_that_was_found_to_the_original(door: Door) -> None:
    """Seen in Moodle 4.5.6: a final score delivered unopened, its activity duplicated, the copy opened."""
    of_original, of_copy = (f"https://lms.example.id/lineitems/{n}/lineitem?type_id=1" for n in (5, 6))
    with door.db.write() as session:
        expected = session.scalars(select(GradeItem)).one()
        expected.lineitem_url = of_original
    door.arrive(link=ArrivedLink("8", "Diklat (copy)"), lineitem_url=of_copy)
    with door.db.read() as session:
        items = session.execute(select(GradeItem.lineitem_url, GradeItem.placement_id).order_by(GradeItem.id)).all()
    assert [(url, placement is None) for url, placement in items] == [(of_original, True), (of_copy, False)]
    door.arrive(link=ArrivedLink("7", "Diklat"), lineitem_url=of_original)
    with door.db.read() as session:
        original = session.get_one(GradeItem, expected.id)
    assert (door.count(GradeItem), original.label, original.lineitem_url) == (2, "Diklat", of_original)


def test_a_teacher_in_a_copied_course_is_shown_how_its_link_gets_a_content_since_nobody_could_answer(
    door: Door,
) -> None:
    copied = door.arrive(is_learner=False, is_instructor=True, course=ArrivedCourse("3", "Diklat (copy)", None))
    assert copied.path == f"/manage/unplaced/{copied.launch_id}"
    assert door.count(RoleRequest) == 0
    strange = door.arrive(is_learner=False, is_instructor=True, link=ArrivedLink("9", None), custom={})
    assert strange.path == f"/manage/waiting/{door.course.id}"


@pytest.mark.parametrize("uuid", ["", "invented"])
def test_a_link_that_nobody_picked_is_not_prepared_yet(door: Door, uuid: str) -> None:
    landed = door.arrive(custom={placements.CUSTOM: uuid})
    assert landed.path == f"/learn/missing/{landed.launch_id}"
    assert (door.count(Enrolment), door.count(Placement)) == (0, 1)
    assert door.arrive().path.startswith("/learn/")
    assert door.count(Enrolment) == 1


def test_a_copied_course_carries_the_link_but_leads_to_nobodys_run(door: Door) -> None:
    landed = door.arrive(course=ArrivedCourse("3", "Salinan", None))
    assert landed.path == f"/learn/missing/{landed.launch_id}"
    assert door.count(Course) == 2


def test_without_a_course_or_a_role_there_is_a_calm_page(door: Door) -> None:
    landed = door.arrive(course=None)
    assert landed.path == f"/learn/missing/{landed.launch_id}"
    landed = door.arrive(is_learner=False)
    assert landed.path == f"/learn/missing/{landed.launch_id}"
    assert door.count(Enrolment) == 0


def test_an_instructor_without_a_role_asks_once_and_waits(door: Door) -> None:
    for _ in range(2):
        assert door.arrive(is_learner=False, is_instructor=True).path == f"/manage/waiting/{door.course.id}"
    assert door.count(RoleRequest) == 1


def test_a_refusal_stands_for_a_week(door: Door) -> None:
    door.arrive(is_learner=False, is_instructor=True)
    with door.db.write() as session:
        request = session.scalars(select(RoleRequest)).one()
        request.answer, request.answered_at = "refused", NOW
    door.arrive(is_learner=False, is_instructor=True)
    assert door.count(RoleRequest) == 1
    with door.db.write() as session:
        session.scalars(select(RoleRequest)).one().answered_at = NOW - timedelta(days=8)
    door.arrive(is_learner=False, is_instructor=True)
    assert door.count(RoleRequest) == 2


def test_deep_linking_makes_an_admin_who_then_lands_on_the_overview(door: Door) -> None:
    landed = door.arrive(is_instructor=True, is_learner=False, link=None, deep_linking=WISH)
    assert landed.path == f"/manage/pick/{landed.launch_id}"
    with door.db.read() as session:
        kept = session.get_one(Launch, landed.launch_id)
        assert kept.deep_linking is not None
        assert DeepLinking(**kept.deep_linking | {"accept_types": tuple(kept.deep_linking["accept_types"])}) == WISH
        assert kept.expires_at == NOW + timedelta(hours=12)
    assert door.arrive(is_instructor=True, is_learner=False).path == f"/manage/{door.cohort.id}"
    unplaced = door.arrive(is_instructor=True, is_learner=False, link=ArrivedLink("9", None), custom={})
    assert unplaced.path == f"/manage/unplaced/{unplaced.launch_id}"


def test_an_admin_who_was_revoked_does_not_come_back_by_deep_linking(door: Door) -> None:
    door.arrive(is_instructor=True, is_learner=False, link=None, deep_linking=WISH)
    with door.db.write() as session:
        session.scalars(select(Grant)).one().revoked_at = NOW
    door.arrive(is_instructor=True, is_learner=False, link=None, deep_linking=WISH)
    assert door.count(Grant) == 1
    assert door.arrive(is_instructor=True, is_learner=False).path == f"/manage/waiting/{door.course.id}"


def test_a_learner_launch_by_a_known_instructor_is_a_preview_until_marked(door: Door) -> None:
    door.arrive(is_learner=False, is_instructor=True)
    assert door.arrive().path == f"/learn/preview/{door.cohort.id}"
    assert door.count(Enrolment) == 0
    with door.db.write() as session:
        session.scalars(select(Member)).one().marked = "learner"
    assert door.arrive(is_instructor=True).path.startswith("/learn/")
    assert door.count(Enrolment) == 1


def test_two_first_launches_of_one_person_at_once_end_in_one_person(door: Door) -> None:
    """The second finds the row that the first one made meanwhile, and looks again."""
    arrival = door.arrival()
    tries = []

    def overtaken(connection):  # type: ignore[no-untyped-def]
        tries.append(1)
        if len(tries) == 1:
            with door.db.writer.begin() as other:
                landing.arrive(other, replace(arrival, ticket_id="other"), NOW, NOW)
        return landing.arrive(connection, arrival, NOW, NOW)

    alone = door.db.engine.dialect.name == "sqlite"  # there writers stand in one line
    landed = door.arrive() if alone else door.db.write_again(overtaken)
    assert landed.path.startswith("/learn/")
    assert door.count(Enrolment) == 1


def test_what_a_launch_tells_of_its_course_and_its_person_changes_no_other(door: Door) -> None:
    door.arrive()
    door.arrive(sub="6", course=ArrivedCourse("3", "Lain", "L"), link=None)
    door.arrive(course=ArrivedCourse("2", "Diklat baru", "D"), is_instructor=True)
    with door.db.read() as session:
        titles = dict(session.execute(select(Course.context_id, Course.title)).all())
        taught = session.execute(
            select(Person.sub, Course.context_id)
            .select_from(Member)
            .join(Person, Person.id == Member.person_id)
            .join(Course, Course.id == Member.course_id)
            .where(Member.instructor_at.is_not(None))
        ).all()
    assert (titles["2"], titles["3"]) == ("Diklat baru", "Lain")
    assert taught == [("5", "2")]


def test_each_launch_without_a_page_yet_leads_to_its_own(door: Door) -> None:
    paths = [door.arrive(ticket_id=ticket, course=None, link=None).path for ticket in "ab"]
    with door.db.read() as session:
        assert list(session.scalars(select(Launch.led_to).order_by(Launch.id))) == paths
    assert len(set(paths)) == 2


def test_a_new_name_is_its_persons_alone(door: Door) -> None:
    door.arrive()
    door.arrive(sub="6", name="Budi")
    door.arrive(name="Siti A.")
    with door.db.read() as session:
        names = dict(session.execute(select(Person.sub, Person.name)).all())
    assert (names["5"], names["6"]) == ("Siti A.", "Budi")


def test_a_link_that_is_recognised_prepares_no_other_link(door: Door) -> None:
    door.arrive(link=ArrivedLink("8", "Lain"), custom={})
    door.arrive()
    with door.db.read() as session:
        prepared = dict(session.execute(select(Placement.resource_link_id, Placement.cohort_id)).all())
    assert prepared == {"7": door.cohort.id, "8": None}


@pytest.mark.parametrize(
    ("cohort", "said", "settled"),
    [(1, None, True), (1, "https://a/1", True), (1, "https://a/2", False), (None, "https://a/1", False)],
)
def test_a_link_is_settled_once_it_has_its_run_and_the_column_that_the_lms_names(
    door: Door, cohort: int | None, said: str | None, settled: bool
) -> None:
    known: Any = SimpleNamespace(cohort_id=cohort, item_url="https://a/1")
    assert placements.is_settled(door.arrival(lineitem_url=said), known) is settled
