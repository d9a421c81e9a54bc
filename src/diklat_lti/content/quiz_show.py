"""What the pages of a quiz need: the questions without what is right, and the result with its feedback."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from diklat_lti.content import markdown
from diklat_lti.content.format import AssetUrl, Body
from diklat_lti.content.quiz_judge import tidy


@dataclass(frozen=True)
class OptionView:
    key: str
    html: str | None
    """None for true and false, whose keys are `true` and `false`: the template says them."""
    chosen: bool


@dataclass(frozen=True)
class QuestionView:
    number: int
    key: str
    kind: str
    """single, multiple or truefalse."""
    html: str
    points: Decimal
    options: tuple[OptionView, ...]

    @property
    def answered(self) -> bool:
        return any(option.chosen for option in self.options)


@dataclass(frozen=True)
class QuizView:
    questions: tuple[QuestionView, ...]
    time_limit_s: int | None

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Numbers, as they stand on the page."""
        return tuple(question.number for question in self.questions if not question.answered)


@dataclass(frozen=True)
class ResultQuestion:
    question: QuestionView
    points: Decimal
    possible: Decimal
    verdict: str
    """right, partly, wrong or unanswered."""
    feedback: tuple[str, ...]
    """HTML: that of the chosen answers, then the question's. Authors know that it is read between attempts."""


def show(body: Body, asset_url: AssetUrl, seed: int = 0, answers: Mapping[str, Any] | None = None) -> QuizView:
    """The same seed gives the same order, on every machine. `answers` so far are marked as chosen."""
    ordered = _shuffled(body["questions"], seed) if body["shuffle"] else body["questions"]
    questions = (_question(body, question, asset_url, seed, answers or {}) for question in ordered)
    numbered = tuple(QuestionView(number, **fields) for number, fields in enumerate(questions, start=1))
    return QuizView(numbered, body["time_limit_s"])


def result(body: Body, detail: Mapping[str, Any], asset_url: AssetUrl, seed: int = 0) -> tuple[ResultQuestion, ...]:
    """`detail` as `judge` gave it. What is right is never in it, only what was chosen and what that earned."""
    answers = {key: judged["answer"] for key, judged in detail.items()}
    kept = {question["key"]: question for question in body["questions"]}
    view = show(body, asset_url, seed, answers)
    return tuple(_result(body, kept[shown.key], shown, detail[shown.key], asset_url) for shown in view.questions)


def _question(body: Body, question: Body, asset_url: AssetUrl, seed: int, answers: Mapping[str, Any]) -> dict[str, Any]:
    given = tidy(body, question["key"], answers.get(question["key"])) or []
    mixed = body["shuffle"] and question["kind"] != "truefalse"
    options = (
        OptionView(answer["key"], _html(answer["html"], body, asset_url), answer["key"] in given)
        for answer in (_shuffled(question["answers"], seed) if mixed else question["answers"])
    )
    return {
        "key": question["key"],
        "kind": question["kind"],
        "html": _html(question["html"], body, asset_url),
        "points": Decimal(question["points"]),
        "options": tuple(options),
    }


def _result(
    body: Body, question: Body, shown: QuestionView, judged: Mapping[str, Any], asset_url: AssetUrl
) -> ResultQuestion:
    points, possible = Decimal(judged["points"]), Decimal(judged["possible"])
    said = [answer["feedback"] for answer in question["answers"] if answer["key"] in judged["answer"]]
    feedback = tuple(markdown.with_assets(text, body, asset_url) for text in (*said, question["feedback"]) if text)
    return ResultQuestion(shown, points, possible, _verdict(shown, points, possible), feedback)


def _verdict(shown: QuestionView, points: Decimal, possible: Decimal) -> str:
    if not shown.answered:
        return "unanswered"
    if points == possible:
        return "right"
    return "partly" if points else "wrong"


def _html(fragment: str | None, body: Body, asset_url: AssetUrl) -> str | None:
    return None if fragment is None else markdown.with_assets(fragment, body, asset_url)


def _shuffled(entries: list[Body], seed: int) -> list[Body]:
    # By digest, since Python does not promise that `random` shuffles alike in every version.
    return sorted(entries, key=lambda entry: hashlib.sha256(f"{seed}/{entry['key']}".encode()).digest())
