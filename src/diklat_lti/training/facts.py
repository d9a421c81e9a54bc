"""The facts of one enrolment as plain values, and the effective time of an event (domain.md, "The time of an event").

Kinds of a learner's event: started ("Mulai sekarang"), opened, confirmed ("Selesai, lanjut"), last_page, attempt_started,
answered, submitted, handed_in. Kinds of a ruling about one enrolment: withdrawn, returned, extended, revoked, admitted,
attempts_added, annulled, marked. Kinds about a cohort: rules.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

TOLERANCE = timedelta(minutes=2)
"""How far a device's clock may drift between stamp and sending before it is no longer believed."""


@dataclass(frozen=True)
class Stamped:
    """When an event was made, as the device tells and as the server knows. A form without scripts tells nothing."""

    stamp_at: datetime
    received_at: datetime
    offset: timedelta | None = None
    made_at: datetime | None = None
    elapsed: timedelta | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Effective:
    """The time that counts, and whether the admin should see that the device's clock changed ("jam berubah")."""

    at: datetime
    flagged: bool


def effective(s: Stamped) -> Effective:
    """A pure function of the stored columns; never before the stamp, never after the receipt."""
    if s.made_at is None and s.elapsed is None:
        return Effective(max(s.stamp_at, s.received_at), False)
    told, doubted = _told(s)
    at = min(max(told, s.stamp_at), max(s.stamp_at, s.received_at))
    return Effective(at, doubted or abs(at - told) > TOLERANCE)


def _told(s: Stamped) -> tuple[datetime, bool]:
    by_elapsed = s.stamp_at + s.elapsed if s.elapsed is not None else None
    offset_sent = s.sent_at - s.received_at if s.sent_at is not None else None
    kept = s.offset is not None and offset_sent is not None and abs(offset_sent - s.offset) <= TOLERANCE
    if s.made_at is not None and s.offset is not None and kept:
        told = s.made_at - s.offset
        # The monotonic clock stops while a phone sleeps: it can only run slow.
        return (max(told, by_elapsed) if by_elapsed else told), False
    guesses = [by_elapsed] if by_elapsed else []
    if s.made_at is not None:
        guesses += [s.made_at - offset for offset in (s.offset, offset_sent) if offset is not None]
    return max(min(guesses, default=s.received_at), s.stamp_at), True


@dataclass(frozen=True)
class Event:
    """A learner's event with its effective time."""

    id: int
    kind: str
    at: datetime
    received_at: datetime
    lesson_key: str | None = None
    attempt_id: int | None = None
    flagged: bool = False


@dataclass(frozen=True)
class AttemptFact:
    """One sitting. Its place among the allowed ones is decided by the receipt of its start."""

    id: int
    lesson_key: str
    started_at: datetime
    received_at: datetime
    time_limit_s: int | None = None


@dataclass(frozen=True)
class JudgementFact:
    """What an attempt came to; `finished_at` and `arrived_at` are those of the submission or the last answer."""

    attempt_id: int
    finished_at: datetime
    arrived_at: datetime
    judged_at: datetime
    cause: str
    score: Decimal


@dataclass(frozen=True)
class ExtensionFact:
    """A revoked one runs to min(until, revoked_at), so work done under it stays valid."""

    until: datetime
    granted_at: datetime
    revoked_at: datetime | None = None

    @property
    def end(self) -> datetime:
        return min(self.until, self.revoked_at) if self.revoked_at else self.until

    def before(self, time: datetime) -> "ExtensionFact":
        """As it was known just before: a later revocation was not."""
        return replace(self, revoked_at=None) if self.revoked_at and self.revoked_at >= time else self


@dataclass(frozen=True)
class RulingFact:
    """An admin's decision about one enrolment. `attempts` and `events` are ids; `number` those added, `lesson_key` where."""

    kind: str
    made_at: datetime
    by: str = "admin"
    attempts: frozenset[int] = frozenset()
    events: frozenset[int] = frozenset()
    lesson_key: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Facts:
    """Everything that is known about one enrolment, in any order."""

    events: tuple[Event, ...] = ()
    attempts: tuple[AttemptFact, ...] = ()
    judgements: tuple[JudgementFact, ...] = ()
    extensions: tuple[ExtensionFact, ...] = ()
    rulings: tuple[RulingFact, ...] = ()
    answers: dict[int, tuple[Event, ...]] = field(default_factory=dict)
    """Per attempt id, the times of its answers; only attempts that nobody handed in need them."""

    def of_kind(self, kind: str) -> tuple[RulingFact, ...]:
        return tuple(r for r in self.rulings if r.kind == kind)

    def before(self, time: datetime) -> "Facts":
        """What was known just before. An annulment alone looks back: what it voids counted nowhere, ever."""
        return replace(
            self,
            events=tuple(e for e in self.events if e.received_at < time),
            attempts=tuple(a for a in self.attempts if a.received_at < time),
            judgements=tuple(j for j in self.judgements if j.judged_at < time),
            extensions=tuple(x.before(time) for x in self.extensions if x.granted_at < time),
            rulings=tuple(r for r in self.rulings if r.made_at < time or r.kind == "annulled"),
        )
