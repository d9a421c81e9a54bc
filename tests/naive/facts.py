"""The naive model's own records: a cohort's dated rules, what a learner did, what an admin decided.

The model is written from the domain's text alone, before the real one was read: plain lists and loops, every answer
counted anew. It imports nothing of the tool, so that both can only agree by being right, or by the same mistake.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import wraps
from typing import Any


@dataclass
class Lesson:
    name: str
    rule: str
    """"confirmed", "last_page", "handed_in", "submitted" or "passed": what makes it done."""
    weight: Fraction = Fraction(0)
    attempts: int = 3
    keep: str = "best"
    own_mark: Fraction = Fraction(0)
    """Of the rule "passed", in 100."""
    marking: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    """The points of each answer to each question; the highest is the question's full points."""
    minutes: int | None = None
    """Of a timed quiz."""


@dataclass
class Rules:
    since: datetime
    lessons: list[Lesson]
    pass_mark: Fraction = Fraction(70)
    is_scored: bool = True
    """False where completing is passing."""


@dataclass
class Dates:
    zone: str
    is_rolling: bool
    length_days: int
    start_on: date
    """Of a rolling cohort: the day it opens."""
    last_start_on: date | None = None
    hard_end_on: date | None = None
    grace: timedelta = timedelta(hours=72)


@dataclass(frozen=True)
class Telling:
    """What an event says about its time."""

    received_at: datetime
    stamp_at: datetime | None = None
    made_at: datetime | None = None
    offset_at_stamp: timedelta | None = None
    sent_at: datetime | None = None
    elapsed: timedelta | None = None


@dataclass
class Work:
    """A page confirmed, a last page reached, a sheet handed in; an attempt begun, answered, handed in."""

    id: str
    lesson: str
    kind: str
    """"confirmed", "last_page", "handed_in", "begin", "answer" or "submit"."""
    telling: Telling
    attempt: str = ""
    question: str = ""
    choice: str = ""


@dataclass
class Judgement:
    """An attempt that nobody handed in, judged by what was made and had arrived before the end and the grace of that time."""

    attempt: str
    at: datetime
    before: datetime
    arrived_before: datetime


@dataclass
class Extension:
    at: datetime
    until: datetime
    revoked_at: datetime | None = None


@dataclass
class MoreAttempts:
    at: datetime
    lesson: str
    number: int


@dataclass
class Admission:
    """Of a piece of work, or of a whole attempt, by its id."""

    at: datetime
    what: str


@dataclass
class Withdrawal:
    at: datetime
    returned_at: datetime | None = None


@dataclass
class Annulment:
    """From the second person's word on."""

    at: datetime
    attempts: list[str]


@dataclass
class History:
    dates: Dates
    rules: list[Rules]
    """Version, marking, weights, mark: each with the instant since when it is in force; the first always was."""
    presses: list[datetime] = field(default_factory=list)
    """When *Mulai sekarang* was received."""
    work: list[Work] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    more: list[MoreAttempts] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    annulments: list[Annulment] = field(default_factory=list)
    whole: "History | None" = field(default=None, compare=False, repr=False)
    """Of what was known at a time: the history that it is a part of."""
    notes: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was answered once, of a history that changes no more."""


def remembered(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Notes what was answered to the same question about the same history: slow is meant, an hour is not."""

    @wraps(answer)
    def ask(history: History, *about: Any) -> Any:
        key = (answer.__name__, *[one if isinstance(one, datetime) else id(one) for one in about])
        if key not in history.notes:
            history.notes[key] = (answer(history, *about), about)
        return history.notes[key][0]

    return ask
