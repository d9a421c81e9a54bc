"""The rules of a cohort as one value; a ruling stores it whole, so the rules of any instant can be looked up again."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from diklat_lti.content.outline import Outline
from diklat_lti.training.window import WindowRules

DEFAULT_GRACE_HOURS = 72


@dataclass(frozen=True)
class LessonRule:
    """What one lesson asks. `weight` is its percentage of the final score; `attempts` those of its quiz."""

    key: str
    module_key: str
    completion: str
    """opened, last_page, quiz_submitted, quiz_passed or handed_in."""
    weight: Decimal
    attempts: int
    time_limit_s: int | None = None
    pass_mark: Decimal | None = None
    """For quiz_passed. None: the cohort's."""


@dataclass(frozen=True)
class Rules:
    """Rules in force from the ruling that stored them."""

    window: WindowRules
    lessons: tuple[LessonRule, ...]
    pass_mark: Decimal
    keep: str
    """best, last or first attempt."""
    passing: str
    """score, or none: completing is passing, and the score sent is 100."""
    grace_hours: int = DEFAULT_GRACE_HOURS

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)

    def lesson(self, key: str) -> LessonRule | None:
        return next((lesson for lesson in self.lessons if lesson.key == key), None)


@dataclass(frozen=True)
class DatedRules:
    """Rules and the time of their ruling. The first ones of a cohort hold from the beginning of time."""

    since: datetime
    rules: Rules


def of_outline(outline: Outline, window: WindowRules, pass_mark: Decimal | None = None) -> Rules:
    """The rules that a program version proposes, for the window that an admin chose."""
    lessons = tuple(
        LessonRule(
            key=lesson.key,
            module_key=module.key,
            completion=lesson.completion,
            weight=lesson.weight,
            attempts=lesson.attempts or outline.attempts,
            time_limit_s=lesson.time_limit_s,
            pass_mark=lesson.pass_mark,
        )
        for module in outline.modules
        for lesson in module.lessons
    )
    return Rules(window, lessons, pass_mark or outline.pass_mark, outline.keep, outline.passing)


def dump(rules: Rules) -> dict[str, Any]:
    """As JSON for a ruling's body."""
    return _plain(asdict(rules))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (Decimal, date)):
        return str(value)
    return value


def load(body: dict[str, Any]) -> Rules:
    """The reverse of `dump`."""
    w = body["window"]
    days = {
        k: date.fromisoformat(w[k]) if w[k] else None for k in ("starts_on", "opens_on", "last_start_on", "hard_end_on")
    }
    window = WindowRules(mode=w["mode"], zone=w["zone"], length_days=w["length_days"], **days)
    lessons = tuple(_lesson(lesson) for lesson in body["lessons"])
    return Rules(
        window, lessons, Decimal(body["pass_mark"]), body["keep"], body["passing"], grace_hours=body["grace_hours"]
    )


def _lesson(body: dict[str, Any]) -> LessonRule:
    mark = Decimal(body["pass_mark"]) if body["pass_mark"] is not None else None
    return LessonRule(**{**body, "weight": Decimal(body["weight"]), "pass_mark": mark})
