"""What a replay found, in words: found = equal + excused, each excuse with its reason; and everything that is wrong."""

from dataclasses import dataclass, field
from pathlib import Path

import replay_trial
from recordings import FOLDER, KEPT, VERSIONS, Recording, Verdict, broken_pins, read
from replay import Answered, replay


@dataclass
class Told:
    """`wrong` is empty where every exchange is there, unaltered, and answered as it was recorded."""

    answers: list[Answered] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    """As docs/demo-lms.md shows them."""
    wrong: list[str] = field(default_factory=list)


def tell(folder: Path = FOLDER, versions: tuple[str, ...] = VERSIONS) -> Told:
    """`folder` is the one with all recordings, or the few that the repository keeps."""
    told = Told()
    for version in versions:
        found = read(folder, version)
        if folder != KEPT:
            found += [one for one in read(KEPT, version) if one.file == replay_trial.FILE]
        told.wrong += broken_pins(found, version, complete=folder != KEPT)
        answers = everything(version, found)
        told.answers += answers
        left_out = {one.where for one in found} - {answered.recording.where for answered in answers}
        told.wrong += [f"not replayed: {where}" for where in sorted(left_out)]
        total = Verdict()
        for answered in answers:
            total.add(answered.verdict())
        told.wrong += total.different
        told.lines += _lines(version, answers, total)
        told.rows.append(_row(version, answers, total))
    return told


def everything(version: str, found: list[Recording]) -> list[Answered]:
    ours = [one for one in found if one.file == replay_trial.FILE]
    others = [one for one in found if one.file != replay_trial.FILE]
    return [*replay(version, others), *replay_trial.trial(version, {replay_trial.FILE: ours})]


def _counts(answers: list[Answered], total: Verdict) -> tuple[int, int, int, int, int, int]:
    """Exchanges and values: found = equal + excused."""
    partly = sum(1 for answered in answers if answered.verdict().excused)
    excused = sum(total.excused.values())
    found = total.equal + excused + len(total.different)
    return len(answers), len(answers) - partly, partly, found, total.equal, excused


def _row(version: str, answers: list[Answered], total: Verdict) -> str:
    return f"| {version} | " + " | ".join(f"{count:,}" for count in _counts(answers, total)) + " |"


def _lines(version: str, answers: list[Answered], total: Verdict) -> list[str]:
    exchanges, whole, partly, values, equal, excused = _counts(answers, total)
    different = f", {len(total.different)} DIFFERENT" if total.different else ""
    lines = [
        f"Moodle {version}: found {exchanges} exchanges = {whole} equal + {partly} excused in part",
        f"  found {values} values = {equal} equal + {excused} excused{different}",
    ]
    return lines + [f"    {many:4} {reason}" for reason, many in total.excused.most_common()]
