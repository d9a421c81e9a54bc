"""A quiz during an attempt: one page of questions, answers saved as they come, a look at what is unanswered, handing in."""

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import quiz
from diklat_lti.content.outline import Outline
from diklat_lti.content.quiz import QuizView
from diklat_lti.models import Attempt
from diklat_lti.settings import Settings
from diklat_lti.training import attempts, progress
from diklat_lti.training.progress import NewEvent
from diklat_lti.web.csrf import CheckedForm, Form
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.learn import work
from diklat_lti.web.learn.attempt import AttemptId, deadline, judgement, own_attempt, questions, time_is_up
from diklat_lti.web.learn.lesson import place
from diklat_lti.web.learn.own import Mine, RowId, page, reading, writing

router = APIRouter()


@router.get("/learn/{enrolment:int}/attempts/{uuid}")
def sheet(visit: Visiting, enrolment: RowId, uuid: AttemptId) -> Response:
    return _show(visit, enrolment, uuid, "learn/attempt.html")


@router.get("/learn/{enrolment:int}/attempts/{uuid}/review")
def review(visit: Visiting, enrolment: RowId, uuid: AttemptId) -> Response:
    """What is unanswered, before it is handed in."""
    return _show(visit, enrolment, uuid, "learn/review.html")


def _show(visit: Visit, enrolment: int, uuid: str, template: str) -> Response:
    with reading(visit, enrolment) as (session, mine):
        attempt = own_attempt(session, mine, uuid)
        if judgement(session, attempt) is not None:
            return RedirectResponse(f"{mine.base}/attempts/{uuid}/result", 303)
        return page(
            visit,
            mine,
            template,
            place=place(mine.outline, attempt.lesson_key),
            attempt=attempt,
            deadline=deadline(attempt),
            shown=_view(session, mine, attempt),
        )


def _view(session: Session, mine: Mine, attempt: Attempt) -> QuizView:
    given = attempts.answers_of(session, attempt.id)
    return quiz.show(questions(session, attempt), mine.asset_url(), attempt.seed, given)


@router.post("/learn/{enrolment:int}/attempts/{uuid}")
def answer(visit: Visiting, form: CheckedForm, enrolment: RowId, uuid: AttemptId) -> Response:
    """`action`: save and leave, review, or submit. Sent twice it is stored once; handed in, it stays as it was."""
    with writing(visit, enrolment) as (session, mine):
        attempt = own_attempt(session, mine, uuid)
        base = f"{mine.base}/attempts/{uuid}"
        if judgement(session, attempt) is not None:
            return RedirectResponse(f"{base}/result", 303)
        if time_is_up(attempt, mine.now):
            progress.freshen(session, enrolment, mine.now)
            return RedirectResponse(f"{base}/result", 303)
        event = event_of(session, visit.settings, form, mine.outline, attempt)
        progress.record(session, enrolment, [event], mine.now)
        if event.kind == "submitted":
            return RedirectResponse(f"{base}/result", 303)
        leaving = f"{mine.base}/lessons/{attempt.lesson_key}/quiz"
        return RedirectResponse(f"{base}/review" if form.get("action") == "review" else leaving, 303)


def event_of(session: Session, settings: Settings, form: Form, outline: Outline, attempt: Attempt) -> NewEvent:
    """Only questions that stood on the form are answered by it: the page of a last look brings none."""
    lesson = place(outline, attempt.lesson_key).lesson
    kind = "submitted" if form.get("action") == "submit" else "answered"
    typed = {key: form.many(f"q-{key}") for key in form.many("asked")}
    given = work.answers(session, attempt.version_id, lesson.key, typed)
    event = work.from_form(form, settings, kind, lesson.key, attempt_uuid=attempt.attempt_uuid, body={"answers": given})
    return event if kind == "submitted" else replace(event, event_id=work.of_content(event.event_id, given))
