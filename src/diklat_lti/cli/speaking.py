"""What every command shares: help in a useful order, one line for what went wrong, the database opened, rows as lines or JSON.

What is heavy (database, web, cryptography) is imported by the command that runs, so that help and the Tab key answer at once.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from diklat_lti.clock import Clock
from diklat_lti.errors import Kind, Problem, say

if TYPE_CHECKING:
    from diklat_lti.database import Database
    from diklat_lti.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


WRONG_USE = 2


class InOrder(click.Group):
    """Lists its commands in the order in which somebody needs them, not by the alphabet."""

    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class Spoken(click.ClickException):
    """A problem as one line on stderr: what happened, and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.sentence} {problem.advice or ''}".rstrip())
        if problem.reason == "wrong_setting":
            self.exit_code = WRONG_USE  # type: ignore[misc] # click declares it for the class and reads it here


def spoken(command: Callable[P, R]) -> Callable[P, R]:
    """No traceback reaches an operator for what an operator can mend."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            raise Spoken(problem) from problem
        except Exception as error:
            if (trouble := _database_trouble(error)) is None:
                raise
            raise Spoken(trouble) from error

    return wrapper


def _database_trouble(error: Exception) -> Problem | None:
    from sqlalchemy.exc import OperationalError, ProgrammingError

    if not isinstance(error, OperationalError | ProgrammingError):
        return None
    missing = "no such table" in str(error) or "does not exist" in str(error)
    if missing:
        return Problem(
            Kind.UNAVAILABLE, "not_migrated", say("The database is not migrated."), say("Run: diklat-lti migrate")
        )
    return Problem(
        Kind.UNAVAILABLE,
        "no_database",
        say("The database does not answer."),
        say("Check DIKLAT_DATABASE_URL, and that the server runs."),
    )


@contextmanager
def opened() -> "Iterator[tuple[Settings, Database, datetime]]":
    """Settings, database and the time, for one command."""
    from diklat_lti import settings
    from diklat_lti.database import Database

    chosen = settings.load()
    db = Database(chosen.database_url)
    try:
        yield chosen, db, Clock().real_now()
    finally:
        db.dispose()


def show(rows: list[Any], as_json: bool, line: Callable[[Any], str]) -> None:
    if as_json:
        plain = [asdict(row) if is_dataclass(row) and not isinstance(row, type) else row for row in rows]
        click.echo(json.dumps(plain, default=str, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo(line(row))
