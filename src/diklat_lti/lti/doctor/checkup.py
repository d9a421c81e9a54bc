"""Looks at the chain link by link, stops behind what is broken, and stores what was found."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert

from diklat_lti.database import Database
from diklat_lti.lti import http
from diklat_lti.lti.doctor import look as looking
from diklat_lti.lti.doctor import site
from diklat_lti.lti.doctor.chain import Link, links
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.reading import Found
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.models import Finding
from diklat_lti.settings import Settings

log = logging.getLogger(__name__)
Findings = dict[str, Found]


def of_service(db: Database, settings: Settings, now: datetime) -> Findings:
    """Our own links. Stored where the database can: it is one of them."""
    found = _look_along(Look(db, settings, now), links(own=True), {})
    if found["database"].reason == "migrated":
        db.write_again(lambda connection: _store(connection, None, found))
    return found


def of_platform(
    db: Database, settings: Settings, platform_id: int, own: Findings, now: datetime, write: bool = False,
    seconds: float = looking.SECONDS,
) -> Findings:  # fmt: skip
    """The links of one LMS, behind our `own`; half a minute at most. Nothing of a platform without a registration."""
    with db.read() as session:
        there = site.load(session, platform_id)
    if there is None:
        return {}
    look = Look(db, settings, now, there, write, seconds)
    found = _look_along(look, links(own=False), own)
    db.write_again(lambda connection: _store(connection, platform_id, found))
    return found


def of_both(db: Database, settings: Settings, platform_id: int, now: datetime, write: bool = False) -> Findings:
    """What a press on the page's button does."""
    own = of_service(db, settings, now)
    return own | of_platform(db, settings, platform_id, own, now, write)


def _look_along(look: Look, chain: Iterable[Link], before: Mapping[str, Found]) -> Findings:
    found: Findings = {}
    holds = {name for name, one in before.items() if _holds(name, one)}
    for link in chain:
        if not holds.issuperset(link.needs) or (link.on_wish and not look.write):
            continue
        seen = _see(look, link)
        found[link.name] = Found(seen.reason, seen.data, look.now)
        if link.word(seen.reason).light in ("green", "amber"):
            holds.add(link.name)
    return found


def _holds(name: str, one: Found) -> bool:
    link = next(link for link in links(own=True) if link.name == name)
    return link.word(one.reason).light in ("green", "amber")


def _see(look: Look, link: Link) -> Seen:
    """Whatever happens, the other links are looked at."""
    if look.left <= 0:
        return Seen("no_time")
    try:
        return link.look(look)
    except http.Unreachable:
        return Seen("no_answer" if look.left > 0 else "no_time")
    except Exception:
        log.exception("The doctor stumbled over %s", link.name)
        return Seen("our_fault")


def _store(connection: Connection, platform_id: int | None, found: Findings) -> None:
    """In place of what stood there; a link that was not looked at keeps its old row, with its age."""
    of_it = Finding.platform_id == platform_id if platform_id is not None else Finding.platform_id.is_(None)
    connection.execute(delete(Finding).where(of_it, Finding.link.in_(found)))
    rows = [
        {"platform_id": platform_id, "link": link.name, "light": link.word(one.reason).light, "reason": one.reason,
         "data": one.data, "looked_at": one.looked_at}
        for link in links(own=platform_id is None) if (one := found.get(link.name)) is not None
    ]  # fmt: skip
    connection.execute(insert(Finding), rows)
