"""Which work counts, and from which instant: the window, the grace, admissions, voided and surplus attempts."""

from collections import defaultdict
from dataclasses import dataclass, field
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
    times = [at for e in facts.events if e.kind in WORK and (at := _since(e, counted, admitted.get(("event", e.id))))]
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
        first = let_in if let_in is not None and not inside else _first_counted(rules, facts, counted, fact)
        marks = _marks(judgements[fact.id], counted, let_in)
        by_lesson[fact.lesson_key].append(CountedAttempt(fact, (first, fact.started_at, fact.id), marks))
    kept = {key: _within_limit(rules, facts, key, found) for key, found in by_lesson.items()}
    due = [due_at(a.fact, counted) for found in kept.values() for a in found if not a.marks]
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


def _marks(judgements: list[JudgementFact], counted: Counted, let_in: datetime | None) -> tuple[Marked, ...]:
    marks = []
    for j in judgements:
        if j.cause == "remarked":
            marks.append(Marked(j.judged_at, j.score, True))
        elif in_window(counted, j.finished_at, j.arrived_at):
            marks.append(Marked(j.finished_at, j.score, False))
        elif let_in is not None:
            marks.append(Marked(max(let_in, j.finished_at), j.score, False))
    return tuple(sorted(marks, key=lambda m: (m.since, m.replaces, m.score)))


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
            kept.append(CountedAttempt(attempt.fact, attempt.order, marks))
    return tuple(kept)


def limit_of(rules: Rules, facts: Facts, lesson_key: str) -> int:
    """How many attempts a lesson has, with those that were added."""
    lesson = rules.lesson(lesson_key)
    added = sum(r.number for r in facts.of_kind("attempts_added") if r.lesson_key in (None, lesson_key))
    return (lesson.attempts if lesson else 0) + added


def due_at(fact: AttemptFact, counted: Counted) -> datetime:
    """An attempt that nobody hands in is judged once the grace is over; a timed one once its time is."""
    if fact.time_limit_s is None:
        return counted.grace_end
    return min(fact.started_at + timedelta(seconds=fact.time_limit_s), counted.grace_end)
