"""Attempts at a quiz: begun, answered, handed in, judged. Scoring is the server's alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.content import FORMATS, publish
from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.progress import Attempt, Enrolment, Judgement, LearnerEvent
from diklat_lti.training.counting import Counted, answers_in_time, count, due_at, limit_of, over_at
from diklat_lti.training.facts import AttemptFact, Facts, effective
from diklat_lti.training.ledger import stamped
from diklat_lti.training.rules import Rules
from diklat_lti.training.window import NEVER

EVENTS = frozenset({"attempt_started", "answered", "submitted"})
ANSWER_LATE = timedelta(seconds=30)
"""A timed quiz takes answers this much after its time, for a slow network."""


def take(
    session: WriteSession,
    enrolment: Enrolment,
    row: LearnerEvent,
    attempt_uuid: str | None,
    at: datetime,
    now: datetime,
) -> None:
    """Stores an attempt's event, and what it does: begin, answer or hand in."""
    if not attempt_uuid or not row.lesson_key:
        raise Problem(Kind.BAD_INPUT, "no_attempt", say("This answer names no attempt."), say("Open the quiz again."))
    attempt = find(session, enrolment.id, attempt_uuid)
    if attempt is None:
        attempt = _begin(session, enrolment, row, attempt_uuid, at)
    row.attempt_id = attempt.id
    session.add(row)
    session.flush()
    if row.kind == "attempt_started" and attempt.started_event_id is None:
        attempt.started_event_id = row.id
    if row.kind == "submitted":
        _hand_in(session, attempt, at, row.received_at, now)


def _hand_in(session: WriteSession, attempt: Attempt, at: datetime, arrived_at: datetime, now: datetime) -> None:
    """Handed in once: whoever has seen what it came to does not try the same attempt again."""
    j = Judgement
    before = select(j.id).where(j.attempt_id == attempt.id, j.cause == "submitted").limit(1)
    if session.scalars(before).one_or_none() is not None:
        return
    until = NEVER
    if attempt.time_limit_s is not None:
        until = attempt.started_at + timedelta(seconds=attempt.time_limit_s) + ANSWER_LATE
    answers = answers_of(session, attempt.id, until)
    session.add(_judgement(session, attempt, answers, at, arrived_at, now, "submitted"))


def find(session: Session, enrolment_id: int, attempt_uuid: str) -> Attempt | None:
    a = Attempt
    return session.scalars(
        select(a).where(a.enrolment_id == enrolment_id, a.attempt_uuid == attempt_uuid)
    ).one_or_none()


def _begin(session: WriteSession, enrolment: Enrolment, row: LearnerEvent, attempt_uuid: str, at: datetime) -> Attempt:
    version_id = session.scalars(select(Cohort.version_id).where(Cohort.id == enrolment.cohort_id)).one()
    lesson = publish.outline_of(session, version_id).lesson(row.lesson_key or "")
    if not lesson.has_quiz:
        raise Problem(
            Kind.BAD_INPUT, "unknown_quiz", say("This quiz does not exist."), say("Go back to the start page.")
        )
    attempt = Attempt(
        enrolment_id=enrolment.id,
        attempt_uuid=attempt_uuid,
        lesson_key=lesson.key,
        version_id=version_id,
        seed=int((row.body or {}).get("seed", 0)),
        started_at=at,
        received_at=row.received_at,
        time_limit_s=lesson.time_limit_s,
    )
    session.add(attempt)
    session.flush()
    return attempt


def may_begin(rules: Rules, facts: Facts, lesson_key: str, now: datetime) -> int:
    """How many attempts are left to begin now: 0 outside the window or when all places are taken."""
    counted = count(rules, facts)
    start = counted.window.start
    if start is None or not start <= now < counted.end:
        return 0
    return max(0, limit_of(rules, facts, lesson_key) - len(counted.attempts.get(lesson_key, ())))


def open_attempt(session: Session, enrolment_id: int, lesson_key: str) -> Attempt | None:
    """The newest attempt at this quiz that nobody handed in and nothing judged."""
    judged = select(Judgement.attempt_id).where(Judgement.enrolment_id == enrolment_id)
    return session.scalars(
        select(Attempt)
        .where(Attempt.enrolment_id == enrolment_id, Attempt.lesson_key == lesson_key, Attempt.id.not_in(judged))
        .order_by(Attempt.id.desc())
        .limit(1)
    ).one_or_none()


def new_uuid() -> str:
    return str(uuid4())


def answers_of(
    session: Session, attempt_id: int, before: datetime = NEVER, arrived_before: datetime = NEVER
) -> dict[str, Any]:
    """question id → the newest answer with an effective time before `before`."""
    rows = session.scalars(
        select(LearnerEvent).where(
            LearnerEvent.attempt_id == attempt_id,
            LearnerEvent.kind.in_(("answered", "submitted")),
            LearnerEvent.received_at < arrived_before,
        )
    )
    timed = sorted(((effective(stamped(row)).at, row.id, row.body or {}) for row in rows), key=lambda t: t[:2])
    answers: dict[str, Any] = {}
    for at, _id, body in timed:
        if at < before:
            answers |= body.get("answers", {})
    return answers


def judge_due(session: WriteSession, rules: Rules, facts: Facts, now: datetime) -> int:
    """Stores the judgements that are due: of attempts that nobody handed in, once the grace (or their time) is over."""
    counted = count(rules, facts)
    if counted.judge_at is None or now < counted.judge_at:
        return 0
    waiting = [a.fact for kept in counted.attempts.values() for a in kept if a.waits]
    due = [fact for fact in waiting if now >= due_at(fact, counted)]
    for fact in due:
        _close(session, fact, facts, counted, now)
    return len(due)


def _close(session: WriteSession, fact: AttemptFact, facts: Facts, counted: Counted, now: datetime) -> None:
    """What was made or came too late is kept, and spoils nothing."""
    attempt = session.get_one(Attempt, fact.id)
    last = max(answers_in_time(fact, facts, counted), key=lambda e: (e.at, e.id), default=None)
    finished_at = last.at if last else fact.started_at
    arrived_at = last.received_at if last else fact.received_at
    end = min(over_at(fact, counted.end), counted.end)
    answers = answers_of(session, fact.id, end, counted.grace_end)
    session.add(_judgement(session, attempt, answers, finished_at, arrived_at, now, "closed"))


def _judgement(
    session: WriteSession,
    attempt: Attempt,
    answers: dict[str, Any],
    finished_at: datetime,
    arrived_at: datetime,
    now: datetime,
    cause: str,
) -> Judgement:
    body = publish.lesson_body(session, attempt.version_id, attempt.lesson_key, "quiz")
    judged = FORMATS["quiz"].judge(body, answers)
    assert judged is not None
    return Judgement(
        enrolment_id=attempt.enrolment_id,
        attempt_id=attempt.id,
        finished_at=finished_at,
        arrived_at=arrived_at,
        judged_at=now,
        cause=cause,
        score=judged.score,
        detail=judged.detail,
    )
