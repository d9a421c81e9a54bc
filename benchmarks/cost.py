"""What a process tree has cost: user and system seconds from /proc, ended children included."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int | None) -> float:
    """Of the process `root` and all below it; 0 for none."""
    if root is None:
        return 0.0
    stats = _stats()
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[1]), []).append(pid)
    ticks, left = 0, [root]
    while left:
        pid = left.pop()
        left += children.get(pid, [])
        ticks += sum(map(int, stats[pid][11:15])) if pid in stats else 0
    return ticks / TICKS


def _stats() -> dict[int, list[str]]:
    """The fields behind a process's name, which may hold anything."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
    return found
