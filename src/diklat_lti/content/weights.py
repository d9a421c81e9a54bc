"""How the final score is shared out among the quizzes: as the program says, else equally; always 100 in all."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal

from diklat_lti.content.mistakes import Report
from diklat_lti.errors import say

HUNDRED = Decimal(100)
Quizzes = Mapping[str, bool]
"""Lesson with a quiz → whether it counts by itself. One that does not (a pre-test) has weight 0 unless it is set."""


def check(weights: Mapping[str, Decimal], modules: Mapping[str, Quizzes], report: Report, line: int) -> None:
    lessons = {lesson: module for module, quizzes in modules.items() for lesson in quizzes}
    for key, weight in weights.items():
        if key not in modules and key not in lessons:
            what = say("“%(id)s” in “weights” is no module and no lesson with a quiz.", id=key)
            report(line, what, say("Write the id of a module or of a lesson that has a quiz."))
        elif key in modules and weight and not any(modules[key].values()):
            what = say("The module “%(id)s” has a weight, but no quiz that counts.", id=key)
            report(line, what, say("Give it a quiz, or remove its weight."))
        elif lessons.get(key) in weights:
            what = say("“%(id)s” has a weight, and its module has one too.", id=key)
            report(line, what, say("Keep one of the two."))
    total = sum(weights.values(), Decimal(0))
    if total != HUNDRED:
        what = say("The weights add up to %(total)s instead of 100.", total=total)
        report(line, what, say("Change them so that they add up to 100."))


def shares(weights: Mapping[str, Decimal] | None, modules: Mapping[str, Quizzes]) -> dict[str, Decimal]:
    """Lesson with a quiz → its part. `weights` passed `check`."""
    result = {lesson: Decimal(0) for quizzes in modules.values() for lesson in quizzes}
    if weights is None:
        counting = [lesson for quizzes in modules.values() for lesson, counts in quizzes.items() if counts]
        return {**result, **_split(HUNDRED, counting)}
    for key, weight in weights.items():
        if key in modules:
            result |= _split(weight, [lesson for lesson, counts in modules[key].items() if counts])
        else:
            result[key] = weight
    return result


def _split(whole: Decimal, lessons: Sequence[str]) -> dict[str, Decimal]:
    """Equal parts with four decimals; the last one takes what is left, so that the sum is exact."""
    if not lessons:
        return {}
    part = (whole / len(lessons)).quantize(Decimal("0.0001"), ROUND_DOWN).normalize()
    return {**dict.fromkeys(lessons[:-1], part), lessons[-1]: whole - part * (len(lessons) - 1)}
