"""The naive model of the window: first instants of local dates, found minute by minute."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from naive.facts import Dates, History


@dataclass
class Window:
    start: datetime
    end: datetime
    effective_end: datetime
    grace_ends: datetime
    is_begun: bool
    """False of a rolling cohort's learner who has not pressed: nothing counts yet."""


@cache
def first_instant(day: date, zone: str) -> datetime:
    """The first minute at which a clock on the wall shows that date, or a later one where it was left out."""
    minute = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    while minute.astimezone(ZoneInfo(zone)).date() < day:
        minute += timedelta(minutes=1)
    return minute


def window(history: History) -> Window:
    dates = history.dates
    if not dates.is_rolling:
        start, end = _days(dates, dates.start_on)
        return _extended(history, start, end, dates.grace, True)
    if history.presses:
        pressed = min(history.presses)
        day = pressed.astimezone(ZoneInfo(dates.zone)).date()
        start, end = _days(dates, day)
        if dates.hard_end_on is not None:
            end = min(end, first_instant(dates.hard_end_on + timedelta(days=1), dates.zone))
        return _extended(history, start, end, dates.grace, True)
    opens = first_instant(dates.start_on, dates.zone)
    closes = first_instant(dates.last_start_on + timedelta(days=1), dates.zone)
    return _extended(history, opens, closes, timedelta(0), False)


def _days(dates: Dates, first: date) -> tuple[datetime, datetime]:
    last = first
    for _ in range(dates.length_days - 1):
        last += timedelta(days=1)
    return first_instant(first, dates.zone), first_instant(last + timedelta(days=1), dates.zone)


def _extended(history: History, start: datetime, end: datetime, grace: timedelta, is_begun: bool) -> Window:
    latest = end
    for extension in history.extensions:
        until = extension.until
        if extension.revoked_at is not None and extension.revoked_at < until:
            until = extension.revoked_at
        if until > latest:
            latest = until
    return Window(start, end, latest, latest + grace, is_begun)
