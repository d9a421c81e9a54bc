"""The window: whole calendar days in the cohort's zone; the vectors of domain.md by name."""

from datetime import UTC, date, datetime

import pytest

from diklat_lti.training.window import NEVER, WindowRules, day_number, window


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fixed(first: str, length: int, zone: str = "Asia/Jakarta") -> WindowRules:
    return WindowRules("fixed", zone, length, starts_on=date.fromisoformat(first))


@pytest.mark.parametrize(
    ("first", "length", "zone", "start", "end"),
    [
        ("2019-01-08", 15, "Asia/Jakarta", "2019-01-07T17:00", "2019-01-22T17:00"),
        ("2019-01-08", 15, "Asia/Makassar", "2019-01-07T16:00", "2019-01-22T16:00"),
        ("2019-01-08", 15, "Asia/Jayapura", "2019-01-07T15:00", "2019-01-22T15:00"),
        ("2024-02-20", 15, "Asia/Jakarta", "2024-02-19T17:00", "2024-03-05T17:00"),
        ("2019-01-08", 29, "Asia/Jakarta", "2019-01-07T17:00", "2019-02-05T17:00"),
        ("2026-12-31", 1, "Asia/Jakarta", "2026-12-30T17:00", "2026-12-31T17:00"),
        # The clocks of São Paulo skipped midnight: the day began at 01.00 local.
        ("2018-11-04", 1, "America/Sao_Paulo", "2018-11-04T03:00", "2018-11-05T02:00"),
    ],
)
def test_a_fixed_window_is_whole_days_of_its_zone(first: str, length: int, zone: str, start: str, end: str) -> None:
    given = window(fixed(first, length, zone))
    assert (given.opens_at, given.start, given.end) == (utc(start), utc(start), utc(end))
    assert given.has_grace


def rolling(**days: date) -> WindowRules:
    return WindowRules("rolling", "Asia/Jakarta", 15, **days)


def test_a_rolling_window_counts_nothing_before_the_button_is_pressed() -> None:
    given = window(rolling(opens_on=date(2026, 11, 1), last_start_on=date(2026, 11, 30)))
    assert given.start is None
    assert (given.opens_at, given.end) == (utc("2026-10-31T17:00"), utc("2026-11-30T17:00"))
    assert not given.has_grace


def test_a_rolling_window_begins_with_the_local_day_of_the_press() -> None:
    late_in_the_evening = utc("2026-11-10T16:50")  # 23.50 WIB on the tenth
    given = window(rolling(), late_in_the_evening)
    assert (given.start, given.end) == (utc("2026-11-09T17:00"), utc("2026-11-24T17:00"))
    assert window(rolling()).end == NEVER


def test_a_hard_end_cuts_a_rolling_window() -> None:
    given = window(rolling(hard_end_on=date(2026, 11, 15)), utc("2026-11-10T03:00"))
    assert given.end == utc("2026-11-15T17:00")


def test_days_are_numbered_from_one_in_the_zone_of_the_cohort() -> None:
    given = window(fixed("2019-01-08", 15))
    assert day_number(given, utc("2019-01-07T17:00"), "Asia/Jakarta") == 1
    assert day_number(given, utc("2019-01-07T16:59"), "Asia/Jakarta") == 0
    assert day_number(given, utc("2019-01-22T16:59"), "Asia/Jakarta") == 15
