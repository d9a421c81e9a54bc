"""A learner's own enrolment as every page of `/learn` needs it: theirs alone, entered from its course, up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.content.format import AssetUrl
from diklat_lti.content.outline import Outline, OutlineLesson
from diklat_lti.database import Reading, WriteSession
from diklat_lti.errors import not_found
from diklat_lti.training import access, progress
from diklat_lti.training.own import OwnCohort, OwnEnrolment
from diklat_lti.training.state import State, state
from diklat_lti.web.deps import Visit
from diklat_lti.web.learn import device_token, stamps
from diklat_lti.web.viewer import Viewer

LARGEST = 2**53
RowId = Annotated[int, Path(ge=1, lt=LARGEST)]
"""A number in an address; larger ones lead nowhere."""
Key = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,100}$")]
"""The id of a lesson, as program folders write it."""


@dataclass(frozen=True)
class Mine:
    """One learner's enrolment, its cohort, the outline of its version, and where it stands now."""

    enrolment: OwnEnrolment
    cohort: OwnCohort
    outline: Outline
    state: State
    now: datetime

    @property
    def base(self) -> str:
        return f"/learn/{self.enrolment.id}"

    @property
    def done(self) -> frozenset[str]:
        return frozenset(self.enrolment.done_keys)

    @property
    def may_read(self) -> bool:
        """Reading stays open after the end; before the start and after a withdrawal there is nothing to open."""
        return self.state not in (State.SCHEDULED, State.WITHDRAWN)

    @property
    def in_window(self) -> bool:
        return self.enrolment.opens_at <= self.now < self.enrolment.end_at and self.state is not State.WITHDRAWN

    def next_lesson(self, after: int = 0) -> OutlineLesson | None:
        """The first lesson after number `after` that is not done; else the first of all that is not."""
        undone = [lesson for lesson in self.outline.lessons if lesson.key not in self.done]
        later = [lesson for lesson in undone if lesson.number > after]
        return next(iter(later or undone), None)

    def asset_url(self) -> AssetUrl:
        return asset_url(self.base, self.cohort.version_id)


def enrolment_of(request: Request) -> int:
    """`RowId` for a route without the framework's dependencies."""
    enrolment_id: int = request.path_params["enrolment"]
    if not 1 <= enrolment_id < LARGEST:
        raise not_found()
    return enrolment_id


def asset_url(base: str, version_id: int) -> AssetUrl:
    """The version is part of the address, so that browsers may keep a file for ever."""
    return lambda path: f"{base}/files/{version_id}/{quote(path)}"


def own(session: Reading, viewer: Viewer, enrolment_id: int, now: datetime) -> Mine:
    """404 for somebody else's; a way back into the course where no launch into it is good any more."""
    enrolment, cohort = access.own_enrolment(session, viewer.person_id, enrolment_id)
    viewer.enter(session, cohort.course_id)
    if isinstance(session, WriteSession):
        progress.lock(session, enrolment_id)
        enrolment, cohort = access.own_enrolment(session, viewer.person_id, enrolment_id)  # as nobody can change it now
    return Mine(enrolment, cohort, publish.outline_of(session, cohort.version_id), state(enrolment, now), now)


@contextmanager
def seeing(visit: Visit, enrolment_id: int) -> Iterator[tuple[Connection, Mine]]:
    """For GET. What is due and was not done yet by the worker is done first, in a transaction of its own."""
    with visit.see() as (connection, viewer):
        mine = own(connection, viewer, enrolment_id, visit.now)
        if not progress.is_stale(mine.enrolment, mine.cohort.rules_seq, mine.now):
            yield connection, mine
            return
    with visit.write() as (writing, viewer):
        own(writing, viewer, enrolment_id, visit.now)
        progress.freshen(writing, enrolment_id, visit.now)
    with visit.see() as (connection, viewer):
        yield connection, own(connection, viewer, enrolment_id, visit.now)


@contextmanager
def reading(visit: Visit, enrolment_id: int) -> Iterator[tuple[Session, Mine]]:
    """The same, with a session of the ORM."""
    with seeing(visit, enrolment_id) as (connection, mine), visit.db.read(connection) as session:
        yield session, mine


@contextmanager
def writing(visit: Visit, enrolment_id: int) -> Iterator[tuple[WriteSession, Mine]]:
    """For POST: the enrolment is locked from here on."""
    with visit.write() as (session, viewer):
        yield session, own(session, viewer, enrolment_id, visit.now)


def page(visit: Visit, mine: Mine, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of a learner: with a fresh stamp, ids for its forms' events, and a token for its script."""
    stamp = stamps.new(mine.now)
    return visit.page(
        template,
        status,
        mine=mine,
        stamp=stamp,
        signed_stamp=stamps.sign(visit.settings, stamp),
        shift_ms=int(visit.clock.shift.total_seconds() * 1000),
        device_token=device_token.make(visit.settings, mine.enrolment.id, visit.request.state.viewer.name_hash),
        new_id=lambda: str(uuid4()),
        **values,
    )
