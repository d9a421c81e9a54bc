"""Claims: what is due goes to one worker, one row a learner; what comes back is written only under a claim that holds."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from book import Book
from diklat_lti.gradebook import outbox
from diklat_lti.gradebook.answers import Meaning, Verdict
from diklat_lti.models import Deployment, GradeDelivery, Platform, Registration
from world import NOW

DELIVERED = Verdict(Meaning.DELIVERED, "stored", 200)
DOWN = Verdict(Meaning.LATER, "down", 503)


def finish(book: Book, claim: outbox.Claim, sent_id: int, verdict: Verdict = DELIVERED, minutes: int = 0) -> bool:
    with book.db.write() as session:
        return outbox.finish(session, claim, sent_id, verdict, NOW + timedelta(minutes=minutes))


def test_only_what_is_due_is_claimed_the_longest_waiting_first(book: Book) -> None:
    second = book.learner(next_try_at=NOW - timedelta(seconds=1))
    first = book.learner(next_try_at=NOW - timedelta(seconds=2))
    book.learner(next_try_at=NOW + timedelta(seconds=1))
    book.learner(next_try_at=None)
    assert [c.delivery_id for c in book.claim(limit=1)] == [first]
    assert [c.delivery_id for c in book.claim()] == [second]
    assert book.claim() == []


def test_a_claim_lasts_as_long_as_its_lease_and_then_the_row_is_in_doubt(book: Book) -> None:
    book.learner()
    [first] = book.claim()
    assert not first.doubt
    assert book.claim(NOW + timedelta(minutes=4, seconds=59)) == []
    [second] = book.claim(NOW + timedelta(minutes=5))
    assert second.doubt
    assert second.token != first.token
    assert second.delivery_id == first.delivery_id


def test_two_items_of_one_learner_go_one_after_the_other(book: Book) -> None:
    first = book.learner()
    enrolment_id, other_id = book.row(first).enrolment_id, book.other_item()
    with book.db.write() as session:
        second = book.want(session, enrolment_id, "70", grade_item_id=other_id, next_try_at=NOW - timedelta(days=1))
    [claim] = book.claim()
    assert claim.delivery_id == first
    assert book.claim() == []
    assert finish(book, claim, book.row(first).wanted_id)
    assert [c.delivery_id for c in book.claim()] == [second]


def test_the_database_itself_refuses_a_second_one_on_its_way(book: Book) -> None:
    first = book.learner(claim_token="somebody's")
    enrolment_id, other_id = book.row(first).enrolment_id, book.other_item()
    with book.db.write() as session, pytest.raises(IntegrityError):
        book.want(session, enrolment_id, "70", grade_item_id=other_id, claim_token="another's")


@pytest.mark.parametrize("closed", [Platform, Registration, Deployment])
def test_rows_of_what_is_disabled_wait_and_go_when_it_returns(book: Book, closed: type) -> None:
    delivery_id = book.learner()

    def disabled(at: object) -> None:
        with book.db.write() as session:
            registration = session.get_one(Registration, book.registration_id)
            ids = {Platform: registration.platform_id, Registration: registration.id, Deployment: book.deployment_id}
            session.get_one(closed, ids[closed]).disabled_at = at

    disabled(NOW)
    assert book.claim() == []
    with book.db.read() as session:
        assert [row.delivery_id for row in outbox.pending(session)] == [delivery_id]
    disabled(None)
    assert [c.delivery_id for c in book.claim()] == [delivery_id]


def test_a_delivered_row_rests(book: Book) -> None:
    delivery_id = book.learner(tries=3, answer="down")
    [claim] = book.claim()
    assert finish(book, claim, book.row(delivery_id).wanted_id)
    row = book.row(delivery_id)
    assert (row.outcome, row.answer, row.http_status, row.tries) == ("delivered", "stored", 200, 0)
    assert (row.delivered_id, row.delivered_at, row.tried_at) == (row.wanted_id, NOW, NOW)
    assert (row.next_try_at, row.claim_token, row.lease_until) == (None, None, None)
    assert book.claim(NOW + timedelta(days=1)) == []


def test_the_id_that_was_sent_is_delivered_and_a_newer_one_is_due_at_once(book: Book) -> None:
    delivery_id = book.learner()
    sent = book.row(delivery_id).wanted_id
    [claim] = book.claim()
    newer = book.decide(delivery_id, "90")
    assert finish(book, claim, sent, minutes=1)
    row = book.row(delivery_id)
    assert (row.delivered_id, row.wanted_id, row.outcome) == (sent, newer, "waiting")
    assert row.next_try_at == NOW + timedelta(minutes=1)
    [again] = book.claim(NOW + timedelta(minutes=1))
    assert not again.doubt


@pytest.mark.parametrize("verdict", [DOWN, Verdict(Meaning.STOPPED, "refused", 422)])
def test_whatever_became_of_the_older_the_newer_is_due_at_once(book: Book, verdict: Verdict) -> None:
    delivery_id = book.learner()
    sent = book.row(delivery_id).wanted_id
    [claim] = book.claim()
    book.decide(delivery_id, "90")
    assert finish(book, claim, sent, verdict)
    row = book.row(delivery_id)
    assert (row.delivered_id, row.outcome, row.next_try_at) == (None, "waiting", NOW)


def test_what_waits_comes_again_after_longer_and_longer(book: Book) -> None:
    delivery_id = book.learner()
    now, waits = NOW, []
    for tries in range(1, 8):
        [claim] = book.claim(now)
        with book.db.write() as session:
            assert outbox.finish(session, claim, book.row(delivery_id).wanted_id, DOWN, now)
        row = book.row(delivery_id)
        assert (row.tries, row.outcome, row.answer, row.http_status) == (tries, "later", "down", 503)
        assert row.next_try_at is not None
        waits.append((row.next_try_at - now).total_seconds())
        now = row.next_try_at
    assert all(10 * 2**n / 2 <= wait <= 10 * 2**n for n, wait in enumerate(waits))


def test_a_500_for_this_learner_alone_stops_after_five_in_a_row(book: Book) -> None:
    locked = Verdict(Meaning.LATER, "perhaps_locked", 500, last_reason="locked")
    delivery_id = book.learner(tries=9, answer="down")
    now = NOW
    for _ in range(5):
        assert book.row(delivery_id).outcome != "stopped"
        [claim] = book.claim(now)
        with book.db.write() as session:
            outbox.finish(session, claim, book.row(delivery_id).wanted_id, locked, now)
        now += timedelta(hours=2)
    row = book.row(delivery_id)
    assert (row.outcome, row.answer, row.tries, row.next_try_at) == ("stopped", "locked", 5, None)


def test_a_lost_claim_writes_nothing(book: Book) -> None:
    delivery_id = book.learner()
    [lost] = book.claim()
    [held] = book.claim(NOW + timedelta(minutes=6))
    before = vars(book.row(delivery_id)) | {"_sa_instance_state": None}
    assert not finish(book, lost, book.row(delivery_id).wanted_id)
    with book.db.write() as session:
        assert not outbox.put_back(session, lost, DOWN, NOW)
    assert vars(book.row(delivery_id)) | {"_sa_instance_state": None} == before
    assert finish(book, held, book.row(delivery_id).wanted_id)


def test_a_row_that_broke_our_code_is_put_back(book: Book) -> None:
    delivery_id = book.learner()
    [claim] = book.claim()
    with book.db.write() as session:
        assert outbox.put_back(session, claim, Verdict(Meaning.UNKNOWN, "our_fault"), NOW)
    row = book.row(delivery_id)
    assert (row.outcome, row.answer, row.claim_token) == ("unknown", "our_fault", None)


def test_of_two_rows_the_one_that_broke_is_put_back_by_what_it_wanted_itself(book: Book) -> None:
    """Judged by another's decision it would seem overtaken, and go out at once without a look."""
    book.learner()
    second = book.learner()
    claim = next(claim for claim in book.claim() if claim.delivery_id == second)
    with book.db.write() as session:
        assert outbox.put_back(session, claim, Verdict(Meaning.UNKNOWN, "our_fault"), NOW)
    assert (book.row(second).outcome, book.row(second).answer) == ("unknown", "our_fault")


def test_lists_tell_what_goes_by_itself_from_what_waits_for_a_person(book: Book) -> None:
    waiting = book.learner()
    stopped = book.learner(next_try_at=None, outcome="stopped", answer="not_enrolled", http_status=400, tries=1)
    done = book.learner(next_try_at=None, outcome="delivered")
    with book.db.write() as session:
        row = session.get_one(GradeDelivery, done)
        row.delivered_id = row.wanted_id
    with book.db.read() as session:
        [pending], [failed] = outbox.pending(session), outbox.failed(session)
    assert (pending.delivery_id, pending.outcome, pending.reason) == (waiting, "waiting", None)
    assert (failed.delivery_id, failed.reason, failed.http_status, failed.tries) == (stopped, "not_enrolled", 400, 1)
    assert (failed.platform, failed.cohort, failed.module_key) == ("LMS Bandung", "Angkatan 1", "")
    assert failed.help_code.startswith("H")
    assert failed.decided_at == NOW


def test_sending_again_makes_the_stopped_due_and_leaves_doubt_in_place(book: Book) -> None:
    stopped = book.learner(next_try_at=None, outcome="stopped", answer="refused", tries=1)
    unknown = book.learner(next_try_at=NOW + timedelta(hours=1), outcome="unknown", answer="no_answer", tries=4)
    done = book.learner(next_try_at=None, outcome="delivered")
    with book.db.write() as session:
        row = session.get_one(GradeDelivery, done)
        row.delivered_id = row.wanted_id
    with book.db.write() as session:
        assert outbox.retry(session, None, NOW) == 1
        assert outbox.retry(session, [unknown, done], NOW) == 1
    doubts = {claim.delivery_id: claim.doubt for claim in book.claim()}
    assert doubts == {stopped: False, unknown: True}
