"""How people came in from the LMS in the last 30 days: inside its frame or beside it, by browser. For a course's admins."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from diklat_lti.reports import frames
from diklat_lti.web.deps import RowId, Visiting
from diklat_lti.web.manage import door

router = APIRouter()
LOOKS_BACK = timedelta(days=30)


@router.get("/{cohort}/frames")
def shown(visit: Visiting, cohort: RowId) -> Response:
    """Of the centre's own courses on this LMS: what happens in another centre's is not theirs to see."""
    with visit.read() as (session, viewer):
        seen = door.administered(session, viewer, cohort, visit.now)
        since = visit.real_now - LOOKS_BACK
        found = frames.figures(session, seen.course.platform_id, since, seen.course.centre_id)
        return visit.page("manage/frames.html", seen=seen, found=found, days=LOOKS_BACK.days)
