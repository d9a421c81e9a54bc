"""Everything that a browser journey plays on: the tool on localhost, the demo LMS on 127.0.0.1, and a list of what was shown."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from fastapi.responses import HTMLResponse
from sqlalchemy import select, update

from diklat_lti.app import create_app
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.lti.registration import invites
from diklat_lti.models import Person
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from diklat_lti.web import pages
from diklat_lti.worker import Worker
from live import free_port, live_app

NOBODY = "nobody"
"""Whoever looks at a page without a session: a site administrator at the registration, somebody signed out."""


class ShiftedClock(Clock):
    """The training's clock runs, from wherever a test puts it."""

    def shift_by(self, shift: timedelta) -> None:
        self.__dict__["shift"] = shift


@dataclass
class Stage:
    tool: str
    lms: RunningLms
    db: Database
    settings: Settings
    clock: ShiftedClock
    shown: dict[str, set[str]] = field(default_factory=dict)
    """template → the given names of those who saw it."""
    stripped: set[str] = field(default_factory=set)
    """What of each cookie does not reach the browser: an attribute's name, or "all"."""

    def invite(self) -> str:
        with self.db.write() as session:
            token = invites.invite(session, "LMS contoh", None, None, self.clock.real_now())
        return f"{self.tool}/lti/register?invite={token}"

    def work(self) -> None:
        """What the worker finds to do now."""
        Worker(self.db, self.settings, self.clock).run_once()

    def change(self, table: Any, **columns: Any) -> None:
        """Behind everybody's back: what no page of this version can bring about."""
        with self.db.write() as session:
            session.execute(update(table).values(**columns))

    def saw(self, template: str, viewer: Any) -> None:
        with self.db.read() as session:
            name = viewer and session.scalar(select(Person.name).where(Person.id == viewer.person_id))
        self.shown.setdefault(template, set()).add(str(name).split()[0] if name else NOBODY)


class Cookies:
    """Stands before the tool as a browser of another age or temper would: it loses what is named in `stripped`."""

    def __init__(self, app: Any, stripped: set[str]) -> None:
        self.app = app
        self.stripped = stripped

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if self.stripped and message["type"] == "http.response.start":
                message["headers"] = [header for header in map(self.kept, message["headers"]) if header]
            await send(message)

        await self.app(scope, receive, sending)

    def kept(self, header: tuple[bytes, bytes]) -> tuple[bytes, bytes] | None:
        name, value = header
        if name.lower() != b"set-cookie":
            return header
        parts = [part for part in value.decode().split("; ") if part not in self.stripped]
        return None if "all" in self.stripped else (name, "; ".join(parts).encode())


@contextmanager
def open_stage(db: Database, settings: Settings, watching: pytest.MonkeyPatch) -> Iterator[Stage]:
    """No program is installed and no LMS registered."""
    port, clock = free_port(), ShiftedClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with db.write() as session:
        regions.load_shipped(session)
    with running_lms() as lms:
        stage = Stage(settings.public_url, lms, db, settings, clock)
        real = pages.render

        def render(request: Any, template: str, *rest: Any, **values: Any) -> HTMLResponse:
            stage.saw(template, pages.viewer_of(request))
            return real(request, template, *rest, **values)

        watching.setattr(pages, "render", render)
        app = create_app(settings, clock, db)
        with live_app(Cookies(app, stage.stripped), port=port):
            yield stage
