"""What scripts and devices send: a batch of events of one enrolment, as JSON; with a device's token, or from our own page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.content.outline import Outline
from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models import Cohort
from diklat_lti.training import progress
from diklat_lti.training.progress import NewEvent
from diklat_lti.web import csrf
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.learn import device_token, stamps, work
from diklat_lti.web.learn.own import RowId, own

router = APIRouter()
MOST_EVENTS = 500
FROM_OUTSIDE = frozenset({"opened", "confirmed", "last_page", "attempt_started", "answered", "submitted", "handed_in"})
OF_ATTEMPTS = frozenset({"attempt_started", "answered", "submitted"})
"""`started` is not among them: a window begins on a page that shows its end."""


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/learn/{enrolment:int}/events")
def events(visit: Visiting, enrolment: RowId, body: Annotated[bytes, Depends(_body)]) -> Response:
    """All of the batch or nothing; what was stored before is not stored again."""
    sent_at, batch = _batch(body)
    with _allowed(visit, enrolment) as (session, version_id, device_id):
        reader = _Reader(session, visit, version_id, sent_at, device_id)
        stored = progress.record(session, enrolment, [reader.event(item) for item in batch], visit.now)
    stamp = stamps.new(visit.now)
    answer = {"stored": stored, "stamp": stamps.sign(visit.settings, stamp), "serial": stamp.serial}
    return JSONResponse({**answer, "stamp_ms": stamp.milliseconds})


def _batch(body: bytes) -> tuple[datetime | None, list[Any]]:
    """When the device sent it, by its own clock, and the events as they came."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise work.unreadable("json") from e
    batch = message.get("events") if isinstance(message, dict) else None
    if not isinstance(batch, list) or not all(isinstance(item, dict) for item in batch):
        raise work.unreadable("batch")
    if len(batch) > MOST_EVENTS:
        raise Problem(
            Kind.TOO_LARGE,
            "too_many_events",
            say("Too much was sent at once: at most %(most)s answers.", most=MOST_EVENTS),
            say("Send it in smaller parts."),
        )
    return work.instant(message.get("sent_at")), batch


@contextmanager
def _allowed(visit: Visit, enrolment_id: int) -> Iterator[tuple[WriteSession, int, str | None]]:
    """A write session, the version of the cohort, and the device if it said which it is. The enrolment is locked."""
    scheme, _, token = visit.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        device = device_token.read(visit.settings, token.strip(), enrolment_id)
        with visit.db.write() as session:
            enrolment = progress.lock(session, enrolment_id)
            device_token.check_age(enrolment.end_at, visit.now)
            yield session, session.get_one(Cohort, enrolment.cohort_id).version_id, device.device_id
        return
    # A page of another site cannot send this header without asking first, and nobody allows it.
    if visit.request.headers.get("x-diklat") != "1" or not csrf.ours(visit.request, visit.settings):
        raise csrf.stale("script_not_ours")
    with visit.write() as (session, viewer):
        yield session, own(session, viewer, enrolment_id, visit.now).cohort.version_id, None


class _Reader:
    """Reads the events of one batch; a `Problem` for one that cannot be, so that nothing of the batch is stored."""

    def __init__(
        self, session: Session, visit: Visit, version_id: int, sent_at: datetime | None, device_id: str | None
    ) -> None:
        self.session, self.visit, self.version_id = session, visit, version_id
        self.sent_at, self.device_id = sent_at, device_id
        self.outline: Outline = publish.outline_of(session, version_id)

    def event(self, item: dict[str, Any]) -> NewEvent:
        kind = item.get("kind")
        if not isinstance(kind, str) or kind not in FROM_OUTSIDE:
            raise work.unreadable("kind")
        lesson = self._lesson(item.get("lesson"))
        stamp = stamps.read(self.visit.settings, item.get("stamp"))
        return NewEvent(
            event_id=work.event_id(item.get("id")),
            kind=kind,
            stamp_at=stamp.at,
            stamp_serial=stamp.serial,
            lesson_key=lesson,
            attempt_uuid=work.event_id(item.get("attempt")) if kind in OF_ATTEMPTS else None,
            body=self._body(kind, lesson, item.get("body")),
            offset_ms=work.whole(item.get("offset_ms"), -work.LONGEST_MS),
            made_at=work.instant(item.get("made_at")),
            elapsed_ms=work.whole(item.get("elapsed_ms"), 0),
            sent_at=self.sent_at,
            device_id=self.device_id,
        )

    def _lesson(self, key: object) -> str:
        if not isinstance(key, str) or key not in {lesson.key for lesson in self.outline.lessons}:
            raise work.unreadable("lesson")
        return key

    def _body(self, kind: str, lesson: str, given: object) -> dict[str, Any] | None:
        """Only what the rules read; anything else that was sent along is not kept."""
        body = given if isinstance(given, dict) else {}
        if kind == "attempt_started":
            return {"seed": work.whole(body.get("seed"), 0) or 0}
        if kind not in OF_ATTEMPTS:
            return None
        if not self.outline.lesson(lesson).has_quiz:
            raise work.unreadable("quiz")
        return {"answers": work.answers(self.session, self.version_id, lesson, body.get("answers"))}
