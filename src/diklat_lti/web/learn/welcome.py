"""The first launch: "Kecamatan tugas Anda?", what is kept and who sees it, the name for the certificate. It blocks nothing."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.errors import Sentence, say
from diklat_lti.models import Enrolment, Person
from diklat_lti.training import enrolments, regions
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.learn.own import Mine, RowId, page, reading, writing

router = APIRouter()
LONGEST_NAME = 300


@router.get("/learn/{enrolment:int}/welcome")
def ask(visit: Visiting, enrolment: RowId) -> Response:
    with reading(visit, enrolment) as (session, mine):
        return _page(visit, session, mine)


@router.post("/learn/{enrolment:int}/welcome")
def answer(visit: Visiting, form: CheckedForm, enrolment: RowId) -> Response:
    """An empty kecamatan is an answer too: the question may be skipped."""
    code = form.get("region", "")
    with writing(visit, enrolment) as (session, mine):
        known = session.get_one(Person, mine.enrolment.person_id).name
        name = "" if known else form.get("name", "")  # the page asks only whom the LMS did not name
        wrong: dict[str, Sentence] = {}
        if code and code not in regions.kecamatan(session):
            wrong["region"] = say("This kecamatan is not in the list. Choose it from the list, or skip this question.")
        if len(name) > LONGEST_NAME:
            wrong["name"] = say("The name is too long: at most %(most)s characters.", most=LONGEST_NAME)
        if wrong:
            return _page(visit, session, mine, 400, wrong, name)
        enrolments.welcome(session, session.get_one(Enrolment, enrolment), code, name or None, mine.now)
        return RedirectResponse(mine.base, 303)


def _page(
    visit: Visit,
    session: Session,
    mine: Mine,
    status: int = 200,
    wrong: dict[str, Sentence] | None = None,
    typed_name: str = "",
) -> Response:
    person = session.get_one(Person, mine.enrolment.person_id)
    offered = regions.kecamatan(session)
    proposed = mine.enrolment.region_code or person.region_code
    return page(
        visit,
        mine,
        "learn/welcome.html",
        status,
        person=person,
        offered=offered,
        proposed=proposed if proposed in offered else None,
        settled=mine.enrolment.region_source in ("roster", "admin"),
        wrong=wrong or {},
        typed_name=typed_name,
    )
