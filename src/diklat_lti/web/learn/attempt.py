"""What the pages of a quiz look up: an attempt of one's own, its judgement, and how many attempts are left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path
from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.errors import not_found
from diklat_lti.models import Attempt, Judgement
from diklat_lti.training import attempts, cohorts, ledger
from diklat_lti.training.counting import count, limit_of
from diklat_lti.training.scoring import rounded
from diklat_lti.web.learn.own import Mine

AttemptId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{8,36}$")]


@dataclass(frozen=True)
class Sitting:
    """An attempt as a line of a list; `score` None: it is under way."""

    uuid: str
    score: Decimal | None
    counts: bool


@dataclass(frozen=True)
class Standing:
    """One quiz of one learner. `may_begin`: there is a place left and the window is open."""

    limit: int
    left: int
    may_begin: bool
    pass_mark: Decimal
    sittings: tuple[Sitting, ...]

    @property
    def under_way(self) -> Sitting | None:
        return next((s for s in reversed(self.sittings) if s.score is None), None)


def standing(session: Session, mine: Mine, lesson_key: str) -> Standing:
    rules, facts = cohorts.rules_of(session, mine.cohort.id), ledger.load(session, mine.enrolment.id)
    places = count(rules, facts).attempts.get(lesson_key, ())
    marked = {place.fact.id for place in places if place.marks}
    limit, rule = limit_of(rules, facts, lesson_key), rules.lesson(lesson_key)
    return Standing(
        limit,
        max(0, limit - len(places)),
        attempts.may_begin(rules, facts, lesson_key, mine.now) > 0 and mine.in_window,
        rules.pass_mark if rule is None or rule.pass_mark is None else rule.pass_mark,
        _sittings(session, mine, lesson_key, marked),
    )


def _sittings(session: Session, mine: Mine, lesson_key: str, marked: set[int]) -> tuple[Sitting, ...]:
    a, j = Attempt, Judgement
    rows = session.execute(
        select(a.id, a.attempt_uuid, j.score)
        .outerjoin(j, j.attempt_id == a.id)
        .where(a.enrolment_id == mine.enrolment.id, a.lesson_key == lesson_key)
        .order_by(a.id, j.id)
    )
    newest = {id_: (uuid, score) for id_, uuid, score in rows}
    return tuple(
        Sitting(uuid, None if score is None else rounded(score), id_ in marked) for id_, (uuid, score) in newest.items()
    )


def own_attempt(session: Session, mine: Mine, uuid: str) -> Attempt:
    attempt = attempts.find(session, mine.enrolment.id, uuid)
    if attempt is None:
        raise not_found()
    return attempt


def judgement(session: Session, attempt: Attempt) -> Judgement | None:
    """The newest: a re-marking adds one."""
    j = Judgement
    return session.scalars(select(j).where(j.attempt_id == attempt.id).order_by(j.id.desc()).limit(1)).one_or_none()


def questions(session: Session, attempt: Attempt) -> dict[str, Any]:
    """Of the version in which it was begun."""
    return publish.lesson_body(session, attempt.version_id, attempt.lesson_key, "quiz")


def deadline(attempt: Attempt) -> datetime | None:
    if attempt.time_limit_s is None:
        return None
    return attempt.started_at + timedelta(seconds=attempt.time_limit_s)


def time_is_up(attempt: Attempt, now: datetime) -> bool:
    """With some seconds more for a slow network."""
    until = deadline(attempt)
    return until is not None and now >= until + attempts.ANSWER_LATE
