"""Instructors without a role: the page where they wait, an admin's answer; and links that nobody has chosen a content for."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.errors import not_found
from diklat_lti.models import Course, Placement
from diklat_lti.training import access, cohorts, copies, role_requests
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door
from diklat_lti.web.viewer import Viewer

router = APIRouter()


@router.post("/{cohort}/requests/{request}")
def answer(visit: Visiting, cohort: RowId, request: RowId, form: CheckedForm) -> Response:
    """One tap: a role, learner, or refused. A second tap, or a second admin's, changes nothing."""
    with visit.write() as (session, viewer):
        seen = door.administered(session, viewer, cohort, visit.now)
        given = form.get("answer", "")
        role_requests.answer(session, request, seen.course, given, viewer.person_id, visit.now)
    return RedirectResponse(f"/manage/{cohort}", 303)


@router.get("/waiting/{course}")
def waiting(visit: Visiting, course: RowId) -> Response:
    """For whoever came into this course as an instructor; once they have a role it leads on."""
    with visit.read() as (session, viewer):
        came = viewer.find(session, course)
        if came is None or not any("instructor" in e.roles for e in viewer.entries if e.course_id == came.course_id):
            raise not_found()
        viewer.current = came
        found = session.get_one(Course, course)
        cohort_id = _newest(session, viewer, found, visit)
        said = role_requests.last_answer(session, viewer.person_id, course)
    if cohort_id is not None:
        return RedirectResponse(f"/manage/{cohort_id}", 303)
    return visit.page("manage/waiting.html", course=found, answer=said)


def _newest(session: Session, viewer: Viewer, course: Course, visit: Visit) -> int | None:
    """The newest run of the course that a role of this person reaches."""
    runs = (cohort.id for cohort in cohorts.of_course(session, course.id))
    return next((id_ for id_ in runs if access.watches(session, viewer.person_id, course, id_, visit.now)), None)


@router.get("/unplaced/{launch}")
def unplaced(visit: Visiting, launch: RowId) -> Response:
    """For the instructor who opened a link that was added without the picker: how it gets its content."""
    with visit.read() as (session, viewer):
        found = door.launch(session, viewer, launch, visit)
        placed = select(Placement.cohort_id).where(Placement.id == found.placement_id)
        cohort_id = session.scalars(placed).one_or_none()
        course = session.get_one(Course, found.course_id)
        is_admin = access.is_admin(session, viewer.person_id, course, visit.now)
        runs = cohorts.of_course(session, course.id)
        copied = copies.find(session, course.id, found.placement_id, viewer.person_id, visit.now)
    if cohort_id is not None:
        return RedirectResponse(f"/manage/{cohort_id}", 303)
    if copied is not None:
        return RedirectResponse(f"/manage/copied/{launch}", 303)
    if "instructor" not in found.roles.split():
        raise not_found()
    return visit.page("manage/unplaced.html", course=course, is_admin=is_admin, runs=runs)
