"""Races around a grade's delivery, both parties held between reading and writing. Each fails without its guard."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from book import At, Book
from diklat_lti.gradebook import delivery, outbox
from diklat_lti.gradebook.answers import Meaning, Verdict
from diklat_lti.worker import Worker
from tiny_lms import Asked, Planned
from world import NOW

SOON = 0.3
LONG = 20
Result = TypeVar("Result")


class Held:
    """The first score's answer waits for `go`; `there` tells that its request has come."""

    def __init__(self, book: Book) -> None:
        self.there, self.go = threading.Event(), threading.Event()
        book.lms.before_answer = self._hold

    def _hold(self, asked: Asked) -> None:
        if asked.kind == "scores" and not self.there.is_set():
            self.there.set()
            assert self.go.wait(LONG)


def aside(work: Callable[[], Result]) -> "Future[Result]":
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def test_a_newer_decision_goes_out_after_the_older_one_that_is_under_way(book: Book) -> None:
    delivery_id = book.learner("60")
    held = Held(book)
    [older] = book.claim()
    first = aside(lambda: delivery.deliver(book.db, book.settings, older, NOW))
    assert held.there.wait(LONG)
    newer = book.decide(delivery_id, "90")
    assert book.claim() == []
    held.go.set()
    assert first.result(LONG)
    assert book.row(delivery_id).delivered_id != newer
    row = book.deliver(NOW + timedelta(minutes=2))
    assert (row.outcome, row.delivered_id) == ("delivered", newer)
    assert [score["scoreGiven"] for score in book.lms.history] == [60, 90]


def test_the_result_of_a_worker_that_outlived_its_lease_is_not_written(book: Book) -> None:
    delivery_id = book.learner("85")
    book.lms.planned["scores"].append(Planned(503))
    held = Held(book)
    [slow] = book.claim()
    first = aside(lambda: delivery.deliver(book.db, book.settings, slow, NOW))
    assert held.there.wait(LONG)
    [fresh] = book.claim(NOW + timedelta(minutes=6))
    assert fresh.doubt
    assert delivery.deliver(book.db, book.settings, fresh, NOW + timedelta(minutes=6))
    held.go.set()
    assert not first.result(LONG)
    row = book.row(delivery_id)
    assert (row.outcome, row.delivered_id, row.next_try_at) == ("delivered", row.wanted_id, None)
    assert book.shown() == [85]


def test_a_late_request_of_a_worker_that_lost_its_lease_does_not_overtake_the_newer_decision(book: Book) -> None:
    delivery_id = book.learner("60")
    held = Held(book)
    [slow] = book.claim()
    first = aside(lambda: delivery.deliver(book.db, book.settings, slow, NOW))
    assert held.there.wait(LONG)
    newer = book.decide(delivery_id, "90")
    row = book.deliver(NOW + timedelta(minutes=6))
    held.go.set()
    assert not first.result(LONG)
    assert (row.outcome, book.row(delivery_id).delivered_id, book.shown()) == ("delivered", newer, [90])


def test_two_workers_that_claim_at_once_get_different_rows(book: Book) -> None:
    rows = {book.learner() for _ in range(4)}
    with book.db.write() as session:
        first = outbox.claim(session, 2, NOW)
        second = aside(lambda: book.claim(limit=4))
        time.sleep(SOON)  # the second one has read, or waits for the first one's lock
    claimed = [claim.delivery_id for claim in first + second.result(LONG)]
    assert len(first) == 2
    assert len(claimed) == len(set(claimed))
    claimed += [claim.delivery_id for claim in book.claim()]
    assert set(claimed) == rows
    assert len(claimed) == 4


def test_four_workers_deliver_each_row_once(book: Book) -> None:
    rows = [book.learner(str(60 + n)) for n in range(24)]
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait(LONG)
        while claims := book.claim(limit=3):
            for claim in claims:
                assert delivery.deliver(book.db, book.settings, claim, NOW)

    for worker in [aside(work) for _ in range(4)]:
        worker.result(LONG)
    assert [book.row(row).outcome for row in rows] == ["delivered"] * 24
    assert sorted(score["scoreGiven"] for score in book.lms.history) == list(range(60, 84))
    assert book.lms.count("token") == 1


def test_two_items_of_one_learner_are_never_on_their_way_at_once(book: Book) -> None:
    """The second worker comes when the other row has just become due, and before the first one has committed."""
    coming = book.learner(next_try_at=NOW + timedelta(seconds=1))
    enrolment_id, other_id = book.row(coming).enrolment_id, book.other_item()
    with book.db.write() as session:
        due = book.want(session, enrolment_id, "70", grade_item_id=other_id)
    later = Worker(book.db, book.settings, At(now=NOW + timedelta(seconds=1)))
    with book.db.write() as session:
        first = outbox.claim(session, 4, NOW)
        second = aside(lambda: later._claim(4))
        time.sleep(SOON)
    assert [claim.delivery_id for claim in first] == [due]
    assert second.result(LONG) == []


def test_a_decision_of_the_very_moment_of_finishing_is_not_lost(book: Book) -> None:
    delivery_id = book.learner("60")
    [claim] = book.claim()
    sent = book.row(delivery_id).wanted_id
    stored = Verdict(Meaning.DELIVERED, "stored", 200)

    def finish() -> bool:
        with book.db.write() as session:
            return outbox.finish(session, claim, sent, stored, NOW)

    with book.db.write() as session:
        newer = book.want_newer(session, delivery_id, "90")
        finished = aside(finish)
        time.sleep(SOON)
    assert finished.result(LONG)
    row = book.row(delivery_id)
    assert (row.delivered_id, row.wanted_id, row.next_try_at) == (sent, newer, NOW)
