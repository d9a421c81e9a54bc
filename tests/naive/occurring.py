"""What occurs in a random history, by name: nothing is proved about what never came up."""

from datetime import timedelta

from naive.clocks import effective
from naive.counting import all_work, attempts_of, counts_from, holders, in_force, is_late
from naive.days import window
from naive.facts import History
from naive.worlds import INSTANT, MILLISECOND

STATES = {"withdrawn", "passed", "scheduled", "active", "not_started", "syncing", "failed", "expired"}
RULINGS = {
    "extended", "revoked", "attempts added", "admitted", "annulled", "withdrawn by ruling", "returned", "mark raised",
    "mark lowered", "marked anew", "limit changed", "choice of attempts changed", "lessons changed",
}  # fmt: skip
FLAGS = {"clock changed", "late", "made without a signal", "surplus attempt", "judged unasked", "told twice"}
BOUNDARIES = {
    "made at the start", "made just before the start", "made just before the end", "made at the end",
    "come just before the grace ends", "come as the grace ends",
}  # fmt: skip
KINDS = {"fixed", "rolling", "rolling without a start", "best", "last", "first", "completing is passing"}
ALL = STATES | RULINGS | FLAGS | BOUNDARIES | KINDS
JUST = (INSTANT, MILLISECOND)


def found(history: History) -> set[str]:
    return _rulings(history) | _changes(history) | _flags(history) | _boundaries(history) | _kinds(history)


def _named(names: dict[str, object]) -> set[str]:
    return {name for name, is_there in names.items() if is_there}


def _rulings(history: History) -> set[str]:
    return _named({
        "extended": history.extensions,
        "revoked": [one for one in history.extensions if one.revoked_at],
        "attempts added": history.more,
        "admitted": history.admissions,
        "annulled": history.annulments,
        "withdrawn by ruling": history.withdrawals,
        "returned": [one for one in history.withdrawals if one.returned_at],
    })  # fmt: skip


def _changes(history: History) -> set[str]:
    found: set[str] = set()
    for old, new in zip(history.rules, history.rules[1:], strict=False):
        was, now = old.lessons[-1], new.lessons[-1]
        found |= _named({
            "mark raised": new.pass_mark > old.pass_mark,
            "mark lowered": new.pass_mark < old.pass_mark,
            "marked anew": now.marking != was.marking,
            "limit changed": now.attempts != was.attempts,
            "choice of attempts changed": now.keep != was.keep,
            "lessons changed": len(new.lessons) != len(old.lessons),
        })  # fmt: skip
    return found


def _flags(history: History) -> set[str]:
    lessons, work, frame = history.rules[0].lessons, all_work(history), window(history)
    ends, last = frame.effective_end, max([one.telling.received_at for one in work], default=frame.start)
    return _named({
        "clock changed": [one for one in work if effective(one.telling).is_flagged],
        "late": [one for one in work if is_late(history, one)],
        "made without a signal": [
            one for one in work if effective(one.telling).at < ends <= one.telling.received_at
            and counts_from(history, one)
        ],
        "surplus attempt": [
            one for one in lessons
            if attempts_of(history, one.name) != holders(history, one, last)
        ],
        "judged unasked": history.judgements,
        "told twice": len(work) != len(history.work),
    })  # fmt: skip


def _boundaries(history: History) -> set[str]:
    frame = window(history)
    made = {effective(one.telling).at for one in history.work} if frame.is_begun else set()
    come = {one.telling.received_at for one in history.work}
    grace = frame.grace_ends if frame.grace_ends - frame.effective_end > timedelta(0) else None
    return _named({
        "made at the start": frame.start in made,
        "made just before the start": any(frame.start - just in made for just in JUST),
        "made just before the end": any(frame.effective_end - just in made for just in JUST),
        "made at the end": frame.effective_end in made,
        "come just before the grace ends": grace and any(grace - just in come for just in JUST),
        "come as the grace ends": grace and grace in come,
    })  # fmt: skip


def _kinds(history: History) -> set[str]:
    rules, is_rolling = in_force(history, window(history).effective_end), history.dates.is_rolling
    return {rules.lessons[-1].keep} | _named({
        "fixed": not is_rolling,
        "rolling": is_rolling and history.presses,
        "rolling without a start": is_rolling and not history.presses,
        "completing is passing": not rules.is_scored,
    })  # fmt: skip
