"""What a replay found, in words: found = equal + excused, each excuse with its reason; and everything that is wrong."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from recordings import FOLDER, KEPT, VERSIONS, Verdict, broken_pins, read
from replay import Answered, replay


@dataclass
class Told:
    """`wrong` is empty where every exchange is there, unaltered, and answered as it was recorded."""

    answers: list[Answered] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def tell(folder: Path = FOLDER, versions: tuple[str, ...] = VERSIONS) -> Told:
    """`folder` is the one with all recordings, or the few that the repository keeps."""
    told = Told()
    for version in versions:
        found = read(folder, version)
        told.wrong += broken_pins(found, version, complete=folder != KEPT)
        answers = replay(version, found)
        told.answers += answers
        left_out = {one.where for one in found} - {answered.recording.where for answered in answers}
        told.wrong += [f"not replayed: {where}" for where in sorted(left_out)]
        total = Verdict()
        for answered in answers:
            total.add(answered.verdict())
        told.wrong += total.different
        told.lines += _lines(version, answers, total)
    return told


def _lines(version: str, answers: list[Answered], total: Verdict) -> list[str]:
    excused = sum(1 for answered in answers if answered.verdict().excused)
    values = total.equal + sum(total.excused.values()) + len(total.different)
    lines = [
        f"Moodle {version}: found {len(answers)} exchanges = {len(answers) - excused} equal + {excused} excused in part",
        f"  found {values} values = {total.equal} equal + {sum(total.excused.values())} excused"
        + (f", {len(total.different)} DIFFERENT" if total.different else ""),
    ]
    return lines + [f"    {many:4} {reason}" for reason, many in Counter(total.excused).most_common()]
