"""The integration doctor's page: what was found of each link to an LMS, a button that looks anew, a bundle for a helper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from diklat_lti.errors import not_found
from diklat_lti.gradebook import reasons
from diklat_lti.lti.doctor import bundle, checkup, reading
from diklat_lti.lti.doctor.reading import Found, Line
from diklat_lti.models import Course, Platform
from diklat_lti.training import access
from diklat_lti.web import threads
from diklat_lti.web.centre import door as centre_door
from diklat_lti.web.csrf import CheckedForm, Form
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door as manage_door
from diklat_lti.web.viewer import Viewer

router = APIRouter()
AT_MOST_EVERY = timedelta(seconds=10)
SAME_PRESS = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """Whose page this is, and which LMS it is about. `guest`: the LMS is another centre's, and only a course on it is
    theirs: they see whether the connection holds, and nothing of what people do there."""

    address: str
    back: str
    platform: Platform
    guest: bool


def _of_centre(session: Session, viewer: Viewer, platform_id: int, now: datetime) -> Place:
    """For admins of the LMS's centre, and of centres that have a course on it."""
    led = [centre.id for centre in access.led(session, viewer.person_id, now)]
    on_it = select(Course.centre_id).where(Course.platform_id == Platform.id, Course.centre_id.in_(led))
    theirs = or_(Platform.centre_id.in_(led), on_it.exists())
    found = session.scalars(select(Platform).where(Platform.id == platform_id, theirs)).one_or_none()
    if found is None:
        raise not_found()
    centre_door.at_work(viewer)
    return Place(f"/centre/doctor/{found.id}", "/centre", found, found.centre_id not in led)


def _of_cohort(session: Session, viewer: Viewer, cohort_id: int, now: datetime) -> Place:
    """For admins of the cohort: the LMS of its course, and no other."""
    seen = manage_door.administered(session, viewer, cohort_id, now)
    platform = session.get_one(Platform, seen.course.platform_id)
    guest = platform.centre_id != seen.course.centre_id
    return Place(f"/manage/{cohort_id}/doctor", f"/manage/{cohort_id}", platform, guest)


@router.get("/centre/doctor/{platform}")
def of_centre(visit: Visiting, platform: RowId) -> Response:
    with visit.read() as (session, viewer):
        return _shown(visit, session, _of_centre(session, viewer, platform, visit.now))


@router.get("/manage/{cohort}/doctor")
def of_cohort(visit: Visiting, cohort: RowId) -> Response:
    with visit.read() as (session, viewer):
        return _shown(visit, session, _of_cohort(session, viewer, cohort, visit.now))


@router.post("/centre/doctor/{platform}")
async def look_of_centre(visit: Visiting, platform: RowId, form: CheckedForm) -> Response:
    def look() -> Response:
        with visit.write() as (session, viewer):
            place = _of_centre(session, viewer, platform, visit.now)
        return _looked(visit, place, form)

    return await threads.outside(visit.request, look)


@router.post("/manage/{cohort}/doctor")
async def look_of_cohort(visit: Visiting, cohort: RowId, form: CheckedForm) -> Response:
    def look() -> Response:
        with visit.write() as (session, viewer):
            place = _of_cohort(session, viewer, cohort, visit.now)
        return _looked(visit, place, form)

    return await threads.outside(visit.request, look)


def _looked(visit: Visit, place: Place, form: Form) -> Response:
    """No session is open while the LMS is asked. The column would be made in the course that was launched into last: a
    guest's look makes none."""
    write = "write" in form and not place.guest
    if not _just_looked(visit, place.platform.id, form.get("seen")):
        checkup.of_both(visit.db, visit.settings, place.platform.id, visit.real_now, write)
    return RedirectResponse(place.address, 303)


def _just_looked(visit: Visit, platform_id: int, seen: str | None) -> bool:
    """By the first link of an LMS, which is looked at each time. `seen`: what the page with the button knew of it; a
    second press of the same button finds what the first one has found."""
    with visit.db.read() as session:
        found = reading.stored(session, platform_id).get("door")
    if found is None:
        return False
    age = visit.real_now - found.looked_at
    return age < AT_MOST_EVERY or (seen is not None and seen != _mark(found) and age < SAME_PRESS)


def _mark(found: Found | None) -> str:
    return found.looked_at.isoformat() if found else ""


def _shown(visit: Visit, session: Session, place: Place) -> Response:
    now = visit.real_now
    if "bundle" in visit.request.query_params:
        told = bundle.made(session, visit.settings, place.platform.id, now, place.guest)
        name = f"diklat-lti-{place.platform.id}-{now:%Y%m%d-%H%M}.json"
        return JSONResponse(told, headers={"Content-Disposition": f'attachment; filename="{name}"'})
    lines = reading.report(session, place.platform.id, now, place.guest)
    return visit.page(
        "manage/doctor.html",
        place=place,
        own=_grouped(line for line in lines if line.link.own),
        lms=_grouped(line for line in lines if not line.link.own),
        broken=[line for line in lines if line.light == "red"],
        looked_at=max((line.found.looked_at for line in lines if line.found), default=None),
        explain=reasons.explain,
        seen=_mark(next(line.found for line in lines if line.name == "door")),
        now=now,
    )


def _grouped(lines: Iterable[Line]) -> list[list[Line]]:
    """Each by itself, but those in a row of which the same is to be said together."""
    same = groupby(lines, lambda line: line.together)
    return [part for together, row in same for part in ([list(row)] if together else [[line] for line in row])]
