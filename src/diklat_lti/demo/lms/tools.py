"""The external tools of the site: what is kept of each, and who may see it where."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, delete, insert, select, update

from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import chooser, tool

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINEITEM, LINEITEM_READ, RESULT, SCORE = (
    AGS + "lineitem",
    AGS + "lineitem.readonly",
    AGS + "result.readonly",
    AGS + "score",
)
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SETTING = "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"


@dataclass(frozen=True)
class Tool:
    """A preconfigured tool. Its id is the deployment id as well."""

    id: int
    client_id: str
    state: str
    name: str
    description: str
    tool_url: str
    domain: str
    login_url: str
    redirect_uris: list[str]
    jwks_url: str
    icon: str
    custom: dict[str, str]
    deep_linking_url: str | None
    send_name: bool
    send_email: bool
    accept_grades: bool
    always_graded: bool
    grade_sync: int
    memberships: bool
    tool_settings: bool

    @property
    def permitted(self) -> list[str]:
        """What the token endpoint really grants."""
        scopes = [LINEITEM_READ, RESULT, SCORE] if self.grade_sync else []
        scopes += [LINEITEM] if self.grade_sync == 2 else []
        scopes += [MEMBERSHIP] if self.memberships else []
        return scopes + ([SETTING] if self.tool_settings else [])


def find(db: Connection, tool_id: int) -> Tool | None:
    return _one(db.execute(select(tool).where(tool.c.id == tool_id)).first())


def of_client(db: Connection, client_id: str) -> Tool | None:
    return _one(db.execute(select(tool).where(tool.c.client_id == client_id)).first())


def all_of_site(db: Connection) -> list[Tool]:
    return [Tool(**row._mapping) for row in db.execute(select(tool).order_by(tool.c.id))]


def same_domain(db: Connection, url: str) -> list[Tool]:
    """The tools that a registration at this URL may be an update of."""
    return [one for one in all_of_site(db) if one.domain in domains(url)]


def active(db: Connection) -> list[Tool]:
    return [one for one in all_of_site(db) if one.state == "active"]


def add(db: Connection, values: dict[str, Any]) -> Tool:
    made = db.execute(insert(tool).values(values).returning(tool)).one()
    return Tool(**made._mapping)


def change(db: Connection, tool_id: int, values: dict[str, Any]) -> None:
    db.execute(update(tool).where(tool.c.id == tool_id).values(values))


def remove(db: Connection, tool_id: int) -> None:
    db.execute(delete(tool).where(tool.c.id == tool_id))


def shown_in(db: Connection, course_id: int) -> set[int]:
    """The tools that this course's activity chooser offers."""
    return set(db.execute(select(chooser.c.tool_id).where(chooser.c.course_id == course_id)).scalars())


def show_in(db: Connection, course_id: int, tool_id: int, shown: bool) -> None:
    db.execute(delete(chooser).where(chooser.c.course_id == course_id, chooser.c.tool_id == tool_id))
    if shown:
        db.execute(insert(chooser).values(course_id=course_id, tool_id=tool_id))


def domains(url: str) -> set[str]:
    """The host of a URL, with its port and without; `www.` does not count."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    return {text.lower().removeprefix("www.") for text in (parts.netloc, parts.hostname or "") if text}


def _one(row: Row[Any] | None) -> Tool | None:
    return Tool(**row._mapping) if row else None
