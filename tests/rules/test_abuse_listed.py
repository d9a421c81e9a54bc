"""docs/security.md lists each case of abuse with its guard and its test; the table and the tests agree."""

import re
from collections import Counter
from functools import reduce
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| `([^`|]+)` \| `(test_abuse_\w+)` \|$", re.MULTILINE)
TEST = re.compile(r"^def (test_abuse_\d{3}_\w+)\(", re.MULTILINE)
MOST_OF_A_GUARD = 5


def rows() -> list[tuple[str, str, str, str]]:
    part = (ROOT / "docs" / "security.md").read_text("utf-8").split("\n## Abuse, case by case\n", 1)[1]
    return ROW.findall(part.split("\n## ", 1)[0])


def named() -> list[str]:
    found = [TEST.findall(file.read_text("utf-8")) for file in (ROOT / "tests" / "sweeps").glob("test_abuse_*.py")]
    return sorted(name for names in found for name in names)


def test_every_case_of_abuse_is_listed_with_its_test_and_no_other() -> None:
    assert sorted(test for _, _, _, test in rows()) == named()
    assert [int(number) for number, *_ in rows()] == list(range(1, len(named()) + 1))
    for number, case, _, test in rows():
        assert test == f"test_abuse_{int(number):03d}_{case.replace(' ', '_')}"


def test_there_are_more_than_80_cases_and_at_most_five_share_a_guard() -> None:
    guards = Counter(guard for _, _, guard, _ in rows())
    assert len(rows()) >= 80
    assert {guard: number for guard, number in guards.items() if number > MOST_OF_A_GUARD} == {}


def test_every_guard_is_a_place_in_the_code() -> None:
    for guard in {guard for _, _, guard, _ in rows()}:
        module, *names = guard.split(".")
        assert reduce(getattr, names, import_module("diklat_lti." + module.replace("/", "."))) is not None, guard
