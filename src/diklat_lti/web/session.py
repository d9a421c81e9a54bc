"""The browser's session: a row, found by the hash of its cookie.

A launch that comes alone is in it from the start; launches side by side join it at the first page after them.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from diklat_lti.database import WriteSession
from diklat_lti.lti import refusals, tickets
from diklat_lti.models import BrowserSession, Launch
from diklat_lti.training.arrival import ArrivedBrowser
from diklat_lti.web import cookies, device

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


def logins(sent: Mapping[str, str]) -> list[str]:
    """Cookies of logins under way, or launched and not seen by a page yet."""
    return [name for name in sent if name.startswith(tickets.COOKIE)]


def of_launch(sent: Mapping[str, str], keys: tuple[str, ...], user_agent: str | None) -> ArrivedBrowser:
    """What a launch may do at once. With more logins than its own, pages must decide: parallel ones end in one session."""
    under_way, family = logins(sent), refusals.browser_family(user_agent)
    if len(under_way) != 1:
        return ArrivedBrowser(family=family)
    if name := sent.get(cookies.SESSION):
        return ArrivedBrowser(session=cookies.name_hash(name), family=family)
    name = _derived(keys[0], under_way[0].removeprefix(tickets.COOKIE))
    return ArrivedBrowser(founds=cookies.name_hash(name), device=device.label(user_agent), family=family)


@dataclass(frozen=True)
class Guess:
    """The session that the only login of a browser is probably in already."""

    name: str
    ticket_id: str


def guess(sent: Mapping[str, str], keys: tuple[str, ...]) -> Guess | None:
    """Where `of_launch` put it. Whoever looks must find the ticket's launch there; else `join` decides."""
    proven = proven_logins(sent, keys)
    if len(proven) != 1 or len(logins(sent)) != 1:
        return None
    return Guess(sent.get(cookies.SESSION) or _derived(keys[0], proven[0]), proven[0])


def proven_logins(sent: Mapping[str, str], keys: tuple[str, ...]) -> list[str]:
    """Tickets whose own browser this is: their cookies came along with it."""
    ids = {name.removeprefix(tickets.COOKIE): sent[name] for name in logins(sent)[:MOST_LOGINS]}
    return [ticket_id for ticket_id, value in ids.items() if tickets.proves(keys, ticket_id, value)]


def join(
    session: WriteSession, sent: Mapping[str, str], keys: tuple[str, ...], label: str | None, now: datetime
) -> Joined | None:
    """Adds the launches of these logins to the browser's session. None where none of them was launched yet.

    The launches are locked in order, so parallel first pages come here one after the other and end in one session.
    """
    asked = {"tickets": proven_logins(sent, keys), "now": now}
    launches = session.connection().execute(_ARRIVED, asked).all()
    if not launches:
        return None
    spent = tuple(tickets.COOKIE + launch.ticket_id for launch in launches)
    mine = [launch for launch in launches if launch.person_id == launches[-1].person_id]
    found = _current(session, sent.get(cookies.SESSION), mine[0].person_id, now) or _founded(
        session, mine, keys, label, now
    )
    if found is None:
        return Joined(None, 0, spent)
    name, row = found
    return Joined(name, _attach(session, row, mine, now), spent)


def end(session: WriteSession, session_id: int, now: datetime) -> None:
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(ended_at=now))


Found = tuple[str, Any]
"""A session's name and its row."""


def _current(session: WriteSession, name: str | None, person_id: int, now: datetime) -> Found | None:
    """The session the browser already has, if it is this person's. Another person's is over from here on."""
    row = _alive(session, name, now) if name else None
    if name is None or row is None:
        return None
    if row.person_id == person_id:
        return name, row
    end(session, row.id, now)
    return None


def _founded(
    session: WriteSession, mine: Sequence[Any], keys: tuple[str, ...], label: str | None, now: datetime
) -> Found | None:
    """The session one of these launches founded a moment ago, else a new one in the name of the earliest."""
    for launch in (launch for launch in mine if launch.session_id is not None):
        name = _derived(keys[0], launch.ticket_id)
        if (row := _alive(session, name, now)) is not None:
            return name, row
    founder = next((launch for launch in mine if launch.session_id is None), None)
    if founder is None:
        return None
    name = _derived(keys[0], founder.ticket_id)
    values = {
        "name_hash": cookies.name_hash(name),
        "person_id": founder.person_id,
        "device": label,
        "created_at": now,
        "expires_at": founder.expires_at,
    }
    return name, session.connection().execute(_NEW, values).one()


def _attach(session: WriteSession, row: Any, mine: Sequence[Any], now: datetime) -> int:
    """Seconds that the session lives from now: as long as the longest of its launches."""
    unjoined = [launch.id for launch in mine if launch.session_id is None]
    if unjoined:
        session.connection().execute(_JOIN, {"launches": unjoined, "session": row.id})
    expires_at = max(row.expires_at, *(launch.expires_at for launch in mine))
    if expires_at > row.expires_at:
        session.execute(update(BrowserSession).where(BrowserSession.id == row.id).values(expires_at=expires_at))
    return int((expires_at - now).total_seconds())


def _alive(session: WriteSession, name: str, now: datetime) -> Any:
    """The row of that name, if it is neither ended nor too old."""
    return session.connection().execute(_ALIVE, {"name_hash": cookies.name_hash(name), "now": now}).one_or_none()


def _derived(key: str, ticket_id: str) -> str:
    """A name nobody can guess without our key; the same for all pages that a launch opens at once."""
    return hmac.digest(key.encode(), b"session name " + ticket_id.encode(), "sha256").hex()


# Built once, for the first page after every launch.
_ROW = (BrowserSession.id, BrowserSession.person_id, BrowserSession.expires_at)
_ALIVE = select(*_ROW).where(
    BrowserSession.name_hash == bindparam("name_hash"),
    BrowserSession.ended_at.is_(None),
    BrowserSession.expires_at > bindparam("now"),
)
_NEW = insert(BrowserSession).returning(*_ROW)
_ARRIVED = (
    select(Launch.id, Launch.ticket_id, Launch.session_id, Launch.person_id, Launch.expires_at)
    .where(Launch.ticket_id.in_(bindparam("tickets", expanding=True)), Launch.expires_at > bindparam("now"))
    .order_by(Launch.id)
    .with_for_update()
)
_JOIN = (
    update(Launch).where(Launch.id.in_(bindparam("launches", expanding=True))).values(session_id=bindparam("session"))
)
