"""Who read our key set: the site that the request names, if it is one of ours, and nothing of the rest."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select, text

import world
from diklat_lti.lti import key_fetches
from diklat_lti.models import Platform, Registration
from door import Door

AGENT = "MoodleBot/4.5 (+{})"


def eventually(true: Callable[[], bool]) -> None:
    """The note is written after the answer has left."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never became true")


def fetch(door: Door, agent: str | None) -> requests.Response:
    answer = requests.get(f"{door.origin}/lti/jwks", headers={"User-Agent": agent or ""}, timeout=30)
    assert answer.status_code == 200
    return answer


def platform(door: Door) -> Platform:
    with door.db.read() as session:
        return session.scalars(select(Platform).order_by(Platform.id).limit(1)).one()


def seen(door: Door) -> tuple[Any, str | None]:
    return platform(door).keys_fetched_at, platform(door).keys_fetched_by


def test_a_moodle_that_reads_our_keys_is_known_by_its_own_address(door: Door) -> None:
    before = door.clock.real_now()
    answer = fetch(door, AGENT.format(door.platform.issuer))
    assert answer.headers["cache-control"] == "public, max-age=300"
    eventually(lambda: seen(door)[1] == "MoodleBot/4.5")
    assert before <= seen(door)[0] <= door.clock.real_now()


@pytest.mark.parametrize(
    "agent",
    [
        None,
        "curl/8.1",
        "MoodleBot/4.5",
        "MoodleBot/4.5 (+https://elsewhere.example.id)",
        "MoodleBot/4.5 (+{issuer}.evil.example)",
        "MoodleBot/4.5 (+{issuer}/deeper)",
        "Siti Aminah {issuer}",
        "Mozilla/5.0 <script> MoodleBot/4.5 (+{issuer})",
        "<b>/4.5 (+{issuer})",
        "Moodle Bot/4.5 (+{issuer})",
        "MoodleBot/siti@example.test (+{issuer})",
        "{long}/4.5 (+{issuer})",
    ],
)
def test_whoever_is_no_known_site_leaves_nothing(door: Door, agent: str | None) -> None:
    filled = agent and agent.replace("{issuer}", door.platform.issuer).replace("{long}", "M" * 60)
    fetch(door, filled)
    with door.db.read() as session:
        assert key_fetches.recognise(session, filled, door.clock.real_now()) is None
    assert seen(door) == (None, None)


def test_of_what_the_request_says_one_word_is_kept(door: Door) -> None:
    fetch(door, f"MoodleBot/5.1 (+{door.platform.issuer}/) Siti/Aminah <siti@example.test>")
    eventually(lambda: seen(door)[1] == "MoodleBot/5.1")


def test_a_flood_writes_once_a_minute(door: Door) -> None:
    with door.db.write() as session:
        now = door.clock.real_now()
        session.get_one(Platform, platform(door).id).keys_fetched_at = now
    agent = AGENT.format(door.platform.issuer)
    for _ in range(20):
        fetch(door, agent)
    with door.db.read() as session:
        for seconds, due in ((0, False), (59, False), (60, True)):
            found = key_fetches.recognise(session, agent, now + timedelta(seconds=seconds))
            assert (found is not None) is due
    assert seen(door) == (now, None)


def test_two_processes_that_notice_at_once_write_once(door: Door) -> None:
    now = door.clock.real_now()
    with door.db.read() as session:
        found = key_fetches.recognise(session, AGENT.format(door.platform.issuer), now)
    assert found is not None
    for later in (timedelta(0), timedelta(seconds=1)):
        key_fetches.remember(door.db, found, now + later)
    assert seen(door) == (now, "MoodleBot/4.5")


def test_a_site_with_two_clients_has_read_for_both_and_its_neighbour_has_not(door: Door) -> None:
    with door.db.write() as session:
        second = world.registration(session, issuer=door.platform.issuer).platform_id
        off = world.registration(session, issuer=door.platform.issuer, disabled_at=world.NOW).platform_id
        other = world.registration(session).platform_id
        found = key_fetches.recognise(session, AGENT.format(door.platform.issuer), door.clock.real_now())
    assert found is not None
    assert set(found.platform_ids) == {platform(door).id, second}
    assert not {off, other} & set(found.platform_ids)


def test_an_issuer_that_was_written_with_a_slash_is_the_same_site(door: Door) -> None:
    with door.db.write() as session:
        session.scalars(select(Registration)).one().issuer = f"{door.platform.issuer}/"
        found = key_fetches.recognise(session, AGENT.format(door.platform.issuer), door.clock.real_now())
    assert found is not None


def test_the_keys_are_answered_though_the_note_of_it_fails(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with door.db.writer.begin() as connection:
        connection.execute(text("ALTER TABLE platforms RENAME COLUMN keys_fetched_by TO keys_fetched_with"))
    try:
        key_fetches.remember(door.db, key_fetches.Fetch("MoodleBot/4.5", (1,)), door.clock.real_now())
        assert fetch(door, AGENT.format(door.platform.issuer)).json() == {"keys": []}
        eventually(lambda: caplog.text.count("could not be noted") == 2)
    finally:
        with door.db.writer.begin() as connection:
            connection.execute(text("ALTER TABLE platforms RENAME COLUMN keys_fetched_with TO keys_fetched_by"))
