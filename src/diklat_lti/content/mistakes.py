"""Mistakes in a program folder: all of them at once, each with its file, its line, what is wrong and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from diklat_lti.errors import Sentence

Report = Callable[[int, Sentence, Sentence], None]
"""Notes a mistake of one file: line, what is wrong, how to mend it."""


@dataclass(frozen=True)
class Mistake:
    file: str
    """Below the program folder."""
    line: int
    what: Sentence
    mend: Sentence


@dataclass
class Mistakes:
    found: list[Mistake] = field(default_factory=list)

    def of(self, file: str) -> Report:
        def report(line: int, what: Sentence, mend: Sentence) -> None:
            self.found.append(Mistake(file, line, what, mend))

        return report

    def sorted(self) -> tuple[Mistake, ...]:
        return tuple(sorted(self.found, key=lambda mistake: (mistake.file, mistake.line)))
