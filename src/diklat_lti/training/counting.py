"""Which work counts, and from which instant: the window, the grace, admissions, voided and surplus attempts."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from diklat_lti.training.facts import AttemptFact, Event, Facts, JudgementFact
from diklat_lti.training.rules import Rules
from diklat_lti.training.window import Window, window


@dataclass(frozen=True)
class Marked:
    """A score that an attempt has from an instant on. A re-marking replaces all that was before it."""

    since: datetime
    score: Decimal
    replaces: bool


@dataclass(frozen=True)
class CountedAttempt:
    """An attempt that holds a place. `order` is (receipt or ruling that let it in, effective start, id)."""

    fact: AttemptFact
    order: tuple[datetime, datetime, int]
    marks: tuple[Marked, ...]
    waits: bool = False
    """Nobody handed it in, and there is something that no judgement has seen yet."""

    def score_at(self, instant: datetime) -> Decimal | None:
        score: Decimal | None = None
        for mark in self.marks:
            if mark.since <= instant:
                score = mark.score if mark.replaces or score is None else max(score, mark.score)
        return score


@dataclass(frozen=True)
class Counted:
    """All work that counts under the window as it stands now."""

    window: Window
    end: datetime
    """effective_end."""
    grace_end: datetime
    done: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """(lesson, kind of event) → since when."""
    attempts: dict[str, tuple[CountedAttempt, ...]] = field(default_factory=dict)
    """Per lesson, those within the limit, in their order."""
    first_work_at: datetime | None = None
    last_work_at: datetime | None = None
    judge_at: datetime | None = None
    """When the oldest attempt that nobody handed in is due to be judged."""


WORK = frozenset({"confirmed", "last_page", "attempt_started", "answered", "submitted", "handed_in", "opened"})


def count(rules: Rules, facts: Facts) -> Counted:
    """What counts, under the newest rules' window and all extensions. A pure function; order and repeats do not matter."""
    starts = [e.at for e in facts.events if e.kind == "started"]
    own = window(rules.window, min(starts, default=None))
    extended = max((x.end for x in facts.extensions), default=own.end)
    end = max(own.end, extended)
    grace_end = end + rules.grace if own.has_grace else end
    admitted = admitted_work(facts)
    counted = Counted(own, end, grace_end)
    times = [at for e in facts.events if e.kind in WORK and (at := _since(e, counted, _let_in(e, admitted)))]
    attempts, judge_at = _attempts(rules, facts, counted, admitted)
    return Counted(
        own,
        end,
        grace_end,
        _done(facts, counted, admitted),
        attempts,
        min(times, default=None),
        max(times, default=None),
        judge_at,
    )


def in_window(counted: Counted, at: datetime, received_at: datetime) -> bool:
    start = counted.window.start
    return start is not None and start <= at < counted.end and received_at < counted.grace_end


def admitted_work(facts: Facts) -> dict[tuple[str, int], datetime]:
    """("event" or "attempt", id) → the earliest ruling that let it in."""
    since: dict[tuple[str, int], datetime] = {}
    for ruling in sorted(facts.of_kind("admitted"), key=lambda r: r.made_at):
        for kind, ids in (("event", ruling.events), ("attempt", ruling.attempts)):
            for id_ in ids:
                since.setdefault((kind, id_), ruling.made_at)
    return since


def _let_in(event: Event, admitted: dict[tuple[str, int], datetime]) -> datetime | None:
    """By itself, or with its attempt."""
    own = admitted.get(("event", event.id))
    return own if own is not None or event.attempt_id is None else admitted.get(("attempt", event.attempt_id))


def _since(event: Event, counted: Counted, admitted_at: datetime | None) -> datetime | None:
    if in_window(counted, event.at, event.received_at):
        return event.at
    return admitted_at


def _done(facts: Facts, counted: Counted, admitted: dict[tuple[str, int], datetime]) -> dict[tuple[str, str], datetime]:
    done: dict[tuple[str, str], datetime] = {}
    for event in facts.events:
        since = _since(event, counted, admitted.get(("event", event.id)))
        if since is not None and event.lesson_key is not None:
            key = (event.lesson_key, event.kind)
            done[key] = min(since, done.get(key, since))
    return done


def _attempts(
    rules: Rules, facts: Facts, counted: Counted, admitted: dict[tuple[str, int], datetime]
) -> tuple[dict[str, tuple[CountedAttempt, ...]], datetime | None]:
    voided = frozenset(id_ for ruling in facts.of_kind("annulled") for id_ in ruling.attempts)
    judgements: dict[int, list[JudgementFact]] = defaultdict(list)
    for judgement in facts.judgements:
        judgements[judgement.attempt_id].append(judgement)
    by_lesson: dict[str, list[CountedAttempt]] = defaultdict(list)
    for fact in facts.attempts:
        let_in = admitted.get(("attempt", fact.id))
        inside = in_window(counted, fact.started_at, fact.received_at)
        if fact.id in voided or not (inside or let_in):
            continue
        by_itself = [_first_counted(rules, facts, counted, fact)] if inside else []
        first = min(by_itself + ([let_in] if let_in else []))
        marks = _marks(judgements[fact.id], counted, let_in, None if inside else let_in)
        waits = _waits(fact, judgements[fact.id], facts, counted, let_in)
        by_lesson[fact.lesson_key].append(CountedAttempt(fact, (first, fact.started_at, fact.id), marks, waits))
    kept = {key: _within_limit(rules, facts, key, found) for key, found in by_lesson.items()}
    due = [due_at(a.fact, counted) for found in kept.values() for a in found if a.waits]
    return kept, min(due, default=None)


def _first_counted(rules: Rules, facts: Facts, counted: Counted, fact: AttemptFact) -> datetime:
    """When the server could count it first: its receipt, or the extension that let it in where the window was over."""
    end = counted.window.end
    if fact.started_at < end and fact.received_at < end + rules.grace:
        return fact.received_at
    covering = [
        x.granted_at for x in facts.extensions if fact.started_at < x.end and fact.received_at < x.end + rules.grace
    ]
    return max(fact.received_at, min(covering, default=fact.received_at))


def _marks(
    judgements: list[JudgementFact], counted: Counted, let_in: datetime | None, not_before: datetime | None
) -> tuple[Marked, ...]:
    """`not_before`: the ruling that let the whole attempt in. What is re-marked has to count first."""
    marks = []
    for j in judgements:
        at = _judged_since(j, counted, let_in)
        if j.cause != "remarked" and at is not None:
            marks.append(Marked(max(at, not_before or at), j.score, False))
    if marks:
        first = min(mark.since for mark in marks)
        marks += [Marked(max(first, j.judged_at), j.score, True) for j in judgements if j.cause == "remarked"]
    return tuple(sorted(marks, key=lambda m: (m.since, m.replaces, m.score)))


def _judged_since(j: JudgementFact, counted: Counted, let_in: datetime | None) -> datetime | None:
    if in_window(counted, j.finished_at, j.arrived_at):
        return j.finished_at
    return None if let_in is None else max(let_in, j.finished_at)


def _waits(
    fact: AttemptFact, judgements: list[JudgementFact], facts: Facts, counted: Counted, let_in: datetime | None
) -> bool:
    """An extension lets an attempt go on that was judged: its newer answers are judged too, and the better counts."""
    if any(j.cause == "submitted" and _judged_since(j, counted, let_in) for j in judgements):
        return False
    closed = [j for j in judgements if j.cause == "closed"]
    return not closed or any(
        not any(e.at <= j.finished_at and e.received_at <= j.judged_at for j in closed)
        for e in answers_in_time(fact, facts, counted)
    )


def answers_in_time(fact: AttemptFact, facts: Facts, counted: Counted) -> list[Event]:
    """Those by which an attempt is judged that nobody hands in."""
    end = min(over_at(fact, counted.end), counted.end)
    return [e for e in facts.answers.get(fact.id, ()) if e.at < end and e.received_at < counted.grace_end]


def over_at(fact: AttemptFact, end: datetime) -> datetime:
    """When its time is over, if it has one; else `end`."""
    return end if fact.time_limit_s is None else fact.started_at + timedelta(seconds=fact.time_limit_s)


def _within_limit(rules: Rules, facts: Facts, key: str, found: list[CountedAttempt]) -> tuple[CountedAttempt, ...]:
    """Those that first counted on the server; one beyond the limit counts from the ruling that added its place."""
    lesson = rules.lesson(key)
    limit = lesson.attempts if lesson else 0
    added = sorted(
        r.made_at for r in facts.of_kind("attempts_added") if r.lesson_key in (None, key) for _ in range(r.number)
    )
    kept = []
    for place, attempt in enumerate(sorted(found, key=lambda a: a.order)):
        if place < limit:
            kept.append(attempt)
        elif place < limit + len(added):
            since = added[place - limit]
            marks = tuple(Marked(max(m.since, since), m.score, m.replaces) for m in attempt.marks)
            kept.append(replace(attempt, marks=marks))
    return tuple(kept)


def limit_of(rules: Rules, facts: Facts, lesson_key: str) -> int:
    """How many attempts a lesson has, with those that were added."""
    lesson = rules.lesson(lesson_key)
    added = sum(r.number for r in facts.of_kind("attempts_added") if r.lesson_key in (None, lesson_key))
    return (lesson.attempts if lesson else 0) + added


def due_at(fact: AttemptFact, counted: Counted) -> datetime:
    """An attempt that nobody hands in is judged once the grace is over; a timed one once its time is."""
    return min(over_at(fact, counted.grace_end), counted.grace_end)
