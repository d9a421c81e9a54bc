"""YAML as plain text values with the line of each: no guessed types, no aliases, no key twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from diklat_lti.content.mistakes import Report
from diklat_lti.errors import say

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    data: Any
    lines: dict[Loc, int]

    def line(self, loc: Loc) -> int:
        """The line of that value, or of the nearest thing around it that is there."""
        while loc not in self.lines:
            loc = loc[:-1]
        return self.lines[loc]


def read(text: str, report: Report, first_line: int = 1) -> Document | None:
    """None if it cannot be read at all; then `report` was told why."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        report(
            line, say("This is not YAML: %(why)s.", why=error.problem), say("Look at the indentation and quotes here.")
        )
        return None
    except (yaml.YAMLError, RecursionError):
        report(first_line, say("This file cannot be read as YAML."), say("Write it again as plain text."))
        return None
    reader = _Reader(report, first_line)
    data = {} if node is None else reader.value(node, ())
    return Document(data, {(): first_line, **reader.lines})


class _Reader:
    def __init__(self, report: Report, first_line: int) -> None:
        self.report = report
        self.first_line = first_line
        self.lines: dict[Loc, int] = {}
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        self.lines.setdefault(loc, self.line(node))
        if id(node) in self.seen:
            # An alias is the same node again; expanded, a few lines of them would fill the memory.
            self.report(
                self.line(node), say("Aliases (&, *) are not used here."), say("Write the value out each time.")
            )
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self.pairs(node, loc))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, place)) for place, item in enumerate(node.value)]
        return self.scalar(node)

    def scalar(self, node: yaml.Node) -> str | None:
        """Always text, whatever it looks like; shapes say what it means. Nothing behind the colon is None."""
        assert isinstance(node, yaml.ScalarNode), "a node is a mapping, a sequence or a scalar"
        return None if node.value == "" and node.style is None else str(node.value)

    def pairs(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, Any]]:
        keys = set()
        for key_node, value_node in node.value:
            line = self.line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.report(line, say("A name must be one word."), say("Write it as “name: value”."))
            elif key_node.value in keys:
                what = say("“%(name)s” is here for the second time.", name=key_node.value)
                self.report(line, what, say("Keep one of the two."))
            else:
                keys.add(key_node.value)
                self.lines[(*loc, key_node.value)] = line
                yield key_node.value, self.value(value_node, (*loc, key_node.value))

    def line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)
