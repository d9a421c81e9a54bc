"""What a reader decides for this browser: the language, and to leave it."""

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import update

from diklat_lti.models import BrowserSession, Person
from diklat_lti.web import cookies, session
from diklat_lti.web.csrf import CheckedForm, read_form
from diklat_lti.web.deps import Visiting
from diklat_lti.web.language import known

router = APIRouter()


@router.post("/language")
def choose_language(visit: Visiting, form: CheckedForm) -> Response:
    """Kept for this browser, and for the person wherever they come from next."""
    language = known(form.get("language"))
    with visit.write() as (writing, viewer):
        if language is not None:
            writing.execute(
                update(BrowserSession).where(BrowserSession.id == viewer.session_id).values(locale=language)
            )
            writing.execute(update(Person).where(Person.id == viewer.person_id).values(locale=language))
    return RedirectResponse(own_address(form.get("here", "")), 303)


@router.post("/logout", dependencies=[Depends(read_form)])
def leave(visit: Visiting) -> Response:
    """Ends the session's row, so that a copy of the cookie is worth nothing either."""
    with visit.write() as (writing, viewer):
        session.end(writing, viewer.session_id, visit.real_now)
        language, back = viewer.language, viewer.return_url
    visit.request.state.viewer = None
    visit.request.state.language = language
    visit.request.state.set_cookies = [cookies.delete_cookie(cookies.SESSION)]
    return visit.page("account/left.html", back=back)


def own_address(here: str) -> str:
    """A path of ours, and nothing that a browser would take for another host."""
    return here if here.startswith("/") and not here.startswith(("//", "/\\")) else "/"
