"""What the doctor reads off launches, refusals, names and grades: where each light begins, and whose rows count."""

from datetime import timedelta
from typing import Any

import pytest

import world
from diklat_lti.database import Database
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.models import GradeDelivery
from diklat_lti.settings import Settings
from patient import Patient
from world import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def lms(db: Database, settings: Settings) -> Patient:
    return Patient(db, settings)


def test_a_launch_is_the_proof_that_the_tool_is_active_and_only_of_this_lms(lms: Patient) -> None:
    lms.launches(1, deployment_id=lms.neighbour)
    assert lms.see("activation") == Seen("never_launched")
    lms.launches(1, NOW - timedelta(hours=3))
    lms.launches(1, NOW - timedelta(hours=2))
    assert lms.see("activation") == Seen("active", {"at": (NOW - timedelta(hours=2)).isoformat()})


def test_what_a_launch_brought_proves_it_after_the_launch_is_gone(lms: Patient) -> None:
    with lms.db.write() as session:
        world.placement(session, deployment_id=lms.neighbour)
    assert lms.see("activation") == Seen("never_launched")
    with lms.db.write() as session:
        world.placement(session, deployment_id=lms.deployment)
    assert lms.see("activation") == Seen("active")


def test_the_picker_is_offered_where_it_was_opened_by_this_lms(lms: Patient) -> None:
    lms.launches(1)
    lms.launches(1, deployment_id=lms.neighbour, message_type="LtiDeepLinkingRequest")
    assert lms.see("picker") == Seen("never")
    lms.launches(1, NOW - timedelta(hours=2), message_type="LtiDeepLinkingRequest")
    assert lms.see("picker") == Seen("offered", {"at": (NOW - timedelta(hours=2)).isoformat()})


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ([], "nobody"),
        ([{"name": "Siti", "email": "siti@example.id"}], "both"),
        ([{"name": "Siti", "email": None}], "no_email"),
        ([{"name": None, "email": "siti@example.id"}], "no_names"),
        ([{"name": None, "email": None}, {"name": "Siti", "email": None}], "no_email"),
        ([{"name": "Siti", "email": "siti@example.id", "at": NOW - timedelta(days=30)}], "nobody"),
        ([{"name": "Siti", "email": "siti@example.id", "at": NOW - timedelta(days=30) + SECOND}], "both"),
        ([{"name": None, "email": None, "erased_at": NOW}], "nobody"),
    ],
)
def test_names_are_those_of_whoever_came_last_month(lms: Patient, people: list[dict[str, Any]], reason: str) -> None:
    lms.launches(1, deployment_id=lms.neighbour, name="Budi", email="budi@example.id")
    for person in people:
        lms.launches(1, **person)
    assert lms.see("names") == Seen(reason)


def test_three_refusals_since_the_last_launch_are_red_and_two_are_not(lms: Patient) -> None:
    lms.launches(1, NOW - timedelta(hours=1))
    lms.refusals(2, NOW - timedelta(minutes=30), "too_old")
    at = {"at": (NOW - timedelta(hours=1)).isoformat()}
    assert lms.see("launch") == Seen("well", {"refused": 2} | at)
    lms.refusals(1, NOW - timedelta(minutes=20), "clock_behind")
    assert lms.see("launch") == Seen("only_refusals", {"refused": 3, "word": "too_old"} | at)


def test_where_nobody_ever_came_in_the_refusals_of_a_week_count(lms: Patient) -> None:
    assert lms.see("launch") == Seen("well", {"refused": 0})
    lms.refusals(3, NOW - timedelta(days=7))
    assert lms.see("launch") == Seen("well", {"refused": 0})
    lms.refusals(3, NOW - timedelta(days=7) + SECOND, "clock_behind")
    assert lms.see("launch") == Seen("only_refusals", {"refused": 3, "word": "clock_behind"})


def test_a_refusal_at_the_instant_of_a_launch_is_not_after_it(lms: Patient) -> None:
    lms.launches(1, NOW - timedelta(hours=1))
    lms.refusals(3, NOW - timedelta(hours=1))
    assert lms.see("launch").reason == "some_refused"


def test_one_refusal_in_twenty_is_amber_and_fewer_are_not(lms: Patient) -> None:
    lms.refusals(1, reason="a_reason")
    lms.refusals(2, reason="too_old")
    lms.launches(56)
    at = {"at": (NOW - timedelta(hours=1)).isoformat()}
    assert lms.see("launch") == Seen("some_refused", {"refused": 3, "word": "too_old"} | at)
    lms.launches(1)
    assert lms.see("launch") == Seen("well", {"refused": 3} | at)


def test_two_refusals_are_an_accident_however_few_came_in(lms: Patient) -> None:
    lms.refusals(2)
    lms.launches(1)
    assert lms.see("launch").reason == "well"


def test_launches_of_more_than_a_week_ago_do_not_make_refusals_few(lms: Patient) -> None:
    lms.launches(57, NOW - timedelta(days=7))
    lms.launches(1)
    lms.refusals(3)
    assert lms.see("launch").reason == "some_refused"


@pytest.mark.parametrize(
    ("inside", "tabs", "reason"),
    [(0, 0, "none_yet"), (0, 19, "inside"), (16, 4, "inside"), (15, 5, "many_tabs")],
)
def test_more_than_a_fifth_of_tabs_is_amber_where_there_are_twenty_launches(
    lms: Patient, inside: int, tabs: int, reason: str
) -> None:
    lms.launches(40, NOW - timedelta(days=30), bounce="new_tab")
    lms.launches(40, deployment_id=lms.neighbour, bounce="new_tab")
    lms.launches(inside)
    lms.launches(tabs, bounce="new_tab", framed=False)
    data = {"total": inside + tabs, "framed": inside, "tabs": tabs}
    assert lms.see("frame") == Seen(reason, data if inside + tabs else {})


def test_grades_are_told_of_by_the_one_that_was_tried_last(lms: Patient) -> None:
    lms.delivery(deployment_id=lms.neighbour, arrived=False, answer="unauthorised", outcome="later")
    assert lms.see("grade") == Seen("none_yet")
    lms.delivery(tried_at=None, arrived=False)
    assert lms.see("grade") == Seen("none_yet")
    early, late = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    lms.delivery(tried_at=late, delivered_at=late)
    lms.delivery(tried_at=early, arrived=False, answer="unauthorised", outcome="later")
    data = {"waiting": 2, "word": "delivered", "at": late.isoformat()}
    assert lms.see("grade") == Seen("some_wait", data)


def test_what_holds_for_every_learner_breaks_the_link_and_what_is_ones_own_does_not(lms: Patient) -> None:
    first = lms.delivery(arrived=False, outcome="later", answer="firewall")
    assert lms.see("grade") == Seen("stuck", {"waiting": 1, "word": "firewall"})
    with lms.db.write() as session:
        session.get_one(GradeDelivery, first).answer = "not_enrolled"
    assert lms.see("grade") == Seen("some_wait", {"waiting": 1, "word": "not_enrolled"})
    lms.delivery(tried_at=NOW, delivered_at=NOW, answer="firewall")
    assert lms.see("grade").reason == "some_wait"


def test_a_grade_that_arrived_with_nothing_behind_it_is_green(lms: Patient) -> None:
    at = NOW - timedelta(minutes=1)
    lms.delivery()
    assert lms.see("grade") == Seen("arrived", {"waiting": 0, "word": "delivered", "at": at.isoformat()})


AGO = timedelta(minutes=15)
ASLEEP: dict[str, Any] = {"next_try_at": NOW - AGO - SECOND, "decided_at": NOW - AGO - SECOND, "arrived": False}


@pytest.mark.parametrize(
    ("changed", "is_asleep"),
    [
        ({}, True),
        ({"lease_until": NOW - AGO - SECOND}, True),
        ({"next_try_at": NOW - AGO}, False),
        ({"decided_at": NOW - AGO}, False),
        ({"lease_until": NOW - AGO}, False),
        ({"arrived": True}, False),
    ],
)
def test_a_grade_that_is_due_for_more_than_a_quarter_of_an_hour_shows_that_no_worker_runs(
    lms: Patient, changed: dict[str, Any], is_asleep: bool
) -> None:
    lms.delivery(**ASLEEP | changed)
    seen = lms.see("grade")
    assert (seen.reason == "no_worker") is is_asleep
    assert not is_asleep or seen.data == {"waiting": 1}


def test_a_neighbours_grade_that_waits_is_not_ours(lms: Patient) -> None:
    lms.delivery(**ASLEEP, deployment_id=lms.neighbour)
    assert lms.see("grade") == Seen("none_yet")
