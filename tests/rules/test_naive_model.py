"""The rules of the 15 days against a naive model of them that was written from the domain's text alone."""

import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from diklat_lti.training import facts as real
from diklat_lti.training import verdict
from diklat_lti.training.counting import count, limit_of
from diklat_lti.training.rules import Rules
from diklat_lti.training.state import Summary, state, summarise
from naive import occurring, passing, stored, worlds
from naive.clocks import effective
from naive.counting import in_force, known_at
from naive.days import window
from naive.facts import History
from naive.scoring import done, final_score

EXAMPLES = 300


def instants(history: History) -> list[datetime]:
    """Each boundary and a little beside it, times at which something was stored, and long after all of it."""
    frame = window(history)
    edges = {frame.start, frame.effective_end, frame.grace_ends, frame.end}
    stored_at = sorted({work.telling.received_at for work in history.work} | {one.at for one in history.judgements})
    beside = {instant for edge in edges for instant in passing.beside(edge)}
    return sorted(beside | set(stored_at[1::4]) | {max(edges.union(stored_at)) + 30 * worlds.DAY})


def agree(history: History, times: list[datetime]) -> set[str]:
    """What does not depend on the time is compared once for all times at which the same was known. The states met."""
    states: set[str] = set()
    known, found = History(history.dates, []), None
    for now in times:
        if (then := known_at(history, now)) != known or found is None:
            known, rules, facts = then, stored.dated_rules(then), stored.facts(then)
            found = summarise(rules, facts)
            agree_on_facts(known, rules[-1].rules, facts, found, now)
        states.add(passing.state(known, now))
        assert str(state(found, now)) == passing.state(known, now)
        waits = found.judge_at is not None and found.judge_at <= now
        assert waits == bool(passing.waiting(known, now))
        assert verdict.final_saying(rules[-1].rules, found, now).score == passing.gradebook(known, now).score
    return states


def agree_on_facts(known: History, rules: Rules, facts: real.Facts, found: Summary, now: datetime) -> None:
    frame = window(known)
    assert (found.opens_at, found.end_at, found.grace_end_at) == (frame.start, frame.effective_end, frame.grace_ends)
    assert found.completed_at == passing.completed_at(known)
    assert found.passed_at == passing.passed_at(known)
    assert found.done == set(done(known, now))
    assert (found.score or Decimal(0)) == final_score(known, now)
    counted = count(rules, facts)
    for lesson in in_force(known, now).lessons:
        held = len(counted.attempts.get(lesson.name, ()))
        assert limit_of(rules, facts, lesson.name) - held == passing.attempts_left(known, lesson, now)


def compare(history: History) -> set[str]:
    """What occurred in it, where both agree."""
    for work in history.work:
        mine, theirs = effective(work.telling), real.effective(stored.told(work.telling))
        assert (theirs.at, theirs.flagged) == (mine.at, mine.is_flagged)
    return agree(history, instants(history)) | occurring.found(history)


def test_both_models_agree_where_everything_that_can_happen_does() -> None:
    """Nothing is proved about what came up in less than one of a hundred."""
    occurred = Counter(name for seed in range(EXAMPLES) for name in compare(worlds.by_chance(seed)))
    assert {name: occurred[name] for name in sorted(occurring.ALL) if occurred[name] * 100 < EXAMPLES} == {}


def test_the_naive_model_knows_nothing_of_the_real_one() -> None:
    folder = Path(worlds.__file__).parent
    knowing = {path.name for path in folder.glob("*.py") if re.search(r"^(from|import) diklat", path.read_text(), re.M)}
    assert knowing == {"stored.py"}
