"""Whether a learner's final score has reached the gradebook, read from the rows of its delivery."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from diklat_lti.database import Reading
from diklat_lti.models import Deployment, GradeDecision, GradeDelivery, GradeItem, Platform, Registration
from diklat_lti.training.verdict import FINAL
from diklat_lti.training.window import local_day


@dataclass(frozen=True)
class GradeLine:
    """`how`: delivered, waiting, or stopped (a person has to do something). The LMS by its own name."""

    how: str
    platform: str
    delivered_at: datetime | None
    today: bool


def grade_line(session: Reading, enrolment_id: int, zone: str, real_now: datetime) -> GradeLine | None:
    """The worst of the cohort's final items; None where nothing is to be sent."""
    d = GradeDelivery
    rows = session.execute(
        select(d.outcome, d.wanted_id, d.delivered_id, d.delivered_at, Platform.name)
        .join(GradeDecision, GradeDecision.id == d.wanted_id)
        .join(GradeItem, GradeItem.id == d.grade_item_id)
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Platform, Platform.id == Registration.platform_id)
        .where(
            d.enrolment_id == enrolment_id,
            GradeItem.module_key == FINAL,
            GradeItem.withdrawn_at.is_(None),
            GradeDecision.score.is_not(None),
        )
    ).all()
    lines = [_line(*row, zone, real_now) for row in rows]
    return min(lines, key=lambda line: ("stopped", "waiting", "delivered").index(line.how), default=None)


def _line(
    outcome: str, wanted: int, delivered: int | None, at: datetime | None, name: str, zone: str, real_now: datetime
) -> GradeLine:
    if delivered == wanted and at is not None:
        return GradeLine("delivered", name, at, local_day(at, zone) == local_day(real_now, zone))
    return GradeLine("stopped" if outcome == "stopped" else "waiting", name, None, False)
