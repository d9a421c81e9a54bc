"""What a route is given: the visit, with its sessions, its clocks and who is looking. Nothing here costs a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from diklat_lti.clock import Clock
from diklat_lti.database import Database, Reading, ReadSession, WriteSession
from diklat_lti.lti import tickets
from diklat_lti.settings import Settings
from diklat_lti.web import cookies, device, language_before, pages, session, viewer
from diklat_lti.web.viewer import Viewer


class Visit:
    """One request, from inside a synchronous route: `with visit.read() as (session, viewer): …`.

    Both blocks end before the route answers, so what was written is committed before the browser hears of it.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.settings: Settings = request.app.state.settings
        self.db: Database = request.app.state.db
        self.clock: Clock = request.app.state.clock

    @property
    def now(self) -> datetime:
        """The training's clock: windows, facts, decisions."""
        return self.clock.training_now()

    @property
    def real_now(self) -> datetime:
        """The protocol's clock: tokens, sessions, retries."""
        return self.clock.real_now()

    @contextmanager
    def see(self) -> Iterator[tuple[Connection, Viewer]]:
        """For GET, on the connection alone. Launches that came side by side join the session first, in a short
        transaction of their own."""
        with self.db.reader.connect() as reading:
            if (who := self._seen_at_once(reading)) is not None:
                yield reading, who
                return
        self._join()
        with self.db.reader.connect() as reading:
            yield reading, self._look(reading)

    @contextmanager
    def read(self) -> Iterator[tuple[ReadSession, Viewer]]:
        """For GET, with a session of the ORM."""
        with self.see() as (connection, who), self.db.read(connection) as reading:
            yield reading, who

    @contextmanager
    def write(self) -> Iterator[tuple[WriteSession, Viewer]]:
        """For POST. Commits when the block ends well."""
        self._join()
        with self.db.write() as writing:
            yield writing, self._look(writing)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        return pages.render(self.request, template, status, **values)

    def _seen_at_once(self, reading: Reading) -> Viewer | None:
        """Who is looking, where nothing has to be stored for it: no login is under way, or the only one has its session."""
        sent = self.request.cookies
        if not session.logins(sent):
            return self._look(reading)
        guess, now = session.guess(sent, self.settings.secret_keys), self.clock.real_now()
        who = viewer.look(reading, guess.name, now) if guess is not None else None
        if guess is None or who is None or all(entry.ticket_id != guess.ticket_id for entry in who.entries):
            return None
        life = int((who.expires_at - now).total_seconds())
        self._remember(session.Joined(guess.name, life, (tickets.COOKIE + guess.ticket_id,)))
        return self._show(who)

    def _join(self) -> None:
        if not session.logins(self.request.cookies):
            return
        label = device.label(self.request.headers.get("user-agent"))
        with self.db.write() as writing:
            joined = session.join(
                writing, self.request.cookies, self.settings.secret_keys, label, self.clock.real_now()
            )
        if joined is not None:
            self._remember(joined)

    def _remember(self, joined: session.Joined) -> None:
        self.request.state.set_cookies = joined.set_cookies()
        self.request.state.session_name = joined.name

    def _look(self, reading: Reading) -> Viewer:
        name = getattr(self.request.state, "session_name", self.request.cookies.get(cookies.SESSION))
        who = viewer.look(reading, name, self.clock.real_now())
        if who is None:
            language_before.speak(self.request, reading)
            raise viewer.open_from_course(viewer.way_to_address(reading, self.request.path_params))
        return self._show(who)

    def _show(self, who: Viewer) -> Viewer:
        self.request.state.viewer = who
        self.request.state.frame_ancestors = (*who.origins, *self.settings.frame_ancestors)
        return who


async def _visit(request: Request) -> Visit:
    return Visit(request)


Visiting = Annotated[Visit, Depends(_visit)]
"""`def route(visit: Visiting, …)`."""

RowId = Annotated[int, Path(ge=1, lt=2**63)]
"""`def route(visit: Visiting, enrolment: RowId, …)`: what no row can have is 404 before a database refuses the number."""
