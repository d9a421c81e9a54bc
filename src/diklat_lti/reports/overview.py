"""A cohort at a glance: how many stand in which state, how many grades have arrived, and the list of its learners."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from diklat_lti.gradebook import outbox
from diklat_lti.models import Enrolment, GradeDecision, GradeDelivery, GradeItem, Person
from diklat_lti.training import verdict
from diklat_lti.training.state import State, state_sql

PAGE = 50
RECORDED, WAITING, STOPPED = 1, 2, 3
"""How far a learner's grades have come: the worst of them counts."""
GRADES = {"recorded": RECORDED, "waiting": WAITING, "stopped": STOPPED}
WORST = (
    State.FAILED, State.EXPIRED, State.NOT_STARTED, State.SYNCING, State.ACTIVE, State.SCHEDULED, State.PASSED,
    State.WITHDRAWN,
)  # fmt: skip
"""Whom an admin looks at first."""
SHOWN = (
    State.SCHEDULED, State.NOT_STARTED, State.ACTIVE, State.SYNCING, State.PASSED, State.FAILED, State.EXPIRED,
    State.WITHDRAWN,
)  # fmt: skip
"""In the order of a learner's way."""


@dataclass(frozen=True)
class Asked:
    """What the reader wants to see. Empty: everybody."""

    state: str = ""
    text: str = ""
    """In a name, an e-mail address, or a help code as it was read out."""
    grade: str = ""
    by_name: bool = False
    page: int = 1


@dataclass(frozen=True)
class Told:
    """Whether the gradebook shows a learner's score: `how` is recorded, waiting or stopped; `answer` says why."""

    how: str
    answer: str | None
    at: datetime | None


@dataclass(frozen=True)
class Line:
    """One learner in the list."""

    enrolment_id: int
    person_id: int
    name: str | None
    email: str | None
    help_code: str
    state: State
    done_count: int
    required_count: int
    all_done: bool
    attempts_left: int
    score: Decimal | None
    last_work_at: datetime | None
    told: Told | None = None


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    total: int
    number: int
    pages: int


def counted(within: ColumnElement[bool]) -> ColumnElement[bool]:
    """Within a viewer's scope, without those that an admin marked as a trial."""
    return and_(within, Enrolment.is_trial.is_(False))


def states(session: Session, within: ColumnElement[bool], now: datetime) -> dict[State, int]:
    """All eight, also those where nobody stands; together they are the enrolled."""
    standing = select(state_sql(now).label("state")).where(counted(within)).subquery()
    rows = session.execute(select(standing.c.state, func.count()).group_by(standing.c.state))
    found: dict[str, int] = {state: number for state, number in rows}  # noqa: C416 - rows are no pairs to mypy
    return {state: found.get(state.value, 0) for state in SHOWN}


def grades(session: Session, within: ColumnElement[bool]) -> dict[str, int]:
    """Learners by how far their grades have come; those without a score to send are in none."""
    worst = _worst(within)
    rows = session.execute(select(worst.c.worst, func.count()).group_by(worst.c.worst))
    found: dict[int, int] = {rank: number for rank, number in rows}  # noqa: C416
    return {word: found.get(rank, 0) for word, rank in GRADES.items()}


def not_enrolled(session: Session, within: ColumnElement[bool]) -> int:
    """Learners whose grade the LMS refuses because it does not know them in the course any more."""
    d = GradeDelivery
    refused = (
        select(func.count(d.enrolment_id.distinct()))
        .join(Enrolment, Enrolment.id == d.enrolment_id)
        .where(counted(within), d.outcome == "stopped", d.answer == verdict.NOT_ENROLLED)
    )
    return session.scalars(refused).one()


def _rank() -> ColumnElement[int]:
    undelivered = outbox.undelivered()
    return case(
        (and_(undelivered, GradeDelivery.outcome == "stopped"), STOPPED), (undelivered, WAITING), else_=RECORDED
    )


def _worst(within: ColumnElement[bool]) -> Subquery:
    d = GradeDelivery
    return (
        select(d.enrolment_id, func.max(_rank()).label("worst"))
        .join(GradeDecision, GradeDecision.id == d.wanted_id)
        .join(GradeItem, GradeItem.id == d.grade_item_id)
        .join(Enrolment, Enrolment.id == d.enrolment_id)
        .where(counted(within), GradeDecision.score.is_not(None), GradeItem.withdrawn_at.is_(None))
        .group_by(d.enrolment_id)
        .subquery()
    )


def page(session: Session, within: ColumnElement[bool], asked: Asked, now: datetime) -> Page:
    """One page of the list; filtered, sorted and cut by the database. A page beyond the last is the last."""
    which = and_(counted(within), *_filters(within, asked, now))
    all_of_them = select(func.count(Enrolment.id)).join(Person, Person.id == Enrolment.person_id).where(which)
    total = session.scalars(all_of_them).one()
    pages = max(1, -(-total // PAGE))
    number = min(max(asked.page, 1), pages)
    e, p = Enrolment, Person
    rows = session.execute(
        select(
            e.id.label("enrolment_id"), e.person_id, p.name, p.email, e.help_code, state_sql(now).label("state"),
            e.done_count, e.required_count, e.all_done, e.attempts_left, e.score, e.last_work_at,
        )
        .join(p, p.id == e.person_id)
        .where(which)
        .order_by(*_order(asked, now))
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    ).all()  # fmt: skip
    told = told_of(session, [row.enrolment_id for row in rows])
    lines = [_line(row, told.get(row.enrolment_id)) for row in rows]
    return Page(lines, total, number, pages)


def _line(row: Any, told: Told | None) -> Line:
    return Line(
        enrolment_id=row.enrolment_id,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        help_code=row.help_code,
        state=State(row.state),
        done_count=row.done_count,
        required_count=row.required_count,
        all_done=row.all_done,
        attempts_left=row.attempts_left,
        score=row.score,
        last_work_at=row.last_work_at,
        told=told,
    )


def _filters(within: ColumnElement[bool], asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.state in list(State):
        found.append(state_sql(now) == asked.state)
    if asked.grade in GRADES:
        worst = _worst(within)
        found.append(Enrolment.id.in_(select(worst.c.enrolment_id).where(worst.c.worst == GRADES[asked.grade])))
    if text := asked.text.strip():
        code = "".join(text.upper().split()).replace("-", "")
        named = (func.lower(column).contains(text.lower(), autoescape=True) for column in (Person.name, Person.email))
        found.append(or_(Enrolment.help_code == code, *named))
    return found


def _order(asked: Asked, now: datetime) -> list[Any]:
    e, name = Enrolment, func.lower(func.coalesce(Person.name, Person.email))
    if asked.by_name:
        return [name.is_(None), name, e.id]
    worst = case({state.value: rank for rank, state in enumerate(WORST)}, value=state_sql(now))
    return [worst, e.done_count, e.last_work_at.is_not(None), e.last_work_at, name, e.id]


def told_of(session: Session, enrolment_ids: list[int]) -> dict[int, Told]:
    """The worst of each one's deliveries, in words."""
    d, words = GradeDelivery, {rank: word for word, rank in GRADES.items()}
    rows = session.execute(
        select(d.enrolment_id, _rank(), d.answer, d.delivered_at)
        .join(GradeDecision, GradeDecision.id == d.wanted_id)
        .join(GradeItem, GradeItem.id == d.grade_item_id)
        .where(d.enrolment_id.in_(enrolment_ids), GradeDecision.score.is_not(None), GradeItem.withdrawn_at.is_(None))
        .order_by(_rank(), d.id)
    )
    return {enrolment_id: Told(words[rank], answer, at) for enrolment_id, rank, answer, at in rows}
