"""Keys by the command and by themselves: listed with what each is good for, rotated after 90 days and by one worker alone."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from diklat_lti.cli import main
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.lti import keys
from diklat_lti.models import AuditRow, SigningKey
from diklat_lti.settings import Settings
from diklat_lti.worker import Worker
from world import NOW

DAY = timedelta(days=1)
WORKERS = 4
Typed = Callable[..., Result]


class At(Clock):
    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.__dict__["at"] = at

    def real_now(self) -> datetime:
        at: datetime = self.__dict__["at"]
        return at


def tick(db: Database, settings: Settings, after: timedelta) -> None:
    """The hourly tick of a worker that has just been started."""
    Worker(db, settings, At(NOW + after)).run_once()


def kids(db: Database) -> list[str]:
    with db.read() as session:
        return [key.kid for key in keys.every(session)]


def signs(db: Database, settings: Settings, after: timedelta) -> str:
    with db.read() as session:
        return keys.current(session, settings.secret_keys, NOW + after).kid


def begun(db: Database, settings: Settings) -> str:
    with db.write() as session:
        return keys.ensure(session, settings.secret_keys, NOW).kid


def test_a_worker_rotates_a_key_that_is_90_days_old_and_none_that_is_younger(db: Database, settings: Settings) -> None:
    first = begun(db, settings)
    tick(db, settings, 90 * DAY - timedelta(seconds=1))
    assert kids(db) == [first]
    tick(db, settings, 90 * DAY)
    assert len(kids(db)) == 2
    assert signs(db, settings, 90 * DAY) == first
    assert signs(db, settings, 90 * DAY + keys.SETTLING) == kids(db)[1]


def test_while_a_new_key_settles_no_other_one_is_made(db: Database, settings: Settings) -> None:
    begun(db, settings)
    for minutes in (0, 1, 59, 600):
        tick(db, settings, 90 * DAY + timedelta(minutes=minutes))
    assert len(kids(db)) == 2


def test_the_key_after_it_has_90_days_of_its_own(db: Database, settings: Settings) -> None:
    begun(db, settings)
    for days, made in ((90, 2), (179, 2), (180, 3)):
        tick(db, settings, days * DAY)
        assert len(kids(db)) == made


def test_a_revoked_key_says_nothing_of_the_age_of_the_others(db: Database, settings: Settings) -> None:
    begun(db, settings)
    with db.write() as session:
        young = keys.rotate(session, settings.secret_keys, NOW + 80 * DAY).kid
        keys.revoke(session, settings.secret_keys, young, NOW + 81 * DAY)
    tick(db, settings, 90 * DAY)
    assert len(kids(db)) == 3


def test_without_any_key_the_worker_makes_none(db: Database, settings: Settings) -> None:
    tick(db, settings, 400 * DAY)
    assert kids(db) == []


def test_a_worker_that_goes_on_running_looks_once_an_hour(db: Database, settings: Settings) -> None:
    begun(db, settings)
    clock = At(NOW + 90 * DAY - timedelta(minutes=30))
    worker = Worker(db, settings, clock)
    for minutes, made in ((0, 1), (31, 1), (60, 2)):
        clock.__dict__["at"] = NOW + 90 * DAY + timedelta(minutes=minutes - 30)
        worker.run_once()
        assert len(kids(db)) == made


def test_several_workers_at_once_rotate_once(db: Database, settings: Settings) -> None:
    begun(db, settings)
    gate = threading.Barrier(WORKERS)

    def work() -> None:
        gate.wait(20)
        tick(db, settings, 90 * DAY)

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(work) for _ in range(WORKERS)]:
            done.result(60)
    assert len(kids(db)) == 2


def test_a_second_worker_that_has_begun_waits_for_the_first_and_finds_its_key(db: Database, settings: Settings) -> None:
    """On SQLite the write lock keeps it out, on PostgreSQL the lock of the rows: without it both would rotate here."""
    begun(db, settings)
    there = threading.Event()

    def second() -> None:
        there.wait(20)
        tick(db, settings, 90 * DAY)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(second)
        with db.write() as session:
            assert keys.renew(session, settings.secret_keys, NOW + 90 * DAY)
            there.set()
            with pytest.raises(TimeoutError):
                done.result(0.3)
        done.result(60)
    assert len(kids(db)) == 2


def test_each_rotation_and_each_withdrawal_is_in_the_audit(db: Database, settings: Settings) -> None:
    first = begun(db, settings)
    with db.write() as session:
        second = keys.rotate(session, settings.secret_keys, NOW).kid
        keys.revoke(session, settings.secret_keys, second, NOW)
        rows = session.execute(select(AuditRow.action, AuditRow.data).order_by(AuditRow.id)).all()
    assert [tuple(row) for row in rows] == [
        ("key_rotated", {"kid": second}),
        ("key_revoked", {"kid": second, "used": first}),
    ]


def test_a_new_secret_in_front_of_the_old_one_opens_old_boxes_and_seals_new_ones(
    db: Database, settings: Settings
) -> None:
    """Once the key has been rotated under the new secret, the old one is needed for nothing that signs."""
    old = settings.secret_keys
    begun(db, settings)
    both = ("a second secret of the tests, forty characters", *old)
    with db.write() as session:
        keys.rotate(session, both, NOW)
    after = NOW + keys.SETTLING
    with db.read() as session:
        assert keys.current(session, both, NOW).kid == kids(db)[0]
        assert keys.current(session, both[:1], after).kid == kids(db)[1]
        assert keys.current(session, both, after).kid == kids(db)[1]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIKLAT_DATABASE_URL", database_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", "k" * 40)
    return lambda *words: CliRunner().invoke(main, ["keys", *words])


def listed(run: Typed) -> list[tuple[str, str]]:
    """Key and state, the newest first."""
    result = run("list", "--json")
    assert result.exit_code == 0, result.output
    return [(row["kid"], row["state"]) for row in json.loads(result.stdout)]


def test_keys_are_rotated_listed_and_revoked_by_command(run: Typed, db: Database) -> None:
    assert listed(run) == []
    assert " is published and signs from " in run("rotate").stdout
    (first,) = kids(db)
    assert listed(run) == [(first, "signing")]
    run("rotate")
    second = kids(db)[1]
    assert listed(run) == [(second, "settling"), (first, "signing")]
    assert run("revoke", first).stdout.startswith(f"{first} is withdrawn. ")
    third = kids(db)[2]
    assert listed(run) == [(third, "signing"), (second, "settling"), (first, "revoked")]
    lines = run("list").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[third, "signing"], [second, "settling"], [first, "revoked"]]


def test_a_key_that_does_not_exist_or_is_withdrawn_cannot_be_revoked(run: Typed, db: Database) -> None:
    run("rotate")
    (kid,) = kids(db)
    assert run("revoke", kid).exit_code == 0
    for wrong in (kid, "no-such-key"):
        result = run("revoke", wrong)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"Error: There is no key {wrong}.\n"


def test_a_key_is_published_after_its_use_and_gone_a_fortnight_later(db: Database, settings: Settings) -> None:
    first = begun(db, settings)
    with db.write() as session:
        keys.rotate(session, settings.secret_keys, NOW)
    ends = keys.SETTLING + keys.KEPT
    states = {}
    for name, after in (
        ("new", timedelta(0)),
        ("used", keys.SETTLING),
        ("last", ends - timedelta(seconds=1)),
        ("end", ends),
    ):
        with db.read() as session:
            states[name] = {line.kid: line.state for line in keys.lines(session, NOW + after)}[first]
            shown = {key["kid"] for key in keys.public_jwks(session, NOW + after)["keys"]}
        assert (states[name] != "gone") == (first in shown)
    assert states == {"new": "signing", "used": "published", "last": "published", "end": "gone"}
    with db.read() as session:
        assert [line.published_until for line in keys.lines(session, NOW)] == [None, NOW + ends]


def test_an_operator_who_rotates_twice_leaves_every_key_published(db: Database, settings: Settings) -> None:
    begun(db, settings)
    with db.write() as session:
        for _ in range(2):
            keys.rotate(session, settings.secret_keys, NOW)
        assert len(keys.public_jwks(session, NOW)["keys"]) == session.query(SigningKey).count() == 3
