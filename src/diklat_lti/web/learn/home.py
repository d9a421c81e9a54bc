"""A learner's home: the day, how far, one button, the modules, the score and where it stands in the gradebook.

The first page after a launch and so the hot path: session, enrolment, and the grade where there is one.
"""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select
from starlette.routing import Route

from diklat_lti.content.outline import OutlineLesson
from diklat_lti.database import Reading
from diklat_lti.models import LearnerEvent
from diklat_lti.training import cohorts, ledger
from diklat_lti.training.counting import count, limit_of
from diklat_lti.training.scoring import FULL, lesson_score
from diklat_lti.training.state import State
from diklat_lti.training.window import NEVER
from diklat_lti.web import hot, threads
from diklat_lti.web.deps import Visit
from diklat_lti.web.learn.day import day, plan
from diklat_lti.web.learn.grade import grade_line
from diklat_lti.web.learn.own import Mine, enrolment_of, page, seeing


@dataclass(frozen=True)
class Step:
    """The one primary button: `kind` is begin, go_on, retake or start."""

    kind: str
    address: str
    lesson: OutlineLesson | None = None


async def home(request: Request) -> Response:
    return await threads.in_line(request, _home, Visit(request), enrolment_of(request))


def _home(visit: Visit, enrolment_id: int) -> Response:
    with seeing(visit, enrolment_id) as (session, mine):
        opened = mine.in_window and started(session, mine)
        today = day(mine) if opened else None
        score = mine.enrolment.score
        return page(
            visit,
            mine,
            "learn/home.html",
            today=today,
            plan=plan(mine, today) if today and mine.next_lesson() else None,
            waits_for_start=mine.in_window and not opened,
            step=step(session, mine, opened),
            pass_mark=cohorts.rules_of(session, mine.cohort.id).pass_mark if score is not None else None,
            grade=None if score is None else grade_line(session, mine.enrolment.id, mine.cohort.zone, visit.real_now),
        )


HOT_ROUTES = [Route("/learn/{enrolment:int}", home, middleware=[hot.GZIP])]


def started(session: Reading, mine: Mine) -> bool:
    """In a rolling cohort day 1 is when the learner says so."""
    if mine.cohort.mode == "fixed":
        return True
    e = LearnerEvent
    found = select(e.id).where(e.enrolment_id == mine.enrolment.id, e.kind == "started").limit(1)
    return session.scalars(found).one_or_none() is not None


def step(session: Reading, mine: Mine, opened: bool) -> Step | None:
    """What to do next, while it still counts; None: nothing is left to do, or nothing counts."""
    if not mine.in_window:
        return None
    if not opened:
        return Step("start", f"{mine.base}/start")
    if (lesson := mine.next_lesson()) is not None:
        return Step("go_on" if mine.done else "begin", f"{mine.base}/lessons/{lesson.key}", lesson)
    if mine.state is State.ACTIVE and (quiz := weakest_quiz(session, mine)) is not None:
        return Step("retake", f"{mine.base}/lessons/{quiz.key}/quiz", quiz)
    return None


def weakest_quiz(session: Reading, mine: Mine) -> OutlineLesson | None:
    """All done and not passed: the quiz with the lowest score that weighs and has attempts left."""
    rules, facts = cohorts.rules_of(session, mine.cohort.id), ledger.load(session, mine.enrolment.id)
    counted = count(rules, facts)
    open_ = [
        (score, place, rule.key)
        for place, rule in enumerate(rules.lessons)
        if rule.weight
        and (score := lesson_score(rules, counted, rule.key, NEVER) or 0) < FULL
        and limit_of(rules, facts, rule.key) > len(counted.attempts.get(rule.key, ()))
    ]
    return mine.outline.lesson(min(open_)[2]) if open_ else None
