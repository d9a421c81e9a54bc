"""A launch that leads nowhere yet: a calm page that says what is missing and who can mend it."""

from fastapi import APIRouter
from fastapi.responses import Response

from diklat_lti.errors import not_found
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn.own import RowId
from diklat_lti.web.viewer import Entry

router = APIRouter()


@router.get("/learn/missing/{launch:int}")
def missing(visit: Visiting, launch: RowId) -> Response:
    with visit.read() as (_session, viewer):
        entry = next((entry for entry in viewer.entries if entry.launch_id == launch), None)
        if entry is None:
            raise not_found()
        viewer.current = entry
        return visit.page("learn/missing.html", 404 if what(entry) == "review" else 200, what=what(entry))


def what(entry: Entry) -> str:
    """course, review, role or content."""
    if entry.course_id is None:
        return "course"
    if entry.message_type == "LtiSubmissionReviewRequest":
        return "review"
    return "role" if not entry.roles & {"learner", "instructor"} else "content"
