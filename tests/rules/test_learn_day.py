"""The day line and the plan for today: which day of how many, what would be fair, who is ahead."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from diklat_lti.web.learn import day as days

START = datetime(2019, 1, 7, 17, 0, tzinfo=UTC)
END = START + timedelta(days=15)


@dataclass
class Lesson:
    key: int
    minutes: int = 25


class Stand:
    """What `learn/day` reads of an enrolment: 14 lessons, some done, at an instant."""

    def __init__(self, now: datetime, done: int = 0, end: datetime = END) -> None:
        self.now, self.done = now, frozenset(range(done))
        self.enrolment = type("E", (), {"opens_at": START, "end_at": end})
        self.cohort = type("C", (), {"zone": "Asia/Jakarta"})
        self.outline = type("O", (), {"lessons": tuple(Lesson(n) for n in range(14))})


def day(now: datetime, **more: Any) -> days.Day:
    return days.day(Stand(now, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "number", "left", "last"),
    [
        (START, 1, 14, False),
        (START + timedelta(days=1) - timedelta(milliseconds=1), 1, 14, False),
        (START + timedelta(days=5), 6, 9, False),
        (END - timedelta(days=1), 15, 0, True),
        (END - timedelta(milliseconds=1), 15, 0, True),
    ],
)
def test_days_change_at_the_zones_midnight(now: datetime, number: int, left: int, last: bool) -> None:
    today = day(now)
    assert (today.number, today.length, today.left, today.is_last) == (number, 15, left, last)


def test_an_end_in_the_evening_is_tonight_and_an_earlier_one_today() -> None:
    assert day(END - timedelta(hours=1)).tonight
    assert not day(END - timedelta(hours=20), end=END - timedelta(hours=10)).tonight


@pytest.mark.parametrize(
    ("number", "done", "lessons", "ahead"),
    [
        (1, 0, (0,), False),
        (1, 1, (), True),
        (6, 4, (4, 5), False),
        (6, 5, (5,), False),
        (6, 7, (), True),
        (15, 12, (12, 13), False),
    ],
)
def test_the_plan_gives_every_day_an_equal_share(number: int, done: int, lessons: tuple[int, ...], ahead: bool) -> None:
    stand: Any = Stand(START + timedelta(days=number - 1), done)
    plan = days.plan(stand, days.day(stand))
    assert (tuple(lesson.key for lesson in plan.lessons), plan.ahead) == (lessons, ahead)
    assert plan.minutes == 25 * len(lessons)
