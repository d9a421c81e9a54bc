"""Access tokens of platforms: asked for once an hour, kept encrypted for all processes, renewed after a 401."""

import json
import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from diklat_lti.database import Database
from diklat_lti.lti import http, keys, sealed
from diklat_lti.lti.registration import granted
from diklat_lti.models import AccessToken
from diklat_lti.settings import Settings

BACKDATED = timedelta(seconds=45)
"""Moodle refuses an `iat` one second ahead of its own clock (4.5.6, 5.1.3)."""
ASSERTION_LIFE = timedelta(minutes=5)
EARLY = timedelta(seconds=60)
"""A token is renewed this long before it ends."""
USUAL_LIFE = 3600


@dataclass(frozen=True)
class Client:
    """A registration as plain data, as far as its services need it."""

    registration_id: int
    client_id: str
    token_url: str


@dataclass(frozen=True)
class Channel:
    """How one piece of work reaches a platform's services: as whom, and until when (`time.monotonic`)."""

    db: Database
    settings: Settings
    client: Client
    until: float
    now: datetime

    @property
    def left(self) -> float:
        return self.until - time.monotonic()


@dataclass(frozen=True)
class Token:
    value: str
    granted: frozenset[str]
    box: bytes
    """As stored: tells this token from the next one."""


class TokenRefused(Exception):  # noqa: N818 - what the platform said, not what broke
    """The token endpoint did not give one. `error` is its word for it, such as invalid_scope."""

    def __init__(self, answer: http.Answer) -> None:
        super().__init__(f"token refused with {answer.status}")
        self.answer = answer
        # Moodle puts a library's message unescaped into its JSON: the body may not be valid (4.5.6, token.php:74).
        found = re.search(rb'"error"\s*:\s*"([a-z_]{1,40})', answer.body)
        self.error = found[1].decode() if found else "not_json"


class NotGranted(Exception):  # noqa: N818
    """The platform gave a token without this scope: an admin's setting there."""


def call(
    channel: Channel,
    scopes: Sequence[str],
    need: Sequence[str],
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None = None,
) -> http.Answer:
    """One request with a token for `scopes`, which must hold one of `need`; after a 401 once more with a fresh one."""
    token, answer = _with_token(channel, scopes, need, method, url, headers, data)
    if answer.status == 401:
        forget(channel, scopes, token)
        _, answer = _with_token(channel, scopes, need, method, url, headers, data)
    return answer


def _with_token(
    channel: Channel,
    scopes: Sequence[str],
    need: Sequence[str],
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None,
) -> tuple[Token, http.Answer]:
    token = bearer(channel, scopes)
    if token.granted.isdisjoint(need):
        raise NotGranted(need[0])
    sent = {**headers, "Authorization": f"Bearer {token.value}"}
    return token, http.fetch(channel.settings, method, url, headers=sent, data=data, limits=_limits(channel))


def bearer(channel: Channel, scopes: Sequence[str]) -> Token:
    """The kept token, or a new one; the threads of a process that need the same one wait for the first."""
    asked = " ".join(sorted(scopes))
    with _alone(channel, asked):
        return _kept(channel, asked) or _renew(channel, asked)


def fresh(channel: Channel, scopes: Sequence[str]) -> Token:
    """A new one in place of the kept one: it holds what the platform permits now."""
    asked = " ".join(sorted(scopes))
    with _alone(channel, asked):
        return _renew(channel, asked)


def forget(channel: Channel, scopes: Sequence[str], token: Token) -> None:
    """Drops this very token; one that somebody else fetched meanwhile stays."""
    with channel.db.write() as session:
        session.execute(
            delete(AccessToken).where(
                AccessToken.registration_id == channel.client.registration_id,
                AccessToken.scopes == " ".join(sorted(scopes)),
                AccessToken.token == token.box,
            )
        )


_locks: defaultdict[tuple[str, int, str], threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def _alone(channel: Channel, asked: str) -> Iterator[None]:
    lock = _locks[str(channel.db.engine.url), channel.client.registration_id, asked]
    if not lock.acquire(timeout=max(0.0, channel.left)):
        raise http.Unreachable("not_sent", "no token within the time of this work")
    try:
        yield
    finally:
        lock.release()


def _limits(channel: Channel) -> http.Limits:
    if channel.left <= 0:
        raise http.Unreachable("not_sent", "the time of this work is over")
    return http.Limits(seconds=min(http.Limits.seconds, channel.left))


def _kept(channel: Channel, asked: str) -> Token | None:
    with channel.db.read() as session:
        row = session.scalar(
            select(AccessToken).where(
                AccessToken.registration_id == channel.client.registration_id,
                AccessToken.scopes == asked,
                AccessToken.expires_at > channel.now + EARLY,
            )
        )
    if row is None:
        return None
    value = sealed.unseal(channel.settings.secret_keys, row.token).decode()
    return Token(value, frozenset(row.granted.split()), row.token)


def _renew(channel: Channel, asked: str) -> Token:
    try:
        answer = http.fetch(
            channel.settings,
            "POST",
            channel.client.token_url,
            headers={"Accept": "application/json"},
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": _assertion(channel),
                "scope": asked,
            },
            limits=_limits(channel),
        )
    except http.Unreachable as e:
        # Whatever became of the request for a token, the call that needs it was not made.
        raise http.Unreachable("forbidden" if e.why == "forbidden" else "not_sent", str(e)) from e
    try:
        return _keep(channel, asked, answer)
    except TokenRefused as refused:
        if refused.error == "invalid_scope":
            with channel.db.write() as session:
                granted.note(session, channel.client.registration_id, asked.split(), (), channel.now)
        raise


def _assertion(channel: Channel) -> str:
    with channel.db.read() as session:
        signer = keys.current(session, channel.settings.secret_keys, channel.now)
    issued = int((channel.now - BACKDATED).timestamp())
    claims = {
        "iss": channel.client.client_id,
        "sub": channel.client.client_id,
        "aud": channel.client.token_url,
        "iat": issued,
        "nbf": issued,
        "exp": int((channel.now + ASSERTION_LIFE).timestamp()),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, signer.private_key, "RS256", headers={"kid": signer.kid})


def _keep(channel: Channel, asked: str, answer: http.Answer) -> Token:
    """Read by its body: Moodle sends no JSON content type here (4.5.6, 5.1.3)."""
    try:
        told = json.loads(answer.body)
        value, scopes = str(told["access_token"]), " ".join(sorted(str(told.get("scope") or asked).split()))
        life = int(told.get("expires_in") or USUAL_LIFE)
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise TokenRefused(answer) from e
    if answer.status not in (200, 201):
        raise TokenRefused(answer)
    box = sealed.seal(channel.settings.secret_keys, value.encode())
    _store(channel, asked, scopes, box, channel.now + timedelta(seconds=life))
    return Token(value, frozenset(scopes.split()), box)


def _store(channel: Channel, asked: str, scopes: str, box: bytes, expires_at: datetime) -> None:
    key = {"registration_id": channel.client.registration_id, "scopes": asked}
    told = {"granted": scopes, "token": box, "expires_at": expires_at}
    # Another process may store its own at the same moment: it serves as well as ours.
    with suppress(IntegrityError), channel.db.write() as session:
        if not session.scalars(update(AccessToken).filter_by(**key).values(**told).returning(AccessToken.id)).all():
            session.add(AccessToken(**key, **told))
        granted.note(session, channel.client.registration_id, asked.split(), scopes.split(), channel.now)
