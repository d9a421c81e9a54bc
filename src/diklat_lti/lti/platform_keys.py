"""A platform's key set: shared by all processes, read again for an unknown key once a minute, kept in outages."""

import json
import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update

from diklat_lti.database import Database
from diklat_lti.lti import http, known, platform_jwk
from diklat_lti.lti.known import Known
from diklat_lti.lti.storable import storable
from diklat_lti.models import Registration
from diklat_lti.settings import Settings

AT_MOST_EVERY = timedelta(minutes=1)
STALE = timedelta(days=1)
"""A set is read again after this time, so that a key which the platform took away is not believed for ever."""
STALE_EVERY = timedelta(hours=1)
LIMITS = http.Limits(seconds=8, bytes=64 * 1024)
_fetching: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
_claims: dict[int, datetime] = {}
"""By registration: the last try that this process claimed, and has ended if its lock is free."""


def find(
    db: Database, settings: Settings, registration: Known, kid: str, now: datetime, at_hand: bool = False
) -> platform_jwk.Key | None:
    """The key that the platform calls `kid`, read from there if it must be; `at_hand`: `NotAtHand` then."""
    stale = registration.keys_read_at is not None and now - registration.keys_read_at > STALE
    if kid in registration.keys and not stale:
        return registration.keys[kid]
    if at_hand:
        raise known.NotAtHand
    every = STALE_EVERY if kid in registration.keys else AT_MOST_EVERY
    with _fetching[registration.id]:  # who comes second finds what the first has read
        again = known.reread(db, registration.id, now) or registration
        if kid not in again.keys or (stale and again.keys_read_at == registration.keys_read_at):
            refetch(db, settings, again, every, now)
            again = _await_other_process(db, registration.id, kid, now)
    return again.keys.get(kid)


def refetch(db: Database, settings: Settings, registration: Known, every: timedelta, now: datetime) -> bool:
    """Whether a new set was read and stored. The try is claimed before, so that no flood reaches the platform."""
    if registration.keys_tried_at is not None and registration.keys_tried_at > now - every:
        return False
    claim = update(Registration).where(
        Registration.id == registration.id,
        or_(Registration.jwks_tried_at.is_(None), Registration.jwks_tried_at <= now - every),
    )
    with db.writer.begin() as connection:
        if connection.execute(claim.values(jwks_tried_at=now)).rowcount != 1:
            return False
    _claims[registration.id] = now
    jwks = read(settings, registration.jwks_url)
    if jwks is None:
        return False
    with db.writer.begin() as connection:
        changed = update(Registration).where(Registration.id == registration.id)
        connection.execute(changed.values(jwks=jwks, jwks_read_at=now))
    return True


def read(settings: Settings, jwks_url: str) -> dict[str, Any] | None:
    """The set at `jwks_url`; None if there is none with a key that we could believe."""
    try:
        answer = http.fetch(settings, "GET", jwks_url, headers={"Accept": "application/json"}, limits=LIMITS)
        jwks = json.loads(answer.body) if answer.status == 200 else None
    except (http.Unreachable, ValueError, RecursionError):
        return None
    return jwks if isinstance(jwks, dict) and platform_jwk.keys_of(jwks) and storable(jwks) else None


def _await_other_process(db: Database, registration_id: int, kid: str, now: datetime) -> Known:
    """Another process may be fetching just now: its result is worth a short wait, not a refused launch."""
    give_up = time.monotonic() + LIMITS.seconds
    while True:
        again = known.reread(db, registration_id, now)
        assert again is not None
        if kid in again.keys or not _under_way(again, now) or time.monotonic() > give_up:
            return again
        time.sleep(0.05)


def _under_way(registration: Known, now: datetime) -> bool:
    tried, got = registration.keys_tried_at, registration.keys_read_at
    if tried is None or tried == _claims.get(registration.id) or now - tried > timedelta(seconds=LIMITS.seconds):
        return False
    return got is None or got < tried
