"""A quiz shows no right answer, keeps its order by the seed, and judges by exact shares."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diklat_lti.content import FORMATS, quiz
from diklat_lti.content.format import Body, Source
from diklat_lti.content.mistakes import Mistakes

TEXT = """\
id: z
title: Z
shuffle: true
questions:
  - id: one
    text: "One ![dot](dot.png)"
    feedback: Read page 1.
    answers:
      - {id: one-a, text: A, correct: true, feedback: "Well ![dot](dot.png)"}
      - {id: one-b, text: B, feedback: Not B.}
      - {id: one-c, text: C}
  - id: many
    kind: multiple
    points: 3
    text: Many
    answers:
      - {id: many-a, text: A, correct: true}
      - {id: many-b, text: B, correct: true}
      - {id: many-c, text: C, correct: true}
      - {id: many-d, text: D, feedback: Why D.}
      - {id: many-e, text: E}
  - id: truth
    kind: truefalse
    text: Truth
    correct: false
"""
RIGHT = {"one": "one-a", "many": ["many-c", "many-a", "many-b"], "truth": "false"}


def body(text: str = TEXT) -> Body:
    mistakes = Mistakes()
    reading = quiz.read(Source("01-z.quiz.yaml", text, {"dot.png": "image/png"}, mistakes.of("01-z.quiz.yaml")))
    assert mistakes.found == []
    assert reading is not None
    return reading.body


QUIZ = body()

JUDGED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # answers, points of the question named last, that question, the score of the whole (5 points possible)
    "all right": (RIGHT, "3", "many", "100"),
    "nothing": ({}, "0", "many", "0"),
    "one right": ({"one": "one-a"}, "1", "one", "20"),
    "one right as a list": ({"one": ["one-a"]}, "1", "one", "20"),
    "one wrong": ({"one": "one-b"}, "0", "one", "0"),
    "two for one": ({"one": ["one-a", "one-b"]}, "0", "one", "0"),
    "false is right": ({"truth": "false"}, "1", "truth", "20"),
    "true is wrong": ({"truth": "true"}, "0", "truth", "0"),
    "true and false": ({"truth": ["true", "false"]}, "0", "truth", "0"),
    "a third": ({"many": ["many-a"]}, "1", "many", "20"),
    "two thirds": ({"many": ["many-a", "many-b"]}, "2", "many", "40"),
    "all and a wrong one": ({"many": ["many-a", "many-b", "many-c", "many-d"]}, "1.5", "many", "30"),
    "never below nothing": ({"many": ["many-d", "many-e"], "one": "one-a"}, "0", "many", "20"),
    "everything ticked": ({"many": [f"many-{letter}" for letter in "abcde"]}, "0", "many", "0"),
    "the same twice": ({"many": ["many-a", "many-a"]}, "1", "many", "20"),
    "an answer of another question": ({"one": "many-a"}, "0", "one", "0"),
    "a question of another quiz": ({"other": "one-a"}, "0", "one", "0"),
    "no text": ({"one": 7, "many": {"many-a": True}, "truth": [None, [1]]}, "0", "many", "0"),
}


@pytest.mark.parametrize(("answers", "points", "question", "score"), JUDGED.values(), ids=JUDGED)
def test_answers_are_judged(answers: dict[str, Any], points: str, question: str, score: str) -> None:
    judged = quiz.judge(QUIZ, answers)
    assert judged.score == Decimal(score)
    assert Decimal(judged.detail[question]["points"]) == Decimal(points)
    assert set(judged.detail) == {"one", "many", "truth"}
    assert Decimal(judged.detail["many"]["possible"]) == 3


def test_a_score_is_not_rounded() -> None:
    third = quiz.judge(body(TEXT.replace("points: 3", "points: 1")), {"many": ["many-a"]})
    assert Decimal("11.11") < third.score < Decimal("11.1112")
    assert Decimal("0.33333333333") < Decimal(third.detail["many"]["points"]) < Decimal("0.33333333334")


def test_detail_keeps_the_answer_in_the_file_s_order() -> None:
    detail = quiz.judge(QUIZ, RIGHT).detail
    assert detail["many"] == {"answer": ["many-a", "many-b", "many-c"], "points": "3", "possible": "3"}
    assert detail["truth"]["answer"] == ["false"]


@given(st.dictionaries(st.sampled_from(["one", "many", "truth", "x"]), st.lists(st.sampled_from(
    ["one-a", "one-b", "many-a", "many-b", "many-c", "many-d", "many-e", "true", "false"]
))))  # fmt: skip
def test_a_score_stays_between_0_and_100(answers: dict[str, Any]) -> None:
    assert 0 <= quiz.judge(QUIZ, answers).score <= 100


def test_what_is_no_answer_is_told_from_an_empty_one() -> None:
    assert quiz.tidy(QUIZ, "many", []) == []
    assert quiz.tidy(QUIZ, "many", ["many-b", "many-a"]) == ["many-a", "many-b"]
    assert quiz.tidy(QUIZ, "one", "one-a") == ["one-a"]
    for question, value in [("one", "x"), ("one", None), ("one", ["one-a", "one-b"]), ("x", "one-a"), ("many", 3)]:
        assert quiz.tidy(QUIZ, question, value) is None


def test_what_is_shown_tells_nothing_about_what_is_right() -> None:
    told = str(asdict(quiz.show(QUIZ, address)))
    assert "correct" not in told
    assert "feedback" not in told
    assert "Read page 1" not in told
    other = TEXT.replace("text: A, correct: true, feedback", "text: A, feedback").replace(
        "text: C}", "text: C, correct: yes}"
    )
    assert str(asdict(quiz.show(body(other), address))) == told


def test_the_order_comes_from_the_seed_alone() -> None:
    orders = {seed: order(quiz.show(QUIZ, address, seed)) for seed in range(30)}
    assert orders[7] == order(quiz.show(QUIZ, address, 7))
    assert len({tuple(found) for found in orders.values()}) > 10
    assert all(found[found.index("truth") + 1] == "true" for found in orders.values())


def test_the_order_of_a_seed_never_changes() -> None:
    """Attempts of years ago are shown as they were: this very list is a promise."""
    assert order(quiz.show(QUIZ, address, 42)) == PROMISED


def test_without_shuffle_the_file_s_order_stays() -> None:
    plain = body(TEXT.replace("shuffle: true", "shuffle: false"))
    assert order(quiz.show(plain, address, 5)) == order(quiz.show(plain, address, 6))
    assert order(quiz.show(plain, address))[:4] == ["one", "one-a", "one-b", "one-c"]


def test_answers_so_far_are_marked_and_gaps_are_numbered() -> None:
    view = quiz.show(body(TEXT.replace("shuffle: true", "time_limit_s: 90")), address, answers={"many": ["many-b"]})
    assert view.unanswered == (1, 3)
    assert view.time_limit_s == 90
    assert [option.key for option in view.questions[1].options if option.chosen] == ["many-b"]
    assert [option.html for option in view.questions[2].options] == [None, None]
    assert '<img src="/f/dot.png" alt="dot" loading="lazy">' in view.questions[0].html
    assert view.questions[1].points == 3


def test_a_result_shows_feedback_of_what_was_chosen_and_nothing_else() -> None:
    answers = {"one": "one-b", "many": ["many-a", "many-d"]}
    results = {
        shown.question.key: shown for shown in quiz.result(QUIZ, quiz.judge(QUIZ, answers).detail, address, seed=3)
    }
    assert results["one"].verdict == "wrong"
    assert results["one"].feedback == ("Not B.", "Read page 1.")
    assert results["many"].verdict == "wrong"
    assert results["many"].feedback == ("Why D.",)
    assert results["truth"].verdict == "unanswered"
    assert results["truth"].feedback == ()
    assert [option.key for option in results["one"].question.options if option.chosen] == ["one-b"]


def test_a_result_tells_right_from_partly() -> None:
    answers = {"one": "one-a", "many": ["many-a"]}
    shown = {shown.question.key: shown for shown in quiz.result(QUIZ, quiz.judge(QUIZ, answers).detail, address)}
    assert (shown["one"].verdict, shown["one"].points, shown["one"].possible) == ("right", 1, 1)
    assert (shown["many"].verdict, shown["many"].points, shown["many"].possible) == ("partly", 1, 3)
    assert '<img src="/f/dot.png"' in shown["one"].feedback[0]


def test_each_format_is_found_by_its_kind() -> None:
    assert {kind: form.SUFFIX for kind, form in FORMATS.items()} == {"page": ".md", "quiz": ".quiz.yaml"}


def address(path: str) -> str:
    return f"/f/{path}"


def order(view: quiz.QuizView) -> list[str]:
    return [key for shown in view.questions for key in (shown.key, *(option.key for option in shown.options))]


PROMISED = [
    *("truth", "true", "false"),
    *("many", "many-d", "many-c", "many-a", "many-b", "many-e"),
    *("one", "one-c", "one-a", "one-b"),
]
