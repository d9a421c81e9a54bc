"""Reads the stored facts of an enrolment and the dated rules of its cohort as plain values."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from diklat_lti.database import Reading
from diklat_lti.models.cohort import Extension, Ruling
from diklat_lti.models.progress import Attempt, Judgement, LearnerEvent
from diklat_lti.training import rules
from diklat_lti.training.facts import (
    AttemptFact,
    Event,
    ExtensionFact,
    Facts,
    JudgementFact,
    RulingFact,
    Stamped,
    effective,
)
from diklat_lti.training.rules import DatedRules

BEGINNING = datetime.min.replace(tzinfo=UTC)
_HISTORY = (
    select(Ruling.made_at, Ruling.body)
    .where(Ruling.cohort_id == bindparam("cohort"), Ruling.kind == "rules")
    .order_by(Ruling.seq)
)


def history(session: Reading, cohort_id: int) -> tuple[DatedRules, ...]:
    """The cohort's rules, oldest first. The first hold from the beginning of time."""
    return dated(session.execute(_HISTORY, {"cohort": cohort_id}).all())


def dated(written: Iterable[Any]) -> tuple[DatedRules, ...]:
    """From pairs of a ruling's time and body, in their order."""
    return tuple(DatedRules(made_at if i else BEGINNING, rules.load(body)) for i, (made_at, body) in enumerate(written))


def load(session: Reading, enrolment_id: int) -> Facts:
    events = _events(session, enrolment_id)
    answers = defaultdict(list)
    for event in events:
        if event.kind == "answered" and event.attempt_id is not None:
            answers[event.attempt_id].append(event)
    return Facts(
        events=events,
        attempts=_attempts(session, enrolment_id),
        judgements=_judgements(session, enrolment_id),
        extensions=_extensions(session, enrolment_id),
        rulings=_rulings(session, enrolment_id),
        answers={key: tuple(found) for key, found in answers.items()},
    )


def stamped(row: Any) -> Stamped:
    """The time columns of a `LearnerEvent` row."""
    return Stamped(
        stamp_at=row.stamp_at,
        received_at=row.received_at,
        offset=_span(row.offset_ms),
        made_at=row.made_at,
        elapsed=_span(row.elapsed_ms),
        sent_at=row.sent_at,
    )


def _span(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


def _events(session: Reading, enrolment_id: int) -> tuple[Event, ...]:
    e = LearnerEvent.__table__.c
    rows = session.execute(
        select(
            e.id, e.kind, e.lesson_key, e.attempt_id, e.stamp_at, e.received_at, e.offset_ms, e.made_at, e.elapsed_ms,
            e.sent_at,
        ).where(e.enrolment_id == enrolment_id)
    )  # fmt: skip
    found = []
    for row in rows:
        when = effective(stamped(row))
        found.append(Event(row.id, row.kind, when.at, row.received_at, row.lesson_key, row.attempt_id, when.flagged))
    return tuple(found)


def _attempts(session: Reading, enrolment_id: int) -> tuple[AttemptFact, ...]:
    a = Attempt
    rows = session.execute(
        select(a.id, a.lesson_key, a.started_at, a.received_at, a.time_limit_s).where(a.enrolment_id == enrolment_id)
    )
    return tuple(AttemptFact(*row) for row in rows)


def _judgements(session: Reading, enrolment_id: int) -> tuple[JudgementFact, ...]:
    j = Judgement
    rows = session.execute(
        select(j.attempt_id, j.finished_at, j.arrived_at, j.judged_at, j.cause, j.score).where(
            j.enrolment_id == enrolment_id
        )
    )
    return tuple(JudgementFact(*row) for row in rows)


def _extensions(session: Reading, enrolment_id: int) -> tuple[ExtensionFact, ...]:
    x = Extension
    rows = session.execute(select(x.until, x.granted_at, x.revoked_at).where(x.enrolment_id == enrolment_id))
    return tuple(ExtensionFact(*row) for row in rows)


def _rulings(session: Reading, enrolment_id: int) -> tuple[RulingFact, ...]:
    rows = session.execute(select(Ruling.kind, Ruling.made_at, Ruling.body).where(Ruling.enrolment_id == enrolment_id))
    return tuple(
        RulingFact(
            kind=kind,
            made_at=made_at,
            by=body.get("by", "admin"),
            attempts=frozenset(body.get("attempts", ())),
            events=frozenset(body.get("events", ())),
            lesson_key=body.get("lesson"),
            number=body.get("number", 0),
        )
        for kind, made_at, body in rows
    )
