"""A quiz before an attempt: how many questions, attempts and minutes, what was reached so far, and the button to begin."""

import secrets

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.content.outline import Outline
from diklat_lti.errors import not_found
from diklat_lti.training import attempts, progress
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn import work
from diklat_lti.web.learn.attempt import standing
from diklat_lti.web.learn.lesson import Place, place
from diklat_lti.web.learn.own import Key, RowId, page, reading, writing

router = APIRouter()
SEEDS = 2**31


@router.get("/learn/{enrolment:int}/lessons/{key}/quiz")
def intro(visit: Visiting, enrolment: RowId, key: Key) -> Response:
    with reading(visit, enrolment) as (session, mine):
        here = quiz_place(mine.outline, key)
        if not mine.may_read:
            return RedirectResponse(mine.base, 303)
        return page(visit, mine, "learn/quiz.html", place=here, standing=standing(session, mine, key))


def quiz_place(outline: Outline, key: str) -> Place:
    here = place(outline, key)
    if not here.lesson.has_quiz:
        raise not_found()
    return here


@router.post("/learn/{enrolment:int}/lessons/{key}/quiz")
def begin(visit: Visiting, form: CheckedForm, enrolment: RowId, key: Key) -> Response:
    """Begun twice by a double click it is one attempt; while one is under way, that one goes on."""
    with writing(visit, enrolment) as (session, mine):
        quiz_place(mine.outline, key)
        uuid = work.event_id(form.get("attempt"))
        known = attempts.find(session, enrolment, uuid) or attempts.open_attempt(session, enrolment, key)
        if known is not None:
            return RedirectResponse(f"{mine.base}/attempts/{known.attempt_uuid}", 303)
        if not standing(session, mine, key).may_begin:
            return RedirectResponse(f"{mine.base}/lessons/{key}/quiz", 303)
        body = {"seed": secrets.randbelow(SEEDS)}
        event = work.from_form(form, visit.settings, "attempt_started", key, attempt_uuid=uuid, body=body)
        progress.record(session, enrolment, [event], mine.now)
        return RedirectResponse(f"{mine.base}/attempts/{uuid}", 303)
