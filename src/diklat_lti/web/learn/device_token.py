"""A device's token: it can only append events of one enrolment, so that queued work is never filed under another."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import signed
from diklat_lti.settings import Settings

PURPOSE = "device token"
GOOD_FOR = timedelta(days=90)
"""After the enrolment's effective end as it then stands: the rules judge what is late, never the token."""


@dataclass(frozen=True)
class Device:
    enrolment_id: int
    device_id: str


def make(settings: Settings, enrolment_id: int, session_name_hash: str) -> str:
    """The same device for all pages of a browser's session; nothing about the device itself."""
    device_id = hashlib.sha256(b"device " + session_name_hash.encode()).hexdigest()[:32]
    return signed.dumps(settings.secret_keys, PURPOSE, [enrolment_id, device_id])


def read(settings: Settings, token: str, enrolment_id: int) -> Device:
    """Raises a `Problem` unless the token is ours and of this enrolment."""
    values = signed.loads(settings.secret_keys, PURPOSE, token)
    if values is None:
        raise refused("device_token_forged")
    device = Device(*values)
    if device.enrolment_id != enrolment_id:
        raise refused("device_token_of_another")
    return device


def check_age(end_at: datetime, now: datetime) -> None:
    if now >= end_at + GOOD_FOR:
        raise refused("device_token_old")


def refused(reason: str) -> Problem:
    return Problem(
        Kind.UNTRUSTED,
        reason,
        say("This device may not send work into this training any more."),
        say("Open the activity again from your course."),
    )
