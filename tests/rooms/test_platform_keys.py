"""A platform's keys are read once for all processes: who comes while another reads waits for that one's result."""

import json
import threading
import time
from datetime import timedelta

from sqlalchemy import update

from diklat_lti.database import Database
from diklat_lti.lti import known, platform_keys
from diklat_lti.lti.known import Known
from diklat_lti.models import Registration
from diklat_lti.settings import Settings
from door import register
from fake_platform import FakePlatform, fake_platform
from world import NOW


def remembered(db: Database, registration_id: int) -> Known:
    seen = known.reread(db, registration_id, NOW)
    assert seen is not None
    return seen


def set_columns(db: Database, registration_id: int, **columns: object) -> None:
    with db.writer.begin() as connection:
        connection.execute(update(Registration).where(Registration.id == registration_id).values(columns))


def test_who_comes_while_another_process_reads_waits_for_its_result(db: Database, settings: Settings) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        set_columns(db, row, jwks_tried_at=NOW - timedelta(seconds=1))

        def other_process() -> None:
            time.sleep(0.3)
            set_columns(db, row, jwks=json.loads(lms.key_set()), jwks_read_at=NOW)

        thread = threading.Thread(target=other_process)
        thread.start()
        assert platform_keys.find(db, settings, remembered(db, row), "key-1", NOW) is not None
        thread.join()
        assert lms.key_sets_served == 0


def test_a_try_of_another_process_that_failed_long_ago_is_not_waited_for(db: Database, settings: Settings) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        set_columns(db, row, jwks_tried_at=NOW - timedelta(seconds=30))
        began = time.monotonic()
        assert platform_keys.find(db, settings, remembered(db, row), "key-1", NOW) is None
        assert time.monotonic() - began < 2
        assert lms.key_sets_served == 0


def test_two_processes_that_want_to_read_at_once_read_once(db: Database, settings: Settings) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        seen = remembered(db, row)
        every = timedelta(minutes=1)
        assert platform_keys.refetch(db, settings, seen, every, NOW) is True
        assert platform_keys.refetch(db, settings, seen, every, NOW) is False
        assert platform_keys.refetch(db, settings, remembered(db, row), every, NOW) is False
        lms.is_down = True
        assert platform_keys.refetch(db, settings, remembered(db, row), every, NOW + every) is False
        assert lms.key_sets_served == 1


def test_a_platform_that_is_down_takes_nothing_away(db: Database, settings: Settings) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        set_columns(db, row, jwks=json.loads(lms.key_set()), jwks_read_at=NOW)
        lms.is_down = True
        later = NOW + timedelta(days=2)
        assert platform_keys.find(db, settings, remembered(db, row), "key-1", later) is not None
        assert platform_keys.find(db, settings, remembered(db, row), "key-9", later + timedelta(minutes=2)) is None
        assert platform_keys.find(db, settings, remembered(db, row), "key-1", later) is not None


def test_a_key_set_that_is_no_key_set_is_none(settings: Settings) -> None:
    with fake_platform() as lms:
        lms.pages["/empty"] = lambda method, headers, body: (200, "application/json", b'{"keys": []}')
        assert platform_keys.read(settings, f"{lms.issuer}/empty") is None
        assert platform_keys.read(settings, f"{lms.issuer}/nothing") is None
        assert platform_keys.read(settings, FakePlatform("http://127.0.0.1:9").issuer) is None


def test_a_set_is_believed_for_a_day_and_then_looked_for_once_an_hour(db: Database, settings: Settings) -> None:
    day, second = timedelta(days=1), timedelta(seconds=1)
    with fake_platform() as lms:
        row = register(db, lms)
        set_columns(db, row, jwks=json.loads(lms.key_set()), jwks_read_at=NOW)
        tried = []
        for later in (day, day + second, day + timedelta(minutes=59), day + second + timedelta(hours=1)):
            lms.is_down = True
            assert platform_keys.find(db, settings, remembered(db, row), "key-1", NOW + later) is not None
            at = remembered(db, row).keys_tried_at
            tried.append(at and at - NOW)
        assert tried == [None, day + second, day + second, day + second + timedelta(hours=1)]


def test_an_unknown_key_is_looked_for_a_minute_after_the_last_try_and_no_second_earlier(
    db: Database, settings: Settings
) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        for seconds, served in ((59, 0), (60, 1)):
            set_columns(db, row, jwks_tried_at=NOW - timedelta(seconds=seconds))
            found = platform_keys.find(db, settings, remembered(db, row), "key-1", NOW)
            assert (found is not None, lms.key_sets_served) == (served == 1, served)


def test_a_set_that_was_read_is_stored_with_its_own_registration_alone(db: Database, settings: Settings) -> None:
    with fake_platform() as lms, fake_platform() as neighbour:
        row, other = register(db, lms), register(db, neighbour)
        assert platform_keys.refetch(db, settings, remembered(db, row), timedelta(minutes=1), NOW)
        untouched = remembered(db, other)
        assert (untouched.keys, untouched.keys_read_at, untouched.keys_tried_at) == ({}, None, None)


def test_a_set_that_came_in_the_instant_of_its_try_is_not_waited_for(db: Database, settings: Settings) -> None:
    with fake_platform() as lms:
        row = register(db, lms)
        at = NOW - timedelta(seconds=1)
        set_columns(db, row, jwks=json.loads(lms.key_set()), jwks_read_at=at, jwks_tried_at=at)
        began = time.monotonic()
        assert platform_keys.find(db, settings, remembered(db, row), "key-9", NOW) is None
        assert time.monotonic() - began < 2
