"""Refused logins and launches, kept without personal data so that the doctor can speak of them."""

import logging
import threading
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import insert
from sqlalchemy.pool import Pool

from diklat_lti.database import Database
from diklat_lti.models import Refusal

log = logging.getLogger(__name__)

MOST_A_MINUTE = 300
"""For each process: whoever floods the door fills the log, not the database."""
FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("; wv)", "Android WebView"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
"""The first mark that is found counts: most browsers claim to be several."""
_counts: WeakKeyDictionary[Pool, tuple[int, int]] = WeakKeyDictionary()
_lock = threading.Lock()


def record(
    db: Database, reason: str, platform_id: int | None, user_agent: str | None, reference: str, now: datetime
) -> None:
    """In a transaction of its own: the refused request has none that will be kept."""
    if not _room(db, now):
        return
    row = {
        "at": now,
        "reason": reason[:64],
        "platform_id": platform_id,
        "browser_family": browser_family(user_agent),
        "reference": reference[:32],
    }
    with db.writer.begin() as connection:
        connection.execute(insert(Refusal).values(row))


def browser_family(user_agent: str | None) -> str | None:
    """No version, no device: enough to see that one kind of browser has trouble."""
    text = user_agent or ""
    return next((family for mark, family in FAMILIES if mark in text), "other" if text else None)


def _room(db: Database, now: datetime) -> bool:
    minute = int(now.timestamp() // 60)
    with _lock:
        counted, count = _counts.get(db.engine.pool, (minute, 0))
        count = count + 1 if counted == minute else 1
        _counts[db.engine.pool] = (minute, count)
    return count <= MOST_A_MINUTE
