"""Days, hours and numbers in both languages and in the zone that the page names."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from diklat_lti.web import figures

END = datetime(2019, 1, 22, 17, 0, tzinfo=UTC)
"""Midnight in Jakarta: the end of 15 days from 8 January."""


@pytest.mark.parametrize(
    ("zone", "lang", "expected"),
    [
        ("Asia/Jakarta", "id", "Selasa 22 Jan 2019 pukul 23.59 WIB"),
        ("Asia/Jakarta", "en", "Tuesday 22 Jan 2019 at 23:59 WIB"),
        ("Asia/Makassar", "id", "Rabu 23 Jan 2019 pukul 00.59 WITA"),
        ("Asia/Jayapura", "en", "Wednesday 23 Jan 2019 at 01:59 WIT"),
    ],
)
def test_a_window_is_shown_by_its_last_minute(zone: str, lang: str, expected: str) -> None:
    assert figures.until(END, zone, language=lang) == expected
    assert expected.endswith(figures.until_clock(END, zone, language=lang))


def test_an_instant_is_a_day_only_in_a_zone_and_a_date_is_one_anywhere() -> None:
    assert figures.day(END, "Asia/Jakarta", language="id") == "Rabu 23 Jan 2019"
    assert figures.day(date(2019, 1, 8), language="en") == "Tuesday 8 Jan 2019"
    with pytest.raises(ValueError, match="zone"):
        figures.day(END, language="id")
    with pytest.raises(ValueError, match="zone"):
        figures.moment(datetime(2019, 1, 22), "Asia/Jakarta", language="id")  # noqa: DTZ001


def test_numbers_wear_the_readers_comma() -> None:
    assert figures.number(Decimal("82.50"), language="id") == "82,5"
    assert figures.number(Decimal("82.50"), language="en") == "82.5"
    assert figures.percent(Decimal(100), language="id") == "100%"
    assert figures.number(1234, language="id") == "1.234"


def test_how_long_ago_in_one_unit() -> None:
    assert figures.ago(END - timedelta(seconds=20), END, language="id") == "baru saja"
    assert figures.ago(END - timedelta(minutes=5), END, language="id") == "5 menit yang lalu"
    assert figures.ago(END - timedelta(days=3), END, language="en") == "3 days ago"
