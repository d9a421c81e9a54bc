"""Attempts as rows: begun, answered in any order of arrival, handed in once, judged when their time is over; read back whole."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Problem
from diklat_lti.models import Attempt, Extension, Judgement, LearnerEvent, Ruling
from diklat_lti.training import attempts, ledger, progress, rules
from diklat_lti.training.facts import ExtensionFact, RulingFact
from diklat_lti.training.progress import NewEvent
from trained import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UUID = "0f0e0d0c-0001-4002-8003-000000000001"


class Quiz:
    """Siti before the first quiz of the sample."""

    def __init__(self, session: WriteSession, storage: Path) -> None:
        self.session = session
        self.cohort = trained.cohort(session, storage)
        self.siti = trained.enrolled(session, self.cohort)
        self.read, self.quizzes = trained.lessons(session, self.cohort)
        self.lesson = self.quizzes[0]
        self.right, self.wrong = (trained.answers(session, self.cohort, self.lesson, right) for right in (True, False))

    def send(self, *events: NewEvent, at: datetime = NOW) -> None:
        progress.record(self.session, self.siti.id, events, at)

    def event(self, kind: str, at: datetime = NOW, lesson: str | None = None, **body: object) -> NewEvent:
        return trained.event(kind, lesson or self.lesson, at, UUID, **body)

    def begin(self, at: datetime = NOW, limit: int | None = None) -> Attempt:
        self.send(self.event("attempt_started", at, seed=7), at=at)
        attempt = self.session.scalars(select(Attempt).where(Attempt.attempt_uuid == UUID)).one()
        attempt.time_limit_s = limit
        self.session.flush()
        return attempt

    def answer(self, answers: Any, at: datetime, received: datetime | None = None) -> None:
        """Made at `at` by a device whose clock is right; sent when it is received."""
        received = received or at
        made = replace(self.event("answered", min(at, NOW), answers=answers), offset_ms=0, made_at=at, sent_at=received)
        self.send(made, at=received)

    def judged(self) -> list[Judgement]:
        return list(self.session.scalars(select(Judgement).order_by(Judgement.id)))

    def freshen(self, at: datetime) -> None:
        progress.freshen(self.session, self.siti.id, at)


@pytest.fixture
def quiz(db: Database, tmp_path: Path) -> Iterator[Quiz]:
    with db.write() as session:
        yield Quiz(session, tmp_path)


def test_an_attempt_keeps_what_it_was_begun_with(quiz: Quiz) -> None:
    attempt = quiz.begin(NOW + HOUR)
    assert (attempt.lesson_key, attempt.version_id, attempt.seed, attempt.started_at, attempt.received_at) == (
        quiz.lesson, quiz.cohort.version_id, 7, NOW + HOUR, NOW + HOUR,
    )  # fmt: skip
    begun = quiz.session.scalars(select(LearnerEvent).where(LearnerEvent.kind == "attempt_started")).one()
    assert (attempt.started_event_id, begun.attempt_id) == (begun.id, attempt.id)
    quiz.send(quiz.event("attempt_started"), at=NOW + 2 * HOUR)
    assert attempt.started_event_id == begun.id


def test_an_attempt_that_shows_itself_first_by_an_answer_is_begun_by_it(quiz: Quiz) -> None:
    quiz.send(quiz.event("answered", answers=quiz.right))
    attempt = quiz.session.scalars(select(Attempt)).one()
    assert (attempt.started_event_id, attempt.seed) == (None, 0)
    quiz.send(quiz.event("submitted"))
    assert [j.score for j in quiz.judged()] == [Decimal(100)]


@pytest.mark.parametrize("change", [{"attempt_uuid": None}, {"attempt_uuid": ""}, {"lesson_key": None}])
def test_an_answer_without_attempt_or_lesson_is_refused(quiz: Quiz, change: Any) -> None:
    with pytest.raises(Problem) as refused:
        quiz.send(replace(quiz.event("answered"), **change))
    assert refused.value.reason == "no_attempt"


def test_a_lesson_without_a_quiz_has_no_attempts(quiz: Quiz) -> None:
    with pytest.raises(Problem) as refused:
        quiz.send(quiz.event("attempt_started", lesson=quiz.read[0]))
    assert refused.value.reason == "unknown_quiz"


def test_of_two_answers_to_one_question_the_one_made_later_counts_in_whichever_order_they_arrive(quiz: Quiz) -> None:
    attempt = quiz.begin()
    quiz.answer(quiz.right, NOW + 20 * MINUTE, NOW + 30 * MINUTE)
    quiz.answer(quiz.wrong, NOW + 10 * MINUTE, NOW + HOUR)
    assert attempts.answers_of(quiz.session, attempt.id) == quiz.right
    assert attempts.answers_of(quiz.session, attempt.id, NOW + 20 * MINUTE) == quiz.wrong
    assert attempts.answers_of(quiz.session, attempt.id, NOW + 20 * MINUTE + MINUTE) == quiz.right
    assert attempts.answers_of(quiz.session, attempt.id, NOW + 10 * MINUTE) == {}


def test_answers_to_different_questions_add_up(quiz: Quiz) -> None:
    attempt = quiz.begin()
    first, *rest = quiz.right
    quiz.answer({first: quiz.right[first]}, NOW + MINUTE)
    quiz.answer({key: quiz.right[key] for key in rest}, NOW + 2 * MINUTE)
    assert attempts.answers_of(quiz.session, attempt.id) == quiz.right


def test_an_attempt_is_handed_in_once(quiz: Quiz) -> None:
    quiz.begin()
    quiz.answer(quiz.wrong, NOW + MINUTE)
    quiz.send(quiz.event("submitted", NOW + 2 * MINUTE), at=NOW + 2 * MINUTE)
    quiz.answer(quiz.right, NOW + 3 * MINUTE)
    quiz.send(quiz.event("submitted", NOW + 4 * MINUTE), at=NOW + 4 * MINUTE)
    found = [(j.cause, j.score, j.finished_at, j.arrived_at, j.judged_at) for j in quiz.judged()]
    assert found == [("submitted", Decimal(0), *[NOW + 2 * MINUTE] * 3)]


@pytest.mark.parametrize(
    ("late", "score"), [(timedelta(0), 100), (timedelta(seconds=29), 100), (timedelta(seconds=30), 0)]
)
def test_a_timed_attempt_takes_answers_half_a_minute_after_its_time(quiz: Quiz, late: timedelta, score: int) -> None:
    quiz.begin(limit=600)
    quiz.answer(quiz.right, NOW + 10 * MINUTE + late)
    quiz.send(quiz.event("submitted", NOW + 11 * MINUTE), at=NOW + 11 * MINUTE)
    assert (quiz.judged()[-1].cause, quiz.judged()[-1].score) == ("submitted", Decimal(score))


def test_a_timed_attempt_that_nobody_hands_in_is_judged_once_its_time_is_over_by_what_was_answered_in_it(
    quiz: Quiz,
) -> None:
    quiz.begin(limit=600)
    quiz.answer(quiz.right, NOW + 5 * MINUTE)
    quiz.freshen(NOW + 10 * MINUTE - timedelta(seconds=1))
    assert quiz.judged() == []
    quiz.answer(quiz.wrong, NOW + 10 * MINUTE)
    assert [(j.cause, j.score, j.finished_at, j.judged_at) for j in quiz.judged()] == [
        ("closed", Decimal(100), NOW + 5 * MINUTE, NOW + 10 * MINUTE)
    ]
    quiz.freshen(NOW + HOUR)
    assert len(quiz.judged()) == 1


def test_an_attempt_without_an_answer_ended_where_it_began(quiz: Quiz) -> None:
    quiz.begin(NOW + HOUR)
    quiz.freshen(trained.END + timedelta(days=3) - timedelta(seconds=1))
    assert quiz.judged() == []
    closing = trained.END + timedelta(days=3)
    quiz.freshen(closing)
    [judged] = quiz.judged()
    assert (judged.score, judged.finished_at, judged.arrived_at, judged.judged_at) == (
        Decimal(0), NOW + HOUR, NOW + HOUR, closing,
    )  # fmt: skip


def test_the_newest_rules_say_when_an_open_attempt_is_judged(quiz: Quiz) -> None:
    quiz.begin()
    own = ledger.history(quiz.session, quiz.cohort.id)[-1].rules
    longer = rules.dump(replace(own, window=replace(own.window, length_days=20)))
    quiz.session.add(Ruling(cohort_id=quiz.cohort.id, seq=2, kind="rules", body=longer, made_at=NOW))
    quiz.freshen(trained.END + timedelta(days=3))
    assert quiz.judged() == []
    quiz.freshen(trained.END + timedelta(days=8))
    assert [j.cause for j in quiz.judged()] == ["closed"]


def test_the_last_answer_that_counted_says_when_an_attempt_ended_and_arrived(quiz: Quiz) -> None:
    last, end = trained.END - MINUTE, trained.END
    quiz.begin()
    quiz.answer(quiz.wrong, NOW + MINUTE)
    quiz.answer(quiz.right, last, end + HOUR)
    quiz.answer(quiz.wrong, end, end + 2 * HOUR)
    quiz.freshen(end + timedelta(days=3))
    [judged] = quiz.judged()
    assert (judged.score, judged.finished_at, judged.arrived_at) == (Decimal(100), last, end + HOUR)


def test_an_answer_that_arrives_after_the_grace_spoils_no_judgement_and_is_judged_once(quiz: Quiz) -> None:
    made, grace_end = trained.END - HOUR, trained.END + timedelta(days=3)
    quiz.begin()
    quiz.answer(quiz.right, made)
    quiz.answer(quiz.wrong, made + MINUTE, grace_end + HOUR)
    quiz.freshen(grace_end + 2 * HOUR)
    quiz.freshen(grace_end + 3 * HOUR)
    assert [(j.score, j.finished_at, j.arrived_at) for j in quiz.judged()] == [(Decimal(100), made, made)]


def test_a_timed_attempt_begun_just_before_the_end_is_cut_by_it(quiz: Quiz) -> None:
    begin, end = trained.END - 5 * MINUTE, trained.END
    quiz.begin(begin, limit=600)
    quiz.answer(quiz.right, end - MINUTE)
    quiz.answer(quiz.wrong, end + MINUTE)
    quiz.freshen(begin + 10 * MINUTE)
    assert [j.score for j in quiz.judged()] == [Decimal(100)]


def test_the_open_attempt_is_the_newest_of_that_quiz_alone(quiz: Quiz) -> None:
    one = quiz.begin()
    assert attempts.open_attempt(quiz.session, quiz.siti.id, quiz.quizzes[1]) is None
    other = trained.event("attempt_started", quiz.lesson, NOW, UUID.replace("0001", "0002"), seed=1)
    quiz.send(other)
    found = attempts.open_attempt(quiz.session, quiz.siti.id, quiz.lesson)
    assert found is not None
    assert found.id > one.id
    ani = trained.enrolled(quiz.session, quiz.cohort, world.person(quiz.session, name="Ani"))
    assert attempts.open_attempt(quiz.session, ani.id, quiz.lesson) is None


def test_facts_are_read_back_as_they_were_stored_and_nobody_elses_with_them(quiz: Quiz) -> None:
    ani = trained.enrolled(quiz.session, quiz.cohort, world.person(quiz.session, name="Ani"))
    quiz.begin(limit=600)
    quiz.answer(quiz.right, NOW + MINUTE, NOW + 2 * MINUTE)
    quiz.send(trained.event("confirmed", quiz.read[0], NOW))
    body = {"by": "learner", "attempts": [4], "events": [5, 6], "lesson": "quiz1", "number": 2}
    ruling = Ruling(cohort_id=quiz.cohort.id, enrolment_id=quiz.siti.id, kind="attempts_added", body=body, made_at=NOW)
    quiz.session.add(ruling)
    quiz.session.flush()
    quiz.session.add(
        Extension(
            enrolment_id=quiz.siti.id, ruling_id=ruling.id, until=trained.END, granted_at=NOW, revoked_at=NOW + HOUR
        )
    )
    quiz.session.flush()
    found, nothing = ledger.load(quiz.session, quiz.siti.id), ledger.load(quiz.session, ani.id)
    assert [(e.kind, e.at, e.received_at, e.lesson_key) for e in sorted(found.events, key=lambda e: e.id)] == [
        ("attempt_started", NOW, NOW, quiz.lesson),
        ("answered", NOW + MINUTE, NOW + 2 * MINUTE, quiz.lesson),
        ("confirmed", NOW, NOW, quiz.read[0]),
    ]
    [attempt] = found.attempts
    assert (attempt.lesson_key, attempt.started_at, attempt.time_limit_s) == (quiz.lesson, NOW, 600)
    assert {key: [e.kind for e in events] for key, events in found.answers.items()} == {attempt.id: ["answered"]}
    assert found.extensions == (ExtensionFact(trained.END, NOW, NOW + HOUR),)
    assert found.rulings == (
        RulingFact("attempts_added", NOW, "learner", frozenset({4}), frozenset({5, 6}), "quiz1", 2),
    )
    assert (nothing.events, nothing.attempts, nothing.extensions, nothing.rulings) == ((), (), (), ())


def test_an_event_is_known_by_its_number_and_whose_it_is(quiz: Quiz) -> None:
    """Two people who share a phone may both have an event of this number."""
    ani = trained.enrolled(quiz.session, quiz.cohort, world.person(quiz.session, name="Ani"))
    one = trained.event("confirmed", quiz.read[0], NOW)
    assert [progress.record(quiz.session, who.id, [one], NOW) for who in (quiz.siti, quiz.siti, ani)] == [1, 0, 1]


def test_a_ruling_that_says_nothing_more_is_an_admins(quiz: Quiz) -> None:
    quiz.session.add(
        Ruling(cohort_id=quiz.cohort.id, enrolment_id=quiz.siti.id, kind="withdrawn", body={}, made_at=NOW)
    )
    quiz.session.flush()
    assert ledger.load(quiz.session, quiz.siti.id).rulings == (RulingFact("withdrawn", NOW),)


def test_the_first_rules_hold_from_the_beginning_and_later_ones_from_their_own_time(quiz: Quiz) -> None:
    own = quiz.session.scalars(select(Ruling).where(Ruling.kind == "rules")).one()
    quiz.session.add(Ruling(cohort_id=quiz.cohort.id, seq=2, kind="rules", body=own.body, made_at=NOW))
    quiz.session.flush()
    assert [dated.since for dated in ledger.history(quiz.session, quiz.cohort.id)] == [ledger.BEGINNING, NOW]


def test_an_event_of_a_device_keeps_all_that_its_time_is_made_of(quiz: Quiz) -> None:
    told = replace(
        trained.event("confirmed", quiz.read[0], NOW), offset_ms=-5, made_at=NOW, elapsed_ms=7, sent_at=NOW + MINUTE,
        device_id="phone",
    )  # fmt: skip
    quiz.send(told, at=NOW + HOUR)
    row = quiz.session.scalars(select(LearnerEvent)).one()
    assert (row.event_id, row.stamp_at, row.stamp_serial, row.offset_ms, row.made_at, row.elapsed_ms, row.sent_at) == (
        told.event_id, NOW, "serial", -5, NOW, 7, NOW + MINUTE,
    )  # fmt: skip
    assert (row.device_id, row.received_at, row.kind, row.lesson_key) == (
        "phone",
        NOW + HOUR,
        "confirmed",
        quiz.read[0],
    )
    stamped = ledger.stamped(row)
    assert (stamped.offset, stamped.elapsed) == (timedelta(milliseconds=-5), timedelta(milliseconds=7))
    assert ledger._span(None) is None
    assert ledger._span(0) == timedelta(0)
