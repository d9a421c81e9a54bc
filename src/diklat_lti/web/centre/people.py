"""Who has which role in a centre: listed, given to somebody who was seen there, taken back."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.training import centre_roles, centre_staff
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visiting

router = APIRouter()
LONGEST_SEARCH = 100


@router.get("/{centre}/people")
def people(visit: Visiting, centre: RowId) -> Response:
    text = visit.request.query_params.get("q", "").replace("\0", "")[:LONGEST_SEARCH]
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        lines = centre_staff.roles(session, centre, visit.now)
        found = centre_staff.find(session, centre, text, visit.now)
    return visit.page("centre/people.html", led=led, lines=lines, text=text, found=found, zone=door.ZONE)


@router.post("/{centre}/people/{person}")
def give(visit: Visiting, centre: RowId, person: RowId, form: CheckedForm) -> Response:
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        role = form.get("role", "")
        centre_roles.give(session, centre, person, role, viewer.person_id, visit.now)
    return RedirectResponse(f"/centre/{centre}/people", 303)


@router.post("/{centre}/roles/{grant}/revoke")
def revoke(visit: Visiting, centre: RowId, grant: RowId, form: CheckedForm) -> Response:
    """Who takes back their own role is no admin any more, and is led away."""
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        centre_roles.revoke(session, centre, grant, viewer.person_id, visit.now)
    return RedirectResponse("/centre" if form.get("own") else f"/centre/{centre}/people", 303)
