"""What an attempt came to: score, feedback for each question, what to read again. Never what would have been right."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.content import quiz
from diklat_lti.content.outline import OutlineLesson
from diklat_lti.training.scoring import rounded
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn.attempt import AttemptId, judgement, own_attempt, questions, standing
from diklat_lti.web.learn.lesson import Place, place
from diklat_lti.web.learn.own import RowId, page, reading

router = APIRouter()


@router.get("/learn/{enrolment:int}/attempts/{uuid}/result")
def result(visit: Visiting, enrolment: RowId, uuid: AttemptId) -> Response:
    with reading(visit, enrolment) as (session, mine):
        attempt = own_attempt(session, mine, uuid)
        judged = judgement(session, attempt)
        if judged is None:
            return RedirectResponse(f"{mine.base}/attempts/{uuid}", 303)
        here, stands = place(mine.outline, attempt.lesson_key), standing(session, mine, attempt.lesson_key)
        score = rounded(judged.score)
        return page(
            visit,
            mine,
            "learn/result.html",
            place=here,
            standing=stands,
            score=score,
            reached=score >= stands.pass_mark,
            by_itself=judged.cause == "closed",
            counts=any(sitting.uuid == uuid and sitting.counts for sitting in stands.sittings),
            questions=quiz.result(questions(session, attempt), judged.detail, mine.asset_url(), attempt.seed),
            again=read_again(here) if score < 100 else (),
        )


def read_again(here: Place) -> tuple[OutlineLesson, ...]:
    """The quiz's own reading; a quiz that stands alone asks about its whole module."""
    if "page" in here.lesson.kinds:
        return (here.lesson,)
    return tuple(lesson for lesson in here.module.lessons if "page" in lesson.kinds)
