"""What a learner does becomes facts, a summary and a grade decision, in one transaction, on a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import (
    Attempt,
    Cohort,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    Judgement,
    LearnerEvent,
    Ruling,
)
from diklat_lti.training import attempts, ledger, progress, rules
from diklat_lti.training.state import State, state

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cohort(db: Database, tmp_path: Path) -> Cohort:
    with db.write() as session:
        made = trained.cohort(session, tmp_path)
        trained.grade_item(session, made)
        return made


@pytest.fixture
def siti(db: Database, cohort: Cohort) -> Enrolment:
    with db.write() as session:
        return trained.enrolled(session, cohort)


def decisions(db: Database, enrolment: Enrolment) -> list[GradeDecision]:
    with db.read() as session:
        return list(
            session.scalars(select(GradeDecision).where(GradeDecision.enrolment_id == enrolment.id).order_by("id"))
        )


def now_is(db: Database, enrolment: Enrolment) -> Enrolment:
    with db.read() as session:
        return session.get_one(Enrolment, enrolment.id)


def settle(db: Database, now: datetime) -> int:
    """What the worker does with what is due."""
    with db.read() as session:
        found = progress.due(session, now)
    for enrolment_id in found:
        with db.write() as session:
            progress.freshen(session, enrolment_id, now)
    return len(found)


def everything(db: Database, cohort: Cohort, enrolment: Enrolment, at: object, right: bool = True) -> None:
    with db.write() as session:
        read, quizzes = trained.lessons(session, cohort)
        for lesson in read:
            trained.reads(session, enrolment, lesson, at)  # type: ignore[arg-type]
        for lesson in quizzes:
            trained.sits(session, cohort, enrolment, lesson, at, right)  # type: ignore[arg-type]


def test_a_whole_training_passes_and_decides_one_grade(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW)
    found = now_is(db, siti)
    assert (found.done_count, found.all_done, found.score) == (4, True, Decimal("100.00"))
    assert found.passed_at == found.completed_at == trained.NOW
    assert found.next_change_at is None
    (decision,) = decisions(db, siti)
    assert (decision.score, decision.reason, decision.timestamp) == (Decimal("100.00"), "passed", trained.NOW)
    assert decision.comment == "LULUS 24-11-2026 10.00 WIB, hari ke-2 dari 15"
    with db.read() as session:
        delivery = session.scalars(select(GradeDelivery)).one()
        assert (delivery.wanted_id, delivery.delivered_id, delivery.outcome) == (decision.id, None, "waiting")


def test_nothing_is_said_as_long_as_something_is_undone(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        trained.reads(session, siti, trained.lessons(session, cohort)[0][0], trained.NOW)
    assert now_is(db, siti).done_count == 1
    assert decisions(db, siti) == []


def test_all_done_below_the_mark_says_how_many_attempts_are_left(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW, right=False)
    (decision,) = decisions(db, siti)
    assert (decision.score, decision.reason) == (Decimal("0.00"), "attempts_left")
    assert decision.comment == "Belum lulus, sisa kesempatan: 4"


def test_attempts_used_up_tell_whom_to_ask(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    for hour in range(3):
        everything(db, cohort, siti, trained.NOW + hour * HOUR, right=False)
    last = decisions(db, siti)[-1]
    assert last.reason == "no_attempts_left"
    assert last.timestamp > decisions(db, siti)[0].timestamp


def test_a_better_attempt_after_a_fail_is_a_new_decision(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW, right=False)
    everything(db, cohort, siti, trained.NOW + HOUR)
    assert [d.score for d in decisions(db, siti)][-1] == Decimal("100.00")


def test_the_same_event_twice_is_stored_once(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        once = trained.event("confirmed", trained.lessons(session, cohort)[0][0], trained.NOW)
        assert progress.record(session, siti.id, [once, once], trained.NOW) == 1
        assert progress.record(session, siti.id, [once], trained.NOW + HOUR) == 0
        assert session.scalar(select(func.count()).select_from(LearnerEvent)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "flown"}, "unknown_event"),
        ({"kind": "answered"}, "no_attempt"),
        ({"kind": "submitted", "attempt_uuid": "x", "lesson_key": "none"}, "not_found"),
    ],
)
def test_an_event_that_cannot_be_stores_nothing(
    db: Database, cohort: Cohort, siti: Enrolment, change: dict[str, str], reason: str
) -> None:
    with db.read() as session:
        lesson = trained.lessons(session, cohort)[0][0]
    good = trained.event("confirmed", lesson, trained.NOW)
    bad = replace(trained.event("confirmed", lesson, trained.NOW), **change)
    with pytest.raises(Problem) as refused, db.write() as session:
        progress.record(session, siti.id, [good, bad], trained.NOW)
    assert refused.value.reason == reason
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(LearnerEvent)) == 0


def test_an_attempt_nobody_handed_in_is_judged_after_the_grace_by_its_answers_in_time(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    uuid, late = attempts.new_uuid(), trained.END + HOUR
    with db.write() as session:
        lesson = trained.lessons(session, cohort)[1][0]
        right = trained.answers(session, cohort, lesson)
        wrong = trained.answers(session, cohort, lesson, right=False)
        before = trained.END - HOUR
        started = trained.event("attempt_started", lesson, before, uuid, seed=1)
        in_time = trained.event("answered", lesson, before, uuid, answers=right)
        progress.record(session, siti.id, [started, in_time], before)
        progress.record(session, siti.id, [trained.event("answered", lesson, late, uuid, answers=wrong)], late)
    grace_end = trained.END + 3 * DAY
    assert settle(db, grace_end) == 0
    assert settle(db, grace_end + 2 * progress.LATER) == 1
    assert settle(db, grace_end + DAY) == 0
    with db.read() as session:
        judgement = session.scalars(select(Judgement)).one()
    assert (judgement.cause, judgement.score, judgement.finished_at) == ("closed", Decimal(100), before)
    assert state(now_is(db, siti), grace_end + DAY) is State.EXPIRED


def test_closing_below_the_mark_says_not_passed(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW, right=False)
    settle(db, trained.END + 4 * DAY)
    assert [(d.reason, d.comment) for d in decisions(db, siti)][-1] == ("failed", "TIDAK LULUS")


def test_an_instant_is_due_for_the_worker_a_minute_after_it_and_no_second_sooner(db: Database, siti: Enrolment) -> None:
    at = trained.NOW + DAY
    with db.write() as session:
        session.get_one(Enrolment, siti.id).next_change_at = at
    with db.read() as session:
        due = [progress.due(session, at + timedelta(seconds=seconds)) for seconds in (59, 60)]
    assert due == [[], [siti.id]]


def test_what_is_due_comes_in_the_order_of_enrolment(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        other = trained.enrolled(session, session.get_one(Cohort, cohort.id)).id
        session.get_one(Enrolment, other).next_change_at = trained.NOW
    with db.write() as session:
        session.get_one(Enrolment, siti.id).next_change_at = trained.NOW + HOUR
    with db.read() as session:
        assert progress.due(session, trained.NOW + 2 * HOUR) == [siti.id, other]


def test_rules_that_changed_for_the_cohort_make_its_enrolments_due(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    everything(db, cohort, siti, trained.NOW, right=False)
    with db.write() as session:
        lower = replace(ledger.history(session, cohort.id)[-1].rules, pass_mark=Decimal(0))
        at = trained.NOW + HOUR
        session.add(Ruling(cohort_id=cohort.id, seq=2, kind="rules", body=rules.dump(lower), made_at=at))
        session.get_one(Cohort, cohort.id).rules_seq = 2
    with db.read() as session:
        assert progress.is_stale(session.get_one(Enrolment, siti.id), 2, trained.NOW)
    assert settle(db, trained.NOW + 2 * HOUR) == 1
    assert now_is(db, siti).passed_at == trained.NOW + HOUR


def test_withdrawal_drops_what_was_not_delivered_yet_and_leaves_what_was(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    everything(db, cohort, siti, trained.NOW)
    withdraw(db, siti)
    assert [d.score for d in decisions(db, siti)] == [Decimal("100.00"), None]


def test_withdrawal_after_the_delivery_decides_nothing(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW)
    with db.write() as session:
        delivery = session.scalars(select(GradeDelivery)).one()
        delivery.delivered_id = delivery.wanted_id
    withdraw(db, siti)
    assert [d.score for d in decisions(db, siti)] == [Decimal("100.00")]


def withdraw(db: Database, siti: Enrolment) -> None:
    with db.write() as session:
        body = {"by": "learner"}
        ruling = Ruling(
            cohort_id=siti.cohort_id, enrolment_id=siti.id, kind="withdrawn", body=body, made_at=trained.NOW
        )
        session.add(ruling)
        progress.freshen(session, siti.id, trained.NOW)


def test_a_trial_enrolment_tells_the_gradebook_nothing(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        session.get_one(Enrolment, siti.id).is_trial = True
    everything(db, cohort, siti, trained.NOW)
    assert decisions(db, siti) == []


def test_a_module_item_gets_its_score_and_the_same_content_twice_has_two(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    with db.write() as session:
        module = rules_modules(db, cohort)[0]
        for _ in range(2):
            trained.grade_item(session, cohort, module)
    everything(db, cohort, siti, trained.NOW)
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(GradeDelivery)) == 3
    assert {d.module_key: d.reason for d in decisions(db, siti)} == {"": "passed", module: "module_done"}


def rules_modules(db: Database, cohort: Cohort) -> list[str]:
    with db.read() as session:
        found = ledger.history(session, cohort.id)[-1].rules.lessons
    return list(dict.fromkeys(lesson.module_key for lesson in found))


def test_how_many_attempts_may_begin_now(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    everything(db, cohort, siti, trained.NOW)
    with db.read() as session:
        lesson = trained.lessons(session, cohort)[1][0]
        in_force, facts = ledger.history(session, cohort.id)[-1].rules, ledger.load(session, siti.id)
    assert attempts.may_begin(in_force, facts, lesson, trained.NOW) == 2
    assert attempts.may_begin(in_force, facts, lesson, trained.END) == 0


def test_an_open_attempt_is_found_until_it_is_judged(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    uuid = attempts.new_uuid()
    with db.write() as session:
        lesson = trained.lessons(session, cohort)[1][0]
        started = trained.event("attempt_started", lesson, trained.NOW, uuid, seed=1)
        progress.record(session, siti.id, [started], trained.NOW)
        found = attempts.open_attempt(session, siti.id, lesson)
        assert found is not None
        assert found.attempt_uuid == uuid
        progress.record(session, siti.id, [trained.event("submitted", lesson, trained.NOW, uuid)], trained.NOW)
        assert attempts.open_attempt(session, siti.id, lesson) is None


def test_somebody_who_does_not_exist_is_not_found(db: Database) -> None:
    with pytest.raises(Problem), db.write() as session:
        progress.lock(session, 1)


def test_two_tabs_that_finish_the_last_two_lessons_at_once_pass(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    """Both are held after they have read the facts. With the lock the second cannot get there, and the wait runs out."""
    with db.write() as session:
        read, quizzes = trained.lessons(session, cohort)
        for lesson in quizzes:
            trained.sits(session, cohort, siti, lesson, trained.NOW)
    assert len(read) == 2
    both_have_read = threading.Barrier(2)

    def hold(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM judgements" in statement:
            with suppress(threading.BrokenBarrierError):
                both_have_read.wait(timeout=0.5)

    def finish(lesson: str) -> None:
        with db.write() as session:
            trained.reads(session, siti, lesson, trained.NOW)

    event.listen(db.writer, "after_cursor_execute", hold)
    with ThreadPoolExecutor(2) as tabs:
        list(tabs.map(finish, read))
    assert now_is(db, siti).passed_at == trained.NOW
    assert len(decisions(db, siti)) == 1


def test_attempts_are_facts_of_one_enrolment(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        other = trained.enrolled(session, cohort, world.person(session, name="Ani"))
        lesson = trained.lessons(session, cohort)[1][0]
        uuid = trained.sits(session, cohort, siti, lesson, trained.NOW)
        assert attempts.find(session, other.id, uuid) is None
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_summary_tells_when_it_was_made(db: Database, siti: Enrolment) -> None:
    later = trained.NOW + timedelta(hours=1)
    with db.write() as session:
        assert progress.freshen(session, siti.id, later).summarised_at == later > siti.summarised_at
