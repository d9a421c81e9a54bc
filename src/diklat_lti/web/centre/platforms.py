"""The LMSs of a centre: what they are, when they were last heard of, and who of them is let in."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.lti import known
from diklat_lti.lti.centre import platforms
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visiting

router = APIRouter()


@router.get("/{centre}")
def listed(visit: Visiting, centre: RowId) -> Response:
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        cards = platforms.every(session, centre)
    return visit.page("centre/platforms.html", led=led, cards=cards, now=visit.real_now)


@router.post("/{centre}/platforms/{platform}/name")
def rename(visit: Visiting, centre: RowId, platform: RowId, form: CheckedForm) -> Response:
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        name = form.get("name", "")
        platforms.rename(session, centre, platform, name, viewer.person_id, visit.now)
    return RedirectResponse(f"/centre/{centre}#platform-{platform}", 303)


@router.post("/{centre}/platforms/{platform}/state")
def switch(visit: Visiting, centre: RowId, platform: RowId, form: CheckedForm) -> Response:
    """`state`: `disabled`, else it is enabled."""
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        disabled = form.get("state") == "disabled"
        platforms.switch(session, centre, platform, disabled, viewer.person_id, visit.now)
    known.forget(visit.db)
    return RedirectResponse(f"/centre/{centre}#platform-{platform}", 303)


@router.post("/{centre}/deployments/{deployment}")
def settle(visit: Visiting, centre: RowId, deployment: RowId, form: CheckedForm) -> Response:
    """`state`: `admitted`, else it is disabled."""
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        admitted = form.get("state") == "admitted"
        platforms.settle(session, centre, deployment, admitted, viewer.person_id, visit.now)
    known.forget(visit.db)
    return RedirectResponse(f"/centre/{centre}#deployment-{deployment}", 303)
