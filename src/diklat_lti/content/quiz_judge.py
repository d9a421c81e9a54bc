"""Judges the answers to a quiz. Exact fractions inside, so that three thirds are a whole."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from diklat_lti.content.format import Body, Judged


def judge(body: Body, answers: Mapping[str, Any]) -> Judged:
    """Whatever `answers` holds: what is no answer to a question of this quiz earns nothing."""
    reached = possible = Fraction(0)
    detail = {}
    for question in body["questions"]:
        given = tidy(body, question["key"], answers.get(question["key"])) or []
        points = Fraction(question["points"]) * _share(question, given)
        reached += points
        possible += Fraction(question["points"])
        detail[question["key"]] = {
            "answer": given,
            "points": str(_decimal(points)),
            "possible": question["points"],
        }
    return Judged(_decimal(reached / possible * 100), detail)


def tidy(body: Body, question_key: str, value: Any) -> list[str] | None:
    """An answer as it is stored: ids of the chosen answers in the file's order. None: this cannot be an answer."""
    question = next((known for known in body["questions"] if known["key"] == question_key), None)
    chosen = [value] if isinstance(value, str) else value
    if question is None or not isinstance(chosen, list):
        return None
    known = [answer["key"] for answer in question["answers"]]
    if any(choice not in known for choice in chosen) or (len(chosen) > 1 and question["kind"] != "multiple"):
        return None
    return [key for key in known if key in chosen]


def _share(question: Body, given: list[str]) -> Fraction:
    """Of several choices each right one adds its part, each wrong one takes its part away; never below 0."""
    right = {answer["key"] for answer in question["answers"] if answer["correct"]}
    wrong = {answer["key"] for answer in question["answers"]} - right
    chosen = set(given)
    missed = Fraction(len(chosen & wrong), len(wrong)) if wrong else Fraction(0)
    return max(Fraction(0), Fraction(len(chosen & right), len(right)) - missed)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
