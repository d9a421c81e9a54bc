"""An LMS that the doctor looks at: its launches, refusals and grades, and a neighbour whose rows are nobody's business there."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import office
import world
from diklat_lti.database import Database
from diklat_lti.lti.doctor import of_history, site
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.models import Deployment, GradeDelivery, GradeItem, Launch, Platform, Refusal, Registration
from diklat_lti.settings import Settings
from world import NOW

numbers = count(1)


class Patient:
    """Ids, so that each test opens its own sessions."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        with db.write() as session:
            registration = world.registration(session)
            self.platform, self.registration = registration.platform_id, registration.id
            self.deployment = world.deployment(session, registration).id
            self.neighbour = world.deployment(session).id

    def see(self, link: str) -> Seen:
        with self.db.read() as session:
            look = Look(self.db, self.settings, NOW, site.load(session, self.platform))
        return of_history.LINKS[link](look)

    def launches(self, number: int, at: datetime = NOW - timedelta(hours=1), **columns: Any) -> None:
        with self.db.write() as session:
            deployment = session.get_one(Deployment, columns.pop("deployment_id", self.deployment))
            home = session.get_one(Platform, session.get_one(Registration, deployment.registration_id).platform_id)
            who = {name: columns.pop(name) for name in ("name", "email", "erased_at") if name in columns}
            person = world.person(session, home, **who)
            for _ in range(number):
                defaults = {
                    "ticket_id": f"t{next(numbers)}", "person_id": person.id, "deployment_id": deployment.id,
                    "message_type": "LtiResourceLinkRequest", "roles": "learner", "framed": True, "bounce": "known",
                    "led_to": "/learn/1", "at": at, "expires_at": at,
                }  # fmt: skip
                session.add(Launch(**defaults | columns))

    def refusals(
        self, number: int, at: datetime = NOW - timedelta(hours=2), reason: str = "too_old", **columns: Any
    ) -> None:
        with self.db.write() as session:
            for _ in range(number):
                session.add(
                    Refusal(**{"at": at, "reason": reason, "reference": "abc", "platform_id": self.platform} | columns)
                )

    def delivery(self, **columns: Any) -> int:
        """One grade, by default delivered a minute ago. `decided_at`: of its decision; `deployment_id`: of its item."""
        at = NOW - timedelta(minutes=1)
        with self.db.write() as session:
            enrolment = world.enrolment(session)
            item = GradeItem(
                cohort_id=enrolment.cohort_id, module_key="", label="Nilai akhir", created_at=NOW,
                deployment_id=columns.pop("deployment_id", self.deployment),
            )  # fmt: skip
            decision = office.decided(session, enrolment, "85")
            decision.decided_at = columns.pop("decided_at", NOW - timedelta(days=1))
            world.stored(session, item)
            arrived = columns.pop("arrived", True)
            defaults = {
                "enrolment_id": enrolment.id, "grade_item_id": item.id, "wanted_id": decision.id, "tries": 1,
                "delivered_id": decision.id if arrived else None, "outcome": "delivered" if arrived else "waiting",
                "tried_at": at, "delivered_at": at if arrived else None,
            }  # fmt: skip
            return world.stored(session, GradeDelivery(**defaults | columns)).id
