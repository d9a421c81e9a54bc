"""Which work counts, whose place an attempt takes, and from which instant: one case for each condition."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import histories as h
from diklat_lti.training import attempts
from diklat_lti.training.counting import count, limit_of
from diklat_lti.training.facts import Event, ExtensionFact, Facts, RulingFact
from diklat_lti.training.rules import LessonRule
from diklat_lti.training.scoring import module_score
from diklat_lti.training.state import summarise
from diklat_lti.training.window import NEVER, WindowRules

AT = h.START + h.DAY
ROLLING = WindowRules("rolling", "Asia/Jakarta", 15, opens_on=date(2019, 1, 1), last_start_on=date(2019, 1, 31))


def summary(facts: Facts, **changed: Any) -> Any:
    return summarise(h.history(**changed), facts)


def event(id_: int, kind: str, at: Any, lesson: str | None = "read1") -> Event:
    return Event(id_, kind, at, at, lesson)


def sat(id_: int, score: int, at: Any, received: Any = None, lesson: str = "quiz1") -> Facts:
    """One whole attempt."""
    return Facts(attempts=(h.attempt(id_, lesson, at, received),), judgements=(h.judged(id_, score, at, received),))


def together(*parts: Facts, **more: Any) -> Facts:
    joined = Facts()
    for part in parts:
        joined = h.with_(joined, **{n: getattr(part, n) for n in ("events", "attempts", "judgements")})
    return h.with_(joined, **more)


def test_an_admitted_attempt_takes_its_place_when_it_is_let_in() -> None:
    early = sat(1, 0, h.START - h.HOUR)
    in_time = [sat(n, 100 if n == 4 else 0, AT + n * h.HOUR) for n in (2, 3, 4)]
    admitted = RulingFact("admitted", h.END, attempts=frozenset({1}))
    assert summary(together(early, *in_time, rulings=(admitted,))).score == Decimal(50)


def test_an_admission_changes_nothing_for_an_attempt_that_counts_anyhow() -> None:
    four = [sat(n, 100 if n == 1 else 0, AT + n * h.HOUR) for n in (1, 2, 3, 4)]
    admitted = RulingFact("admitted", h.END, attempts=frozenset({1}))
    assert summary(together(*four, rulings=(admitted,))).score == Decimal(50)


def test_an_admitted_attempt_counts_from_the_ruling_or_from_its_end_if_that_is_later() -> None:
    late = together(sat(1, 80, h.END + h.DAY), sat(2, 80, AT, lesson="quiz2"), *read())
    before = RulingFact("admitted", h.END, attempts=frozenset({1}))
    after = RulingFact("admitted", h.END + 2 * h.DAY, attempts=frozenset({1}))
    assert summary(h.with_(late, rulings=(before,))).passed_at == h.END + h.DAY
    assert summary(h.with_(late, rulings=(after,))).passed_at == h.END + 2 * h.DAY
    assert summary(h.with_(late, rulings=(after, before))).passed_at == h.END + h.DAY


def read() -> list[Facts]:
    return [Facts(events=(h.confirmed(n, lesson, AT),)) for n, lesson in ((1, "read1"), (2, "read2"))]


def test_a_place_that_was_added_counts_from_its_ruling() -> None:
    spent = [sat(n, 0, AT + n * h.HOUR) for n in (1, 2, 3)]
    facts = together(*spent, sat(4, 100, AT + 4 * h.HOUR), sat(5, 100, AT, lesson="quiz2"), *read())
    assert summary(facts).passed_at is None
    given = RulingFact("attempts_added", h.END, lesson_key="quiz1", number=1)
    assert summary(h.with_(facts, rulings=(given,))).passed_at == h.END
    earlier = RulingFact("attempts_added", AT, lesson_key="quiz1", number=1)
    assert summary(h.with_(facts, rulings=(earlier,))).passed_at == AT + 4 * h.HOUR


def test_places_are_added_to_one_lesson_or_to_all() -> None:
    one = RulingFact("attempts_added", AT, lesson_key="quiz1", number=2)
    every = RulingFact("attempts_added", AT, number=1)
    facts = Facts(rulings=(one, every))
    assert [limit_of(h.rules(), facts, key) for key in ("quiz1", "quiz2", "unknown")] == [6, 4, 1]
    assert limit_of(h.rules(), Facts(rulings=(RulingFact("attempts_added", AT),)), "quiz1") == 3
    spent = [sat(n, 0, AT + n * h.HOUR) for n in (1, 2, 3)]
    fourth = together(*spent, sat(4, 100, AT + 4 * h.HOUR))
    other = RulingFact("attempts_added", AT, lesson_key="quiz2", number=1)
    assert summary(h.with_(fourth, rulings=(other,))).score == Decimal(0)


def test_with_an_extension_work_done_in_the_first_window_keeps_its_place() -> None:
    in_time = [sat(n, 100 if n == 3 else 0, h.END - h.HOUR, h.END + 2 * h.DAY) for n in (1, 2, 3)]
    late = sat(4, 0, h.END + h.HOUR)
    extension = ExtensionFact(h.END + 5 * h.DAY, h.END + 3 * h.DAY)
    assert summary(together(*in_time, late, extensions=(extension,))).score == Decimal(50)


def test_of_two_extensions_that_cover_an_attempt_the_first_granted_gives_its_place() -> None:
    covered = sat(1, 100, h.END + h.HOUR, h.END + 2 * h.HOUR)
    early = [sat(n, 0, h.START - n * h.HOUR) for n in (2, 3, 4)]
    let_in = RulingFact("admitted", h.END + 3 * h.DAY, attempts=frozenset({2, 3, 4}))
    first = ExtensionFact(h.END + 3 * h.DAY, h.END - h.DAY)
    second = ExtensionFact(h.END + 5 * h.DAY, h.END + 4 * h.DAY)
    assert summary(together(covered, *early, rulings=(let_in,), extensions=(second, first))).score == Decimal(50)
    assert summary(together(covered, *early, rulings=(let_in,), extensions=(second,))).score == Decimal(0)


def test_an_extension_covers_what_arrives_within_its_grace() -> None:
    covered = sat(1, 0, h.END + h.HOUR, h.END + 2 * h.HOUR)
    later = [sat(n, 100 if n == 4 else 0, h.END + h.DAY, h.END + 2 * h.DAY + n * h.HOUR) for n in (2, 3, 4)]
    first = ExtensionFact(h.END + 3 * h.DAY, h.END - h.DAY)
    second = ExtensionFact(h.END + 5 * h.DAY, h.END + 4 * h.DAY)
    assert summary(together(covered, *later, extensions=(first, second))).score == Decimal(0)


@pytest.mark.parametrize("start", [h.END + 3 * h.DAY, h.END + 3 * h.DAY + h.HOUR])
def test_an_extension_that_ended_before_an_attempt_gives_it_no_place(start: Any) -> None:
    """The first one, granted early, ended as the attempt began; the second was granted after others had arrived."""
    late = sat(1, 100, start, h.END + 4 * h.DAY)
    others = [sat(n, 0, h.END + n * h.HOUR, h.END + 4 * h.DAY + n * h.HOUR) for n in (2, 3, 4)]
    first = ExtensionFact(h.END + 3 * h.DAY, h.END - h.DAY)
    second = ExtensionFact(h.END + 6 * h.DAY, h.END + 5 * h.DAY)
    assert summary(together(late, *others, extensions=(first, second))).score == Decimal(0)


@pytest.mark.parametrize(
    ("started", "received", "let_in", "granted"),
    [
        (h.END, h.END + h.HOUR, h.END + 2 * h.DAY, [(5, 3)]),
        (h.END - h.HOUR, h.GRACE_END, h.END + 4 * h.DAY, [(5, 5)]),
        (h.END + h.HOUR, h.END + 6 * h.DAY, h.END + 7 * h.DAY, [(3, -1), (7, 8)]),
    ],
)
def test_an_attempt_at_the_very_end_of_a_window_or_its_grace_is_placed_by_the_next_extension(
    started: Any, received: Any, let_in: Any, granted: Any
) -> None:
    """Three others are let in before that one is granted: they hold all places."""
    late = sat(1, 100, started, received)
    early = [sat(n, 0, h.START - n * h.HOUR) for n in (2, 3, 4)]
    ruling = RulingFact("admitted", let_in, attempts=frozenset({2, 3, 4}))
    extensions = tuple(ExtensionFact(h.END + until * h.DAY, h.END + at * h.DAY) for until, at in granted)
    assert summary(together(late, *early, rulings=(ruling,), extensions=extensions)).score == Decimal(0)
    assert summary(together(late, extensions=extensions)).score == Decimal(50)


def test_an_attempt_that_was_let_in_displaces_none_that_had_arrived_in_the_grace() -> None:
    in_time = [sat(n, 100 if n == 3 else 0, h.END - h.HOUR, h.END + 2 * h.DAY) for n in (1, 2, 3)]
    early = sat(4, 0, h.START - h.HOUR)
    ruling = RulingFact("admitted", h.END + 2 * h.DAY + h.HOUR, attempts=frozenset({4}))
    extension = ExtensionFact(h.END + 5 * h.DAY, h.END + 3 * h.DAY)
    assert summary(together(*in_time, early, rulings=(ruling,), extensions=(extension,))).score == Decimal(50)


def test_where_the_last_attempt_decides_a_worse_one_that_arrives_later_undoes_no_pass_made_offline() -> None:
    first = sat(1, 80, AT + h.HOUR, h.START + 3 * h.DAY)
    worse = sat(3, 0, AT, h.START + 4 * h.DAY)
    rest = [sat(2, 80, AT, lesson="quiz2"), *read()]
    assert summary(together(first, worse, *rest), keep="last").passed_at is not None


def test_the_newest_rules_say_how_long_the_window_is() -> None:
    longer = replace(h.rules().window, length_days=20)
    ruled = h.history((h.START + h.DAY, h.rules(window=longer)))
    assert summarise(ruled, Facts()).end_at == h.END + 5 * h.DAY


@pytest.mark.parametrize("admitted", [False, True])
def test_of_two_judgements_of_one_attempt_the_better_counts(admitted: bool) -> None:
    at = h.END + h.DAY if admitted else AT
    twice = h.with_(sat(1, 40, at), judgements=(h.judged(1, 30, at + h.HOUR, cause="closed"),))
    ruling = RulingFact("admitted", at, attempts=frozenset({1}))
    assert summary(h.with_(twice, rulings=(ruling,) if admitted else ())).score == Decimal(20)


def test_what_was_done_last_decides_the_instant_be_it_a_lesson_or_a_quiz() -> None:
    facts = together(sat(1, 80, AT), sat(2, 80, AT, lesson="quiz2"), Facts(events=(h.confirmed(1, "read1", AT),)))
    last = h.with_(facts, events=(h.confirmed(2, "read2", AT + h.DAY),))
    assert summary(last).passed_at == summary(last).completed_at == AT + h.DAY


def test_nobody_has_a_passing_score_before_the_pass() -> None:
    assert summary(h.passed_on_day_3(score=60)).passing_score is None
    assert summary(together(sat(1, 100, AT), sat(2, 100, AT, lesson="quiz2"))).passing_score is None


def test_an_open_attempt_is_due_at_the_end_of_the_grace_and_a_timed_one_at_most_then() -> None:
    timed = h.attempt(1, "quiz1", AT, limit=600)
    untimed = h.attempt(2, "quiz2", AT)
    last = h.attempt(3, "quiz2", h.END - h.HOUR, limit=10 * 24 * 3600)
    assert summary(Facts(attempts=(timed, untimed))).judge_at == AT + timedelta(seconds=600)
    assert summary(Facts(attempts=(untimed,))).judge_at == h.GRACE_END
    assert summary(Facts(attempts=(last,))).judge_at == h.GRACE_END


def test_first_and_last_work_are_the_earliest_and_the_latest_that_count() -> None:
    done = Facts(events=(
        event(1, "opened", AT + h.HOUR), event(2, "answered", AT + 2 * h.HOUR), event(3, "confirmed", AT),
        event(4, "confirmed", h.START - h.HOUR), event(5, "started", h.START, None),
        event(6, "confirmed", h.END + 10 * h.DAY),
    ))  # fmt: skip
    assert (summary(done).first_work_at, summary(done).last_work_at) == (AT, AT + 2 * h.HOUR)


def test_what_is_confirmed_twice_is_done_since_the_first_time() -> None:
    twice = Facts(events=(h.confirmed(1, "read1", AT), h.confirmed(2, "read1", AT + h.DAY)))
    assert count(h.rules(), twice).done == {("read1", "confirmed"): AT}


def test_an_event_of_no_lesson_is_no_work_at_a_lesson() -> None:
    assert count(h.rules(), Facts(events=(event(1, "opened", AT, None),))).done == {}


def test_in_a_rolling_cohort_nothing_counts_before_the_start_and_the_first_press_stands() -> None:
    unbegun = Facts(events=(h.confirmed(1, "read1", AT),))
    found = summary(unbegun, window=ROLLING)
    assert (found.done_count, found.first_work_at) == (0, None)
    assert found.grace_end_at == found.end_at
    begun = h.with_(unbegun, events=(event(2, "started", AT + h.DAY, None), event(3, "started", AT, None)))
    found = summary(begun, window=ROLLING)
    assert (found.opens_at, found.end_at, found.done_count) == (AT, AT + 15 * h.DAY, 1)
    assert found.grace_end_at == found.end_at + timedelta(hours=72)


def test_an_extension_of_an_unbegun_rolling_window_gives_no_grace() -> None:
    moved = Facts(extensions=(ExtensionFact(h.END + 30 * h.DAY, AT),))
    found = summary(moved, window=ROLLING)
    assert found.end_at == found.grace_end_at == h.END + 30 * h.DAY


def test_a_revoked_extension_ends_where_it_was_revoked_or_where_it_would_have() -> None:
    assert ExtensionFact(h.END, AT, h.END + h.DAY).end == h.END
    assert ExtensionFact(h.END, AT, h.END - h.DAY).end == h.END - h.DAY


def test_an_attempt_at_a_lesson_that_the_rules_do_not_know_holds_no_place() -> None:
    gone = sat(1, 100, AT, lesson="gone")
    assert count(h.rules(), gone).attempts["gone"] == ()
    given = h.with_(gone, rulings=(RulingFact("attempts_added", AT, number=1),))
    assert len(count(h.rules(), given).attempts["gone"]) == 1


@pytest.mark.parametrize(
    ("quiz1", "quiz2", "left"),
    [((), (), 6), ((50,), (), 5), ((100,), (), 3), ((100,), (100,), 0), ((50, 50, 50), (50,), 2)],
)
def test_attempts_left_are_those_that_could_still_raise_the_score(quiz1: Any, quiz2: Any, left: int) -> None:
    sittings = [("quiz1", score) for score in quiz1] + [("quiz2", score) for score in quiz2]
    facts = [sat(n, score, AT + n * h.HOUR, lesson=key) for n, (key, score) in enumerate(sittings, 1)]
    assert summary(together(*facts)).attempts_left == left


def test_more_attempts_than_places_leave_none_and_not_less() -> None:
    five = [sat(n, 10, AT + n * h.HOUR) for n in range(1, 6)]
    assert summary(together(*five, sat(9, 100, AT, lesson="quiz2"))).attempts_left == 0


def rule(key: str, completion: str, weight: int = 0, mark: int | None = None) -> LessonRule:
    return LessonRule(key, "m1", completion, Decimal(weight), 3, pass_mark=None if mark is None else Decimal(mark))


@pytest.mark.parametrize(
    ("completion", "kind", "done"),
    [("opened", "confirmed", 1), ("opened", "opened", 0), ("opened", "last_page", 0), ("last_page", "last_page", 1),
     ("last_page", "confirmed", 1), ("last_page", "opened", 0), ("handed_in", "handed_in", 1),
     ("handed_in", "confirmed", 0)],
)  # fmt: skip
def test_each_kind_of_lesson_has_its_own_requirement(completion: str, kind: str, done: int) -> None:
    facts = Facts(events=(event(1, kind, AT),))
    assert summary(facts, lessons=(rule("read1", completion),)).done_count == done


@pytest.mark.parametrize(
    ("scores", "mark", "done"),
    [((70,), None, 1), ((69,), None, 0), ((40,), 40, 1), ((39,), 40, 0), ((10, 90), None, 1), ((90, 10), None, 1)],
)
def test_a_quiz_to_pass_is_done_at_its_own_mark_or_the_cohorts_by_any_attempt(
    scores: Any, mark: int | None, done: int
) -> None:
    facts = [sat(n, score, AT + n * h.HOUR) for n, score in enumerate(scores, 1)]
    assert summary(together(*facts), lessons=(rule("quiz1", "quiz_passed", 100, mark),)).done_count == done


def test_a_quiz_to_pass_compares_the_rounded_score() -> None:
    facts = sat(1, 0, AT)
    nearly = replace(facts, judgements=(replace(facts.judgements[0], score=Decimal("69.995")),))
    assert summary(nearly, lessons=(rule("quiz1", "quiz_passed", 100),)).done_count == 1


def test_a_quiz_without_weight_changes_no_score() -> None:
    lessons = (rule("quiz1", "quiz_submitted", 100), rule("quiz2", "quiz_submitted"))
    facts = together(sat(1, 60, AT), sat(2, 100, AT, lesson="quiz2"))
    assert summary(facts, lessons=lessons).score == Decimal(60)
    assert summary(sat(2, 100, AT, lesson="quiz2"), lessons=lessons).score is None
    assert summary(facts, lessons=lessons).attempts_left == 2


def test_a_module_of_quizzes_without_weight_has_no_score_and_others_weigh_their_share() -> None:
    light = (rule("quiz1", "quiz_submitted"),)
    assert summary(sat(1, 60, AT), lessons=light).module_scores == {"m1": None}
    heavy = (rule("quiz1", "quiz_submitted", 30), rule("quiz2", "quiz_submitted", 10))
    facts = together(sat(1, 80, AT), sat(2, 40, AT, lesson="quiz2"))
    assert summary(facts, lessons=heavy).module_scores == {"m1": Decimal(70)}
    optional = (rule("quiz1", "quiz_submitted", 30), rule("quiz2", "opened", 10))
    unsat = together(sat(1, 80, AT), Facts(events=(h.confirmed(1, "quiz2", AT),)))
    assert summary(unsat, lessons=optional).module_scores == {"m1": Decimal(60)}


def test_a_module_is_scored_as_of_an_instant() -> None:
    counted = count(h.rules(), together(sat(1, 60, AT + h.DAY), *read()))
    assert module_score(h.rules(), counted, "m1", AT) is None
    assert module_score(h.rules(), counted, "m1", AT + h.DAY) == Decimal(60)
    assert module_score(h.rules(), counted, "m2", NEVER) is None


def test_where_nothing_is_scored_the_score_is_100_once_all_is_done() -> None:
    assert summary(h.passed_on_day_3(score=5), passing="none").score == Decimal(100)
    assert summary(together(*read()), passing="none").score is None


def test_the_times_of_rulings_are_instants_too() -> None:
    facts = together(sat(1, 65, AT), sat(2, 65, AT, lesson="quiz2"), *read())
    lowered = h.history((h.END + h.DAY, h.rules(pass_mark=Decimal(60))), (h.END + 2 * h.DAY, h.rules()))
    assert summarise(lowered, facts).passed_at == h.END + h.DAY
    assert summarise(lowered, facts).completed_at == AT


def test_the_newest_rules_at_an_instant_are_those_in_force() -> None:
    facts = together(sat(1, 65, AT), sat(2, 65, AT, lesson="quiz2"), *read())
    raised = h.history((h.START, h.rules(pass_mark=Decimal(60))), (AT, h.rules()))
    assert summarise(raised, facts).passed_at is None
    kept = h.history((h.START, h.rules()), (AT, h.rules(pass_mark=Decimal(60))))
    assert summarise(kept, facts).passed_at == AT


def test_the_score_told_never_falls_below_the_mark_it_was_passed_under() -> None:
    """Passed with 80 under 70; a second pass mark, a worse newest attempt and a re-marking lower nothing."""
    remarked = (h.judged(1, 0, h.END, cause="remarked"), h.judged(2, 0, h.END, cause="remarked"))
    assert summary(h.with_(h.passed_on_day_3(), judgements=remarked)).passing_score == Decimal(80)
    better = (h.judged(1, 100, h.END, cause="remarked"), h.judged(2, 100, h.END, cause="remarked"))
    assert summary(h.with_(h.passed_on_day_3(), judgements=better)).passing_score == Decimal(100)


@pytest.mark.parametrize(("first", "second", "gone"), [(1, 2, False), (2, 1, True), (1, 1, False)])
def test_the_later_of_withdrawal_and_return_stands_and_at_once_the_return(first: int, second: int, gone: bool) -> None:
    rulings = (
        RulingFact("withdrawn", h.START + first * h.DAY),
        RulingFact("returned", h.START + second * h.DAY),
    )
    for order in (rulings, rulings[::-1]):
        assert (summary(Facts(rulings=order)).withdrawn_at is not None) is gone


@pytest.mark.parametrize(
    ("now", "left"),
    [(h.START - timedelta(milliseconds=1), 0), (h.START, 3), (h.END - timedelta(milliseconds=1), 3), (h.END, 0)],
)
def test_an_attempt_may_begin_from_the_first_instant_to_the_last(now: Any, left: int) -> None:
    assert attempts.may_begin(h.rules(), Facts(), "quiz1", now) == left
    assert attempts.may_begin(h.rules(window=ROLLING), Facts(), "quiz1", now) == 0


def test_an_open_attempt_holds_its_place_and_the_last_place_taken_leaves_none() -> None:
    begun = Facts(attempts=(h.attempt(1, "quiz1", AT),))
    assert attempts.may_begin(h.rules(), begun, "quiz1", AT) == 2
    spent = together(*(sat(n, 0, AT) for n in range(1, 6)))
    assert attempts.may_begin(h.rules(), spent, "quiz1", AT) == 0
    longer = h.with_(Facts(), extensions=(ExtensionFact(h.END + h.DAY, AT),))
    assert attempts.may_begin(h.rules(), longer, "quiz1", h.END) == 3
