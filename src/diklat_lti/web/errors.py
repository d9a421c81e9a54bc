"""Whatever goes wrong becomes one calm page (or JSON, where asked for) and one log line with the same reference."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from diklat_lti import logs
from diklat_lti.errors import Kind, Problem, Sentence, not_found, say
from diklat_lti.web import pages, way_back

log = logging.getLogger(__name__)

STATUS = {
    Kind.BAD_INPUT: 400,
    Kind.UNTRUSTED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
}


class Signpost(Problem):
    """A problem whose page has a button that leads on: `address`, with `label` on it."""

    def __init__(
        self, kind: Kind, reason: str, sentence: Sentence, advice: Sentence | None, address: str, label: Sentence
    ) -> None:
        super().__init__(kind, reason, sentence, advice)
        self.address = address
        self.label = label


def install(app: FastAPI) -> None:
    """Errors that no handler takes are caught by `headers.Guard`, which is nearer to the browser."""
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, on_validation)


def on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return answer(request, problem, STATUS[problem.kind])


def on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such address, not this method, an unreadable body."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, not_found(), 404)
    if error.status_code == 405:
        problem = Problem(
            Kind.BAD_INPUT,
            "wrong_method",
            say("This address cannot be opened in this way."),
            say("Open the activity again from your course."),
        )
        return answer(request, problem, 405, dict(error.headers or {}))
    return answer(request, unreadable(f"http_{error.status_code}"), error.status_code)


def on_validation(request: Request, _error: Exception) -> Response:
    """An address with letters where a number belongs leads nowhere; anything else was sent wrongly."""
    assert isinstance(_error, RequestValidationError)
    if any(e["loc"][0] == "path" for e in _error.errors()):
        return answer(request, not_found(), 404)
    return answer(request, unreadable("invalid_request"), 400)


def on_surprise(request: Request, error: Exception) -> Response:
    """Our own mistake: logged with its places, never shown."""
    log.error("%s %s failed", request.method, request.url.path, extra={"where": logs.where(error)})
    problem = Problem(
        Kind.UNAVAILABLE,
        "our_mistake",
        say("Something went wrong on our side. Your saved work is safe."),
        say("Try again in a few minutes. If it happens again, tell support the reference below."),
    )
    return answer(request, problem, 500)


def on_any(request: Request, error: Exception) -> Response:
    """For what comes past the framework's handlers."""
    if isinstance(error, Problem):
        return on_problem(request, error)
    return on_http_exception(request, error) if isinstance(error, HTTPException) else on_surprise(request, error)


def too_large() -> Problem:
    return Problem(
        Kind.TOO_LARGE, "too_large", say("What was sent is too large."), say("Send less at once, or a smaller file.")
    )


def unreadable(reason: str) -> Problem:
    return Problem(
        Kind.BAD_INPUT,
        reason,
        say("What was sent could not be read."),
        say("Go back, reload the page and try again."),
    )


def answer(request: Request, problem: Problem, status: int, headers: dict[str, str] | None = None) -> Response:
    """Never an empty body: in the LMS's frame that would be a blank box."""
    log.info("refused", extra={"reason": problem.reason, "kind": problem.kind.value, "status": status})
    lang, reference = pages.language_of(request), logs.reference.get()
    if wants_json(request):
        body = {
            "error": problem.reason,
            "sentence": pages.said(problem.sentence, lang),
            "advice": pages.said(problem.advice, lang),
            "reference": reference,
        }
        return JSONResponse(body, status, headers)
    page = pages.render(
        request, "errors/problem.html", status, problem=problem, way_on=way_on(request, problem), reference=reference
    )
    page.headers.update(headers or {})
    return page


def wants_json(request: Request) -> bool:
    """Who asks for JSON, and who sends it."""
    accepted, sent = (request.headers.get(name, "") for name in ("accept", "content-type"))
    return "text/html" not in accepted and ("application/json" in accepted or sent.startswith("application/json"))


def _return(request: Request, problem: Problem, address: str) -> str:
    """What failed on our side is told to the LMS; whoever only opened a wrong page goes back without a word."""
    if problem.kind != Kind.UNAVAILABLE:
        return address
    said = pages.said(problem.sentence, pages.language_of(request))
    return way_back.failed(address, said, logs.reference.get())


def way_on(request: Request, problem: Problem) -> dict[str, Any] | None:
    """The button: what the problem itself names; back into the course; or this page once more."""
    viewer = pages.viewer_of(request)
    if isinstance(problem, Signpost):
        return {"address": problem.address, "label": problem.label}
    if viewer is not None and viewer.return_url:
        return {"address": _return(request, problem, viewer.return_url), "label": say("Back to the course")}
    if request.method == "GET" and problem.kind == Kind.UNAVAILABLE:
        return {"address": str(request.url.path), "label": say("Try again")}
    return None
