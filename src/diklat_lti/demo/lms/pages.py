"""Every HTML answer: the frame of a page, its security headers, and pages of trouble."""

from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from diklat_lti.demo.lms.language import DEFAULT, LANGUAGES
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.trouble import PAGES, Refused
from diklat_lti.demo.lms.visits import COOKIE, Visit, lms_of, visit_of

HEADERS = {
    # The tool may live anywhere, and the browser holds `form-action` against redirects too.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' http: https: data:; frame-src 'self' http: https:; "
        "form-action 'self' http: https:; frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-store",
}


def show(lms: Lms, visit: Visit, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the visitor's language."""
    page = lms.words.page(
        visit.language, template, visit=visit, site=lms.settings.site_name, languages=LANGUAGES, **values
    )
    return HTMLResponse(page, status, headers=HEADERS)


def go(address: str) -> RedirectResponse:
    """303, so that a form is not sent again by Reload."""
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def post_on(lms: Lms, visit: Visit, action: str, fields: dict[str, str], top: bool = False) -> HTMLResponse:
    """A form that sends itself by a small script, and by its button where scripts are off."""
    return show(lms, visit, "post_on.html", action=action, fields=fields, top=top)


def refused(request: Request, error: Exception) -> Response:
    """The handler of `Refused`: a page in Moodle's words, or the page where one says who one is."""
    assert isinstance(error, Refused)
    lms = lms_of(request)
    if error.reason == "login":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go(f"/login/index.php?wants={quote(wanted if request.method == 'GET' else '/', safe='')}")
    visit = visit_of(request, lms) if COOKIE in request.cookies else Visit("", None, "", DEFAULT)
    status, sentence = PAGES[error.reason]
    return show(lms, visit, "error.html", status, sentence=sentence)


def local(address: str) -> str:
    """Where to go on; never to another site."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
