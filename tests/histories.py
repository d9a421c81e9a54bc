"""Small histories for tests of the rules: a training of two lessons and two quizzes, and facts in one word each."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from diklat_lti.training.facts import AttemptFact, Event, ExtensionFact, Facts, JudgementFact, RulingFact
from diklat_lti.training.ledger import BEGINNING
from diklat_lti.training.rules import DatedRules, LessonRule, Rules
from diklat_lti.training.window import WindowRules

START = datetime(2019, 1, 7, 17, 0, tzinfo=UTC)
END = datetime(2019, 1, 22, 17, 0, tzinfo=UTC)
GRACE_END = END + timedelta(hours=72)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LESSONS = (
    LessonRule("read1", "m1", "opened", Decimal(0), 3),
    LessonRule("quiz1", "m1", "quiz_submitted", Decimal(50), 3),
    LessonRule("read2", "m2", "opened", Decimal(0), 3),
    LessonRule("quiz2", "m2", "quiz_submitted", Decimal(50), 3),
)


def rules(**changed: Any) -> Rules:
    values: dict[str, Any] = {
        "window": WindowRules("fixed", "Asia/Jakarta", 15, starts_on=date(2019, 1, 8)),
        "lessons": LESSONS,
        "pass_mark": Decimal(70),
        "keep": "best",
        "passing": "score",
    }
    return Rules(**values | changed)


def history(*later: tuple[datetime, Rules], **changed: Any) -> tuple[DatedRules, ...]:
    return (DatedRules(BEGINNING, rules(**changed)), *(DatedRules(*dated) for dated in later))


def confirmed(id_: int, lesson: str, at: datetime, received: datetime | None = None) -> Event:
    return Event(id_, "confirmed", at, received or at, lesson)


def attempt(
    id_: int, lesson: str, at: datetime, received: datetime | None = None, limit: int | None = None
) -> AttemptFact:
    return AttemptFact(id_, lesson, at, received or at, limit)


def judged(
    attempt_id: int, score: int, at: datetime, received: datetime | None = None, cause: str = "submitted"
) -> JudgementFact:
    return JudgementFact(attempt_id, at, received or at, received or at, cause, Decimal(score))


def passed_on_day_3(score: int = 80) -> Facts:
    at = START + 2 * DAY
    return Facts(
        events=(confirmed(1, "read1", at), confirmed(2, "read2", at + HOUR)),
        attempts=(attempt(1, "quiz1", at), attempt(2, "quiz2", at)),
        judgements=(judged(1, score, at + HOUR), judged(2, score, at + 2 * HOUR)),
    )


def with_(facts: Facts, **more: tuple[Any, ...]) -> Facts:
    """The facts and some more of a kind."""
    values = {name: getattr(facts, name) for name in ("events", "attempts", "judgements", "extensions", "rulings")}
    return Facts(**{name: values[name] + more.get(name, ()) for name in values})


hours = st.integers(-48, 24 * 25).map(lambda h: START + h * HOUR)
delays = st.integers(0, 24 * 8).map(lambda h: h * HOUR)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Random facts that could have been stored: received no earlier than done."""
    events = tuple(
        confirmed(i, draw(st.sampled_from(["read1", "read2"])), at, at + draw(delays))
        for i, at in enumerate(draw(st.lists(hours, max_size=4)), 1)
    )
    attempts, judgements = [], []
    for i, at in enumerate(draw(st.lists(hours, max_size=7)), 1):
        received = at + draw(delays)
        limit = draw(st.sampled_from([None, None, 1800]))
        attempts.append(attempt(i, draw(st.sampled_from(["quiz1", "quiz2"])), at, received, limit))
        for cause in draw(st.lists(st.sampled_from(["submitted", "closed", "remarked"]), max_size=2)):
            done = at + draw(st.integers(0, 48)) * HOUR
            arrived = max(received, done) + draw(delays)
            judgements.append(judged(i, draw(st.sampled_from([0, 40, 65, 70, 100])), done, arrived, cause))
    return Facts(
        events,
        tuple(attempts),
        tuple(judgements),
        tuple(draw(st.lists(extensions, max_size=2))),
        tuple(draw(st.lists(rulings, max_size=3))),
    )


extensions = st.builds(
    lambda until, given, revoked: ExtensionFact(until, given, given + revoked if revoked else None),
    hours, hours, st.none() | delays,
)  # fmt: skip
rulings = st.builds(
    lambda kind, at, ids, number: RulingFact(
        kind, at, attempts=frozenset(ids), events=frozenset(ids), number=number if kind == "attempts_added" else 0
    ),
    st.sampled_from(["withdrawn", "returned", "admitted", "attempts_added", "annulled"]),
    hours,
    st.sets(st.integers(1, 7), max_size=3),
    st.integers(1, 2),
)
