"""The help of the commands teaches, in the order one needs it, and answers at once; so does the Tab key."""

import inspect
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from diklat_lti.cli import main

HEAVY = {"fastapi", "sqlalchemy", "pylti1p3", "pydantic", "alembic", "babel", "cryptography", "requests", "uvicorn"}
LOOK = """
import sys
from diklat_lti.cli import main
try:
    main({words!r})
finally:
    sys.stderr.write(" ".join(sorted(set(sys.modules) & {heavy!r})))
"""


def every_command(group: click.Group = main, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *above, name)
        else:
            yield (*above, name), command


COMMANDS = dict(every_command())


def parse(words: list[str]) -> None:
    """As the command would read them; a wrong word raises."""
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def examples(command: click.Command) -> list[str]:
    """Lines that begin as one would type them, those that end with a backslash joined with the next."""
    text = inspect.cleandoc(command.help or "").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("  diklat-lti")]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["platform", "invite", "--help"], ["serve", "--help"]])
def test_help_brings_nothing_heavy_with_it(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOOK.format(words=words, heavy=HEAVY)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_what_a_command_brings_with_it_would_be_seen() -> None:
    words = ["program", "check", "."]
    done = subprocess.run([sys.executable, "-c", LOOK.format(words=words, heavy=HEAVY)], capture_output=True, text=True)
    assert done.stderr.endswith("pydantic")


def test_the_first_help_names_every_command_in_the_order_one_needs_them() -> None:
    said = CliRunner().invoke(main, ["--help"]).stdout
    listed = [line.split()[0] for line in said.split("Commands:\n")[1].splitlines()]
    assert listed == ["demo", "migrate", "platform", "serve", "worker", "program", "centre", "grades", "keys", "doctor"]
    steps = ["diklat-lti demo", "diklat-lti migrate", "diklat-lti platform invite", "diklat-lti serve"]
    assert sorted(steps, key=said.index) == steps


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_is_for_and_its_example_is_one(
    name: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = COMMANDS[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "programs" / "p2k2").mkdir(parents=True)
    assert not command.get_short_help_str(100).endswith("...")
    found = examples(command)
    assert found
    for line in found:
        assert line.startswith(f"diklat-lti {' '.join(name)}")
        parse(shlex.split(line)[1:])


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is(name: tuple[str, ...]) -> None:
    silent = [p.opts[0] for p in COMMANDS[name].params if isinstance(p, click.Option) and not p.help]
    assert silent == []


def test_a_wrong_example_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        parse(["serve", "--doors", "2"])


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("diklat-lti p", ["platform", "program"]),
        ("diklat-lti platform in", ["invite", "invites"]),
        ("diklat-lti serve --w", ["--workers"]),
    ],
)
def test_the_tab_key_completes_commands_and_options(typed: str, offered: list[str]) -> None:
    asked = {"_DIKLAT_LTI_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    command = Path(sys.executable).with_name("diklat-lti")
    done = subprocess.run([command], env=os.environ | asked, capture_output=True, text=True, check=True)
    assert [line.split(",")[1] for line in done.stdout.splitlines()] == offered
