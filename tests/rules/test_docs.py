"""The tables of docs/ say what the code says: grades, refusals, the demo LMS; every test they name is there."""

import re
from pathlib import Path

import click
import pytest

from diklat_lti.cli import main
from diklat_lti.gradebook import answers
from diklat_lti.gradebook.reasons import REASONS
from diklat_lti.settings import Settings
from diklat_lti.web import help as guides

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BODIES = {"empty": "empty", "list": "`[]`", "object": "JSON object", "html": "HTML", "other": "other"}
TESTS = frozenset(
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
)
PAGES = sorted([*DOCS.rglob("*.md"), *guides.FOLDER.glob("*.md")])
DOOR = range(1, 33)
"""The cases of launches that must be refused, or let in."""
DECISIONS = sorted(file for file in (DOCS / "decisions").glob("*.md") if file.name != "index.md")
PARTS = ("Context", "Alternatives", "Decision", "Consequences")
ONE_PAGE = 45
"""Lines."""
PLUG = 25_000
"""Bytes of a picture of the way into a Moodle: fourteen of them are one page."""


def statuses(row: answers.Row) -> str:
    if not isinstance(row.statuses, range):
        return ", ".join(str(status) for status in row.statuses)  # type: ignore[attr-defined]
    return "anything else" if row.statuses == range(1000) else f"{row.statuses.start} to {row.statuses.stop - 1}"


def lines_of(table: tuple[answers.Row, ...]) -> str:
    """As docs/grades.md shows it."""
    lines = []
    for row in table:
        bodies = [body for body in answers.Body if body in row.bodies]
        said = "any" if tuple(bodies) == answers.ANY else ", ".join(BODIES[body] for body in bodies)
        last = f"; then `{row.last_reason}`" if row.last_reason else ""
        lines.append(f"| {statuses(row)} | {said} | {row.meaning} | `{row.reason}`{last} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("table", [answers.SCORES, answers.READING], ids=["scores", "reading"])
def test_the_table_of_a_platforms_answers_is_the_codes(table: tuple[answers.Row, ...]) -> None:
    heading = "| status | body | meaning | reason |\n|---|---|---|---|\n"
    assert heading + lines_of(table) + "\n" in (DOCS / "grades.md").read_text()


def test_every_reason_that_people_read_is_in_the_table_of_reasons() -> None:
    lines = [f"| `{word}` | {r.sentence.text} | {r.advice.text if r.advice else '–'} |" for word, r in REASONS.items()]
    assert "\n".join(lines) in (DOCS / "grades.md").read_text()


def test_every_case_at_the_door_stands_in_its_row_of_the_table_of_refusals() -> None:
    part = (DOCS / "security.md").read_text().split("\n## Refusals, case by case\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\d+) \| .+? \| (.+) \|$", part, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(DOOR)
    for number, named in rows:
        assert set(re.findall(r"`(\w+)`", named)) == {
            name for name in TESTS if re.match(rf"test_case_{number}[a-z]?_", name)
        }


@pytest.mark.parametrize("file", sorted(DOCS.rglob("*.md")), ids=lambda file: file.name)
def test_every_test_that_a_document_names_is_there(file: Path) -> None:
    assert set(re.findall(r"`(test_\w+)`", file.read_text())) - TESTS == set()


def test_every_document_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    assert [file.name for file in DOCS.glob("*.md") if file.name not in index and file.name != "index.md"] == []


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.name)
def test_a_decision_says_its_context_its_alternatives_and_its_consequences_on_one_page(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert [line for line in lines if line.startswith("## ")] == [f"## {part}" for part in PARTS]
    assert len(lines) <= ONE_PAGE


@pytest.mark.parametrize("page", ["decisions/index.md", "how-it-works.md"])
def test_every_decision_stands_in_the_lists_by_its_title(page: str) -> None:
    listed = (DOCS / page).read_text()
    titles = {file.name: file.read_text().splitlines()[0].removeprefix("# ") for file in DECISIONS}
    assert [name for name, title in titles.items() if not re.search(rf"\[{title}\]\([a-z/]*{name}\)", listed)] == []


@pytest.mark.parametrize(("page", "folder"), [("plug-into-moodle.md", "plug"), ("moodle.md", "moodle-pictures")])
def test_pictures_of_a_moodle_are_small_and_each_is_shown_with_words(page: str, folder: str) -> None:
    text = (DOCS / page).read_text()
    pictures = sorted((DOCS / folder).iterdir())
    assert [picture.name for picture in pictures if picture.stat().st_size > PLUG] == []
    named = {picture.name for picture in pictures}
    assert set(re.findall(rf"!\[\w[^]]+\]\({folder}/([^)]+)\)", text)) == named


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_every_command_and_setting_that_a_document_names_is_there(file: Path) -> None:
    text = file.read_text()
    assert [
        words for words in re.findall(r"diklat-lti ((?:[a-z]+(?:-[a-z]+)* ?)+)", text) if not is_command(words.split())
    ] == []
    assert set(re.findall(r"(?<!_)DIKLAT_\w+", text)) <= {f"DIKLAT_{name}".upper() for name in Settings.model_fields}


def is_command(words: list[str]) -> bool:
    """Whether the words begin with one, whatever stands behind it."""
    command: click.Command | None = main
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.commands.get(word)
    return command is not None


def test_a_command_that_does_not_exist_would_be_seen() -> None:
    assert is_command(["grades", "retry"])
    assert not is_command(["backup", "now"])
