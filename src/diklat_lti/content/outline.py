"""The outline of a program version: all that rules and menus need to know of it, without the lessons' text."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from diklat_lti.errors import not_found


@dataclass(frozen=True)
class OutlineLesson:
    """A sesi: one required item with one rule of completion."""

    key: str
    title: str
    number: int
    """Counted through the whole program, from 1."""
    minutes: int
    completion: str
    """opened, quiz_submitted or quiz_passed."""
    kinds: tuple[str, ...]
    """Keys of `content.FORMATS`, in the order in which they are shown."""
    weight: Decimal
    """Its share of the final score in percent; 0: it does not count."""
    attempts: int | None
    """None: the cohort's rule."""
    time_limit_s: int | None
    pass_mark: Decimal | None
    """For `quiz_passed`. None: the pass mark of the whole."""
    question_count: int

    @property
    def has_quiz(self) -> bool:
        return "quiz" in self.kinds


@dataclass(frozen=True)
class OutlineModule:
    key: str
    title: str
    summary: str
    lessons: tuple[OutlineLesson, ...]


@dataclass(frozen=True)
class Outline:
    """`days`, `pass_mark`, `attempts`, `keep`, `passing`: what a new cohort begins with; rulings change them there."""

    key: str
    title: str
    label: str | None
    language: str
    days: int
    pass_mark: Decimal
    attempts: int
    keep: str
    """best, last or first."""
    passing: str
    """score, or none: completing is passing."""
    order: str
    """free: lessons may be done in any order. The only one so far."""
    notice: str | None
    """A line for every page."""
    modules: tuple[OutlineModule, ...]
    ids: Mapping[str, str]
    """Every id in the program → what it names; see `content/identity.py`."""
    retired: tuple[str, ...]
    """Ids of earlier versions that may never come back."""

    @property
    def lessons(self) -> tuple[OutlineLesson, ...]:
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    def lesson(self, key: str) -> OutlineLesson:
        """The lesson of that key, or the `Problem` that a reader of a wrong address gets."""
        for lesson in self.lessons:
            if lesson.key == key:
                return lesson
        raise not_found()

    def module(self, key: str) -> OutlineModule:
        for module in self.modules:
            if module.key == key:
                return module
        raise not_found()


def dump(outline: Outline) -> dict[str, Any]:
    """As JSON keeps it: decimals as text, tuples as lists."""
    plain: dict[str, Any] = _plain(asdict(outline))
    return plain


def load(data: Mapping[str, Any]) -> Outline:
    """The reverse of `dump`."""
    modules = tuple(_module(module) for module in data["modules"])
    decimals = {"pass_mark": Decimal(data["pass_mark"])}
    return Outline(**{**data, **decimals, "modules": modules, "retired": tuple(data["retired"])})


def _module(data: Mapping[str, Any]) -> OutlineModule:
    return OutlineModule(**{**data, "lessons": tuple(_lesson(lesson) for lesson in data["lessons"])})


def _lesson(data: Mapping[str, Any]) -> OutlineLesson:
    mark = data["pass_mark"]
    exact = {"weight": Decimal(data["weight"]), "pass_mark": None if mark is None else Decimal(mark)}
    return OutlineLesson(**{**data, **exact, "kinds": tuple(data["kinds"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
