"""Everything a centre's admin opens (/centre): its LMSs, invites, courses and people; and the page for a one-time code."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.training import access
from diklat_lti.web.centre import by_hand, code, courses, door, invites, join, people, platforms
from diklat_lti.web.deps import Visiting

router = APIRouter(prefix="/centre")


@router.get("")
def centres(visit: Visiting) -> Response:
    """Leads on to the only centre of an admin; who has none yet may have a code."""
    with visit.read() as (session, viewer):
        door.at_work(viewer)
        led = access.led(session, viewer.person_id, visit.now)
    if not led:
        return RedirectResponse("/centre/code", 303)
    if len(led) == 1:
        return RedirectResponse(f"/centre/{led[0].id}", 303)
    return visit.page("centre/centres.html", centres=led)


for page in (code, by_hand, platforms, join, invites, courses, people):
    router.include_router(page.router)
