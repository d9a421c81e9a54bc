"""The events route over real HTTP: what a script or a device may append, for whom, until when; and what it refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from diklat_lti.database import Database
from diklat_lti.models import Attempt, BrowserSession
from diklat_lti.settings import Settings
from diklat_lti.web.learn import device_token
from school import PAGE_AND_QUIZ, READ, Pupil, School, new_event, open_school
from trained import END
from world import NOW


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


@pytest.fixture
def siti(school: School) -> Pupil:
    pupil = school.browser()
    pupil.get(school.base)
    return pupil


@pytest.fixture
def phone(school: School, siti: Pupil) -> Pupil:
    """A device with its token and no session."""
    pupil = Pupil(school.origin)
    pupil.last = siti.last
    return pupil


def token(pupil: Pupil) -> dict[str, str]:
    return {"Authorization": f"Bearer {pupil.device()['token']}"}


def batch(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sent_at": NOW.isoformat(), "events": list(events), **more}


def test_a_device_appends_work_with_all_that_its_clock_says(school: School, phone: Pupil) -> None:
    told = phone.device()
    times = {"made_at": NOW.isoformat(), "offset_ms": 120, "elapsed_ms": 5000}
    answer = phone.message(told["events"], batch(new_event("confirmed", READ, told["stamp"], **times)), **token(phone))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["stored"], body["stamp_ms"]) == (1, int(NOW.timestamp() * 1000))
    assert body["stamp"] != told["stamp"]
    (stored,) = school.events("confirmed")
    assert (stored.offset_ms, stored.elapsed_ms, stored.made_at, stored.sent_at) == (120, 5000, NOW, NOW)
    assert stored.stamp_serial == told["serial"]
    assert stored.device_id is not None
    assert school.row().done_keys == [READ]


def test_sent_again_it_is_stored_once(school: School, phone: Pupil) -> None:
    told = phone.device()
    message = batch(new_event("confirmed", READ, told["stamp"]))
    assert [phone.message(told["events"], message, **token(phone)).json()["stored"] for _ in range(2)] == [1, 0]


def test_a_whole_attempt_can_come_from_a_device(school: School, phone: Pupil) -> None:
    told = phone.device()
    of = {"attempt": "11111111-2222-3333-4444-555555555555"}
    events = [
        new_event("attempt_started", PAGE_AND_QUIZ, told["stamp"], body={"seed": 5.0, "more": "x"}, **of),
        new_event("answered", PAGE_AND_QUIZ, told["stamp"], body={"answers": school.answers() | {"x": "y"}}, **of),
        new_event("submitted", PAGE_AND_QUIZ, told["stamp"], body="nothing", **of),
        new_event("last_page", READ, told["stamp"], body={"private": "text"}),
    ]
    assert phone.message(told["events"], batch(*events), **token(phone)).json()["stored"] == 4
    kept = {row.kind: row.body for row in school.events()}
    assert kept["attempt_started"] == {"seed": 5}
    assert "x" not in kept["answered"]["answers"] if kept["answered"] else False
    assert kept["last_page"] is None
    assert school.row().score == 50


def test_the_session_serves_as_well_with_our_header(school: School, siti: Pupil) -> None:
    told = siti.device()
    message = batch(new_event("confirmed", READ, told["stamp"]))
    assert siti.message(told["events"], message, **{"X-Diklat": "1"}).json()["stored"] == 1
    assert school.events()[0].device_id is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"X-Diklat": "0"},
        {"X-Diklat": "1", "Origin": "https://evil.example"},
        {"X-Diklat": "1", "Sec-Fetch-Site": "cross-site"},
        {"Authorization": "Basic eDp5"},
    ],
)
def test_another_sites_script_appends_nothing(school: School, siti: Pupil, sent: dict[str, str]) -> None:
    answer = siti.message(siti.device()["events"], batch(new_event("confirmed", READ, siti.device()["stamp"])), **sent)
    assert (answer.status_code, answer.json()["error"]) == (403, "script_not_ours")
    assert school.events() == []


def test_without_session_and_token_nothing_is_appended(school: School, phone: Pupil) -> None:
    answer = phone.message(phone.device()["events"], batch(), **{"X-Diklat": "1"})
    assert (answer.status_code, answer.json()["error"]) == (401, "no_session")


def test_a_session_appends_to_its_own_enrolment_alone(school: School, siti: Pupil) -> None:
    other = school.enrol(school.person("Candra"))
    answer = siti.message(f"/learn/{other.id}/events", batch(), **{"X-Diklat": "1"})
    assert answer.status_code == 404


def test_a_token_is_of_one_enrolment(school: School, phone: Pupil) -> None:
    other = school.enrol(school.person("Candra"))
    answer = phone.message(f"/learn/{other.id}/events", batch(), **token(phone))
    assert (answer.status_code, answer.json()["error"]) == (401, "device_token_of_another")


def test_a_forged_token_is_refused(school: School, phone: Pupil) -> None:
    forged = {"Authorization": f"Bearer {phone.device()['token']}x"}
    assert phone.message(phone.device()["events"], batch(), **forged).json()["error"] == "device_token_forged"
    unknown = {"Authorization": f"Bearer {device_token.make(school.settings, 999, 'x')}"}
    assert phone.message("/learn/999/events", batch(), **unknown).status_code == 404


def test_the_token_outlives_the_session_and_ends_90_days_after_the_end_as_it_stands(
    school: School, siti: Pupil, phone: Pupil
) -> None:
    with school.db.write() as session:
        session.get_one(BrowserSession, siti.session_id).ended_at = NOW
    told = phone.device()
    school.clock.set(END + timedelta(days=90) - timedelta(seconds=1))
    assert phone.message(told["events"], batch(new_event("confirmed", READ, told["stamp"])), **token(phone)).ok
    assert school.row().done_count == 0, "the rules judge what is late"
    school.clock.set(END + timedelta(days=90))
    assert phone.message(told["events"], batch(), **token(phone)).json()["error"] == "device_token_old"
    school.set(end_at=END + timedelta(days=10))
    assert phone.message(told["events"], batch(), **token(phone)).ok


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", '{"events": 1}', '{"events": ["x"]}', b"\xff\xfe", "[" * 100_000, '{"events": [{}]}'],
)
def test_what_is_no_batch_is_refused_with_a_sentence(school: School, phone: Pupil, body: Any) -> None:
    answer = phone.message(phone.device()["events"], body, **token(phone))
    assert answer.status_code == 400
    assert "tidak terbaca" in answer.json()["sentence"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "started"},
        {"kind": "passed"},
        {"kind": ["confirmed"]},
        {"lesson": "none"},
        {"lesson": None},
        {"id": "short"},
        {"id": 12345678},
        {"id": "x" * 37},
        {"stamp": "forged"},
        {"stamp": None},
        {"kind": "answered"},
        {"kind": "answered", "attempt": "11111111-1111"},
    ],
)
def test_one_event_that_cannot_be_leaves_the_whole_batch_out(
    school: School, phone: Pupil, wrong: dict[str, Any]
) -> None:
    told = phone.device()
    good = new_event("confirmed", READ, told["stamp"])
    answer = phone.message(
        told["events"], batch(good, new_event("confirmed", READ, told["stamp"]) | wrong), **token(phone)
    )
    assert answer.status_code == 400
    assert school.events() == []


@pytest.mark.parametrize(
    "times",
    [
        {"offset_ms": True, "elapsed_ms": "5", "made_at": 7},
        {"offset_ms": 1e300, "elapsed_ms": -1, "made_at": "9999-12-31T23:59:59Z"},
        {"offset_ms": 10**30, "elapsed_ms": 1.5, "made_at": "now"},
    ],
)
def test_times_that_cannot_be_are_left_out(school: School, phone: Pupil, times: dict[str, Any]) -> None:
    told = phone.device()
    message = batch(new_event("confirmed", READ, told["stamp"], **times), sent_at=[1])
    assert phone.message(told["events"], message, **token(phone)).ok
    (row,) = school.events()
    assert (row.offset_ms, row.elapsed_ms, row.made_at, row.sent_at) == (None, None, None, None)


def test_too_many_events_and_too_much_text_are_refused(school: School, phone: Pupil) -> None:
    told = phone.device()
    many = [new_event("confirmed", READ, told["stamp"]) for _ in range(501)]
    answer = phone.message(told["events"], batch(*many), **token(phone))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_many_events")
    answer = phone.message(told["events"], " " * (1024 * 1024 + 1), **token(phone))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_an_attempt_is_handed_in_once_whatever_a_device_sends_after_it(school: School, phone: Pupil) -> None:
    told, of = phone.device(), {"attempt": "11111111-2222-3333-4444-555555555555"}

    def hand_in(right: bool) -> None:
        body = {"answers": school.answers(right=right)}
        event = new_event("submitted", PAGE_AND_QUIZ, told["stamp"], body=body, **of)
        assert phone.message(told["events"], batch(event), **token(phone)).json()["stored"] == 1

    hand_in(right=False)
    hand_in(right=True)
    assert school.row().score == 0


def test_a_timed_attempt_takes_no_answers_after_its_time(school: School, phone: Pupil) -> None:
    told, of = phone.device(), {"attempt": "11111111-2222-3333-4444-555555555555"}
    begun = new_event("attempt_started", PAGE_AND_QUIZ, told["stamp"], **of)
    assert phone.message(told["events"], batch(begun), **token(phone)).ok
    with school.db.write() as session:
        session.query(Attempt).filter_by(enrolment_id=school.enrolment.id).update({"time_limit_s": 600})
    school.clock.set(NOW + timedelta(minutes=11))
    late = new_event("submitted", PAGE_AND_QUIZ, told["stamp"], body={"answers": school.answers()}, **of)
    assert phone.message(told["events"], batch(late), **token(phone)).ok
    assert school.row().score == 0
