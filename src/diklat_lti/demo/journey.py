"""`demo --check`: the whole journey without a browser, a line per step; says at which step it broke and why."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, create_engine, text
from sqlalchemy.engine import make_url

from diklat_lti import settings
from diklat_lti.content import samples
from diklat_lti.demo import learning, steps
from diklat_lti.demo.browser import Broken
from diklat_lti.demo.processes import Places, command, free_port, running
from diklat_lti.demo.steps import Journey

T = TypeVar("T")
Echo = Callable[[str], object]
ARRIVES = 60.0
"""Seconds within which the grade must stand in the gradebook."""


def walk(echo: Echo) -> int:
    """0: everything works. 1: the last line says at which step it broke, and why."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="diklat-check-") as folder, _database(Path(folder), echo) as url:
            places = Places(Path(folder), free_port(), free_port(), url)
            for name, said in _steps(places):
                echo(f"{time.monotonic() - began:5.1f} s  ok  {name}: {said}")
    except Broken as broken:
        echo(f"{time.monotonic() - began:5.1f} s  BROKEN  {broken}")
        return 1
    echo(f"{time.monotonic() - began:5.1f} s  the whole journey works")
    return 0


def _steps(places: Places) -> Iterator[tuple[str, str]]:
    yield "migrate", command(places, "migrate")
    command(places, "centre", "add", "Lembaga contoh")
    yield "program", command(places, "program", "import", str(samples.path("p2k2")))
    invite = command(places, "platform", "invite", "--name", "LMS contoh")
    yield "invite", invite.split("?")[0]
    with running(places):
        yield "processes", f"tool {places.tool}, LMS {places.lms}, worker"
        journey = Journey(places.tool, places.lms, invite)
        for step in (steps.register, steps.activate, steps.offer, steps.add):
            yield step.__name__, _named(step.__name__, step, journey)
        home = _named("launch", steps.launch, journey)
        yield "launch", home.headings[0]
        for line in learning.learn(journey.browser(steps.LEARNER), home):
            yield "learn", line
        yield "grade", f"{_arrived(journey)} in the gradebook"


def _named(name: str, step: Callable[[Journey], T], journey: Journey) -> T:
    try:
        return step(journey)
    except Broken as broken:
        raise Broken(f"{name}: {broken}") from broken


def _arrived(journey: Journey) -> str:
    until = time.monotonic() + ARRIVES
    while time.monotonic() < until:
        if number := steps.grade(journey):
            if number.replace(",", ".") not in ("100", "100.00"):
                raise Broken(f"grade: the gradebook shows {number}, and every answer was right")
            return number
        time.sleep(0.25)
    raise Broken(f"grade: nothing in the gradebook after {ARRIVES:.0f} seconds; see diklat-lti grades pending|failed")


@contextmanager
def _database(folder: Path, echo: Echo) -> Iterator[str]:
    """An empty place in the very database that is configured; a temporary file if none is."""
    configured = settings.configured_database()
    if configured is None:
        echo("In a temporary SQLite database.")
        yield f"sqlite:///{folder / 'check.db'}"
    elif configured.startswith("sqlite"):
        file = Path(make_url(configured).database or "diklat.db").with_name(f"diklat-check-{secrets.token_hex(4)}.db")
        file.parent.mkdir(parents=True, exist_ok=True)
        echo(f"In an empty SQLite file beside {make_url(configured).database}.")
        try:
            yield f"sqlite:///{file}"
        finally:
            for left in file.parent.glob(f"{file.name}*"):
                left.unlink()
    else:
        with _schema(make_url(configured), echo) as url:
            yield url


@contextmanager
def _schema(url: URL, echo: Echo) -> Iterator[str]:
    name = f"diklat_check_{secrets.token_hex(4)}"
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        echo(f"In the empty schema {name} of {url.render_as_string(hide_password=True)}.")
        options = f"{url.query.get('options', '')} -csearch_path={name}".strip()
        yield url.update_query_dict({"options": options}).render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()
