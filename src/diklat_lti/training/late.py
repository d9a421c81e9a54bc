"""Work that does not count because it was done, or came, too late: an admin may let it in."""

from dataclasses import dataclass
from datetime import datetime

from diklat_lti.training.counting import admitted_work, count, in_window
from diklat_lti.training.facts import Facts
from diklat_lti.training.rules import Rules

FINISHING = frozenset({"confirmed", "last_page", "handed_in"})
"""What can make a lesson done, beside a quiz."""


@dataclass(frozen=True)
class Late:
    """One thing to let in: an event or an attempt, by its id."""

    kind: str
    """event or attempt."""
    id: int
    lesson_key: str
    at: datetime
    received_at: datetime


def work(rules: Rules, facts: Facts) -> list[Late]:
    """Oldest first; without what was let in before, and without what was done before the window began."""
    counted, let_in = count(rules, facts), admitted_work(facts)
    start = counted.window.start
    done = [
        Late("event", e.id, e.lesson_key, e.at, e.received_at)
        for e in facts.events
        if e.kind in FINISHING and e.lesson_key is not None
    ]
    done += [Late("attempt", a.id, a.lesson_key, a.started_at, a.received_at) for a in facts.attempts]
    late = [
        one
        for one in done
        if start is not None
        and one.at >= start
        and not in_window(counted, one.at, one.received_at)
        and (one.kind, one.id) not in let_in
    ]
    return sorted(late, key=lambda one: (one.at, one.kind, one.id))
