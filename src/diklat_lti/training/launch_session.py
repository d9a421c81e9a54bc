"""How long a launch is good for, and the browser's session that it joins or founds."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, update

from diklat_lti.models.people import BrowserSession
from diklat_lti.training.arrival import Arrival, ArrivedBrowser
from diklat_lti.training.recognition import Known

STAFF = timedelta(hours=12)
FRAMED_LEARNER = timedelta(hours=24)
LONGEST = timedelta(days=120)


def lifetime(arrival: Arrival, ends: datetime | None, now: datetime) -> timedelta:
    """Staff half a day, a learner in a frame a day, a learner on an own phone until the grace is over."""
    if not arrival.is_learner or arrival.is_instructor:
        return STAFF
    if arrival.framed or ends is None:
        return FRAMED_LEARNER
    return min(max(ends - now, FRAMED_LEARNER), LONGEST)


def joined(
    connection: Connection, browser: ArrivedBrowser, known: Known, real_now: datetime, expires_at: datetime
) -> int | None:
    """The session that came along, if it is this person's; else a new one, where no other launch may be founding one.

    None: `web/session.join` decides at the first page, when all the browser's launches are on the table.
    """
    if known.session_id is not None:
        assert known.session_ends is not None
        if known.session_ends < expires_at:
            longer = update(BrowserSession).where(BrowserSession.id == known.session_id)
            connection.execute(longer.values(expires_at=expires_at))
        return known.session_id
    if browser.founds is None:
        return None
    values = {
        "name_hash": browser.founds,
        "person_id": known.person_id,
        "device": browser.device,
        "created_at": real_now,
        "expires_at": expires_at,
    }
    return connection.execute(_NEW_SESSION, values).scalar_one()


_NEW_SESSION = insert(BrowserSession).returning(BrowserSession.id)
