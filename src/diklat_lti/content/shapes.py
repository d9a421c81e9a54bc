"""What may stand in the files of a program folder: the fields, their types and bounds."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Mark = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProgramShape(Shape):
    """program.yaml"""

    id: Key
    title: Title
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] = "id"
    days: Annotated[int, Field(ge=1, le=90)] = 15
    pass_mark: Mark = Decimal(70)
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    keep: Literal["best", "last", "first"] = "best"
    passing: Literal["score", "none"] = "score"
    order: Literal["free"] = "free"
    notice: Title | None = None
    weights: dict[str, Mark] | None = None
    retired: list[Key] = []


class ModuleShape(Shape):
    """module.yaml"""

    id: Key
    title: Title
    summary: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class LessonShape(Shape):
    """The front matter of a lesson's .md; a quiz of its own slug says the same in its own file."""

    id: Key | None = None
    title: Title | None = None
    minutes: Annotated[int, Field(ge=1, le=600)] = 20
    completion: Literal["opened", "quiz_submitted", "quiz_passed"] | None = None


class AnswerShape(Shape):
    id: Key
    text: Text
    correct: bool = False
    feedback: Text | None = None


class QuestionShape(Shape):
    id: Key
    kind: Literal["single", "multiple", "truefalse"] = "single"
    text: Text
    points: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)] = Decimal(1)
    feedback: Text | None = None
    correct: bool | None = None
    answers: Annotated[list[AnswerShape], Field(max_length=20)] = []


class QuizShape(LessonShape):
    """NN-slug.quiz.yaml"""

    attempts: Annotated[int, Field(ge=1, le=20)] | None = None
    pass_mark: Mark | None = None
    shuffle: bool = False
    time_limit_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    counts: bool = True
    questions: Annotated[list[QuestionShape], Field(min_length=1, max_length=100)]
