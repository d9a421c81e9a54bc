"""Ids name things for ever: facts and attempts point at them. Unique in a program, never gone unseen, never re-used.

Roles, as the outline keeps them: `module`, `lesson`, `question <lesson>`, `answer <question>`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from diklat_lti.content.format import Identity
from diklat_lti.content.mistakes import Mistakes, Report
from diklat_lti.content.outline import Outline
from diklat_lti.errors import Sentence, say

Previous = Callable[[str], Outline | None]
"""A program's id → the outline of its last published version."""


@dataclass
class Register:
    mistakes: Mistakes
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, identity: Identity) -> None:
        if identity.key in self.places:
            first, line = self.places[identity.key]
            what = say(
                "The id “%(id)s” is used already, in %(file)s, line %(line)s.", id=identity.key, file=first, line=line
            )
            self.mistakes.of(file)(identity.line, what, say("Give each thing an id of its own."))
        else:
            self.places[identity.key] = (file, identity.line)
            self.roles[identity.key] = identity.role

    def compare(self, previous: Outline, retired: Collection[str], report: Report, line: int) -> None:
        """Against the last version. `report` and `line` are the place of `retired:`, for what is no longer here."""
        for key, what, mend in differences(self.roles, retired, previous):
            if key in self.places:
                file, place = self.places[key]
                self.mistakes.of(file)(place, what, mend)
            else:
                report(line, what, mend)

    def check_retired(self, retired: Collection[str], report: Report, line: int) -> None:
        for key in retired:
            if key in self.places:
                what = say("“%(id)s” is retired, but it is still in the program.", id=key)
                report(line, what, say("Remove one of the two."))


def differences(
    roles: Mapping[str, str], retired: Collection[str], previous: Outline
) -> Iterator[tuple[str, Sentence, Sentence]]:
    """Ids that were in the last version, and now are gone or name something else."""
    for key, role in previous.ids.items():
        if key not in roles and key not in retired:
            what = say("“%(id)s” was in the last version and is gone.", id=key)
            yield key, what, say("Bring it back, or add it to “retired” in program.yaml.")
        elif key in roles and roles[key] != role:
            what = say("“%(id)s” named something else in the last version.", id=key)
            yield key, what, say("Give this one a new id, and add the old one to “retired” in program.yaml.")
    for key in previous.retired:
        if key in roles:
            what = say("“%(id)s” was retired in an earlier version.", id=key)
            yield key, what, say("Give this one a new id.")
