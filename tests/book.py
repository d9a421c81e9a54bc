"""A gradebook to deliver into: one cohort behind a tiny LMS, learners with decisions, and the rows read back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

import world
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.gradebook import delivery, outbox
from diklat_lti.lti import keys
from diklat_lti.models import (
    Cohort,
    Deployment,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Person,
    Placement,
    Registration,
)
from diklat_lti.settings import Settings
from diklat_lti.training.verdict import AT_ONCE
from tiny_lms import TinyLms
from world import NOW


@dataclass(frozen=True)
class At(Clock):
    """A clock that stands."""

    now: datetime = NOW

    def real_now(self) -> datetime:
        return self.now


@dataclass
class Book:
    """Ids, so that each test opens its own sessions."""

    db: Database
    settings: Settings
    lms: TinyLms
    cohort_id: int
    item_id: int
    registration_id: int
    deployment_id: int

    def learner(self, score: str | None = "85", **columns: Any) -> int:
        """A learner with a first decision that is due; returns the delivery's id."""
        with self.db.write() as session:
            enrolment = world.enrolment(session, session.get_one(Cohort, self.cohort_id))
            return self.want(session, enrolment.id, score, **columns)

    def want(self, session: Session, enrolment_id: int, score: str | None, at: datetime = NOW, **columns: Any) -> int:
        decision = self._decision(session, enrolment_id, score, at)
        item_id = columns.pop("grade_item_id", self.item_id)
        row = GradeDelivery(
            enrolment_id=enrolment_id, grade_item_id=item_id, wanted_id=decision.id,
            **{"next_try_at": NOW, "tries": 0, "outcome": "waiting"} | columns,
        )  # fmt: skip
        return world.stored(session, row).id

    def decide(self, delivery_id: int, score: str | None, seconds: int = 60) -> int:
        """A newer decision, as `training/verdict.py` makes it."""
        with self.db.write() as session:
            return self.want_newer(session, delivery_id, score, seconds)

    def want_newer(self, session: Session, delivery_id: int, score: str | None, seconds: int = 60) -> int:
        row = session.get_one(GradeDelivery, delivery_id)
        decision = self._decision(session, row.enrolment_id, score, NOW + timedelta(seconds=seconds))
        row.wanted_id, row.next_try_at, row.outcome, row.tries, row.answer = decision.id, AT_ONCE, "waiting", 0, None
        session.flush()
        return decision.id

    def other_item(self, **columns: Any) -> int:
        """A module's item, made by us without a link."""
        with self.db.write() as session:
            defaults = {
                "cohort_id": self.cohort_id, "module_key": "m1", "deployment_id": self.deployment_id,
                "label": "Modul 1", "created_at": NOW,
            }  # fmt: skip
            return world.stored(session, GradeItem(**defaults | columns)).id

    def _decision(self, session: Session, enrolment_id: int, score: str | None, at: datetime) -> GradeDecision:
        decision = GradeDecision(
            enrolment_id=enrolment_id, module_key="", score=score if score is None else Decimal(score),
            comment=None if score is None else "LULUS", reason="passed", timestamp=at, decided_at=at,
        )  # fmt: skip
        return world.stored(session, decision)

    def claim(self, now: datetime = NOW, limit: int = 10) -> list[outbox.Claim]:
        with self.db.write() as session:
            return outbox.claim(session, limit, now)

    def deliver(self, now: datetime = NOW) -> GradeDelivery:
        """Claims the one row that is due and delivers it."""
        [claim] = self.claim(now)
        assert delivery.deliver(self.db, self.settings, claim, now)
        return self.row(claim.delivery_id)

    def row(self, delivery_id: int) -> GradeDelivery:
        with self.db.read() as session:
            return session.get_one(GradeDelivery, delivery_id)

    def user(self, delivery_id: int) -> str:
        with self.db.read() as session:
            enrolment = session.get_one(Enrolment, session.get_one(GradeDelivery, delivery_id).enrolment_id)
            return str(session.get_one(Person, enrolment.person_id).sub)

    def shown(self) -> list[int | float]:
        """The scores that stand in the LMS's gradebook."""
        return [grade["scoreGiven"] for grade in self.lms.grades.values()]

    def item(self, **columns: Any) -> None:
        with self.db.write() as session:
            item = session.get_one(GradeItem, self.item_id)
            for name, value in columns.items():
                setattr(item, name, value)


def opened(db: Database, settings: Settings, lms: TinyLms) -> Book:
    """One link with its own line item, as the last launch claimed it."""
    with db.write() as session:
        keys.ensure(session, settings.secret_keys, NOW - timedelta(hours=1))
        platform = world.platform(session)
        registration: Registration = world.registration(session, platform, token_url=lms.token_url)
        deployment: Deployment = world.deployment(session, registration)
        course = world.course(session, platform, lineitems_url=lms.container)
        cohort = world.cohort(session, course)
        placement: Placement = world.placement(session, cohort, deployment_id=deployment.id)
        url = lms.line_item(resourceLinkId=placement.resource_link_id, resourceId="p2k2", tag="final")
        item = GradeItem(
            cohort_id=cohort.id, module_key="", placement_id=placement.id, deployment_id=deployment.id,
            lineitem_url=url, resource_id="p2k2", tag="final", label="Nilai akhir", created_at=NOW,
        )  # fmt: skip
        item_id = world.stored(session, item).id
        return Book(db, settings, lms, cohort.id, item_id, registration.id, deployment.id)
