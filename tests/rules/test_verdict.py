"""What the gradebook is told, row by row of the table in domain.md, and when each new decision is dated."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import histories as h
from diklat_lti.models import GradeDecision
from diklat_lti.training import verdict
from diklat_lti.training.facts import Facts
from diklat_lti.training.state import Summary, summarise
from diklat_lti.training.verdict import NOTHING, Saying, final_saying, module_saying

SECOND = timedelta(seconds=1)
DURING, CLOSED = h.START + 4 * h.DAY, h.GRACE_END


def all_done(**changed: Any) -> Summary:
    """All done on day 3 with 60: below the mark."""
    return replace(summarise(h.history(), h.passed_on_day_3(score=60)), **changed)


def said(saying: Saying) -> tuple[Decimal | None, str, str | None]:
    return saying.score, saying.reason, None if saying.comment is None else str(saying.comment)


@pytest.mark.parametrize("when", [h.START - SECOND, h.START, h.END, h.GRACE_END - SECOND, h.GRACE_END + h.DAY])
def test_nothing_is_said_of_somebody_who_never_began(when: Any) -> None:
    assert final_saying(h.rules(), summarise(h.history(), Facts()), when) == NOTHING


def test_nothing_is_said_as_long_as_something_is_undone() -> None:
    begun = summarise(h.history(), Facts(events=(h.confirmed(1, "read1", h.START),)))
    assert final_saying(h.rules(), begun, DURING) == NOTHING


def test_all_done_below_the_mark_says_how_many_attempts_are_left() -> None:
    assert said(final_saying(h.rules(), all_done(), DURING)) == (
        Decimal("60.00"), "attempts_left", "Not passed yet, attempts left: 4",
    )  # fmt: skip


def test_all_done_below_the_mark_without_an_attempt_says_whom_to_ask() -> None:
    assert said(final_saying(h.rules(), all_done(attempts_left=0), DURING)) == (
        Decimal("60.00"), "no_attempts_left", "Not passed yet. No attempts left; ask the admin.",
    )  # fmt: skip


def test_all_done_without_a_score_says_nothing_while_the_window_is_open() -> None:
    assert final_saying(h.rules(), all_done(score=None), DURING) == NOTHING


def test_in_the_grace_nothing_new_is_said() -> None:
    assert final_saying(h.rules(), all_done(), h.END) == NOTHING


def test_closed_below_the_mark_is_not_passed() -> None:
    assert said(final_saying(h.rules(), all_done(), CLOSED)) == (Decimal("60.00"), "failed", "NOT PASSED")
    assert final_saying(h.rules(), all_done(score=None), CLOSED).score == Decimal(0)


def test_closed_with_something_undone_says_nothing() -> None:
    assert final_saying(h.rules(), all_done(all_done=False), CLOSED) == NOTHING


def test_a_pass_says_when_in_the_zone_of_the_cohort_and_on_which_day() -> None:
    passed = summarise(h.history(), h.passed_on_day_3())
    assert passed.passed_at == h.START + 2 * h.DAY + 2 * h.HOUR
    assert said(final_saying(h.rules(), passed, CLOSED + 100 * h.DAY)) == (
        Decimal("80.00"), "passed", "PASSED 10-01-2019 02.00 WIB, day 3 of 15",
    )  # fmt: skip


def test_a_pass_shows_the_highest_score_and_not_the_newest() -> None:
    assert final_saying(h.rules(), all_done(passed_at=DURING, passing_score=Decimal(91)), DURING).score == Decimal(91)


def test_of_somebody_withdrawn_nothing_is_said_even_after_a_pass() -> None:
    gone = all_done(passed_at=DURING, passing_score=Decimal(91), withdrawn_at=DURING)
    assert final_saying(h.rules(), gone, CLOSED) == NOTHING


@pytest.mark.parametrize(("score", "told"), [(Decimal(30), Decimal(30)), (None, Decimal(0))])
def test_an_annulment_lowers_what_was_said(score: Decimal | None, told: Decimal) -> None:
    voided = all_done(annulled=True, all_done=False, score=score)
    for when in (DURING, h.END, CLOSED):
        assert said(final_saying(h.rules(), voided, when)) == (
            told, "annulled", "Counted anew: an attempt was annulled.",
        )  # fmt: skip


def test_a_module_is_told_once_it_is_done_and_not_of_somebody_withdrawn() -> None:
    passed = summarise(h.history(), h.passed_on_day_3())
    assert said(module_saying("m1", passed)) == (Decimal("80.00"), "module_done", "Module completed")
    assert module_saying("m1", replace(passed, withdrawn_at=DURING)) == NOTHING
    assert module_saying("m1", replace(passed, module_scores={"m1": None})) == NOTHING
    assert module_saying("m3", passed) == NOTHING


def decided(score: str | None, at: Any = DURING) -> GradeDecision:
    return GradeDecision(score=None if score is None else Decimal(score), timestamp=at)


@pytest.mark.parametrize(
    ("now", "last", "dated"),
    [
        (DURING + timedelta(milliseconds=900), None, DURING),
        (DURING + timedelta(milliseconds=900), DURING, DURING + SECOND),
        (DURING + SECOND, DURING, DURING + SECOND),
        (DURING + 5 * SECOND, DURING, DURING + 5 * SECOND),
        (DURING - h.DAY, DURING, DURING + SECOND),
    ],
)
def test_decisions_are_dated_in_whole_seconds_each_later_than_the_last(now: Any, last: Any, dated: Any) -> None:
    assert verdict._timestamp(now, decided("50", last) if last else None) == dated


@pytest.mark.parametrize(
    ("score", "before", "reason"),
    [("40", "50", "lowered_failed"), ("50", "50", "failed"), ("60", "50", "failed"), ("40", None, "failed"),
     (None, "50", "failed")],
)  # fmt: skip
def test_only_a_lower_score_is_called_lowered(score: str | None, before: str | None, reason: str) -> None:
    saying = Saying(None if score is None else Decimal(score), "failed")
    assert verdict._reason(saying, decided(before)) == verdict._reason(saying, decided(before)) == reason
    assert verdict._reason(saying, None) == "failed"
