"""The preview: for somebody known as Instructor who came as learner. Nothing here counts or is stored."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from diklat_lti.content import FORMATS, publish
from diklat_lti.content.outline import Outline
from diklat_lti.errors import not_found
from diklat_lti.models import Cohort, Course, Member
from diklat_lti.training import access
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.learn.lesson import place
from diklat_lti.web.learn.own import Key, RowId, asset_url
from diklat_lti.web.viewer import Viewer

router = APIRouter()


@dataclass(frozen=True)
class Preview:
    cohort: Cohort
    outline: Outline

    @property
    def base(self) -> str:
        return f"/learn/preview/{self.cohort.id}"


@router.get("/learn/preview/{cohort:int}")
def overview(visit: Visiting, cohort: RowId) -> Response:
    with visit.read() as (session, viewer):
        return visit.page("learn/preview.html", preview=preview(session, viewer, cohort, visit))


@router.get("/learn/preview/{cohort:int}/lessons/{key}")
def lesson(visit: Visiting, cohort: RowId, key: Key) -> Response:
    with visit.read() as (session, viewer):
        seen = preview(session, viewer, cohort, visit)
        here, version = place(seen.outline, key), seen.cohort.version_id
        if "page" not in here.lesson.kinds:
            raise not_found()
        body = publish.lesson_body(session, version, key, "page")
        shown = FORMATS["page"].show(body, asset_url(seen.base, version))
        return visit.page("learn/preview_lesson.html", preview=seen, place=here, shown=shown)


def preview(session: Session, viewer: Viewer, cohort_id: int, visit: Visit) -> Preview:
    """404 for everybody who is a learner and nothing else: lessons are not read before the window opens."""
    cohort = session.get(Cohort, cohort_id)
    if cohort is None:
        raise not_found()
    member = session.get(Member, (cohort.course_id, viewer.person_id))
    course = session.get_one(Course, cohort.course_id)
    taught = member is not None and member.instructor_at is not None
    if not taught and not access.watches(session, viewer.person_id, course, cohort.id, visit.now):
        raise not_found()
    viewer.enter(session, cohort.course_id)
    return Preview(cohort, publish.outline_of(session, cohort.version_id))
