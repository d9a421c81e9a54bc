"""Everything under `/learn`: one file for each subject, gathered here."""

from fastapi import APIRouter

from diklat_lti.web.learn import (
    answer,
    assets,
    events,
    home,
    kept_pages,
    lesson,
    missing,
    preview,
    quiz,
    result,
    start,
    welcome,
)

HOT_ROUTES = home.HOT_ROUTES
router = APIRouter()
for part in (welcome, start, lesson, quiz, answer, result, kept_pages, events, assets, preview, missing):
    router.include_router(part.router)
