"""Who may open the pages of which centre: everything under /centre passes through here, and what is not theirs is 404."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from diklat_lti.errors import not_found
from diklat_lti.models import Centre
from diklat_lti.training import access
from diklat_lti.web.viewer import Entry, Viewer, open_from_course

ZONE = "Asia/Jakarta"
"""Of the days that are shown; a centre has no zone of its own."""


@dataclass(frozen=True)
class Led:
    """A centre, and the others that this viewer is admin of as well."""

    centre: Centre
    others: tuple[Centre, ...]


def at_work(viewer: Viewer) -> Entry:
    """The newest launch as a teacher; those are good for half a day. A learner's on a phone lives for weeks, and opens
    nothing of a centre."""
    entry = next((entry for entry in viewer.entries if "instructor" in entry.roles), None)
    if entry is None:
        raise open_from_course(None)
    viewer.current = entry
    return entry


def enter(session: Session, viewer: Viewer, centre_id: int, now: datetime) -> Led:
    """For the admins of that very centre."""
    led = access.led(session, viewer.person_id, now)
    found = next((centre for centre in led if centre.id == centre_id), None)
    if found is None:
        raise not_found()
    at_work(viewer)
    return Led(found, tuple(centre for centre in led if centre is not found))
