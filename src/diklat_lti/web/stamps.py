"""Stamps: the signed time of a page or an answer, under which a learner's events are made (domain.md, "The time of an event")."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from itsdangerous import BadSignature, URLSafeSerializer

from diklat_lti.errors import Kind, Problem, say
from diklat_lti.settings import Settings

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELD = "stamp"


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
    return _signer(settings.secret_keys).dumps([stamp.milliseconds, stamp.serial])


def read(settings: Settings, signed: object) -> Stamp:
    """Raises a `Problem` for whatever we did not sign."""
    try:
        milliseconds, serial = _signer(settings.secret_keys).loads(signed if isinstance(signed, str) else "")
    except BadSignature as e:
        raise Problem(
            Kind.BAD_INPUT,
            "stamp_forged" if signed else "stamp_missing",
            say("This page cannot be sent as it is."),
            say("Reload the page and try again. What you saved before is safe."),
        ) from e
    return Stamp(EPOCH + timedelta(milliseconds=milliseconds), serial)


@lru_cache(maxsize=8)
def _signer(keys: tuple[str, ...]) -> URLSafeSerializer:
    newest_last = list(reversed(keys))
    return URLSafeSerializer(
        newest_last, salt="stamp", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )
