"""The window `[start, end)` in which work counts: whole calendar days in the cohort's zone (domain.md, "The window")."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a window that nobody closes: rolling, not started, without a last day to start."""


@dataclass(frozen=True)
class WindowRules:
    """What a cohort's admin set. `fixed` needs `starts_on`; `rolling` begins when the learner presses "Mulai sekarang"."""

    mode: str
    zone: str
    length_days: int
    starts_on: date | None = None
    opens_on: date | None = None
    last_start_on: date | None = None
    hard_end_on: date | None = None


@dataclass(frozen=True)
class Window:
    """`start` None: rolling and not started, so nothing counts yet. `end` is the first instant that does not count."""

    opens_at: datetime
    start: datetime | None
    end: datetime
    has_grace: bool = True


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local date, in UTC; also where the clocks skip midnight."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def window(rules: WindowRules, started_at: datetime | None = None) -> Window:
    """The window of one learner; `started_at` is the effective time of the first stored press of "Mulai sekarang"."""
    if rules.mode == "fixed":
        assert rules.starts_on is not None
        return _of_days(rules, rules.starts_on)
    if started_at is not None:
        return _of_days(rules, local_day(started_at, rules.zone))
    opens_at = midnight(rules.opens_on, rules.zone) if rules.opens_on else datetime.min.replace(tzinfo=UTC)
    end = midnight(rules.last_start_on + timedelta(days=1), rules.zone) if rules.last_start_on else NEVER
    return Window(opens_at, None, end, has_grace=False)


def _of_days(rules: WindowRules, first: date) -> Window:
    end_day = first + timedelta(days=rules.length_days)
    if rules.mode == "rolling" and rules.hard_end_on:
        end_day = min(end_day, rules.hard_end_on + timedelta(days=1))
    start = midnight(first, rules.zone)
    return Window(start, start, midnight(end_day, rules.zone))


def day_number(window: Window, now: datetime, zone: str) -> int:
    """1 on the first day; above the length once the window is over, below 1 before it opens."""
    assert window.start is not None
    return (local_day(now, zone) - local_day(window.start, zone)).days + 1
