"""What a content format is: it reads a file of a program folder, shows what it read, and judges answers to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from diklat_lti.content.mistakes import Report
from diklat_lti.content.shapes import LessonShape
from diklat_lti.content.yaml_text import Document

Body = dict[str, Any]
"""What a format keeps in the database: JSON that nobody changes once it is there."""
AssetUrl = Callable[[str], str]
"""Path of an asset in the program folder → where this reader's browser gets it."""


@dataclass(frozen=True)
class Source:
    """One file of a program folder, as a format gets it."""

    file: str
    """Its path below the program folder; pictures are looked for beside it."""
    text: str
    assets: Mapping[str, str]
    """Path below the program folder → media type, of every asset there is."""
    report: Report


@dataclass(frozen=True)
class Identity:
    """An `id` in a file: what it names, and where it stands. See `content/identity.py`."""

    key: str
    role: str
    line: int


@dataclass(frozen=True)
class Reading:
    """What a format read: the part about the lesson, with its lines; the body to keep; the ids inside."""

    document: Document
    lesson: LessonShape | None
    """None: that part has mistakes, and they were reported."""
    body: Body
    ids: tuple[Identity, ...]


@dataclass(frozen=True)
class Judged:
    score: Decimal
    """0 to 100, not rounded."""
    detail: dict[str, Any]
    """Question's id → answer (list of answer ids), points and possible (decimals as text)."""


class Format(Protocol):
    """A module of this room with these three functions is a format; `content.FORMATS` lists them."""

    @property
    def SUFFIX(self) -> str: ...  # noqa: N802 - a constant of the module

    def read(self, source: Source) -> Reading | None:
        """None if the file cannot be read at all; mistakes go to `source.report`."""
        ...

    def show(self, body: Body, asset_url: AssetUrl) -> object:
        """What its template needs, without anything that must not be known yet."""
        ...

    def judge(self, body: Body, answers: Mapping[str, Any]) -> Judged | None:
        """None where nothing is asked."""
        ...
