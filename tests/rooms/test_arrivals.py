"""Which picked activities are missing in the LMS: of whose run, in which order, and from when to when they are looked for."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Course, PickedLink
from diklat_lti.training import arrivals
from world import NOW

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
numbers = count(1)


def picked(session: Session, run: Cohort, module: str | None = None, **columns: Any) -> PickedLink:
    """One that was looked for in vain; by default an hour ago."""
    defaults: dict[str, Any] = {
        "uuid": f"{next(numbers):04}", "deployment_id": world.deployment(session).id, "cohort_id": run.id,
        "module_key": module, "picked_at": NOW, "picked_by": world.person(session).id, "answer": "a",
        "looked_at": NOW - timedelta(hours=1),
    }  # fmt: skip
    return world.stored(session, PickedLink(**defaults | columns))


def told(session: Session, run: Cohort) -> list[tuple[int, list[str]]]:
    return [(one.cohort.id, [link.uuid for link in one.links]) for one in arrivals.missing(session, run.course_id)]


def test_what_is_missing_stands_by_run_the_newest_first_and_then_as_it_was_picked(db: Database) -> None:
    with db.write() as session:
        first = world.cohort(session)
        second = world.cohort(session, session.get_one(Course, first.course_id))
        other = world.cohort(session)
        later = picked(session, first, "a", picked_at=NOW + MINUTE)
        whole, z, b = (picked(session, first, module) for module in (None, "z", "b"))
        newest = picked(session, second)
        for run in (first, second, other):
            picked(session, run, "seen", seen_at=NOW)
        picked(session, other)
        assert told(session, first) == [
            (second.id, [newest.uuid]), (first.id, [b.uuid, z.uuid, whole.uuid, later.uuid]),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"looked_at": None}, {"seen_at": NOW}),
        ({"seen_at": NOW}, {"seen_at": NOW}),
        ({"answer": None}, {"seen_at": NOW}),
        ({"answer": "b"}, {"seen_at": NOW}),
        ({}, {"seen_at": None}),
    ],
)
def test_what_was_seen_not_looked_for_or_not_saved_is_not_missing(
    db: Database, one: dict[str, Any], other: dict[str, Any]
) -> None:
    with db.write() as session:
        run = world.cohort(session)
        picked(session, run, "m1", **one)
        picked(session, run, "m2", **other)
        assert told(session, run) == []


def test_what_nobody_has_looked_for_yet_is_unknown_once_there_was_time_to_save_it(db: Database) -> None:
    with db.write() as session:
        run, other = world.cohort(session), world.cohort(session)
        for of in (run, other):
            picked(session, of, looked_at=None)
        for columns in ({"seen_at": NOW}, {"answer": None}, {"looked_at": NOW}):
            picked(session, run, **{"looked_at": None} | columns)
        counted = [arrivals.unknown(session, run.id, NOW + after) for after in (2 * MINUTE, 2 * MINUTE + SECOND)]
        assert counted == [0, 1]


@pytest.mark.parametrize(
    ("picked_at", "looked_at", "is_due"),
    [
        (NOW - 2 * MINUTE, None, True),
        (NOW - 2 * MINUTE + SECOND, None, False),
        (NOW - 2 * DAY, None, True),
        (NOW - 2 * DAY - SECOND, None, False),
        (NOW - DAY, NOW - 10 * MINUTE, False),
        (NOW - DAY, NOW - 10 * MINUTE - SECOND, True),
    ],
)
def test_a_run_is_looked_for_every_ten_minutes_for_two_days(
    db: Database, picked_at: datetime, looked_at: datetime | None, is_due: bool
) -> None:
    with db.write() as session:
        run = world.cohort(session)
        for module in ("m1", "m2"):
            picked(session, run, module, picked_at=picked_at, looked_at=looked_at)
        for columns in ({"seen_at": NOW}, {"answer": None}):
            picked(session, world.cohort(session), picked_at=NOW - DAY, looked_at=None, **columns)
        assert arrivals.due(session, NOW) == ([run.id] if is_due else [])


def test_runs_are_looked_for_in_their_order(db: Database) -> None:
    with db.write() as session:
        first, second = world.cohort(session), world.cohort(session)
        for run in (second, first, second):
            picked(session, run, picked_at=NOW - DAY)
        assert arrivals.due(session, NOW) == [first.id, second.id]


def test_what_went_to_the_lms_stands_as_it_was_picked_and_is_looked_for_anew_where_it_is_sent_again(
    db: Database,
) -> None:
    with db.write() as session:
        run = world.cohort(session)
        picked(session, world.cohort(session))
        picked(session, run, answer=None)
        late, b, a = (picked(session, run, uuid=uuid) for uuid in "cba")
        late.picked_at = NOW + MINUTE
        session.flush()
        assert arrivals.picked_for(session, run.id) == [a, b, late]
        assert arrivals.send_again(session, ["b", "a"], NOW + DAY) == [b, a]
        assert [(link.picked_at, link.looked_at) for link in (a, b)] == [(NOW + DAY, None)] * 2
