"""The courses of a centre with their runs; a course goes over to another centre of the same admin."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.errors import not_found
from diklat_lti.models import Course
from diklat_lti.training import centre_courses
from diklat_lti.web.centre import door
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visiting

router = APIRouter()


@router.get("/{centre}/courses")
def courses(visit: Visiting, centre: RowId) -> Response:
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        lines = centre_courses.every(session, centre)
    return visit.page("centre/courses.html", led=led, lines=lines)


@router.post("/{centre}/courses/{course}")
def assign(visit: Visiting, centre: RowId, course: RowId, form: CheckedForm) -> Response:
    """Only between two centres of the same admin; a course that has gone already is left where it is."""
    with visit.write() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        to = next((other.id for other in led.others if str(other.id) == form.get("to")), None)
        found = session.get(Course, course)
        if to is None or found is None or found.centre_id not in (centre, to):
            raise not_found()
        centre_courses.assign(session, course, to, viewer.person_id, visit.now)
    return RedirectResponse(f"/centre/{centre}/courses", 303)
