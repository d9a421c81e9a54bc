"""From a kept form to a learner's event: the same reading as when it comes in time, and the time at which it came."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from diklat_lti.content import quiz
from diklat_lti.content.format import AssetUrl
from diklat_lti.content.outline import Outline, OutlineLesson
from diklat_lti.content.quiz import QuestionView
from diklat_lti.errors import not_found
from diklat_lti.settings import Settings
from diklat_lti.training import attempts
from diklat_lti.training.progress import NewEvent
from diklat_lti.web import csrf
from diklat_lti.web.learn import answer, work
from diklat_lti.web.learn.attempt import questions
from diklat_lti.web.learn.lesson import place

PATH = re.compile(r"/learn/([0-9]{1,15})/(?:lessons/([a-z0-9-]{1,100})|attempts/([A-Za-z0-9-]{8,36}))")
"""A lesson that is done, and answers to a quiz. Every other form is quickly filled in again."""


@dataclass(frozen=True)
class Left:
    """`answered`: the questions that the form answers, with what was chosen; None for a lesson that is done."""

    came_at: datetime
    event: NewEvent
    lesson: OutlineLesson
    answered: tuple[QuestionView, ...] | None


def read(
    session: Session,
    settings: Settings,
    outline: Outline,
    path: str,
    body: str,
    received_at: datetime,
    asset_url: AssetUrl = str,
) -> Left:
    """Raises a `Problem` for whatever would be refused in time, too."""
    found = PATH.fullmatch(path)
    if found is None:
        raise not_found()
    form, key = csrf.parse(body.encode()), found[2]
    if key is not None:
        lesson = place(outline, key).lesson
        event = work.from_form(form, settings, "confirmed", key, received_at=received_at)
        return Left(received_at, event, lesson, None)
    attempt = attempts.find(session, int(found[1]), found[3])
    if attempt is None:
        raise not_found()
    event = answer.event_of(session, settings, form, outline, attempt)
    given = (event.body or {}).get("answers", {})
    shown = quiz.show(questions(session, attempt), asset_url, attempt.seed, given).questions
    answered = tuple(question for question in shown if question.answered)
    lesson = place(outline, attempt.lesson_key).lesson
    return Left(received_at, replace(event, received_at=received_at), lesson, answered)
