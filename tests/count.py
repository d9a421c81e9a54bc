"""Fails unless both engines ran the same tests and none was skipped or expected to fail. Reads .ci/run's reports."""

import sys
from pathlib import Path
from xml.etree import ElementTree

ON_BOTH = ("tests.rooms.", "tests.journeys.")
"""Rules know no database: they run once. Sweeps meet PostgreSQL in `make prove`."""


def ran(report: Path) -> set[str]:
    """The names of all tests in it; a test that did not simply pass ends the run with its name."""
    cases = {}
    for case in ElementTree.parse(report).iter("testcase"):  # written by our own pytest
        cases[f"{case.get('classname')}.{case.get('name')}"] = [child.tag for child in case]
    if unwell := [name for name, tags in cases.items() if {"skipped", "failure", "error"} & set(tags)]:
        sys.exit(f"{report.name}: not simply passed: {', '.join(unwell)}")
    return set(cases)


def main(folder: Path) -> None:
    names = ("sqlite", "postgresql", "sweeps", "browser")
    sqlite, postgresql, sweeps, browser = (ran(folder / f"{name}.xml") for name in names)
    twice = {name for name in sqlite if name.startswith(ON_BOTH)}
    if odd := twice ^ postgresql:
        sys.exit(f"ran on one engine only: {', '.join(sorted(odd))}")
    if not (twice and sweeps and browser):
        sys.exit("a whole shelf of tests is missing")
    rules = len(sqlite) - len(twice)
    print(f"{rules} rules, {len(twice)} on each engine, {len(sweeps)} sweeps, {len(browser)} in the browser")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
