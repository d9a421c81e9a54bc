"""Links that open something else than before: contents edited later, copied and restored courses, duplicated activities."""

from pathlib import Path

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import (
    Centre,
    Cohort,
    Course,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Person,
    PickedLink,
    Placement,
)
from diklat_lti.training import cohorts, copies, placements
from diklat_lti.training.arrival import ArrivedCourse, ArrivedLink
from diklat_lti.training.copies import Copied
from threshold import NOW, Door

COPY = ArrivedCourse("3", "Diklat (copy)", None)
COLUMN = "https://lms.example.id/lineitems/{}/lineitem?type_id=1"


@pytest.fixture
def door(db: Database, tmp_path: Path) -> Door:
    return Door(db, tmp_path)


def second_run(door: Door, tmp_path: Path) -> PickedLink:
    with door.db.write() as session:
        other = trained.cohort(session, tmp_path, session.get_one(Course, door.course.id))
        return cohorts.pick(session, other, door.deployment.id, None, world.person(session).id, NOW, title="Baru")


def items(door: Door) -> list[tuple[int, int | None, str | None, bool]]:
    with door.db.read() as session:
        g = GradeItem
        rows = session.execute(select(g.cohort_id, g.placement_id, g.lineitem_url, g.inherits).order_by(g.id))
        return [tuple(row) for row in rows]


def works(door: Door, cohort: Cohort) -> Enrolment:
    """A learner of this run passes."""
    with door.db.write() as session:
        enrolment = session.scalars(select(Enrolment).where(Enrolment.cohort_id == cohort.id)).one()
        read, quizzes = trained.lessons(session, cohort)
        for lesson in read:
            trained.reads(session, enrolment, lesson, NOW)
        for lesson in quizzes:
            trained.sits(session, cohort, enrolment, lesson, NOW)
        return enrolment


# Select content on a link that opens something already


def test_content_selected_anew_leads_the_link_elsewhere_and_leaves_all_work_where_it_was(
    door: Door, tmp_path: Path
) -> None:
    door.arrive(lineitem_url=COLUMN.format(3))
    before = works(door, door.cohort)
    new = second_run(door, tmp_path)
    landed = door.arrive(lineitem_url=COLUMN.format(3), custom={placements.CUSTOM: new.uuid})
    with door.db.read() as session:
        placement = session.scalars(select(Placement)).one()
        kept = session.get_one(Enrolment, before.id)
        begun = session.scalars(select(Enrolment).where(Enrolment.cohort_id == new.cohort_id)).one()
    assert (placement.cohort_id, placement.picked_uuid) == (new.cohort_id, new.uuid)
    assert (kept.cohort_id, kept.passed_at is not None, begun.done_count) == (door.cohort.id, True, 0)
    assert landed.path == f"/learn/{begun.id}"


def test_the_column_goes_with_the_link_and_the_old_run_gets_one_of_its_own(door: Door, tmp_path: Path) -> None:
    door.arrive(lineitem_url=COLUMN.format(3))
    new = second_run(door, tmp_path)
    door.arrive(lineitem_url=COLUMN.format(3), custom={placements.CUSTOM: new.uuid})
    with door.db.read() as session:
        placement = session.scalars(select(Placement.id)).one()
    assert items(door) == [
        (door.cohort.id, None, None, False),
        (new.cohort_id, placement, COLUMN.format(3), True),
    ]
    door.arrive(lineitem_url=COLUMN.format(3))
    assert items(door) == [
        (door.cohort.id, placement, COLUMN.format(3), True),
        (new.cohort_id, None, None, True),
    ]


def test_the_same_content_selected_once_more_changes_nothing_but_the_name_of_the_link(door: Door) -> None:
    door.arrive(lineitem_url=COLUMN.format(3))
    with door.db.write() as session:
        again = door.pick(session, None)
    door.arrive(lineitem_url=COLUMN.format(4), custom={placements.CUSTOM: again.uuid})
    with door.db.read() as session:
        placement = session.scalars(select(Placement)).one()
    assert placement.picked_uuid == again.uuid
    assert items(door) == [(door.cohort.id, placement.id, COLUMN.format(4), False)]


@pytest.mark.parametrize("custom", [{}, {placements.CUSTOM: ""}, {placements.CUSTOM: "x" * 200}])
def test_a_value_that_names_nothing_leaves_the_link_where_it_leads(door: Door, custom: dict[str, str]) -> None:
    home = door.arrive().path
    assert door.arrive(custom=custom).path == home
    assert door.arrive(custom=custom).path == home


def test_a_first_launch_shows_that_the_link_arrived(door: Door) -> None:
    door.arrive()
    with door.db.read() as session:
        assert session.scalars(select(PickedLink.seen_at)).one() == NOW


# Copied and restored courses


def arrive_in_copy(door: Door, link: str = "70", picked: PickedLink | None = None, **more: object) -> str:
    values: dict[str, object] = {"course": COPY, "link": ArrivedLink(link, "Diklat (copy)"), "lineitem_url": None}
    values |= {"lineitems_url": "https://lms.example.id/copy/lineitems"}
    return door.arrive(**values | {"custom": {placements.CUSTOM: (picked or door.picked).uuid}} | more).path


def found(door: Door, admin_of_old: bool = False) -> tuple[Copied | None, Person]:
    with door.db.write() as session:
        course = session.scalars(select(Course).where(Course.context_id == COPY.context_id)).one()
        boss = world.person(session)
        world.grant(session, boss, "cohort_admin", course)
        if admin_of_old:
            world.grant(session, boss, "cohort_admin", session.get_one(Course, door.course.id))
        return copies.find(session, course.id, None, boss.id, NOW), boss


def begin_new(door: Door) -> Cohort:
    copied, boss = found(door)
    assert copied is not None
    with door.db.write() as session:
        wish = cohorts.Wish(copied.run.version_id, "Angkatan II", "2026-12-01", "10", "Asia/Makassar")
        plan = cohorts.plan(session, copied.placement.course_id, wish, NOW)
        return copies.new_run(session, copied, plan, boss.id, NOW)


def test_a_copied_link_keeps_what_it_named_and_shows_nothing_as_arrived(door: Door) -> None:
    assert arrive_in_copy(door).startswith("/learn/missing/")
    with door.db.read() as session:
        placement = session.scalars(select(Placement)).one()
        assert (placement.cohort_id, placement.picked_uuid) == (None, door.picked.uuid)
        assert session.scalars(select(PickedLink.seen_at)).one() is None


def test_a_new_run_has_its_own_days_and_all_copies_follow_opened_before_or_not(door: Door) -> None:
    with door.db.write() as session:
        module = door.pick(session, "modul-1")
    arrive_in_copy(door, "70")
    arrive_in_copy(door, "71")  # the same activity, duplicated
    run = begin_new(door)
    assert (run.length_days, run.zone, run.version_id) == (10, "Asia/Makassar", door.cohort.version_id)
    arrive_in_copy(door, "72", module)
    with door.db.read() as session:
        led = session.execute(select(Placement.resource_link_id, Placement.cohort_id, Placement.module_key)).all()
        assert session.scalars(select(Cohort.length_days).where(Cohort.id == door.cohort.id)).one() == 15
    assert sorted(tuple(row) for row in led) == [("70", run.id, None), ("71", run.id, None), ("72", run.id, "modul-1")]


def test_the_new_run_has_new_grade_items_that_are_found_by_their_copied_names(door: Door) -> None:
    door.arrive(lineitem_url=COLUMN.format(3))
    arrive_in_copy(door)
    run = begin_new(door)
    arrive_in_copy(door, lineitem_url=COLUMN.format(9))
    with door.db.read() as session:
        old, new = session.scalars(select(GradeItem).order_by(GradeItem.id)).all()
    assert (old.cohort_id, old.lineitem_url, old.inherits) == (door.cohort.id, COLUMN.format(3), False)
    assert (new.cohort_id, new.lineitem_url, new.inherits) == (run.id, COLUMN.format(9), True)
    assert (new.resource_id, new.tag) == (f"diklat-cohort-{door.cohort.id}", "final")


def test_the_old_runs_decisions_do_not_come_into_the_new_runs_columns(door: Door) -> None:
    door.arrive()
    works(door, door.cohort)
    arrive_in_copy(door)
    begin_new(door)
    arrive_in_copy(door)
    with door.db.read() as session:
        (delivery,) = session.scalars(select(GradeDelivery)).all()
        assert session.get_one(GradeItem, delivery.grade_item_id).cohort_id == door.cohort.id


def test_only_who_administers_the_old_run_may_go_on_with_it(door: Door) -> None:
    door.arrive()
    works(door, door.cohort)
    arrive_in_copy(door)
    stranger, boss = found(door)
    assert stranger is not None
    assert not stranger.may_go_on
    with door.db.write() as session, pytest.raises(Problem):
        copies.go_on(session, stranger, boss.id, NOW)
    known, boss = found(door, admin_of_old=True)
    assert known is not None
    assert known.may_go_on
    with door.db.write() as session:
        copies.go_on(session, known, boss.id, NOW)
    assert arrive_in_copy(door) == door.arrive().path
    with door.db.read() as session:
        items = session.scalars(select(GradeDelivery.grade_item_id).order_by(GradeDelivery.id)).all()
        assert len(items) == 2, "the score goes into both columns"
        assert session.scalars(select(GradeDecision.id)).one()


def test_another_registration_of_the_same_lms_never_goes_on(door: Door) -> None:
    arrive_in_copy(door)
    with door.db.write() as session:
        other = world.deployment(session, world.registration(session, world.platform(session)))
        session.scalars(select(PickedLink)).one().deployment_id = other.id
    copied, _ = found(door, admin_of_old=True)
    assert copied is not None
    assert not copied.may_go_on


def test_a_program_of_another_centre_is_neither_named_nor_run(door: Door) -> None:
    arrive_in_copy(door)
    with door.db.write() as session:
        course = session.scalars(select(Course).where(Course.context_id == COPY.context_id)).one()
        course.centre_id = world.centre(session, name="BBPPKS Makassar").id
        world.version(session, session.get_one(Centre, course.centre_id))
    copied, boss = found(door)
    assert copied is not None
    assert copied.outline is None
    with door.db.write() as session, pytest.raises(Problem):
        copies.new_run(session, copied, None, boss.id, NOW)  # type: ignore[arg-type]


def test_what_is_decided_for_one_copy_says_nothing_of_another_course(door: Door) -> None:
    arrive_in_copy(door)
    begin_new(door)
    assert arrive_in_copy(door, course=ArrivedCourse("4", "Lain", None)).startswith("/learn/missing/")


def test_nothing_is_copied_where_a_link_opens_something_or_names_nothing(door: Door) -> None:
    door.arrive()
    arrive_in_copy(door, custom={placements.CUSTOM: "invented"})
    copied, _ = found(door)
    assert copied is None
    with door.db.read() as session:
        assert copies.find(session, door.course.id, None, 1, NOW) is None
