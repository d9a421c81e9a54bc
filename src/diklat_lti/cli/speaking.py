"""What every command shares: one line for what went wrong, the database opened for it, rows as lines or JSON."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from diklat_lti import languages, settings
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


WRONG_USE = 2


class Spoken(click.ClickException):
    """A problem as one line on stderr: what happened, and what to do."""

    def __init__(self, problem: Problem) -> None:
        advice = f" {languages.translate(problem.advice, 'en')}" if problem.advice else ""
        super().__init__(languages.translate(problem.sentence, "en") + advice)
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
        except (OperationalError, ProgrammingError) as error:
            raise Spoken(_database_trouble(error)) from error

    return wrapper


def _database_trouble(error: Exception) -> Problem:
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
def opened() -> Iterator[tuple[Settings, Database, datetime]]:
    """Settings, database and the time, for one command."""
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
