"""Days, hours and numbers as the reader writes them: "Selasa 22 Jan 2019 pukul 23.59 WIB", "82,5"."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

TIME = {"id": "%H.%M", "en": "%H:%M"}
NO_BREAK = "\N{NO-BREAK SPACE}"
JUST_NOW = {"id": "baru saja", "en": "just now"}
AT = {"id": "{day} pukul {clock}", "en": "{day} at {clock}"}


@cache
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def day(value: datetime | date, zone: str | None = None, *, language: str) -> str:
    """With the weekday. An instant needs the zone in which it is a day; a plain date needs none."""
    if isinstance(value, datetime):
        value = local(value, zone).date()
    return format_date(value, "EEEE d MMM y", locale=Locale.parse(language))


def plain_day(value: date, *, language: str) -> str:
    """Without the weekday, where there is little room."""
    return format_date(value, "d MMM y", locale=Locale.parse(language))


def clock(value: datetime, zone: str, *, language: str) -> str:
    """The zone by `tzname()`: Babel writes WIB as "+0700" in English."""
    there = local(value, zone)
    return f"{there.strftime(TIME[language])} {there.tzname()}"


def moment(value: datetime, zone: str, *, language: str) -> str:
    return AT[language].format(day=day(value, zone, language=language), clock=clock(value, zone, language=language))


def until(end: datetime, zone: str, *, language: str) -> str:
    """A window's end is the first instant that no longer counts; people read the last minute that does."""
    return moment(end - timedelta(milliseconds=1), zone, language=language)


def until_clock(end: datetime, zone: str, *, language: str) -> str:
    """Of the same last minute, the hour alone: "23.59 WIB"."""
    return clock(end - timedelta(milliseconds=1), zone, language=language)


def number(value: Decimal | float, *, language: str) -> str:
    """At most two decimals, and none that say nothing."""
    return format_decimal(value, "#,##0.##", locale=Locale.parse(language))


def percent(value: Decimal | float, *, language: str) -> str:
    """A value of 0 to 100, as scores and shares are kept."""
    return f"{number(value, language=language)}%"


def ago(value: datetime, now: datetime, *, language: str) -> str:
    """In one unit: "5 menit yang lalu"."""
    if abs(value - now) < timedelta(minutes=1):
        return JUST_NOW[language]
    return format_timedelta(value - now, granularity="minute", add_direction=True, locale=Locale.parse(language))


def local(value: datetime, zone: str | None) -> datetime:
    if value.tzinfo is None or zone is None:
        raise ValueError("an instant is shown with its zone")
    return value.astimezone(zone_of(zone))


def unbroken(write: Callable[..., str]) -> Callable[..., str]:
    """A zone never stands alone on the next line. Remembered: a whole cohort reads the same few hours."""

    @lru_cache(maxsize=1000)
    def written(value: datetime, zone: str) -> str:
        return NO_BREAK.join(write(value, zone).rsplit(" ", 1))

    return written


def filters(language: str) -> dict[str, Any]:
    """All of them in one language, for its templates."""
    with_zone = {f.__name__: unbroken(partial(f, language=language)) for f in (clock, moment, until, until_clock)}
    return with_zone | {f.__name__: partial(f, language=language) for f in (day, plain_day, number, percent, ago)}
