"""Summary and state: the cases of domain.md, and what holds always."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import histories as h
from diklat_lti.training.facts import ExtensionFact, Facts, RulingFact
from diklat_lti.training.state import State, Summary, state, summarise

MILLISECOND = timedelta(milliseconds=1)


def summary(facts: Facts, **changed: Any) -> Summary:
    return summarise(h.history(**changed), facts)


def state_at(facts: Facts, when: Any, **changed: Any) -> State:
    return state(summary(facts, **changed), when)


def test_nobody_has_begun_before_the_first_event_of_work() -> None:
    assert state_at(Facts(), h.START - MILLISECOND) is State.SCHEDULED
    assert state_at(Facts(), h.START) is State.NOT_STARTED
    assert state_at(Facts(), h.END) is State.SYNCING
    assert state_at(Facts(), h.GRACE_END) is State.EXPIRED


def test_all_done_above_the_mark_is_passed_as_of_the_last_of_it() -> None:
    found = summary(h.passed_on_day_3())
    assert found.passed_at == found.completed_at == h.START + 2 * h.DAY + 2 * h.HOUR
    assert (found.score, found.passing_score, found.done_count) == (Decimal("80.00"), Decimal("80.00"), 4)
    assert state(found, h.END + 100 * h.DAY) is State.PASSED


def test_all_done_below_the_mark_is_active_and_in_the_end_failed() -> None:
    facts = h.passed_on_day_3(score=60)
    assert state_at(facts, h.START + 3 * h.DAY) is State.ACTIVE
    assert summary(facts).attempts_left == 4
    assert state_at(facts, h.GRACE_END) is State.FAILED


def test_a_lesson_missing_is_expired_in_the_end() -> None:
    facts = Facts(events=(h.confirmed(1, "read1", h.START),))
    assert summary(facts).done_count == 1
    assert state_at(facts, h.GRACE_END) is State.EXPIRED


@pytest.mark.parametrize(("at", "counts"), [(h.END - MILLISECOND, True), (h.END, False)])
def test_the_last_millisecond_of_day_15_counts_and_the_first_of_day_16_does_not(at: Any, counts: bool) -> None:
    facts = Facts(events=(h.confirmed(1, "read1", at, at + 400 * MILLISECOND),))
    assert (summary(facts).done_count == 1) is counts


@pytest.mark.parametrize(("arrival", "counts"), [(h.GRACE_END - MILLISECOND, True), (h.GRACE_END, False)])
def test_work_done_in_time_counts_if_it_arrives_within_the_grace(arrival: Any, counts: bool) -> None:
    facts = Facts(events=(h.confirmed(1, "read1", h.END - h.DAY, arrival),))
    assert (summary(facts).done_count == 1) is counts


def test_work_before_the_window_is_preparation() -> None:
    early = Facts(
        events=(h.confirmed(1, "read1", h.START - h.HOUR),),
        attempts=(h.attempt(1, "quiz1", h.START - h.HOUR),),
        judgements=(h.judged(1, 100, h.START - h.HOUR),),
    )
    found = summary(early)
    assert (found.done_count, found.score, found.first_work_at) == (0, None, None)
    assert found.attempts_left == 6


def test_a_later_extension_admits_what_came_too_late() -> None:
    late = h.with_(Facts(), events=(h.confirmed(1, "read1", h.END + h.DAY),))
    assert summary(late).done_count == 0
    extended = h.with_(late, extensions=(ExtensionFact(h.END + 3 * h.DAY, h.END),))
    assert summary(extended).done_count == 1
    assert state_at(extended, h.END + 2 * h.DAY) is State.ACTIVE


def test_a_revoked_extension_keeps_what_was_done_under_it() -> None:
    revoked = ExtensionFact(h.END + 10 * h.DAY, h.END, h.END + 3 * h.DAY)
    done = h.with_(Facts(), events=(h.confirmed(1, "read1", h.END + 2 * h.DAY),), extensions=(revoked,))
    assert summary(done).done_count == 1
    assert summary(done).end_at == h.END + 3 * h.DAY


def test_admitted_work_counts_from_its_admission_on() -> None:
    facts = h.passed_on_day_3()
    late = Facts((facts.events[0], h.confirmed(2, "read2", h.END + h.HOUR)), facts.attempts, facts.judgements)
    assert summary(late).passed_at is None
    ruling = RulingFact("admitted", h.END + 5 * h.DAY, events=frozenset({2}))
    assert summary(h.with_(late, rulings=(ruling,))).passed_at == h.END + 5 * h.DAY


def test_a_re_marking_passes_as_of_its_own_time() -> None:
    remarked = h.END + 2 * h.DAY
    facts = h.with_(
        h.passed_on_day_3(score=65), judgements=tuple(h.judged(i, 72, remarked, cause="remarked") for i in (1, 2))
    )
    found = summary(facts)
    assert found.passed_at == remarked
    assert found.passing_score == Decimal("72.00")


def test_a_re_marking_downwards_does_not_undo_a_pass() -> None:
    later = tuple(h.judged(i, 10, h.END, cause="remarked") for i in (1, 2))
    found = summary(h.with_(h.passed_on_day_3(), judgements=later))
    assert (found.score, found.passing_score) == (Decimal("10.00"), Decimal("80.00"))
    assert state(found, h.END) is State.PASSED


def test_a_mark_that_was_raised_later_undoes_no_pass() -> None:
    raised = h.history((h.START + 5 * h.DAY, h.rules(pass_mark=Decimal(90))))
    assert summarise(raised, h.passed_on_day_3()).passed_at == h.START + 2 * h.DAY + 2 * h.HOUR


def test_a_mark_that_was_lowered_passes_as_of_that_ruling() -> None:
    lowered = h.history((h.START + 5 * h.DAY, h.rules(pass_mark=Decimal(50))))
    assert summarise(lowered, h.passed_on_day_3(score=60)).passed_at == h.START + 5 * h.DAY


def test_an_annulled_attempt_counts_nowhere_and_frees_its_place() -> None:
    annulled = h.with_(h.passed_on_day_3(), rulings=(RulingFact("annulled", h.END - h.DAY, attempts=frozenset({1})),))
    found = summary(annulled)
    assert found.passed_at is None
    assert (found.score, found.annulled, found.attempts_left) == (Decimal("40.00"), True, 5)


@pytest.mark.parametrize("keep", ["best", "last", "first"])
def test_phone_b_with_an_older_worse_attempt_never_undoes_the_pass_of_phone_a(keep: str) -> None:
    synced = h.START + 6 * h.DAY
    worse = h.with_(
        h.passed_on_day_3(),
        attempts=(h.attempt(3, "quiz1", h.START + h.DAY, synced),),
        judgements=(h.judged(3, 10, h.START + h.DAY + h.HOUR, synced),),
    )
    assert summary(worse, keep=keep).passed_at == h.START + 2 * h.DAY + 2 * h.HOUR


@pytest.mark.parametrize(("keep", "score"), [("best", 45), ("first", 20), ("last", 25)])
def test_the_cohort_keeps_best_last_or_first(keep: str, score: int) -> None:
    at = h.START + h.DAY
    three = Facts(
        attempts=tuple(h.attempt(i, "quiz1", at + i * h.HOUR) for i in (1, 2, 3)),
        judgements=(
            h.judged(1, 40, at + 2 * h.HOUR),
            h.judged(2, 90, at + 3 * h.HOUR),
            h.judged(3, 50, at + 4 * h.HOUR),
        ),
    )
    assert summary(three, keep=keep).score == Decimal(score)


def test_those_attempts_count_that_first_reached_the_server() -> None:
    at = h.START + h.DAY
    four = Facts(
        attempts=(*(h.attempt(i, "quiz1", at + i * h.HOUR) for i in (1, 2, 3)), h.attempt(4, "quiz1", at, at + h.DAY)),
        judgements=(*(h.judged(i, 10, at + 5 * h.HOUR) for i in (1, 2, 3)), h.judged(4, 100, at + h.HOUR, at + h.DAY)),
    )
    assert summary(four).score == Decimal(5)
    added = RulingFact("attempts_added", at + 2 * h.DAY, number=1)
    assert summary(h.with_(four, rulings=(added,))).score == Decimal(50)


def test_an_attempt_let_in_by_an_extension_displaces_none_that_counted_before() -> None:
    offline = tuple(h.attempt(i, "quiz1", h.END - h.HOUR, h.END + 2 * h.DAY) for i in (1, 2, 3))
    late = h.attempt(4, "quiz1", h.END + h.HOUR)
    scores = tuple(h.judged(i, 100 if i == 1 else 0, h.END - MILLISECOND, h.END + 2 * h.DAY) for i in (1, 2, 3))
    facts = Facts(attempts=(*offline, late), judgements=(*scores, h.judged(4, 0, h.END + h.HOUR)))
    extended = h.with_(facts, extensions=(ExtensionFact(h.END + 5 * h.DAY, h.END + 3 * h.DAY),))
    assert summary(facts).score == summary(extended).score == Decimal(50)


def test_an_attempt_open_at_the_end_waits_to_be_judged_after_the_grace() -> None:
    open_ = Facts(attempts=(h.attempt(1, "quiz1", h.END - h.HOUR),))
    found = summary(open_)
    assert found.judge_at == h.GRACE_END
    assert state(found, h.GRACE_END + h.DAY) is State.SYNCING


def test_a_timed_attempt_is_due_once_its_time_is_over() -> None:
    timed = Facts(attempts=(h.attempt(1, "quiz1", h.START, limit=1800),))
    assert summary(timed).judge_at == h.START + timedelta(minutes=30)


def test_withdrawal_stands_before_everything_until_the_return() -> None:
    gone = h.with_(h.passed_on_day_3(), rulings=(RulingFact("withdrawn", h.START + h.DAY, by="learner"),))
    assert state_at(gone, h.END) is State.WITHDRAWN
    assert summary(gone).withdrawn_by == "learner"
    back = h.with_(gone, rulings=(RulingFact("returned", h.START + 2 * h.DAY),))
    assert state_at(back, h.END) is State.PASSED


def test_completing_is_passing_where_nothing_is_scored() -> None:
    found = summary(h.passed_on_day_3(score=5), passing="none")
    assert found.passing_score == Decimal(100)
    assert state(found, h.END) is State.PASSED


def test_scores_are_rounded_half_up_and_only_then_compared() -> None:
    facts = h.passed_on_day_3()
    nearly = tuple(replace(j, score=Decimal("69.995")) for j in facts.judgements)
    found = summary(Facts(facts.events, facts.attempts, nearly))
    assert found.score == Decimal("70.00")
    assert found.passed_at is not None


def test_a_module_has_its_score_once_all_of_it_is_done() -> None:
    half = Facts(h.passed_on_day_3().events[:1], h.passed_on_day_3().attempts, h.passed_on_day_3().judgements)
    assert summary(half).module_scores == {"m1": Decimal("80.00"), "m2": None}


shuffles = st.randoms(use_true_random=False)


def shuffled(facts: Facts, order: random.Random) -> Facts:
    def mixed(found: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = list(found) + list(found)
        order.shuffle(twice)
        return tuple(dict.fromkeys(twice))

    return Facts(
        mixed(facts.events), mixed(facts.attempts), mixed(facts.judgements), mixed(facts.extensions), facts.rulings
    )


@given(h.facts(), shuffles, st.sampled_from(["best", "last", "first"]))
def test_stored_facts_in_any_order_give_the_same_summary(facts: Facts, order: random.Random, keep: str) -> None:
    assert summary(facts, keep=keep) == summary(shuffled(facts, order), keep=keep)


@given(h.facts(), st.lists(h.hours, min_size=2, max_size=2))
def test_time_alone_never_leaves_passed_and_never_revives_expired(facts: Facts, times: list[Any]) -> None:
    earlier, later = sorted(times)
    found = summary(facts)
    if state(found, earlier) is State.PASSED:
        assert state(found, later) is State.PASSED
    if state(found, earlier) is State.EXPIRED:
        assert state(found, later) is State.EXPIRED


@given(h.facts(), h.hours, h.delays, st.sampled_from(["best", "last", "first"]))
def test_a_late_arrival_never_undoes_a_pass(facts: Facts, at: Any, delay: Any, keep: str) -> None:
    before = summary(facts, keep=keep)
    last = max((a.received_at for a in facts.attempts), default=h.START)
    received = max(at, last) + delay + MILLISECOND
    late = h.with_(facts, attempts=(h.attempt(99, "quiz1", at, received),), judgements=(h.judged(99, 0, at, received),))
    if before.passed_at is not None:
        assert summary(late, keep=keep).passed_at is not None


@given(h.facts(), h.hours)
def test_an_extension_never_lowers_anyone(facts: Facts, until: Any) -> None:
    before, after = summary(facts), summary(h.with_(facts, extensions=(ExtensionFact(until, h.START),)))
    assert after.done_count >= before.done_count
    assert after.end_at >= before.end_at
    if before.passed_at is not None:
        assert after.passed_at is not None
