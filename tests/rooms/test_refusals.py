"""Refusals are kept without personal data, and no flood of them fills the database."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from diklat_lti.database import Database
from diklat_lti.lti import refusals
from diklat_lti.models import Refusal
from world import NOW


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge"),
        ("Mozilla/5.0 (Linux; Android 13) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36", "Samsung Internet"),
        ("Mozilla/5.0 (Linux; Android 13; wv) Chrome/125.0 Mobile Safari/537.36", "Android WebView"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1", "Safari"),
        ("curl/8.0", "other"),
        (None, None),
        ("", None),
    ],
)
def test_a_browser_is_remembered_by_its_family_alone(user_agent: str | None, family: str | None) -> None:

    assert refusals.browser_family(user_agent) == family


def test_a_flood_of_refusals_stops_filling_the_database(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_A_MINUTE", 3)
    for _ in range(5):
        refusals.record(db, "unknown_state", None, None, "ref", NOW)
    refusals.record(db, "unknown_state", None, None, "ref", NOW + timedelta(minutes=1))
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Refusal)) == 4


def test_a_minute_takes_300_and_begins_anew_with_the_clocks_minute(db: Database) -> None:
    asked = [refusals._room(db, NOW) for _ in range(301)]
    assert (asked.count(True), asked[-1]) == (300, False)
    assert not refusals._room(db, NOW + timedelta(seconds=59))
    assert refusals._room(db, NOW + timedelta(seconds=60))
    assert [refusals._room(db, NOW - timedelta(seconds=1)) for _ in range(301)].count(True) == 300


def test_a_reason_and_a_reference_are_cut_to_their_columns(db: Database) -> None:
    refusals.record(db, "r" * 65, None, None, "f" * 33, NOW)
    with db.read() as session:
        kept = session.scalars(select(Refusal)).one()
        assert (kept.reason, kept.reference) == ("r" * 64, "f" * 32)
