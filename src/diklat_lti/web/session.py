"""The browser's session: a row, found by the hash of its cookie; launches join it at the first page after them."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from diklat_lti.database import WriteSession
from diklat_lti.lti import tickets
from diklat_lti.models import BrowserSession, Launch
from diklat_lti.web import cookies

MOST_LOGINS = 20
"""Cookies of logins that are looked at in one request."""


@dataclass(frozen=True)
class Joined:
    """What the answer must tell the browser: its session's name, and which logins are over."""

    name: str | None
    """None: these launches belong to a session that was ended; nothing brings it back."""
    max_age: int
    spent: tuple[str, ...]

    def set_cookies(self) -> list[str]:
        headers = [cookies.delete_cookie(name) for name in self.spent]
        return (
            headers if self.name is None else [cookies.set_cookie(cookies.SESSION, self.name, self.max_age), *headers]
        )


def proven_logins(sent: Mapping[str, str], keys: tuple[str, ...]) -> list[str]:
    """Tickets whose own browser this is: their cookies came along with it."""
    named = [name for name in sent if name.startswith(tickets.COOKIE)][:MOST_LOGINS]
    ids = {name.removeprefix(tickets.COOKIE): sent[name] for name in named}
    return [ticket_id for ticket_id, value in ids.items() if tickets.proves(keys, ticket_id, value)]


def join(
    session: WriteSession, sent: Mapping[str, str], keys: tuple[str, ...], device: str | None, now: datetime
) -> Joined | None:
    """Adds the launches of these logins to the browser's session. None where none of them was launched yet.

    The launches are locked in order, so parallel first pages come here one after the other and end in one session.
    """
    launches = session.execute(
        select(Launch.id, Launch.ticket_id, Launch.session_id, Launch.person_id, Launch.expires_at)
        .where(Launch.ticket_id.in_(proven_logins(sent, keys)), Launch.expires_at > now)
        .order_by(Launch.id)
        .with_for_update()
    ).all()
    if not launches:
        return None
    spent = tuple(tickets.COOKIE + launch.ticket_id for launch in launches)
    mine = [launch for launch in launches if launch.person_id == launches[-1].person_id]
    name = _current(session, sent.get(cookies.SESSION), mine[0].person_id, now) or _founded(
        session, mine, keys, device, now
    )
    if name is None:
        return Joined(None, 0, spent)
    return Joined(name, _attach(session, name, mine, now), spent)


def end(session: WriteSession, session_id: int, now: datetime) -> None:
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(ended_at=now))


def _current(session: WriteSession, name: str | None, person_id: int, now: datetime) -> str | None:
    """The session the browser already has, if it is this person's. Another person's is over from here on."""
    if not name:
        return None
    row = session.execute(_alive(now).where(BrowserSession.name_hash == cookies.name_hash(name))).one_or_none()
    if row is None:
        return None
    if row.person_id == person_id:
        return name
    end(session, row.id, now)
    return None


def _founded(
    session: WriteSession, mine: Sequence[Any], keys: tuple[str, ...], device: str | None, now: datetime
) -> str | None:
    """The session one of these launches founded a moment ago, else a new one in the name of the earliest."""
    for launch in (launch for launch in mine if launch.session_id is not None):
        name = _derived(keys[0], launch.ticket_id)
        by_name = BrowserSession.name_hash == cookies.name_hash(name)
        if session.execute(_alive(now).where(by_name)).one_or_none() is not None:
            return name
    founder = next((launch for launch in mine if launch.session_id is None), None)
    if founder is None:
        return None
    name = _derived(keys[0], founder.ticket_id)
    session.execute(
        insert(BrowserSession).values(
            name_hash=cookies.name_hash(name),
            person_id=founder.person_id,
            device=device,
            created_at=now,
            expires_at=founder.expires_at,
        )
    )
    return name


def _attach(session: WriteSession, name: str, mine: Sequence[Any], now: datetime) -> int:
    """Seconds that the session lives from now: as long as the longest of its launches."""
    row = session.execute(_alive(now).where(BrowserSession.name_hash == cookies.name_hash(name))).one()
    unjoined = [launch.id for launch in mine if launch.session_id is None]
    if unjoined:
        session.execute(update(Launch).where(Launch.id.in_(unjoined)).values(session_id=row.id))
    expires_at = max(row.expires_at, *(launch.expires_at for launch in mine))
    if expires_at > row.expires_at:
        session.execute(update(BrowserSession).where(BrowserSession.id == row.id).values(expires_at=expires_at))
    return int((expires_at - now).total_seconds())


def _alive(now: datetime) -> Any:
    return select(BrowserSession.id, BrowserSession.person_id, BrowserSession.expires_at).where(
        BrowserSession.ended_at.is_(None), BrowserSession.expires_at > now
    )


def _derived(key: str, ticket_id: str) -> str:
    """A name nobody can guess without our key; the same for all pages that a launch opens at once."""
    return hmac.new(key.encode(), b"session name " + ticket_id.encode(), hashlib.sha256).hexdigest()
