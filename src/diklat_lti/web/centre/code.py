"""The page for a one-time code of the operator: typed, looked at, confirmed, and its reader is admin of a centre."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.errors import Sentence, say
from diklat_lti.training import access, centre_codes
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visit, Visiting

router = APIRouter()
WRONG = say("This code is not right, or no longer valid. Ask whoever gave it to you.")
"""The same for one that never was, one that is used up, and one that is nearly right."""


@router.get("/code")
def ask(visit: Visiting) -> Response:
    with visit.read() as (session, viewer):
        door.at_work(viewer)
        led = access.led(session, viewer.person_id, visit.now)
    return visit.page("centre/code.html", led=led, error=None, code="")


@router.post("/code")
def enter(visit: Visiting, form: CheckedForm) -> Response:
    """First the centre that it is for, then, at the button, the role. A wrong code is counted, so nothing raises here."""
    code, confirmed = form.get("code", ""), form.get("step") == "confirm"
    keys = visit.settings.secret_keys
    with visit.write() as (session, viewer):
        door.at_work(viewer)
        if confirmed:
            centre = centre_codes.enter(session, keys, code, viewer.person_id, visit.real_now, visit.now)
        else:
            centre = centre_codes.look(session, keys, code, visit.real_now)
    if centre is None:
        return _again(visit, code, WRONG if code else say("Type the code that you were given."))
    if confirmed:
        return RedirectResponse(f"/centre/{centre.id}", 303)
    return visit.page("centre/code_confirm.html", centre=centre, code=code)


def _again(visit: Visit, code: str, error: Sentence) -> Response:
    return visit.page("centre/code.html", 422, led=[], error=error, code=code[: centre_codes.LONGEST])
