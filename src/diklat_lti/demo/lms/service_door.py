"""The addresses below services.php, each with the media types that it takes."""

from fastapi import APIRouter, Request, Response

from diklat_lti.demo.lms import line_items, results, roster, scores
from diklat_lti.demo.lms.forms import Body
from diklat_lti.demo.lms.services import serve
from diklat_lti.demo.lms.visits import ThisLms

router = APIRouter(prefix="/mod/lti/services.php")
ITEM = "/{course}/lineitems/{item}/lineitem"


@router.api_route("/{course}/lineitems", methods=["GET", "POST"])
def container(request: Request, lms: ThisLms, body: Body, course: int) -> Response:
    formats = (line_items.CONTAINER, line_items.ITEM)
    return serve(request, lms, body, formats, lambda call: line_items.in_container(call, course))


@router.api_route(ITEM, methods=["GET", "PUT", "DELETE"])
def single(request: Request, lms: ThisLms, body: Body, course: int, item: int) -> Response:
    return serve(request, lms, body, (line_items.ITEM,), lambda call: line_items.single(call, course, item))


@router.api_route(ITEM + "/scores", methods=["GET", "POST"])
def score(request: Request, lms: ThisLms, body: Body, course: int, item: int) -> Response:
    return serve(request, lms, body, scores.FORMATS, lambda call: scores.post(call, course, item))


@router.get(ITEM + "/results")
def result(request: Request, lms: ThisLms, body: Body, course: int, item: int) -> Response:
    return serve(request, lms, body, results.FORMATS, lambda call: results.listed(call, course, item))


@router.get("/CourseSection/{course}/bindings/{tool}/memberships")
def members(request: Request, lms: ThisLms, body: Body, course: int, tool: int) -> Response:
    return serve(request, lms, body, roster.FORMATS, lambda call: roster.listed(call, course, tool))
