"""Stamps: the signed time of a page or an answer, under which a learner's events are made (domain.md, "The time of an event")."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import signed
from diklat_lti.settings import Settings

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELD = "stamp"
PURPOSE = "stamp"


@dataclass(frozen=True)
class Stamp:
    """`at` is the training's clock; a device notes its own clock's offset once for each `serial`."""

    at: datetime
    serial: str

    @property
    def milliseconds(self) -> int:
        return (self.at - EPOCH) // timedelta(milliseconds=1)


def new(now: datetime) -> Stamp:
    return Stamp(now, secrets.token_urlsafe(9))


def sign(settings: Settings, stamp: Stamp) -> str:
    return signed.dumps(settings.secret_keys, PURPOSE, [stamp.milliseconds, stamp.serial])


def read(settings: Settings, given: object) -> Stamp:
    """Raises a `Problem` for whatever we did not sign."""
    values = signed.loads(settings.secret_keys, PURPOSE, given)
    if values is None:
        raise Problem(
            Kind.BAD_INPUT,
            "stamp_forged" if given else "stamp_missing",
            say("This page cannot be sent as it is."),
            say("Reload the page and try again. What you saved before is safe."),
        )
    milliseconds, serial = values
    return Stamp(EPOCH + timedelta(milliseconds=milliseconds), serial)
