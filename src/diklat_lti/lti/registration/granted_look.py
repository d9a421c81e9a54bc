"""Asks a platform's token endpoint what it grants, now: for somebody who has just changed a setting there."""

import time
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.pool import Pool

from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import http, scopes, tokens
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import Registration
from diklat_lti.settings import Settings

SECONDS = 20.0
AT_MOST_EVERY = timedelta(seconds=10)
"""A button may be pressed by anybody who has the page's address: the platform hears of it no oftener than this."""
_looked: WeakKeyDictionary[Pool, dict[int, datetime]] = WeakKeyDictionary()
"""By database and registration: when this process looked last."""


def look(db: Database, settings: Settings, registration_id: int, now: datetime) -> None:
    """Records the answer for each scope that we ask for; a `Problem` where there was none."""
    looked = _looked.setdefault(db.engine.pool, {})
    if now - AT_MOST_EVERY < looked.get(registration_id, now - AT_MOST_EVERY) <= now:
        return
    looked[registration_id] = now
    with db.read() as session:
        columns = (Registration.id, Registration.client_id, Registration.token_url)
        client = Client(*session.execute(select(*columns).where(Registration.id == registration_id)).one())
    channel = Channel(db, settings, client, time.monotonic() + SECONDS, now)
    try:
        _ask(channel)
    except http.Unreachable as e:
        raise Problem(Kind.UNAVAILABLE, f"token_{e.why}", say("The LMS could not be reached."), TRY_LATER) from e
    except tokens.TokenRefused as e:
        sentence = say("The LMS gave no access: %(word)s.", word=e.error)
        raise Problem(Kind.UNAVAILABLE, "token_refused", sentence, ACTIVATE) from e


def _ask(channel: Channel) -> None:
    """Together, as Moodle answers with the part that it grants; one by one where the whole is refused for a part."""
    try:
        tokens.fresh(channel, scopes.ASKED)
    except tokens.TokenRefused as refused:
        if refused.error != "invalid_scope":
            raise
        for scope in scopes.ASKED:
            _ask_one(channel, scope)


def _ask_one(channel: Channel, scope: str) -> None:
    try:
        tokens.fresh(channel, (scope,))
    except tokens.TokenRefused as refused:
        if refused.error != "invalid_scope":
            raise


TRY_LATER = say("Try again in a minute.")
ACTIVATE = say(
    "Is the tool activated in your LMS, and can your LMS read the keys of this tool? Then try again in a minute."
)
