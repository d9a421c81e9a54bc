"""The naive model of completing, passing, states and the gradebook."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from naive.clocks import effective
from naive.counting import (
    all_work,
    attempts_of,
    counts_from,
    holders,
    in_force,
    is_in_window,
    known_at,
    limit,
    time_over,
)
from naive.days import window
from naive.facts import History, Judgement, Lesson, Work, remembered
from naive.scoring import are_all_done, final_score, finished_at, judged_answers, meets_all, two_decimals

CENT = Decimal("0.01")


@remembered
def instants(history: History) -> list[datetime]:
    """At which something can have become true: times of counted work and of rulings."""
    found = []
    for work in all_work(history):
        since = counts_from(history, work)
        if since is not None:
            found.append(since)
            for judged in history.judgements:
                if work.kind == "begin" and judged.attempt == work.attempt:
                    found.append(max(since, finished_at(history, work, judged)))
    return sorted({*found, *_rulings(history)})


@remembered
def _rulings(history: History) -> list[datetime]:
    found = [rules.since for rules in history.rules[1:]]
    for kind in (history.extensions, history.more, history.admissions, history.withdrawals, history.annulments):
        found += [ruling.at for ruling in kind]
    found += [one.revoked_at for one in history.extensions if one.revoked_at]
    return found + [one.returned_at for one in history.withdrawals if one.returned_at]


@remembered
def moments(history: History) -> list[tuple[History, datetime]]:
    """All pairs of what was known at some time and an instant up to then: what arrives later undoes nothing.

    An annulment alone looks back: it voids from the beginning.
    """
    found = []
    for known in _looks(history):
        then = _as_known(history, known)
        found += [(then, instant) for instant in instants(then) if instant <= known]
    return found


def _as_known(history: History, at: datetime) -> History:
    if not history.annulments:
        return known_at(history, at)
    return replace(known_at(history, at), annulments=history.annulments, notes={})


@remembered
def _looks(history: History) -> list[datetime]:
    received = [work.telling.received_at for work in all_work(history)]
    judged = [one.at for one in history.judgements]
    return sorted({*received, *judged, *history.presses, *_rulings(history)})


@remembered
def completed_at(history: History) -> datetime | None:
    return min([instant for then, instant in moments(history) if are_all_done(then, instant)], default=None)


@remembered
def passed_at(history: History) -> datetime | None:
    return min([instant for then, instant in moments(history) if meets_all(then, instant)], default=None)


def due_at(history: History, lesson: Lesson, begun: Work) -> datetime:
    """When an attempt that is not handed in is judged."""
    over = time_over(lesson, begun)
    grace = window(history).grace_ends
    return grace if over is None else min(over, grace)


def waiting(history: History, now: datetime) -> list[str]:
    """Attempts that should have been judged by now, and are not yet."""
    found = []
    for lesson in in_force(history, now).lessons:
        for begun in holders(history, lesson, now):
            if due_at(history, lesson, begun) <= now and not _is_handed_in(history, begun):
                judged = [one for one in history.judgements if one.attempt == begun.attempt]
                if not judged or _goes_on(history, lesson, begun, judged):
                    found.append(begun.attempt)
    return found


def _is_handed_in(history: History, begun: Work) -> bool:
    mine = [work for work in all_work(history) if work.kind == "submit" and work.attempt == begun.attempt]
    return any(counts_from(history, work) is not None for work in mine)


def _goes_on(history: History, lesson: Lesson, begun: Work, judged: list[Judgement]) -> bool:
    """An extension let it go on: there are answers that count and that no judgement has seen."""
    seen = [work.id for one in judged for work in judged_answers(history, begun, one)]
    frame = window(history)
    due = min(frame.effective_end, time_over(lesson, begun) or frame.effective_end)
    return any(
        work.kind == "answer"
        and work.attempt == begun.attempt
        and work.id not in seen
        and is_in_window(work, frame)
        and effective(work.telling).at < due
        for work in all_work(history)
    )


def state(history: History, now: datetime) -> str:
    frame = window(history)
    if any(one.returned_at is None for one in history.withdrawals):
        return "withdrawn"
    if passed_at(history) is not None:
        return "passed"
    if now < frame.start:
        return "scheduled"
    if now < frame.effective_end:
        return "active" if has_begun(history) else "not_started"
    if now < frame.grace_ends or waiting(history, now):
        return "syncing"
    return "failed" if are_all_done(history, now) else "expired"


@remembered
def has_begun(history: History) -> bool:
    """Work before the window is preparation and begins nothing; of an annulled attempt it did begin."""
    unvoided = replace(history, annulments=[], notes={})
    return any(counts_from(unvoided, work) is not None for work in all_work(history))


def attempts_left(history: History, lesson: Lesson, now: datetime) -> int:
    return max(0, limit(history, lesson, now) - len(attempts_of(history, lesson.name)))


@dataclass
class Grade:
    score: Decimal | None
    says: str


def gradebook(history: History, now: datetime, expired_sends: str = "nothing") -> Grade:
    """`expired_sends` is the cohort's setting: "nothing", "zero" or "reached"."""
    here = state(history, now)
    if here == "withdrawn":
        return Grade(None, "stays")
    if here == "passed":
        return Grade(_passed_with(history), "passed")
    score = final_score(history, now)
    below = two_decimals(in_force(history, now).pass_mark) - CENT
    if history.annulments:
        return Grade(min(score, below), "annulled")
    if here == "active" and are_all_done(history, now):
        return Grade(score, "below")
    if here == "failed":
        return Grade(score, "failed")
    if here == "expired" and expired_sends == "zero":
        return Grade(Decimal(0), "expired")
    if here == "expired" and expired_sends == "reached":
        return Grade(min(score, below), "expired")
    return Grade(None, "nothing")


def _passed_with(history: History) -> Decimal:
    """The highest since, never below the mark it was passed under."""
    passed = passed_at(history)
    rules = in_force(history, passed)
    under = two_decimals(rules.pass_mark) if rules.is_scored else Decimal(100)
    return max([under, *[final_score(then, instant) for then, instant in moments(history) if instant >= passed]])


def beside(instant: datetime) -> list[datetime]:
    """The instant, and a little before and after."""
    steps = [timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=1)]
    return sorted({instant + step for step in steps} | {instant - step for step in steps})
