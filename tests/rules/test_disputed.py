"""Cases in which the real rules once answered otherwise than the naive model, and domain.md said that they were wrong."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import histories as h
from diklat_lti.training.counting import count
from diklat_lti.training.facts import Event, ExtensionFact, Facts, RulingFact
from diklat_lti.training.rules import LessonRule
from diklat_lti.training.state import State, state, summarise
from diklat_lti.training.verdict import final_saying

AT = h.START + h.DAY
ONE = (LessonRule("quiz1", "m1", "quiz_submitted", Decimal(100), 3),)
MINUTE = timedelta(minutes=1)


def limited(attempts: int) -> Any:
    return h.rules(lessons=tuple(replace(lesson, attempts=attempts) for lesson in ONE))


def sat(*scored: tuple[int, int, Any], **more: Any) -> Facts:
    """(id, score, instant) of whole attempts at the one quiz."""
    attempts = tuple(h.attempt(id_, "quiz1", at) for id_, _score, at in scored)
    return Facts(attempts=attempts, judgements=tuple(h.judged(*one) for one in scored), **more)


def answered(at: Any, received: Any = None) -> Event:
    return Event(7, "answered", at, received or at, "quiz1", 1)


def test_a_pass_by_the_second_attempt_stands_when_a_later_ruling_allows_only_one() -> None:
    twice = sat((1, 0, AT), (2, 100, AT + h.HOUR))
    fewer = h.history((AT + h.DAY, limited(1)), lessons=ONE)
    assert summarise(fewer, twice).passed_at == AT + h.HOUR


def test_an_attempt_that_a_ruling_of_the_cohort_allows_passes_as_of_that_ruling() -> None:
    twice = sat((1, 0, AT), (2, 100, AT + h.HOUR))
    more = h.history((AT + h.DAY, limited(2)), lessons=limited(1).lessons)
    assert summarise(more, twice).passed_at == AT + h.DAY


def test_the_last_attempt_decides_though_an_older_one_ended_with_it_known() -> None:
    """Two phones: the second attempt was handed in first, and was known; nobody ever saw the first one alone."""
    two = Facts(
        attempts=(h.attempt(1, "quiz1", AT), h.attempt(2, "quiz1", AT + MINUTE)),
        judgements=(h.judged(2, 0, AT + 2 * MINUTE), h.judged(1, 100, AT + 3 * MINUTE)),
    )
    assert summarise(h.history(lessons=ONE, keep="last"), two).passed_at is None


@pytest.mark.parametrize("keep", ["first", "last"])
def test_a_worse_attempt_that_is_handed_in_offline_and_arrives_later_undoes_no_pass(keep: str) -> None:
    """Its start was known, its end came after the pass, and was made before it."""
    ids = (2, 1) if keep == "first" else (1, 2)
    good, bad = ids
    facts = Facts(
        attempts=(h.attempt(1, "quiz1", AT), h.attempt(2, "quiz1", AT + MINUTE)),
        judgements=(h.judged(good, 100, AT + h.HOUR), h.judged(bad, 0, AT + 2 * MINUTE, AT + h.DAY)),
    )
    assert summarise(h.history(lessons=ONE, keep=keep), facts).passed_at == AT + h.HOUR


def test_an_extension_that_lets_a_worse_attempt_in_undoes_no_pass() -> None:
    """The better one was admitted alone, and passed as of its admission; the extension lets in the one after it."""
    late = sat((1, 100, h.END + h.HOUR), (2, 0, h.END + 2 * h.HOUR))
    let_in = RulingFact("admitted", h.END + h.DAY, attempts=frozenset({1}))
    extension = ExtensionFact(h.END + 5 * h.DAY, h.END + 3 * h.DAY)
    facts = h.with_(late, rulings=(let_in,), extensions=(extension,))
    assert summarise(h.history(lessons=ONE, keep="last"), facts).passed_at is not None


def test_an_admitted_attempt_keeps_its_place_when_an_extension_covers_it_later() -> None:
    admitted = sat((1, 100, h.END + h.HOUR), (2, 0, h.END + 2 * h.HOUR))
    let_in = [RulingFact("admitted", h.END + day * h.DAY, attempts=frozenset({id_})) for id_, day in ((1, 2), (2, 3))]
    extension = ExtensionFact(h.END + h.HOUR + MINUTE, h.END + 4 * h.DAY)
    facts = h.with_(admitted, rulings=tuple(let_in), extensions=(extension,))
    assert summarise((h.DatedRules(h.BEGINNING, limited(1)),), facts).score == Decimal(100)


def test_an_attempt_begun_before_the_window_counts_from_its_admission_though_it_ended_inside() -> None:
    early = Facts(
        attempts=(h.attempt(1, "quiz1", h.START - MINUTE),),
        judgements=(h.judged(1, 100, h.START + MINUTE),),
        rulings=(RulingFact("admitted", AT, attempts=frozenset({1})),),
    )
    assert summarise(h.history(lessons=ONE), early).passed_at == AT


def test_whoever_only_has_an_admitted_attempt_has_begun() -> None:
    event = Event(1, "attempt_started", h.START - h.HOUR, h.START - h.HOUR, "quiz1", 1)
    ruling = RulingFact("admitted", h.START, attempts=frozenset({1}))
    facts = Facts((event,), (h.attempt(1, "quiz1", h.START - h.HOUR),), rulings=(ruling,))
    assert state(summarise(h.history(), facts), AT) is State.ACTIVE


def test_a_re_marking_lets_no_late_work_in() -> None:
    """Begun in time, handed in after the end: what nobody admitted is marked anew with the others, and counts nowhere."""
    late = Facts(
        attempts=(h.attempt(1, "quiz1", AT),),
        judgements=(h.judged(1, 60, h.END + h.HOUR), h.judged(1, 100, h.END + h.DAY, cause="remarked")),
    )
    assert summarise(h.history(lessons=ONE), late).score is None
    admitted = h.with_(late, rulings=(RulingFact("admitted", h.END + 2 * h.DAY, attempts=frozenset({1})),))
    assert summarise(h.history(lessons=ONE), admitted).passed_at == h.END + 2 * h.DAY


@pytest.mark.parametrize(
    ("made", "received", "waits"),
    [
        (h.END - MINUTE, h.END, False),
        (h.END + h.HOUR, h.END + 2 * h.HOUR, True),
        (h.END - MINUTE, h.GRACE_END + h.HOUR, True),
        (h.END + 10 * h.DAY, h.END + 10 * h.DAY, False),
    ],
)
def test_what_an_extension_adds_to_an_attempt_that_was_judged_is_judged_too(
    made: Any, received: Any, waits: bool
) -> None:
    """An answer that the first judgement saw; one made later; one that arrived later; one after the new end too."""
    closed = h.judged(1, 0, h.END - MINUTE, h.END, cause="closed")
    facts = Facts(
        attempts=(h.attempt(1, "quiz1", AT),),
        judgements=(replace(closed, judged_at=h.GRACE_END),),
        extensions=(ExtensionFact(h.END + 10 * h.DAY, h.GRACE_END),),
        answers={1: (answered(made, received),)},
    )
    judge_at = count(h.rules(), facts).judge_at
    assert judge_at == (h.END + 10 * h.DAY + timedelta(hours=72) if waits else None)


def test_an_attempt_that_was_handed_in_is_not_judged_again() -> None:
    facts = h.with_(sat((1, 50, AT)))
    assert count(h.rules(), replace(facts, answers={1: (answered(AT + h.HOUR),)})).judge_at is None


def test_after_an_annulment_nobody_who_has_not_passed_has_a_passing_score_in_the_gradebook() -> None:
    """The light quiz was voided and is undone; the heavy one alone would reach the mark."""
    lessons = (
        LessonRule("quiz1", "m1", "quiz_submitted", Decimal(80), 3),
        LessonRule("quiz2", "m1", "quiz_submitted", Decimal(20), 3),
    )
    facts = Facts(
        attempts=(h.attempt(1, "quiz1", AT), h.attempt(2, "quiz2", AT)),
        judgements=(h.judged(1, 100, AT), h.judged(2, 100, AT)),
        rulings=(RulingFact("annulled", AT + h.DAY, attempts=frozenset({2})),),
    )
    saying = final_saying(h.rules(), summarise(h.history(lessons=lessons), facts), AT + 2 * h.DAY)
    assert (saying.score, saying.reason) == (Decimal("69.99"), "annulled")
