"""One delivery against a small LMS: what was answered, what stands in its gradebook then, what our row says."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from book import Book
from diklat_lti.gradebook import delivery, outbox
from diklat_lti.lti import ags
from diklat_lti.models import Person, Registration
from tiny_lms import Planned
from world import NOW

PAGE = Planned(502, "<html>Bad Gateway</html>")


def scores(book: Book) -> int:
    return book.lms.count("scores")


def test_a_decision_arrives_in_the_gradebook(book: Book) -> None:
    delivery_id = book.learner("85.5")
    row = book.deliver()
    [score] = book.lms.history
    assert (row.outcome, row.answer, row.delivered_id) == ("delivered", "stored", row.wanted_id)
    assert (score["userId"], score["scoreGiven"]) == (book.user(delivery_id), 85.5)
    assert (score["comment"], score["timestamp"]) == ("LULUS", NOW.isoformat())
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")


def test_nothing_to_say_makes_no_request_at_all(book: Book) -> None:
    book.learner(None)
    row = book.deliver()
    assert (row.outcome, row.answer, row.delivered_id) == ("delivered", "nothing", row.wanted_id)
    assert book.lms.asked == []


def test_nothing_drops_the_older_decision_that_was_never_delivered(book: Book) -> None:
    delivery_id = book.learner("60")
    book.lms.planned["scores"].append(Planned(503))
    assert book.deliver().outcome == "later"
    book.decide(delivery_id, None)
    assert book.deliver(NOW + timedelta(hours=1)).outcome == "delivered"
    assert book.claim(NOW + timedelta(days=9)) == []
    assert book.lms.history == []


def test_a_person_who_is_not_enrolled_there_waits_for_a_person(book: Book) -> None:
    book.learner()
    book.lms.planned["scores"].append(Planned(400, "[]"))
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status, row.next_try_at) == ("stopped", "not_enrolled", 400, None)


def test_a_newer_decision_tries_again_what_had_stopped(book: Book) -> None:
    delivery_id = book.learner("70")
    book.lms.planned["scores"].append(Planned(400, "[]"))
    book.deliver()
    book.decide(delivery_id, "90")
    assert book.deliver().outcome == "delivered"
    assert book.shown() == [90]


def test_retry_after_is_obeyed(book: Book) -> None:
    book.learner()
    book.lms.planned["scores"].append(Planned(503, "<html>", {"Retry-After": "300", "Content-Type": "text/html"}))
    row = book.deliver()
    assert row.next_try_at is not None
    assert row.next_try_at >= NOW + timedelta(seconds=300)


@pytest.mark.parametrize("stores", [True, False], ids=["it was stored", "it was not"])
@pytest.mark.parametrize("lost", [Planned(cut=True), PAGE], ids=["cut", "bad gateway"])
def test_an_answer_that_was_lost_is_read_back_before_it_is_sent_again(book: Book, lost: Planned, stores: bool) -> None:
    book.learner("85")
    book.lms.planned["scores"].append(Planned(**vars(lost) | {"stores": stores}))
    row = book.deliver()
    assert (row.outcome, row.delivered_id) == ("unknown", None)
    assert row.next_try_at is not None
    row = book.deliver(row.next_try_at)
    assert (row.outcome, row.answer) == ("delivered", "read_back" if stores else "stored")
    assert (book.lms.count("results"), scores(book)) == (1, 1 if stores else 2)
    assert book.shown() == [85]


def test_a_worker_that_died_leaves_a_row_that_is_read_back_first(book: Book) -> None:
    book.learner("85")
    [dead] = book.claim()
    with book.db.read() as session:
        job = delivery.load(session, dead)
    assert job is not None
    assert job.score is not None
    ags.post_score(channel(book), book.lms.items[0]["id"], job.score)
    row = book.deliver(NOW + timedelta(minutes=6))
    assert (row.outcome, row.answer, scores(book)) == ("delivered", "read_back", 1)


def channel(book: Book) -> delivery.Channel:
    with book.db.read() as session:
        registration = session.get_one(Registration, book.registration_id)
    client = delivery.Client(registration.id, registration.client_id, registration.token_url)
    return delivery.Channel(book.db, book.settings, client, time.monotonic() + 30, NOW)


def test_doubt_stays_while_it_cannot_be_read_back(book: Book) -> None:
    book.learner(outcome="unknown")
    book.lms.planned["results"].append(Planned(503))
    row = book.deliver()
    assert (row.outcome, row.answer, scores(book)) == ("unknown", "down", 0)


def test_doubt_ends_with_an_answer(book: Book) -> None:
    book.learner(outcome="unknown")
    book.lms.planned["scores"].append(Planned(503))
    assert book.deliver().outcome == "later"


def test_in_doubt_a_persons_newer_grade_is_left_alone(book: Book) -> None:
    delivery_id = book.learner("85", outcome="unknown")
    theirs(book, delivery_id, 55, seconds=30)
    row = book.deliver()
    assert (row.outcome, row.answer, scores(book)) == ("stopped", "newer_in_lms", 0)
    assert book.shown() == [55]


def theirs(book: Book, delivery_id: int, score: int, seconds: int) -> None:
    """A grade that a teacher entered in the LMS."""
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    user = book.user(delivery_id)
    book.lms.grades["/lineitems/2/lineitem", user] = {"userId": user, "scoreGiven": score, "timestamp": at}


def test_where_results_may_not_be_read_doubt_is_sent_again(book: Book) -> None:
    book.lms.scopes = [ags.SCORE]
    book.learner("85", outcome="unknown")
    assert book.deliver().outcome == "delivered"
    assert (book.lms.count("results"), book.shown()) == (0, [85])


def test_a_409_for_what_stands_there_already_is_delivered(book: Book) -> None:
    delivery_id = book.learner("85")
    theirs(book, delivery_id, 85, seconds=0)
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("delivered", "read_back", 409)


def test_a_409_for_a_persons_grade_waits_for_a_person(book: Book) -> None:
    delivery_id = book.learner("85")
    theirs(book, delivery_id, 55, seconds=30)
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("stopped", "newer_in_lms", 409)
    assert book.shown() == [55]


def test_a_409_that_cannot_be_read_now_is_read_first_next_time(book: Book) -> None:
    delivery_id = book.learner("85")
    theirs(book, delivery_id, 85, seconds=0)
    book.lms.planned["results"].append(Planned(503))
    row = book.deliver()
    assert (row.outcome, row.answer) == ("unknown", "down")
    assert row.next_try_at is not None
    assert book.deliver(row.next_try_at).answer == "read_back"
    assert scores(book) == 1


def test_a_409_that_may_never_be_read_waits_for_a_person(book: Book) -> None:
    book.lms.scopes = [ags.SCORE]
    delivery_id = book.learner("85")
    theirs(book, delivery_id, 85, seconds=0)
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("stopped", "unread", 409)


def test_a_permission_that_is_missing_waits_and_sends_nothing(book: Book) -> None:
    book.lms.scopes = [ags.RESULT]
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, scores(book)) == ("later", "no_scope", 0)


def test_a_platform_without_a_token_waits_and_sends_nothing(book: Book) -> None:
    book.lms.planned["token"].append(Planned(400, '{"error":"invalid_client"}'))
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status, scores(book)) == ("later", "no_token", 400, 0)


def test_a_platform_that_is_not_there_waits(book: Book) -> None:
    book.learner()
    book.item(lineitem_url="http://127.0.0.1:9/lineitem")
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("later", "unreachable", None)


def test_a_person_without_an_account_there_waits_for_a_person(book: Book) -> None:
    book.learner()
    with book.db.write() as session:
        session.execute(update(Person).values(sub=None))
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.asked) == ("stopped", "no_account", [])


def test_a_withdrawn_item_is_not_written_any_more(book: Book) -> None:
    book.learner()
    book.item(withdrawn_at=NOW)
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.asked) == ("stopped", "withdrawn", [])


def test_a_claim_that_was_lost_before_it_began_sends_nothing(book: Book) -> None:
    book.learner()
    [lost] = book.claim()
    book.claim(NOW + timedelta(minutes=6))
    assert not delivery.deliver(book.db, book.settings, lost, NOW)
    assert book.lms.asked == []


def test_no_time_left_sends_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SECONDS", -1.0)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.asked) == ("later", "unreachable", [])


def test_no_connection_is_held_while_the_platform_thinks(book: Book) -> None:
    seen: list[int] = []
    book.lms.before_answer = lambda _: seen.append(book.db.engine.pool.checkedout())  # type: ignore[attr-defined]
    book.learner()
    book.deliver()
    assert seen == [0, 0]


def test_doubt_is_over_once_the_gradebook_was_read(book: Book) -> None:
    """What fails after it has sent no score: it may simply be sent again."""
    book.learner(outcome="unknown")
    refused = Planned(400, '{"error":"invalid_client"}')
    book.lms.planned["scores"].append(Planned(401))
    book.lms.before_answer = lambda asked: asked.kind == "scores" and book.lms.planned["token"].append(refused)
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.count("results")) == ("later", "no_token", 1)


def test_a_delivery_is_dated_by_its_end(book: Book) -> None:
    book.learner()
    book.lms.before_answer = lambda asked: time.sleep(0.05)
    row = book.deliver()
    assert row.tried_at is not None
    assert NOW + timedelta(seconds=0.1) <= row.tried_at < NOW + timedelta(seconds=30)


@pytest.mark.parametrize(("before", "told"), [(84, "stored"), (85, "stored"), (None, "stored")])
def test_a_column_of_another_run_is_written_where_no_better_grade_stands(
    book: Book, before: int | None, told: str
) -> None:
    delivery_id = book.learner("85")
    book.item(inherits=True)
    if before is not None:
        theirs(book, delivery_id, before, seconds=-3600)
    row = book.deliver()
    assert (row.outcome, row.answer, book.shown()) == ("delivered", told, [85])


def test_a_better_grade_of_a_restored_course_stays_until_a_person_sends_ours_again(book: Book) -> None:
    delivery_id = book.learner("85")
    book.item(inherits=True)
    theirs(book, delivery_id, 90, seconds=-3600)
    row = book.deliver()
    assert (row.outcome, row.answer, scores(book)) == ("stopped", "inherited", 0)
    with book.db.write() as session:
        outbox.retry(session, [delivery_id], NOW)
    assert book.deliver().outcome == "delivered"
    assert book.shown() == [85]


def test_once_our_grade_stands_there_it_is_ours_to_change(book: Book) -> None:
    delivery_id = book.learner("85")
    book.item(inherits=True)
    book.deliver()
    book.decide(delivery_id, "60")
    assert book.deliver().outcome == "delivered"
    assert (book.shown(), book.lms.count("results")) == ([60], 1)


def test_where_results_may_not_be_read_a_column_of_another_run_is_written(book: Book) -> None:
    book.lms.scopes = [ags.SCORE]
    book.learner("85")
    book.item(inherits=True)
    assert book.deliver().outcome == "delivered"


def test_a_look_at_a_column_of_another_run_that_fails_waits(book: Book) -> None:
    book.learner("85")
    book.item(inherits=True)
    book.lms.planned["results"].append(Planned(503))
    row = book.deliver()
    assert (row.outcome, scores(book)) == ("later", 0)
