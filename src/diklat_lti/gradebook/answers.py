"""What each answer of a platform means for a score. One table; a quirk names product and version."""

import json
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum, auto

from diklat_lti.lti import ags, http, tokens

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_PROMISE = timedelta(hours=6)
"""A platform's `Retry-After` is believed up to here."""
PATIENCE = 5
"""So many times in a row may be an outage; then it is about this learner."""
HALF_A_HUNDREDTH = Decimal("0.005")


class Meaning(StrEnum):
    """The first four end a delivery; the last two ask for one more look at the platform."""

    DELIVERED = auto()
    UNKNOWN = auto()
    """It may be there: read back before it is sent again."""
    STOPPED = auto()
    """For a person."""
    LATER = auto()
    SUPERSEDED = auto()
    """Something as new or newer stands there: read what."""
    GONE = auto()
    """The line item is not there: find it again."""


class Body(StrEnum):
    EMPTY = auto()
    LIST = auto()
    """`[]`: Moodle's body for a score that it refused."""
    OBJECT = auto()
    HTML = auto()
    OTHER = auto()


@dataclass(frozen=True)
class Verdict:
    """What came of a delivery. `reason` is a word of `reasons.py`."""

    meaning: Meaning
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    last_reason: str | None = None
    """Where patience ends: the reason for which it then waits for a person."""

    def in_doubt(self) -> "Verdict":
        """The same, while it is not known whether an earlier request was obeyed."""
        return replace(self, meaning=Meaning.UNKNOWN, last_reason=None) if self.meaning is Meaning.LATER else self

    def after(self, tries: int) -> "Verdict":
        """The same, once it was met `tries` times in a row."""
        if self.last_reason is None or tries < PATIENCE:
            return self
        return replace(self, meaning=Meaning.STOPPED, reason=self.last_reason)


@dataclass(frozen=True)
class Row:
    statuses: Container[int]
    bodies: Container[Body]
    meaning: Meaning
    reason: str
    last_reason: str | None = None


ANY = tuple(Body)
SCORES = (
    Row((201, 204), ANY, Meaning.DELIVERED, "stored"),
    Row((200, 202), (Body.EMPTY, Body.OBJECT), Meaning.DELIVERED, "stored"),
    # Moodle 4.5.6 and 5.1.3, scores.php: PHP refused the status line of a refusal, so the status stayed 200.
    Row((200,), (Body.LIST,), Meaning.LATER, "refused_silently", "refused"),
    Row(range(200, 300), (Body.HTML,), Meaning.LATER, "login_page"),
    Row(range(200, 300), ANY, Meaning.UNKNOWN, "unclear"),
    Row(range(300, 400), ANY, Meaning.LATER, "redirected"),
    # Moodle 4.5.6 and 5.1.3, scores.php:172: not enrolled, or a teacher; the body is [].
    Row((400,), (Body.EMPTY, Body.LIST), Meaning.STOPPED, "not_enrolled"),
    Row((400, 403, 406), (Body.HTML,), Meaning.LATER, "firewall"),
    # A fresh token was tried already (lti/tokens.call).
    Row((401,), ANY, Meaning.LATER, "unauthorised"),
    Row((403,), ANY, Meaning.GONE, "no_access"),
    Row((404, 410), ANY, Meaning.GONE, "no_item"),
    Row((409,), ANY, Meaning.SUPERSEDED, "newer_in_lms"),
    Row((408, 425, 429), ANY, Meaning.LATER, "busy"),
    Row(range(400, 500), ANY, Meaning.STOPPED, "refused"),
    # Moodle 4.5.6 and 5.1.3: a locked grade, seen on live sites; the same body comes with a passing fault.
    Row((500,), (Body.LIST,), Meaning.LATER, "perhaps_locked", "locked"),
    # The front end lost its own server while it worked: the score may be stored.
    Row((502, 504), ANY, Meaning.UNKNOWN, "down"),
    Row(range(500, 600), ANY, Meaning.LATER, "down"),
    Row(range(1000), ANY, Meaning.UNKNOWN, "unclear"),
)
READING = (
    Row(range(200, 300), (Body.HTML,), Meaning.LATER, "login_page"),
    Row(range(300, 400), ANY, Meaning.LATER, "redirected"),
    Row((401,), ANY, Meaning.LATER, "unauthorised"),
    Row((403,), (Body.HTML,), Meaning.LATER, "firewall"),
    Row((403,), ANY, Meaning.LATER, "no_access"),
    Row((408, 425, 429), ANY, Meaning.LATER, "busy"),
    Row(range(500, 600), ANY, Meaning.LATER, "down"),
    Row(range(1000), ANY, Meaning.LATER, "unreadable"),
)
"""Answers to a question, or to a line item to be made: none of them is lasting, and none moved a grade."""


def of_score(answer: http.Answer, now: datetime) -> Verdict:
    """What the answer to a posted score means."""
    return _look_up(SCORES, answer, now)


def of_trouble(trouble: Exception, now: datetime) -> Verdict:
    """What it means that the platform could not be asked, or did not tell; no score was sent."""
    match trouble:
        case ags.Refused():
            return _look_up(READING, trouble.answer, now)
        case tokens.TokenRefused():
            told = _look_up(READING, trouble.answer, now)
            if told.reason in ("down", "busy"):
                return told
            return replace(told, reason="no_scope" if trouble.error == "invalid_scope" else "no_token")
        case tokens.NotGranted():
            return Verdict(Meaning.LATER, "no_scope")
        case http.Unreachable():
            return Verdict(Meaning.LATER, "forbidden" if trouble.why == "forbidden" else "unreachable")
    raise trouble


def of_result(result: ags.Result | None, given: Decimal, timestamp: datetime, refused: bool) -> Verdict | None:
    """What stands in the gradebook, beside ours; None: ours is not there yet and may be sent.

    `refused`: the platform just said that something as new as ours is there (409).
    """
    stored = result.score if result else None
    stored_at = result.timestamp if result else None
    ours = stored is not None and abs(stored - given) <= HALF_A_HUNDREDTH
    if ours and (refused or stored_at is None or stored_at >= timestamp):
        return Verdict(Meaning.DELIVERED, "read_back")
    if refused or (stored_at is not None and stored_at > timestamp):
        return Verdict(Meaning.STOPPED, "newer_in_lms")
    return None


def wait(verdict: Verdict, tries: int, draw: float) -> timedelta:
    """How long after try number `tries`: doubled each time, shortened by up to a half at random (`draw`, 0 to 1)."""
    doubled = min(FIRST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)
    return max(doubled * (0.5 + draw / 2), min(verdict.retry_after or timedelta(0), LONGEST_PROMISE))


def _look_up(table: tuple[Row, ...], answer: http.Answer, now: datetime) -> Verdict:
    body = _body(answer)
    row = next(row for row in table if answer.status in row.statuses and body in row.bodies)
    return Verdict(row.meaning, row.reason, answer.status, _retry_after(answer, now), row.last_reason)


def _body(answer: http.Answer) -> Body:
    text = answer.body.strip()
    if not text:
        return Body.EMPTY
    if text.startswith(b"<") or "html" in answer.headers.get("Content-Type", ""):
        return Body.HTML
    try:
        told = json.loads(text)
    except ValueError:
        return Body.OTHER
    return Body.OBJECT if isinstance(told, dict) else Body.LIST if told == [] else Body.OTHER


def _retry_after(answer: http.Answer, now: datetime) -> timedelta | None:
    told = answer.headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return timedelta(seconds=min(int(told), 10**6))
    try:
        return max(parsedate_to_datetime(told) - now, timedelta(0))
    except (ValueError, TypeError):
        return None
