"""Invites of a centre: made with a name and days, listed, revoked. The address is shown once, by the page that made it."""

import secrets
from collections.abc import Mapping

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from diklat_lti.errors import Sentence
from diklat_lti.lti.centre import invites
from diklat_lti.training.cohorts import BadFields
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm, read_form
from diklat_lti.web.deps import RowId, Visit, Visiting

router = APIRouter()
NEW = {"name": "", "days": "7"}


@router.get("/{centre}/invites")
def listed(visit: Visiting, centre: RowId) -> Response:
    return _form(visit, centre, NEW, {})


@router.post("/{centre}/invites")
def make(visit: Visiting, centre: RowId, form: CheckedForm) -> Response:
    """No redirect: the address stands in this answer alone. Sent again, it is the same invite and the same address."""
    name, days, number = (form.get(field, "") for field in ("name", "days", "form"))
    try:
        with visit.write() as (session, viewer):
            led = door.enter(session, viewer, centre, visit.now)
            secret = visit.settings.secret_keys[0]
            token = invites.make(
                session, secret, centre, viewer.person_id, name, days, number[:100], visit.real_now, visit.now
            )
    except BadFields as bad:
        return _form(visit, centre, form, bad.fields)
    address = f"{visit.settings.public_url}/lti/register?invite={token}"
    return visit.page("centre/invite_made.html", led=led, address=address)


@router.post("/{centre}/invites/{invite}/revoke", dependencies=[Depends(read_form)])
def revoke(visit: Visiting, centre: RowId, invite: RowId) -> Response:
    with visit.write() as (session, viewer):
        door.enter(session, viewer, centre, visit.now)
        invites.revoke(session, centre, invite, viewer.person_id, visit.real_now, visit.now)
    return RedirectResponse(f"/centre/{centre}/invites", 303)


def _form(visit: Visit, centre: int, typed: Mapping[str, str], wrong: dict[str, Sentence]) -> Response:
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        lines = invites.every(session, centre, visit.real_now)
    number = typed.get("form") or secrets.token_urlsafe(12)
    return visit.page(
        "centre/invites.html",
        422 if wrong else 200,
        led=led,
        lines=lines,
        typed=typed,
        wrong=wrong,
        number=number,
        zone=door.ZONE,
    )
