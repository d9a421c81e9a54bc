"""What went wrong, as a kind and a sentence for its reader. Only `web/` and `cli.py` turn it into a page or a line."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """An English sentence with named blanks; it is translated when it meets its reader."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


def say(text: str, **values: Any) -> Sentence:
    """Marks `text` for translation and keeps the values of its blanks: `say("%(name)s is gone", name=…)`."""
    return Sentence(text, values)


class Kind(StrEnum):
    """The sorts of trouble a reader can be in. `web/errors.py` gives each its HTTP status."""

    BAD_INPUT = "bad_input"
    UNTRUSTED = "untrusted"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"


class Problem(Exception):  # noqa: N818 - a problem is what its reader has
    """One sentence of what happened, one of what to do, and a short reason for the log and the doctor.

    `reason` is a stable snake_case word such as `bad_signature`; it never holds a secret or a personal datum.
    """

    def __init__(self, kind: Kind, reason: str, sentence: Sentence, advice: Sentence | None = None) -> None:
        super().__init__(str(sentence))
        self.kind = kind
        self.reason = reason
        self.sentence = sentence
        self.advice = advice


def not_found() -> Problem:
    """A row that does not exist, or that this person may not see: the same answer for both."""
    return Problem(
        Kind.NOT_FOUND,
        "not_found",
        say("This page does not exist, or it is not yours to see."),
        say("Open the activity again from your course."),
    )
