"""The ticket of a login under way: a signed value, no row. And its cookie, which proves whose browser it was."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from diklat_lti.lti import signed
from diklat_lti.lti.sealed import Secrets

PURPOSE = "login ticket"
LIFE = timedelta(minutes=10)
COOKIE = "__Host-diklat-login-"
"""Followed by the ticket's id."""


@dataclass(frozen=True)
class Ticket:
    """What the tool must know again when the platform answers."""

    id: str
    registration_id: int
    nonce: str
    target: str
    at: int
    """Seconds since 1970, by the protocol's clock."""
    bounce: str
    """How the login learnt that cookies work: known, document, bounced or new_tab; empty as long as it has not."""
    login_hint: str = ""
    message_hint: str | None = None

    def age(self, now: datetime) -> timedelta:
        return now - datetime.fromtimestamp(self.at, now.tzinfo)


def new(
    registration_id: int, target: str, login_hint: str, message_hint: str | None, bounce: str, now: datetime
) -> Ticket:
    """A fresh id and nonce: a ticket that was seen elsewhere never gives away the cookie of this one."""
    return Ticket(
        id=secrets.token_urlsafe(16),
        registration_id=registration_id,
        nonce=secrets.token_urlsafe(16),
        target=target,
        at=int(now.timestamp()),
        bounce=bounce,
        login_hint=login_hint,
        message_hint=message_hint,
    )


def sign(keys: Secrets, ticket: Ticket) -> str:
    t = ticket
    values = (t.id, t.registration_id, t.nonce, t.target, t.at, t.bounce, t.login_hint, t.message_hint)
    return signed.dumps(keys, PURPOSE, values)


def read(keys: Secrets, state: str) -> Ticket | None:
    """None for whatever was not signed by us."""
    values = signed.loads(keys, PURPOSE, state)
    return None if values is None else Ticket(*values)


def proof(keys: Secrets, ticket_id: str) -> str:
    """The cookie's value: nobody can make it who was not given it, and nothing must be stored to check it."""
    return _proof(keys[0], ticket_id)


def proves(keys: Secrets, ticket_id: str, value: str | None) -> bool:
    """Whether `value` is what this ticket's own browser was given."""
    return value is not None and any(
        hmac.compare_digest(_proof(key, ticket_id).encode(), value.encode()) for key in keys
    )


def _proof(key: str, ticket_id: str) -> str:
    return hmac.digest(key.encode(), b"login cookie " + ticket_id.encode(), "sha256").hex()[:40]
