"""Records what a learner did: lock the enrolment, store the facts, rewrite the summary, decide the grade; one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.progress import Enrolment, LearnerEvent
from diklat_lti.training import attempts, ledger, verdict
from diklat_lti.training.facts import effective
from diklat_lti.training.own import OwnEnrolment
from diklat_lti.training.state import Summary, summarise

KINDS = frozenset(
    {"started", "opened", "confirmed", "last_page", "attempt_started", "answered", "submitted", "handed_in"}
)
LATER = timedelta(minutes=1)
"""The worker looks a minute after an instant has passed, so that what was under way at it has arrived."""


@dataclass(frozen=True)
class NewEvent:
    """An event as a page or a device brings it. `stamp_at` and `stamp_serial` come from a stamp that was verified."""

    event_id: str
    kind: str
    stamp_at: datetime
    stamp_serial: str
    lesson_key: str | None = None
    attempt_uuid: str | None = None
    body: dict[str, Any] | None = None
    offset_ms: int | None = None
    made_at: datetime | None = None
    elapsed_ms: int | None = None
    sent_at: datetime | None = None
    device_id: str | None = None
    received_at: datetime | None = None
    """When it came, if that was before now: what a form sent after its session had ended waits for its person's word."""


def lock(session: WriteSession, enrolment_id: int) -> Enrolment:
    """Whoever adds a fact to an enrolment holds this first (`FOR UPDATE`; SQLite's BEGIN IMMEDIATE)."""
    found = session.execute(
        select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise not_found()
    return found


def record(session: WriteSession, enrolment_id: int, events: Iterable[NewEvent], now: datetime) -> int:
    """Stores the events that are new (by their id) and what follows from them; returns how many were new.

    Raises `Problem` for an event that cannot be: an unknown kind, lesson or attempt. Then nothing is stored.
    """
    enrolment = lock(session, enrolment_id)
    events = list(events)
    known = _known(session, enrolment_id, [e.event_id for e in events])
    fresh = 0
    for event in events:
        if event.event_id not in known:
            known.add(event.event_id)
            _store(session, enrolment, event, now)
            fresh += 1
    if fresh:
        rewrite(session, enrolment, now)
    return fresh


def _known(session: WriteSession, enrolment_id: int, ids: list[str]) -> set[str]:
    e = LearnerEvent
    return set(session.scalars(select(e.event_id).where(e.enrolment_id == enrolment_id, e.event_id.in_(ids))))


def _store(session: WriteSession, enrolment: Enrolment, event: NewEvent, now: datetime) -> None:
    if event.kind not in KINDS:
        raise Problem(Kind.BAD_INPUT, "unknown_event", say("This answer could not be read."), say("Reload the page."))
    row = LearnerEvent(
        enrolment_id=enrolment.id,
        event_id=event.event_id,
        kind=event.kind,
        lesson_key=event.lesson_key,
        body=event.body,
        device_id=event.device_id,
        stamp_at=event.stamp_at,
        stamp_serial=event.stamp_serial,
        offset_ms=event.offset_ms,
        made_at=event.made_at,
        elapsed_ms=event.elapsed_ms,
        sent_at=event.sent_at,
        received_at=event.received_at or now,
    )
    at = effective(ledger.stamped(row)).at
    if event.kind in attempts.EVENTS:
        attempts.take(session, enrolment, row, event.attempt_uuid, at, now)
    else:
        session.add(row)


def rewrite(session: WriteSession, enrolment: Enrolment, now: datetime) -> None:
    """Makes the summary anew from the stored facts, judges what is due, and decides the grade. The lock is held."""
    session.flush()
    rules_seq, cohort_id = session.execute(
        select(Cohort.rules_seq, Cohort.id).where(Cohort.id == enrolment.cohort_id)
    ).one()
    history = ledger.history(session, cohort_id)
    facts = ledger.load(session, enrolment.id)
    if attempts.judge_due(session, history[-1].rules, facts, now):
        session.flush()
        facts = ledger.load(session, enrolment.id)
    summary = summarise(history, facts)
    _keep(enrolment, summary, rules_seq, now)
    verdict.decide(session, enrolment, history[-1].rules, summary, now)


COLUMNS = [
    "opens_at",
    "end_at",
    "grace_end_at",
    "first_work_at",
    "last_work_at",
    "done_count",
    "required_count",
    "all_done",
    "attempts_left",
    "score",
    "completed_at",
    "passed_at",
    "withdrawn_at",
    "withdrawn_by",
    "judge_at",
]


def _keep(enrolment: Enrolment, summary: Summary, rules_seq: int, now: datetime) -> None:
    for name in COLUMNS:
        setattr(enrolment, name, getattr(summary, name))
    enrolment.done_keys = sorted(summary.done)
    enrolment.rules_seq = rules_seq
    enrolment.summarised_at = now
    enrolment.next_change_at = next_change(summary, now)


def next_change(summary: Summary, now: datetime) -> datetime | None:
    """The next instant at which something is due without anybody's doing: a judgement, or the closing."""
    if summary.passed_at is not None and summary.judge_at is None:
        return None
    coming = [t for t in (summary.judge_at, summary.grace_end_at) if t is not None and t > now]
    return min(coming, default=None)


def due(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Enrolments whose time has come, or whose cohort's rules changed, oldest first. Whoever finds them calls `freshen`
    for each in a transaction of its own: late, twice or in three processes at once it comes to the same."""
    e, c = Enrolment, Cohort
    waiting = or_(e.next_change_at <= now - LATER, e.rules_seq < c.rules_seq)
    return list(session.scalars(select(e.id).join(c, c.id == e.cohort_id).where(waiting).order_by(e.id).limit(limit)))


def is_stale(enrolment: Enrolment | OwnEnrolment, rules_seq: int, now: datetime) -> bool:
    """Whether something is due that the worker has not done yet; then `freshen` it before it is shown."""
    due = enrolment.next_change_at is not None and enrolment.next_change_at <= now
    return due or enrolment.rules_seq < rules_seq


def freshen(session: WriteSession, enrolment_id: int, now: datetime) -> Enrolment:
    """Whoever opens one enrolment brings it up to date first: what is due was not done yet by the worker."""
    enrolment = lock(session, enrolment_id)
    rewrite(session, enrolment, now)
    return enrolment
