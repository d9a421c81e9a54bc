"""Arrivals without HTTP: one registration with its deployment, and a course with the sample that people come into."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Course, Deployment, PickedLink, Registration
from diklat_lti.training import cohorts, landing, placements
from diklat_lti.training.arrival import Arrival, ArrivedCourse, ArrivedLink
from diklat_lti.training.landing import Landing

NOW = trained.NOW


class Door:
    """One registration with its deployment, a course with the sample, and arrivals into it."""

    def __init__(self, db: Database, storage: Path) -> None:
        self.db = db
        with db.write() as session:
            platform = world.platform(session)
            self.registration: Registration = world.registration(session, platform)
            self.deployment: Deployment = world.deployment(session, self.registration)
            self.course: Course = world.course(session, platform, context_id="2", title="Diklat")
            self.cohort: Cohort = trained.cohort(session, storage, self.course)
            self.picked: PickedLink = self.pick(session, None)
        self.tickets = 0

    def pick(self, session, module: str | None) -> PickedLink:  # type: ignore[no-untyped-def]
        admin = world.person(session)
        return cohorts.pick(session, self.cohort, self.deployment.id, module, admin.id, NOW)

    def arrival(self, **changed: object) -> Arrival:
        self.tickets += 1
        values: dict[str, object] = {
            "ticket_id": f"ticket{self.tickets}",
            "registration_id": self.registration.id,
            "deployment_row": self.deployment.id,
            "platform_id": self.course.platform_id,
            "message_type": "LtiResourceLinkRequest",
            "sub": "5",
            "is_learner": True,
            "is_instructor": False,
            "course": ArrivedCourse("2", "Diklat", "D"),
            "link": ArrivedLink("7", "Diklat 15 hari"),
            "name": "Siti Aminah",
            "custom": {placements.CUSTOM: self.picked.uuid},
            "lineitem_url": "https://lms.example.id/lineitems/3/lineitem?type_id=1",
            "lineitems_url": "https://lms.example.id/lineitems?type_id=1",
        }
        return Arrival(**values | changed)  # type: ignore[arg-type]

    def arrive(self, *, at: datetime = NOW, **changed: object) -> Landing:
        arrival = self.arrival(**changed)
        return self.db.write_again(lambda connection: landing.arrive(connection, arrival, at, at))

    def count(self, table: type) -> int:
        with self.db.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
