"""The naive model of completing, passing, states and the gradebook."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from naive.clocks import effective
from naive.counting import all_work, attempts_of, counts_from, holders, in_force, limit, time_over
from naive.days import window
from naive.facts import History, Lesson, Work
from naive.scoring import are_all_done, final_score, finished_at, meets_all, two_decimals

CENT = Decimal("0.01")


def instants(history: History) -> list[datetime]:
    """At which something can have become true: times of counted work and of rulings."""
    found = [rules.since for rules in history.rules[1:]]
    for work in all_work(history):
        since = counts_from(history, work)
        if since is not None:
            found.append(since)
            for judged in history.judgements:
                if work.kind == "begin" and judged.attempt == work.attempt:
                    found.append(max(since, finished_at(history, work, judged)))
    for kind in (history.extensions, history.more, history.admissions, history.withdrawals, history.annulments):
        found += [ruling.at for ruling in kind]
    found += [one.revoked_at for one in history.extensions if one.revoked_at]
    found += [one.returned_at for one in history.withdrawals if one.returned_at]
    return sorted(set(found))


def completed_at(history: History) -> datetime | None:
    for instant in instants(history):
        if are_all_done(history, instant):
            return instant
    return None


def passed_at(history: History) -> datetime | None:
    for instant in instants(history):
        if meets_all(history, instant):
            return instant
    return None


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
            mine = [work for work in all_work(history) if work.attempt == begun.attempt]
            handed_in = [work for work in mine if work.kind == "submit" and counts_from(history, work) is not None]
            due = due_at(history, lesson, begun)
            judged = [one for one in history.judgements if one.attempt == begun.attempt and one.at >= due]
            if due <= now and not handed_in and not judged:
                found.append(begun.attempt)
    return found


def state(history: History, now: datetime) -> str:
    frame = window(history)
    if any(one.returned_at is None for one in history.withdrawals):
        return "withdrawn"
    if passed_at(history) is not None:
        return "passed"
    if now < frame.start:
        return "scheduled"
    if now < frame.effective_end:
        return "active" if frame.is_begun and all_work(history) else "not_started"
    if now < frame.grace_ends or waiting(history, now):
        return "syncing"
    return "failed" if are_all_done(history, now) else "expired"


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
    if history.annulments:
        return Grade(score, "annulled")
    if here == "active" and are_all_done(history, now):
        return Grade(score, "below")
    if here == "failed":
        return Grade(score, "failed")
    if here == "expired" and expired_sends == "zero":
        return Grade(Decimal(0), "expired")
    if here == "expired" and expired_sends == "reached":
        return Grade(min(score, two_decimals(in_force(history, now).pass_mark) - CENT), "expired")
    return Grade(None, "nothing")


def _passed_with(history: History) -> Decimal:
    """The highest since, never below the mark it was passed under."""
    passed = passed_at(history)
    rules = in_force(history, passed)
    scores = [final_score(history, instant) for instant in instants(history) if instant >= passed]
    return max([*scores, two_decimals(rules.pass_mark)])


def beside(instant: datetime) -> list[datetime]:
    """The instant, and a little before and after."""
    steps = [timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=1)]
    return sorted({instant + step for step in steps} | {instant - step for step in steps})


def made_at(work: Work) -> datetime:
    return effective(work.telling).at
