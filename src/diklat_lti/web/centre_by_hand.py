"""Connecting an LMS by hand: the fields that its own page shows, typed here by a centre's admin."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.errors import Sentence
from diklat_lti.lti import by_hand
from diklat_lti.training.cohorts import BadFields
from diklat_lti.web import centre_door
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting

router = APIRouter()


@router.get("/{centre}/platforms/new")
def blank(visit: Visiting, centre: RowId) -> Response:
    return _form(visit, centre, {}, {})


@router.post("/{centre}/platforms/new")
def add(visit: Visiting, centre: RowId, form: CheckedForm) -> Response:
    """A mistake stands beside its field, and all that was typed is still there."""
    try:
        with visit.write() as (session, viewer):
            centre_door.enter(session, viewer, centre, visit.now)
            made = by_hand.add(session, visit.settings, form, centre, viewer.person_id, visit.now)
    except BadFields as bad:
        return _form(visit, centre, form, bad.fields)
    return RedirectResponse(f"/centre/{centre}#platform-{made.platform_id}", 303)


def _form(visit: Visit, centre: int, typed: Mapping[str, str], wrong: dict[str, Sentence]) -> Response:
    with visit.read() as (session, viewer):
        led = centre_door.enter(session, viewer, centre, visit.now)
    return visit.page(
        "centre/by_hand.html", 422 if wrong else 200, led=led, fields=by_hand.FIELDS, typed=typed, wrong=wrong
    )
