"""The browser's session: who it is, its language and switches, and the sesskey that each form carries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import token_hex, token_urlsafe
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import insert, select, update

from diklat_lti.demo.lms.language import DEFAULT
from diklat_lti.demo.lms.people import Person, as_person
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import person, session
from diklat_lti.demo.lms.trouble import Refused

COOKIE = "lms_session"


@dataclass(frozen=True)
class Visit:
    """One browser. `person` is None until somebody was chosen."""

    id: str
    person: Person | None
    sesskey: str
    language: str
    editing: bool = False
    phone: bool = False
    here: str = "/"

    def someone(self) -> Person:
        """The person, or a way to the page where one is chosen."""
        if self.person is None:
            raise Refused("login")
        return self.person

    def check(self, form: Mapping[str, str]) -> None:
        """Another site can make the browser post, but it cannot know the sesskey."""
        if form.get("sesskey") != self.sesskey:
            raise Refused("sesskey")


def lms_of(request: Request) -> Lms:
    lms: Lms = request.app.state.lms
    return lms


def visit_of(request: Request, lms: Annotated[Lms, Depends(lms_of)]) -> Visit:
    """The visit that the cookie names; a stranger gets a fresh one that is not stored until a page needs it."""
    query = f"?{request.url.query}" if request.url.query else ""
    here = request.url.path + query if request.method == "GET" else "/"
    if name := request.cookies.get(COOKIE, ""):
        with lms.store.read() as db:
            if found := _find(db, name):
                return replace(found, here=here)
    return Visit(token_urlsafe(24), None, token_hex(5), DEFAULT, here=here)


ThisLms = Annotated[Lms, Depends(lms_of)]
ThisVisit = Annotated[Visit, Depends(visit_of)]


def keep(db: Connection, visit: Visit) -> None:
    """Stores a stranger's visit, so that the form just shown can be sent."""
    known = db.execute(select(session.c.id).where(session.c.id == visit.id)).first()
    if not known:
        db.execute(insert(session).values(id=visit.id, sesskey=visit.sesskey, language=visit.language))


def begin(db: Connection, who: Person | None, language: str) -> Visit:
    """A new session under a new name: the old one could have been planted."""
    visit = Visit(token_urlsafe(24), who, token_hex(5), language)
    row = {"id": visit.id, "sesskey": visit.sesskey, "language": language, "person_id": who.id if who else None}
    db.execute(insert(session).values(row))
    return visit


def change(db: Connection, visit: Visit, **values: object) -> None:
    db.execute(update(session).where(session.c.id == visit.id).values(values))


def set_cookie(response: Response, visit: Visit) -> None:
    response.set_cookie(COOKIE, visit.id, httponly=True, samesite="lax", path="/")


def _find(db: Connection, name: str) -> Visit | None:
    found = db.execute(select(session).where(session.c.id == name)).first()
    if not found:
        return None
    who = db.execute(select(person).where(person.c.id == found.person_id)).first() if found.person_id else None
    return Visit(
        found.id, as_person(who) if who else None, found.sesskey, found.language, found.editing, found.phone
    )  # fmt: skip
