"""What a link can be found to be: a light, one sentence of cause, and what mends it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from diklat_lti.errors import Sentence

Light = Literal["green", "amber", "red", "grey"]


@dataclass(frozen=True)
class Word:
    """What a reason means. Moodle's menus keep their English names in every language: so they stand there in its manuals."""

    light: Light
    sentence: Sentence
    advice: Sentence | None = None


@dataclass(frozen=True)
class Seen:
    """What a link was found to be. `data` fills the blanks of the sentence: figures and addresses, never a name or a key."""

    reason: str
    data: dict[str, Any] = field(default_factory=dict)


Words = dict[str, dict[str, Word]]
"""By link, then by reason."""
