"""The format `quiz`: questions in YAML with one right answer, several, or true and false."""

from diklat_lti.content.quiz_judge import judge, tidy
from diklat_lti.content.quiz_read import SUFFIX, read
from diklat_lti.content.quiz_show import OptionView, QuestionView, QuizView, ResultQuestion, result, show

__all__ = [
    "SUFFIX",
    "OptionView",
    "QuestionView",
    "QuizView",
    "ResultQuestion",
    "judge",
    "read",
    "result",
    "show",
    "tidy",
]
