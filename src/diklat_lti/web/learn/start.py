""" "Mulai sekarang": in a rolling cohort the learner chooses day 1, on a page that shows the end it gives."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.training import cohorts, progress
from diklat_lti.training.window import local_day, midnight, window
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn import work
from diklat_lti.web.learn.home import started
from diklat_lti.web.learn.own import RowId, page, reading, writing

router = APIRouter()
LATE = timedelta(hours=4)
"""With less than this left of the day, it is said that tomorrow would give a whole first day."""


@router.get("/learn/{enrolment:int}/start")
def show(visit: Visiting, enrolment: RowId) -> Response:
    with reading(visit, enrolment) as (session, mine):
        if not mine.in_window or started(session, mine):
            return RedirectResponse(mine.base, 303)
        rules = cohorts.rules_of(session, mine.cohort.id)
        tomorrow = midnight(local_day(mine.now, mine.cohort.zone) + timedelta(days=1), mine.cohort.zone)
        return page(
            visit,
            mine,
            "learn/start.html",
            end=window(rules.window, mine.now).end,
            minutes_today=(tomorrow - mine.now) // timedelta(minutes=1) if tomorrow - mine.now < LATE else None,
        )


@router.post("/learn/{enrolment:int}/start")
def start(visit: Visiting, form: CheckedForm, enrolment: RowId) -> Response:
    """The first one stored stands."""
    with writing(visit, enrolment) as (session, mine):
        if mine.in_window and not started(session, mine):
            progress.record(session, enrolment, [work.from_form(form, visit.settings, "started")], mine.now)
        return RedirectResponse(mine.base, 303)
