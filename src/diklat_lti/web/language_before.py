"""The language of pages without a session: of whoever used this browser before, as its cookie or the launch's ticket tells."""

from fastapi import Request
from sqlalchemy import bindparam, select

from diklat_lti.database import Reading
from diklat_lti.models import BrowserSession, Launch, Person
from diklat_lti.web import cookies, language

_SPOKEN = (
    select(BrowserSession.locale, Person.locale, Launch.locale)
    .select_from(Launch)
    .join(Person, Person.id == Launch.person_id)
    .outerjoin(BrowserSession, BrowserSession.id == Launch.session_id)
    .order_by(Launch.id.desc())
    .limit(1)
)
_OF_SESSION = _SPOKEN.where(BrowserSession.name_hash == bindparam("name_hash"))
_OF_TICKET = _SPOKEN.where(Launch.ticket_id == bindparam("ticket_id"))


def speak(request: Request, session: Reading, name_hash: str | None = None, ticket_id: str | None = None) -> None:
    """A session that is over still says it. What the address asks for (`?lang=`) goes before."""
    name = request.cookies.get(cookies.SESSION)
    name_hash = name_hash or (cookies.name_hash(name) if name else None)
    row = session.execute(_OF_SESSION, {"name_hash": name_hash}).first() if name_hash else None
    if row is None and ticket_id is not None:
        row = session.execute(_OF_TICKET, {"ticket_id": ticket_id}).first()
    if row is not None and "lang" not in request.query_params:
        request.state.language = language.choose(row[:2], row[2])
