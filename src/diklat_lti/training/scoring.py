"""Scores and completion at an instant, from counted work. Nothing is rounded but the final score."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from diklat_lti.training.counting import Counted
from diklat_lti.training.rules import LessonRule, Rules

CENT = Decimal("0.01")
FULL = Decimal(100)


def rounded(score: Decimal) -> Decimal:
    """Two decimals, half up: before it is shown, compared or sent."""
    return score.quantize(CENT, ROUND_HALF_UP)


def lesson_score(rules: Rules, counted: Counted, key: str, instant: datetime) -> Decimal | None:
    """The lesson's quiz by the cohort's choice of best, last or first attempt; None: nothing judged yet."""
    scores = [s for a in counted.attempts.get(key, ()) if (s := a.score_at(instant)) is not None]
    if not scores:
        return None
    return {"best": max(scores), "last": scores[-1], "first": scores[0]}[rules.keep]


def final_score(rules: Rules, counted: Counted, instant: datetime) -> Decimal | None:
    """Σ weight × score, rounded; a quiz not yet judged counts 0. None: nothing that weighs was judged."""
    if rules.passing == "none":
        return FULL if all_done(rules, counted, instant) else None
    total, judged = Decimal(0), False
    for lesson in rules.lessons:
        score = lesson_score(rules, counted, lesson.key, instant) if lesson.weight else None
        if score is not None:
            total, judged = total + lesson.weight * score, True
    return rounded(total / 100) if judged else None


def module_score(rules: Rules, counted: Counted, module_key: str, instant: datetime) -> Decimal | None:
    """A module's own score out of 100, once all its lessons are done; None before, or if nothing in it weighs."""
    lessons = [lesson for lesson in rules.lessons if lesson.module_key == module_key]
    weight = sum((lesson.weight for lesson in lessons), Decimal(0))
    if not weight or not all(is_done(rules, counted, lesson, instant) for lesson in lessons):
        return None
    parts = ((x.weight, lesson_score(rules, counted, x.key, instant) or Decimal(0)) for x in lessons)
    return rounded(sum((w * s for w, s in parts), Decimal(0)) / weight)


def is_done(rules: Rules, counted: Counted, lesson: LessonRule, instant: datetime) -> bool:
    """Whether the lesson's one requirement was met by then."""
    if lesson.completion == "quiz_submitted":
        return lesson_score(rules, counted, lesson.key, instant) is not None
    if lesson.completion == "quiz_passed":
        mark = rules.pass_mark if lesson.pass_mark is None else lesson.pass_mark
        return any(
            rounded(s) >= mark for a in counted.attempts.get(lesson.key, ()) if (s := a.score_at(instant)) is not None
        )
    kinds = {"opened": ("confirmed",), "last_page": ("last_page", "confirmed"), "handed_in": ("handed_in",)}
    return any(since <= instant for kind in kinds[lesson.completion] if (since := counted.done.get((lesson.key, kind))))


def done_keys(rules: Rules, counted: Counted, instant: datetime) -> frozenset[str]:
    return frozenset(lesson.key for lesson in rules.lessons if is_done(rules, counted, lesson, instant))


def all_done(rules: Rules, counted: Counted, instant: datetime) -> bool:
    return all(is_done(rules, counted, lesson, instant) for lesson in rules.lessons)
