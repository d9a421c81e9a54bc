"""The recordings of real Moodle sites: reading them, what pins them, and the comparison value by value."""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
KEPT = DATA / "moodle_recordings"
"""The few that the suite needs. MOODLE_RECORDINGS names the folder with all."""
PINS = DATA / "moodle_recordings.txt"
FOLDER = Path(os.environ.get("MOODLE_RECORDINGS") or KEPT)
VERSIONS = ("4.5.6", "5.1.3")
RANDOM = [
    (re.compile(r"(ltilaunch(?:_ContentItemSelectionRequest|\d+_))\d+"), r"\1#"),
    (re.compile(r'("launchid":)\d+'), r"\1#"),
    (re.compile(r'("hash":")[0-9a-f]{64}'), r"\1#"),
]
"""Numbers that a site draws by lot: they stand where they stand, in their shape."""


@dataclass(frozen=True)
class Recording:
    """One recorded exchange: where it lies, and what it says."""

    version: str
    file: str
    place: int
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.said.get("name") or self.said.get("step") or self.file)

    @property
    def where(self) -> str:
        return f"{self.version}/{self.file}#{self.place} {self.name}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()[:32]


def read(folder: Path, version: str) -> list[Recording]:
    """All exchanges of one release. A folder that is not there is an error, never an empty list."""
    files = sorted((folder / version).glob("*.json"))
    if not files:
        raise FileNotFoundError(f"no recordings of Moodle {version} in {folder}")
    found = []
    for file in files:
        said = json.loads(file.read_text())
        found += [Recording(version, file.stem, place, one) for place, one in _placed(said)]
    return found


def _placed(said: Any) -> list[tuple[int, dict[str, Any]]]:
    """A list as it was recorded, a single keyset, or, in the repository, some of a list by their places."""
    if isinstance(said, list):
        return list(enumerate(said))
    if "keys" in said:
        return [(0, said)]
    return [(int(place), one) for place, one in said.items()]


def pins() -> dict[str, tuple[str, bool]]:
    """where → digest, and whether it is kept in the repository."""
    found = {}
    for line in PINS.read_text().splitlines():
        digest, kept, where = line.split(" ", 2)
        found[where] = digest, kept == "kept"
    return found


def broken_pins(found: list[Recording], version: str, complete: bool) -> list[str]:
    """Altered ones, unknown ones, and those that should be here and are not."""
    known = {where: pin for where, pin in pins().items() if where.startswith(version)}
    here = {one.where: one.digest for one in found}
    wrong = [f"altered: {where}" for where, digest in here.items() if where in known and known[where][0] != digest]
    wrong += [f"unknown: {where}" for where in here if where not in known]
    return wrong + [
        f"missing: {where}" for where, (_, kept) in known.items() if (complete or kept) and where not in here
    ]


@dataclass(frozen=True)
class Excused:
    """Stands in our answer where a value is not compared; it says why."""

    reason: str


@dataclass
class Verdict:
    """found = equal + excused, and what differs."""

    equal: int = 0
    excused: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.equal += other.equal
        self.excused += other.excused
        self.different += other.different


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each single value; an empty list or object is a value too."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    deeper = False
    for key, one in inside:
        deeper = True
        yield from leaves(one, (*path, key))
    if not deeper:
        yield path


def compare(recorded: Any, ours: Any, path: str = "") -> Verdict:
    """Every value, with its type. What is there on one side only is a difference."""
    if isinstance(ours, Excused):
        return Verdict(excused=Counter({ours.reason: sum(1 for _ in leaves(recorded))}))
    found = Verdict()
    if isinstance(recorded, dict) and recorded and isinstance(ours, dict):
        for key in [*recorded, *(key for key in ours if key not in recorded)]:
            found.add(_side(recorded, ours, key, key in recorded, key in ours, path))
    elif isinstance(recorded, list) and recorded and isinstance(ours, list):
        for place in range(max(len(recorded), len(ours))):
            found.add(_side(recorded, ours, place, place < len(recorded), place < len(ours), path))
    elif _same(recorded, ours):
        found.equal = 1
    else:
        found.different.append(f"{path}: recorded {recorded!r:.200}, ours {ours!r:.200}")
    return found


def _side(recorded: Any, ours: Any, key: Any, is_theirs: bool, is_ours: bool, path: str) -> Verdict:
    if is_theirs and is_ours:
        return compare(recorded[key], ours[key], f"{path}/{key}")
    side, value = ("recorded", recorded[key]) if is_theirs else ("ours", ours[key])
    return Verdict(different=[f"{path}/{key}: only {side}: {value!r:.200}"])


def _same(recorded: Any, ours: Any) -> bool:
    if type(recorded) is not type(ours):
        return False
    return recorded == ours or (isinstance(recorded, str) and _masked(recorded) == _masked(ours))


def _masked(text: str) -> str:
    for pattern, shape in RANDOM:
        text = pattern.sub(shape, text)
    return text


def altered(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy of `value` in which the one value at `path` is another."""
    if not path:
        return _another(value)
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = altered(value[path[0]], path[1:])
    return changed


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + ("x" if not value.endswith("x") else "y")
    return [value]
