"""Which tests reach which line, and how long each takes: one run of the whole suite with coverage's contexts."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from coverage import CoverageData
from mutants import Mutant

SHELVES = ("tests/rules", "tests/rooms", "tests/journeys", "tests/sweeps")


@dataclass(frozen=True)
class Reached:
    """Of one tree: file → line → the tests that ran it; test → its seconds."""

    lines: dict[str, dict[int, frozenset[str]]]
    seconds: dict[str, float]

    def by(self, mutant: Mutant) -> frozenset[str]:
        """The tests that ran the broken line; for what is read at import or runs once, those that ran anything of its file."""
        lines = self.lines.get(mutant.file, {})
        span = range(mutant.statement, mutant.line + mutant.before.count("\n") + 1)
        own = [lines[number] for number in reversed(span) if number in lines]
        if own and (mutant.is_remembered or not own[0]):
            return frozenset().union(*lines.values())
        return own[0] if own else frozenset()


def files(folder: Path) -> tuple[Path, Path]:
    return folder / "reach.xml", folder / "reach.coverage"


def look(tree: Path, folder: Path) -> Reached:
    """Runs everything once, as it is, and leaves its tests compiled. A test that fails already would kill every mutant."""
    report, data = files(folder)
    settings = {"COVERAGE_FILE": str(data), "PYTHONDONTWRITEBYTECODE": ""}
    command = ["-q", "-n", "2", "-p", "no:cacheprovider", "--cov=diklat_lti", "--cov-context=test", "--cov-report="]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *command, "--cov-fail-under=0", f"--junitxml={report}", *SHELVES],
        cwd=tree, env=environment(tree) | settings, capture_output=True, text=True,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(f"the tests fail before anything is broken:\n{run.stdout[-4000:]}")
    return read(tree, report, data)


def environment(tree: Path) -> dict[str, str]:
    """Processes that a test starts shall meet the same tree."""
    return {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}


def read(tree: Path, report: Path, data: Path) -> Reached:
    found = CoverageData(str(data))
    found.read()
    lines = {}
    for file in found.measured_files():
        if Path(file).is_relative_to(tree):
            by_line = found.contexts_by_lineno(file)
            lines[str(Path(file).relative_to(tree))] = {line: _tests(names) for line, names in by_line.items()}
    return Reached(lines, _seconds(report))


def _tests(contexts: Iterable[str]) -> frozenset[str]:
    return frozenset(name.rpartition("|")[0] for name in contexts if name)


def _seconds(report: Path) -> dict[str, float]:
    cases = ElementTree.parse(report).iter("testcase")  # written by our own pytest
    return {f"{c.get('classname', '').replace('.', '/')}.py::{c.get('name')}": float(c.get("time", 0)) for c in cases}


class Chosen:
    """A pytest plug-in: these tests alone, in this order."""

    def __init__(self, names: list[str]) -> None:
        self.place = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.place), key=lambda item: self.place[item.nodeid])


def run(tree: Path, names: list[str]) -> int:
    """In this very process: pytest over the chosen tests of a tree, until one fails. 0: all passed."""
    os.chdir(tree)
    os.environ.update(environment(tree) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(tree / "src"))
    import pytest

    files = list(dict.fromkeys(name.split("::")[0] for name in names))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutants"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # libraries were read before pytest began
    return int(pytest.main([*options, *files], plugins=[Chosen(names)]))
