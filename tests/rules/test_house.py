"""The house keeps its shape: you only walk down, few know the outside world, files and functions stay small."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "diklat_lti"
STAIRCASE = (
    {"app", "cli", "__main__"},
    {"web", "worker", "demo"},
    {"reports"},
    {"field"},
    {"gradebook"},
    {"lti"},
    {"training"},
    {"content"},
    {"models"},
    {"database", "postgresql", "sqlite", "settings", "clock", "errors", "languages", "logs", "migrations", "__init__"},
)
ONE_ROOM = (STAIRCASE[0], STAIRCASE[-1])
"""Steps whose files are one room; elsewhere a file does not look into the room beside it."""
ONLY = {
    "fastapi": {"web", "demo", "app"},
    "starlette": {"web", "demo", "app"},
    "pylti1p3": {"lti"},
    "requests": {"lti", "demo"},
}
NEVER = re.compile(r"TO[D]O|FIX[M]E|mark\.[s]kip|pytest\.[s]kip|[i]mportorskip|[x]fail|no [c]over")
"""In brackets, or this file would find itself."""
SOURCES = sorted(HOUSE.rglob("*.py"))
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]
TEXTS = [*ALL, *(file for end in ("html", "css", "js", "po") for file in sorted(HOUSE.rglob(f"*.{end}")))]


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names, so that `from diklat_lti.lti import ags` counts as diklat_lti.lti.ags."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def may_import(room: str, other: str) -> bool:
    step, below = (next(n for n, names in enumerate(STAIRCASE) if name in names) for name in (room, other))
    return room == other or below > step or (below == step and STAIRCASE[step] in ONE_ROOM)


def strays(room: str, source: str, file: str = "") -> list[str]:
    found = []
    for name in imports(ast.parse(source)):
        top, _, rest = name.partition(".")
        if top == "diklat_lti":
            other = rest.split(".")[0]
            other = other if any(other in names for names in STAIRCASE) else "__init__"  # such as __version__
            if not may_import(room, other):
                found.append(f"{file}: {room} imports {name}")
        elif room not in ONLY.get(top, {room}):
            found.append(f"{file}: {room} imports {name}")
    return found


def test_a_file_imports_only_from_its_own_room_or_a_lower_step() -> None:
    assert [line for file in SOURCES for line in strays(room_of(file), file.read_text(), file.name)] == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("training", "from diklat_lti import lti"),
        ("training", "from diklat_lti.gradebook import outbox"),
        ("web", "import diklat_lti.demo.runner"),
        ("content", "def late():\n    from diklat_lti.training import state"),
        ("gradebook", "from fastapi import FastAPI"),
        ("web", "import requests"),
        ("demo", "from pylti1p3.exception import LtiException"),
        ("settings", "from diklat_lti.models import Person"),
    ],
)
def test_a_planted_upward_import_is_seen(room: str, line: str) -> None:
    assert len(strays(room, line)) == 1


def test_the_demo_lms_shares_nothing_with_the_tool_it_tests() -> None:
    forbidden = tuple(f"diklat_lti.{room}" for room in ("lti", "gradebook", "training", "web", "content", "models"))
    found = [
        f"{file.name} imports {name}"
        for file in (HOUSE / "demo" / "lms").rglob("*.py")
        for name in imports(ast.parse(file.read_text()))
        if name.startswith(forbidden)
    ]
    assert not found, "\n".join(found)


def test_files_and_functions_stay_small() -> None:
    files = [f"{file.name}: {n}" for file in ALL if (n := len(file.read_text().splitlines())) > 400 and by_hand(file)]
    functions = [
        f"{file.name}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for file in ALL
        if by_hand(file)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 50
    ]
    assert files + functions == []


def by_hand(file: Path) -> bool:
    """Revisions are written once, from the models, and never grow."""
    return file.parent.name != "versions"


def test_every_file_says_its_subject_first() -> None:
    silent = [str(file) for file in ALL if not file.read_text().startswith('"""')]
    assert not silent, "\n".join(silent)


def test_nothing_is_put_off_and_no_test_is_left_out() -> None:
    found = [f"{file.name}: {hit[0]}" for file in TEXTS if (hit := NEVER.search(file.read_text()))]
    assert not found, "\n".join(found)


def test_only_the_settings_read_the_environment() -> None:
    readers = [file.name for file in SOURCES if re.search(r"os\.environ|getenv", file.read_text())]
    assert [name for name in readers if name != "settings.py"] == []
