"""The worker's loop: it delivers, settles and cleans, and neither a broken row nor a missing database ends it."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

import world
from book import At, Book
from diklat_lti import worker
from diklat_lti.database import Database
from diklat_lti.lti import ags
from diklat_lti.models import AccessToken, BrowserSession, Cohort, Launch, Person, Refusal, SpentTicket
from diklat_lti.settings import Settings
from diklat_lti.worker import Worker
from tiny_lms import Planned
from world import NOW


def eventually(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never became true")


def test_one_run_brings_everything_that_is_due_to_its_end(book: Book) -> None:
    rows = [book.learner(str(60 + n)) for n in range(worker.DELIVERIES + 3)]
    assert Worker(book.db, book.settings, At()).run_once() == len(rows)
    assert {book.row(row).outcome for row in rows} == {"delivered"}
    assert len(book.lms.history) == len(rows)
    assert Worker(book.db, book.settings, At()).run_once() == 0


def test_what_must_wait_does_not_keep_the_run_going(book: Book) -> None:
    delivery_id = book.learner()
    book.lms.planned["scores"].append(Planned(503))
    assert Worker(book.db, book.settings, At()).run_once() == 1
    assert book.row(delivery_id).outcome == "later"


def test_a_row_that_breaks_our_code_waits_and_the_others_go_on(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    scopes = " ".join(sorted(ags.SCOPES))
    with book.db.write() as session:
        garbage = AccessToken(
            registration_id=book.registration_id, scopes=scopes, granted=scopes, token=b"sealed by nobody",
            expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        session.add(garbage)
    broken, fine = book.learner(), book.learner(None)
    Worker(book.db, book.settings, At()).run_once()
    row = book.row(broken)
    assert (row.outcome, row.answer, row.claim_token) == ("unknown", "our_fault", None)
    assert book.row(fine).outcome == "delivered"
    [line] = [r for r in caplog.records if r.name == "diklat_lti.worker"]
    assert line.getMessage() == f"grade delivery {broken} broke"


def test_an_enrolment_that_cannot_be_settled_does_not_hold_up_the_grades(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    with book.db.write() as session:
        cohort = session.get_one(Cohort, book.cohort_id)
        world.enrolment(session, cohort, next_change_at=NOW - timedelta(days=1))  # its program has no outline
    delivery_id = book.learner()
    Worker(book.db, book.settings, At()).run_once()
    assert book.row(delivery_id).outcome == "delivered"
    [line] = [r for r in caplog.records if r.name == "diklat_lti.worker"]
    assert line.getMessage() == "settling enrolment 1 failed, trying again in a minute"


def test_it_runs_until_it_is_told_and_ends_what_is_under_way(book: Book) -> None:
    there, stop = threading.Event(), threading.Event()

    def hold(asked: object) -> None:
        there.set()
        stop.wait(10)

    book.lms.before_answer = hold
    delivery_id = book.learner()
    loop = threading.Thread(target=Worker(book.db, book.settings, At()).run, args=(stop,))
    loop.start()
    assert there.wait(10)
    time.sleep(0.1)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
    assert book.row(delivery_id).outcome == "delivered"


def test_with_all_threads_busy_it_waits_for_one_and_goes_on(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.02)
    go, stop = threading.Event(), threading.Event()
    book.lms.before_answer = lambda asked: None if asked.kind == "token" else assert_set(go)
    rows = [book.learner() for _ in range(worker.DELIVERIES + 2)]
    loop = threading.Thread(target=Worker(book.db, book.settings, At()).run, args=(stop,))
    loop.start()
    eventually(lambda: book.lms.count("scores") == worker.DELIVERIES)
    time.sleep(0.2)
    assert book.lms.count("scores") == worker.DELIVERIES
    go.set()
    eventually(lambda: {book.row(row).outcome for row in rows} == {"delivered"})
    stop.set()
    loop.join(10)


def assert_set(event: threading.Event) -> None:
    assert event.wait(10)


def test_an_idle_one_finds_what_comes_later(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.05)
    stop = threading.Event()
    loop = threading.Thread(target=Worker(book.db, book.settings, At()).run, args=(stop,))
    loop.start()
    time.sleep(0.2)
    delivery_id = book.learner()
    eventually(lambda: book.row(delivery_id).outcome == "delivered")
    stop.set()
    loop.join(10)


def test_a_database_that_is_not_there_is_asked_again(
    empty_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "TROUBLED", 0.02)
    stop, db = threading.Event(), Database(empty_url)
    loop = threading.Thread(target=Worker(db, settings, At()).run, args=(stop,))
    loop.start()
    eventually(lambda: len(caplog.records) > 2)
    stop.set()
    loop.join(10)
    db.dispose()
    assert {r.getMessage() for r in caplog.records} == {"background work failed, trying again"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_politely(book: Book, number: signal.Signals) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    delivery_id = book.learner()
    told = threading.Timer(0.5, os.kill, (os.getpid(), number))
    told.start()
    worker.run_until_told(book.db, book.settings, At())
    told.join()
    for n, handler in before.items():
        signal.signal(n, handler)
    assert book.row(delivery_id).outcome == "delivered"


def test_what_nobody_can_use_any_more_is_forgotten_and_the_rest_stays(book: Book, caplog: object) -> None:
    def ago(**time: float) -> object:
        return NOW - timedelta(**time)

    with book.db.write() as session:
        person = session.scalars(select(Person)).first() or world.person(session)
        for days, name in ((31, "old"), (29, "ended")):
            browser = BrowserSession(
                name_hash=name, person_id=person.id, created_at=ago(days=90), expires_at=ago(days=days)
            )
            world.stored(session, browser)
            launch = Launch(
                ticket_id=name, session_id=browser.id, person_id=person.id, deployment_id=book.deployment_id,
                message_type="LtiResourceLinkRequest", roles="learner", framed=True, bounce="known", led_to="/learn/1",
                at=ago(days=90), expires_at=ago(days=90),
            )  # fmt: skip
            session.add(launch)
            session.add(Refusal(at=ago(days=days), reason=name, reference=name))
        for hours, name in ((25, "old"), (23, "spent today")):
            session.add(SpentTicket(ticket_id=name, spent_at=ago(hours=hours)))
        for minutes, scopes in ((1, "old"), (-1, "good")):
            session.add(
                AccessToken(
                    registration_id=book.registration_id,
                    scopes=scopes,
                    granted="",
                    token=b"",
                    expires_at=ago(minutes=minutes),
                )
            )
    Worker(book.db, book.settings, At()).run_once()
    with book.db.read() as session:
        assert session.scalars(select(BrowserSession.name_hash)).all() == ["ended"]
        assert session.execute(select(Launch.ticket_id, Launch.session_id.is_(None)).order_by(Launch.id)).all() == [
            ("old", True),
            ("ended", False),
        ]
        assert session.scalars(select(Refusal.reason)).all() == ["ended"]
        assert session.scalars(select(SpentTicket.ticket_id)).all() == ["spent today"]
        assert session.scalars(select(AccessToken.scopes)).all() == ["good"]


def test_cleaning_comes_once_an_hour(book: Book) -> None:
    def spend_an_old_one(name: str) -> None:
        with book.db.write() as session:
            session.add(SpentTicket(ticket_id=name, spent_at=NOW - timedelta(days=9)))

    def left() -> int:
        with book.db.read() as session:
            return len(session.scalars(select(SpentTicket)).all())

    busy = Worker(book.db, book.settings, At())
    spend_an_old_one("first")
    busy.run_once()
    assert left() == 0
    spend_an_old_one("second")
    busy.clock = At(now=NOW + timedelta(minutes=59))
    busy.run_once()
    assert left() == 1
    busy.clock = At(now=NOW + timedelta(minutes=60))
    busy.run_once()
    assert left() == 0
