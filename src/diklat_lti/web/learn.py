"""Everything under `/learn`: one file for each subject, gathered here."""

from fastapi import APIRouter

from diklat_lti.web import (
    assets,
    events,
    learn_answer,
    learn_home,
    learn_kept,
    learn_lesson,
    learn_missing,
    learn_preview,
    learn_quiz,
    learn_result,
    learn_start,
    learn_welcome,
)

HOT_ROUTES = learn_home.HOT_ROUTES
router = APIRouter()
for part in (
    learn_welcome,
    learn_start,
    learn_lesson,
    learn_quiz,
    learn_answer,
    learn_result,
    learn_kept,
    events,
    assets,
    learn_preview,
    learn_missing,
):
    router.include_router(part.router)
