"""A learner's own enrolment and its cohort as pages read them: plain values, cheaper than the rows of the ORM by half."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, exists, select

from diklat_lti.database import Reading
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import BrowserSession, KeptForm
from diklat_lti.models.progress import Enrolment


@dataclass(frozen=True)
class OwnEnrolment:
    """Columns of `Enrolment`, by their names there."""

    id: int
    person_id: int
    help_code: str
    region_code: str | None
    region_source: str | None
    welcomed_at: datetime | None
    rules_seq: int
    opens_at: datetime
    end_at: datetime
    grace_end_at: datetime
    first_work_at: datetime | None
    done_count: int
    done_keys: list[Any]
    all_done: bool
    attempts_left: int
    score: Decimal | None
    passed_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    judge_at: datetime | None
    next_change_at: datetime | None
    left_over: bool
    """Not a column: whether a form of theirs waits that came after its session had ended."""


@dataclass(frozen=True)
class OwnCohort:
    """Columns of `Cohort`, by their names there."""

    id: int
    course_id: int
    version_id: int
    name: str
    mode: str
    zone: str
    length_days: int
    last_start_on: date | None
    rules_seq: int


_OF_ENROLMENT = [field.name for field in fields(OwnEnrolment) if field.name != "left_over"]
_LEFT_OVER = (
    exists()
    .where(
        KeptForm.session_id == BrowserSession.id,
        KeptForm.settled_at.is_(None),
        KeptForm.path.like(bindparam("below")),
        BrowserSession.person_id == bindparam("person"),
    )
    .label("left_over")
)
_OWN = (
    select(
        *(getattr(Enrolment, name) for name in _OF_ENROLMENT),
        _LEFT_OVER,
        *(getattr(Cohort, field.name).label(f"cohort_{field.name}") for field in fields(OwnCohort)),
    )
    .join(Cohort, Cohort.id == Enrolment.cohort_id)
    .where(Enrolment.id == bindparam("enrolment"), Enrolment.person_id == bindparam("person"))
)


def find(session: Reading, person_id: int, enrolment_id: int) -> tuple[OwnEnrolment, OwnCohort] | None:
    """None for somebody else's."""
    asked = {"enrolment": enrolment_id, "person": person_id, "below": f"/learn/{enrolment_id}/%"}
    row = session.execute(_OWN, asked).one_or_none()
    if row is None:
        return None
    own = len(_OF_ENROLMENT) + 1
    return OwnEnrolment(*row[:own]), OwnCohort(*row[own:])
