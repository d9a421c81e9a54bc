"""The day line of a learner's window, and the plan for today: pure functions over what an enrolment says."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from diklat_lti.content.outline import OutlineLesson
from diklat_lti.training.cohorts import last_day
from diklat_lti.training.window import local_day
from diklat_lti.web.learn.own import Mine

EVENING = 18
"""From this hour on, the end of the last day is "tonight"."""


@dataclass(frozen=True)
class Day:
    """`number` of `length` days up to the effective end, extensions included."""

    number: int
    length: int
    last_minute: datetime
    tonight: bool

    @property
    def left(self) -> int:
        return self.length - self.number

    @property
    def is_last(self) -> bool:
        return self.left == 0


def day(mine: Mine) -> Day:
    """Of a window that is open now."""
    enrolment, zone = mine.enrolment, mine.cohort.zone
    first = local_day(enrolment.opens_at, zone)
    last_minute = enrolment.end_at - timedelta(milliseconds=1)
    return Day(
        number=(local_day(mine.now, zone) - first).days + 1,
        length=(last_day(enrolment.end_at, zone) - first).days + 1,
        last_minute=last_minute,
        tonight=last_minute.astimezone(ZoneInfo(zone)).hour >= EVENING,
    )


@dataclass(frozen=True)
class Plan:
    """What would be fair for today. `lessons` is empty where today's share is done."""

    lessons: tuple[OutlineLesson, ...]
    ahead: bool

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)


def plan(mine: Mine, today: Day) -> Plan:
    """Equal shares: after day n of N, n/N of the lessons are done, rounded up."""
    lessons = mine.outline.lessons
    target = math.ceil(len(lessons) * today.number / today.length)
    undone = tuple(lesson for lesson in lessons if lesson.key not in mine.done)
    finished = len(lessons) - len(undone)
    return Plan(undone[: max(0, target - finished)], ahead=finished >= target)
