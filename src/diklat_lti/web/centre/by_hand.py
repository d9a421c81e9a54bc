"""Connecting an LMS by hand: the fields that its own page shows, typed here by a centre's admin."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import Response

from diklat_lti.errors import Sentence
from diklat_lti.lti.centre import by_hand
from diklat_lti.training.cohorts import BadFields
from diklat_lti.web import threads
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm, Form
from diklat_lti.web.deps import RowId, Visit, Visiting

router = APIRouter()


@router.get("/{centre}/platforms/new")
def blank(visit: Visiting, centre: RowId) -> Response:
    return _form(visit, centre, {}, {})


@router.post("/{centre}/platforms/new")
async def add(visit: Visiting, centre: RowId, form: CheckedForm) -> Response:
    """Its addresses are tried first: whoever waits for an LMS holds up no page."""
    return await threads.outside(visit.request, _add, visit, centre, form)


def _add(visit: Visit, centre: int, form: Form) -> Response:
    """A mistake stands beside its field, and all that was typed is still there."""
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
    try:
        by_hand.check(visit.settings, form)
        tried = by_hand.tries(visit.settings, form)
        with visit.write() as (writing, viewer):
            made = by_hand.add(writing, visit.settings, form, tried, centre, viewer.person_id, visit.now)
    except BadFields as bad:
        return _form(visit, centre, form, bad.fields)
    names = by_hand.FIELDS
    return visit.page("centre/by_hand_done.html", led=led, tried=tried, names=names, platform=made.platform_id)


def _form(visit: Visit, centre: int, typed: Mapping[str, str], wrong: dict[str, Sentence]) -> Response:
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
    return visit.page(
        "centre/by_hand.html", 422 if wrong else 200, led=led, fields=by_hand.FIELDS, typed=typed, wrong=wrong
    )
