"""From a learner's form or a device's message to `NewEvent`: what may come in, and nothing else of it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from diklat_lti.content import publish, quiz
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.settings import Settings
from diklat_lti.training.progress import NewEvent
from diklat_lti.web.csrf import Form
from diklat_lti.web.learn import stamps

EVENT_ID = re.compile(r"[A-Za-z0-9-]{8,36}")
LONGEST_MS = 4 * 10**12
"""More than a century: a device's clock may stand anywhere, but sums with it must stay within the calendar."""
YEARS = range(1970, 2200)


def from_form(form: Form, settings: Settings, kind: str, lesson_key: str | None = None, **more: Any) -> NewEvent:
    """Without scripts a form carries the stamp of its page alone; scripts add what the device's clock says."""
    stamp = stamps.read(settings, form.get(stamps.FIELD))
    return NewEvent(
        event_id=event_id(form.get("event")),
        kind=kind,
        stamp_at=stamp.at,
        stamp_serial=stamp.serial,
        lesson_key=lesson_key,
        offset_ms=_whole(form.get("offset_ms"), -LONGEST_MS),
        made_at=instant(form.get("made_at")),
        elapsed_ms=_whole(form.get("elapsed_ms"), 0),
        sent_at=instant(form.get("made_at")),
        **more,
    )


def event_id(given: object) -> str:
    """Made by the page or the device; the same event sent twice is stored once."""
    if not isinstance(given, str) or not EVENT_ID.fullmatch(given):
        raise unreadable("event_id")
    return given


def of_content(form_id: str, content: Mapping[str, Any]) -> str:
    """One form sent twice is one event, but another one as soon as it holds other answers."""
    return str(uuid5(NAMESPACE_URL, f"{form_id} {sorted(content.items())}"))


def answers(session: Session, version_id: int, lesson_key: str, given: object) -> dict[str, list[str]]:
    """Question's id → ids of the chosen answers; what is no answer to a question of this quiz is left out."""
    if not isinstance(given, Mapping):
        return {}
    body = publish.lesson_body(session, version_id, lesson_key, "quiz")
    tidied = ((key, quiz.tidy(body, key, value)) for key, value in given.items() if isinstance(key, str))
    return {key: value for key, value in tidied if value is not None}


def instant(given: object) -> datetime | None:
    """A time with a zone within two centuries; None for anything else: then the event's stamp and receipt decide."""
    if not isinstance(given, str):
        return None
    try:
        when = datetime.fromisoformat(given)
    except ValueError:
        return None
    return when if when.tzinfo is not None and when.year in YEARS else None


def whole(given: object, least: int) -> int | None:
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    fits = isinstance(given, int) and not isinstance(given, bool) and least <= given <= LONGEST_MS
    return given if fits and isinstance(given, int) else None


def _whole(text: str | None, least: int) -> int | None:
    return whole(int(text), least) if text and re.fullmatch(r"-?[0-9]{1,13}", text) else None


def unreadable(what: str) -> Problem:
    return Problem(
        Kind.BAD_INPUT,
        f"unreadable_{what}",
        say("This answer could not be read."),
        say("Reload the page and try again. What you saved before is safe."),
    )
