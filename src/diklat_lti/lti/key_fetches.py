"""Which platform read our key set, and when: a Moodle that never did takes no grade, and its doctor wants to know.

A Moodle names itself and its address in every request that it makes (4.5.6, 5.1.3: `lib/filelib.php`, the curl class):
`MoodleBot/4.5 (+https://lms.example.id)`. Anybody can write that, so only the address of a registered site counts, and
what is kept of the rest is one word. Who does not say where it comes from is not guessed by its network address, which a
proxy or a neighbour on the same server may share.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from diklat_lti.database import Database
from diklat_lti.models import Platform, Registration

log = logging.getLogger(__name__)

AT_MOST_EVERY = timedelta(minutes=1)
NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,40}/[0-9][0-9.]{0,20}) \(\+(https?://[^\s()]{1,480})\)")


@dataclass(frozen=True)
class Fetch:
    """A fetch that is worth a row: by which product, for which platforms (one site may have several clients)."""

    product: str
    platform_ids: tuple[int, ...]


def recognise(session: Session, user_agent: str | None, now: datetime) -> Fetch | None:
    """None: not from a site that is known, or remembered within the last minute. So a flood stores nothing."""
    named = NAMED.match(user_agent or "")
    if named is None:
        return None
    product, site = named[1], named[2].rstrip("/")
    known = (
        select(Platform.id)
        .join(Registration, Registration.platform_id == Platform.id)
        .where(Registration.issuer.in_((site, f"{site}/")), Registration.disabled_at.is_(None), _due(now))
        .distinct()
    )
    found = tuple(session.scalars(known.order_by(Platform.id)))
    return Fetch(product, found) if found else None


def remember(db: Database, fetch: Fetch, now: datetime) -> None:
    """After the answer has left; whatever goes wrong here is no business of the one who asked for keys."""
    seen = update(Platform).where(Platform.id.in_(fetch.platform_ids), _due(now))
    try:
        with db.writer.begin() as connection:
            connection.execute(seen.values(keys_fetched_at=now, keys_fetched_by=fetch.product))
    except SQLAlchemyError:
        log.exception("a fetch of our keys could not be noted")


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(Platform.keys_fetched_at.is_(None), Platform.keys_fetched_at <= now - AT_MOST_EVERY)
