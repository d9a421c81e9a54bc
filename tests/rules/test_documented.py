"""The README lists every setting, command, path and format, and none that does not exist."""

import re
from pathlib import Path

import click

from diklat_lti.app import create_app
from diklat_lti.cli import main
from diklat_lti.content import FORMATS
from diklat_lti.settings import Settings
from diklat_lti.web.learn import routes as learn
from diklat_lti.web.lti import routes as lti

README = (Path(__file__).parents[2] / "README.md").read_text()


def listed(heading: str) -> list[str]:
    """The first column of the table below a heading, each `code` in it apart."""
    part = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [
        code for row in re.findall(r"^\| (`[^|]*) \|", part, re.MULTILINE) for code in re.findall(r"`([^`]*)`", row)
    ]


def commands(group: click.Command, name: str) -> set[str]:
    if not isinstance(group, click.Group):
        return {name}
    return {full for key, command in group.commands.items() for full in commands(command, f"{name} {key}")}


def covers(pattern: str, path: str) -> bool:
    """`/learn/{enrolment}/…` covers all below it; the names of blanks do not matter."""
    wanted, given = (re.sub(r"\{[^}]*\}", "{}", text) for text in (pattern, path))
    return given == wanted or (wanted.endswith("…") and f"{given}/".startswith(wanted.removesuffix("…")))


def test_every_setting_is_listed_and_no_other() -> None:
    assert sorted(listed("Settings")) == sorted(f"DIKLAT_{name}".upper() for name in Settings.model_fields)


def test_every_command_is_listed_and_no_other() -> None:
    assert {row.split(" [")[0].split(" <")[0] for row in listed("Commands")} == commands(main, "diklat-lti")


def test_every_option_of_a_command_is_listed() -> None:
    rows = "\n".join(listed("Commands"))
    for name in commands(main, "diklat-lti"):
        command: click.Command = main
        for key in name.split()[1:]:
            assert isinstance(command, click.Group)
            command = command.commands[key]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert any(row.startswith(name) and parameter.opts[0] in row for row in rows.split("\n")), (
                    name,
                    parameter.opts,
                )


def test_every_path_is_listed_and_no_other(settings: Settings) -> None:
    hot = [route.path for route in (*lti.HOT_ROUTES, *learn.HOT_ROUTES)]
    paths = [*create_app(settings).openapi()["paths"], *hot]
    patterns = listed("Paths")
    assert [path for path in paths if not any(covers(pattern, path) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(covers(pattern, path) for path in paths)] == []


def test_every_format_of_content_is_listed_and_no_other() -> None:
    assert sorted(listed("Formats")) == sorted(FORMATS)
