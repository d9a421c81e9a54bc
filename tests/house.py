"""The whole tool over real HTTP: Siti learns, Rina runs the course, Candra and Joko are of another centre; an LMS beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

import office
import trained
import world
from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.lti import keys
from diklat_lti.models import (
    BrowserSession,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    Launch,
    Person,
    Platform,
    Registration,
    RoleRequest,
)
from diklat_lti.settings import Settings
from diklat_lti.training import attempts, cohorts, progress, regions, role_requests
from diklat_lti.web import cookies
from door import Door, MovableClock
from fake_platform import fake_platform
from live import free_port, live_app
from school import Pupil
from world import NOW


class HouseClock(MovableClock):
    """The training's clock stands on the second day of the cohorts; the protocol's goes on."""

    def training_now(self) -> datetime:
        return NOW


@dataclass
class Guest(Pupil):
    """A signed-in browser, and the launch that brought it."""

    launch_id: int = 0


@dataclass
class Wing:
    """What one centre has: a course with a cohort, its admin, a learner with an open quiz, somebody who asks for a role."""

    course: Course
    cohort: Cohort
    admin: Person
    learner: Person
    enrolment: Enrolment
    attempt: str
    request: int
    deployment: Deployment


@dataclass
class House:
    door: Door
    siti: Wing
    candra: Wing

    def browser(self, who: Person, wing: Wing, language: str = "id", **launch: object) -> Guest:
        """Signed in by a launch into the wing's course, with the reader's language chosen."""
        name, now = f"house-{next(world.numbers)}", self.door.clock.real_now()
        until = now + timedelta(hours=1)
        roles = "learner" if who.id == wing.learner.id else "instructor"
        with self.door.db.write() as session:
            row = BrowserSession(
                name_hash=cookies.name_hash(name), person_id=who.id, created_at=now, expires_at=until, locale=language
            )
            session_id = world.stored(session, row).id
            values = {
                "ticket_id": name, "session_id": session_id, "person_id": who.id, "deployment_id": wing.deployment.id,
                "course_id": wing.course.id, "message_type": "LtiResourceLinkRequest", "roles": roles, "framed": True,
                "bounce": "known", "led_to": "/", "at": now, "expires_at": until,
            }  # fmt: skip
            launch_id = world.stored(session, Launch(**values | launch)).id
        return Guest(self.door.origin, name, session_id, launch_id=launch_id)

    def picking(self, wing: Wing, language: str = "id") -> Guest:
        """The wing's admin with a picker open."""
        asked = {"return_url": office.RETURN, "accept_types": ["ltiResourceLink"], "accept_multiple": True}
        asked |= {"data": None, "title": None, "text": None}
        return self.browser(wing.admin, wing, language, message_type="LtiDeepLinkingRequest", deep_linking=asked)

    def copied(self, wing: Wing, language: str = "id") -> Guest:
        """The wing's admin at a link that was copied from another course of the centre."""
        with self.door.db.write() as session:
            home = session.get_one(Platform, wing.course.platform_id)
            elsewhere = world.course(session, home, centre_id=wing.course.centre_id)
            run = trained.cohort(session, self.door.settings.storage_folder, elsewhere)
            picked = cohorts.pick(session, run, wing.deployment.id, None, wing.admin.id, NOW)
            link = world.placement(session, run, course_id=wing.course.id, cohort_id=None, picked_uuid=picked.uuid,
                                   deployment_id=wing.deployment.id)  # fmt: skip
        return self.browser(wing.admin, wing, language, placement_id=link.id)


@contextmanager
def open_house(db: Database, settings: Settings) -> Iterator[House]:
    port, clock = free_port(), HouseClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with fake_platform() as lms, live_app(create_app(settings, clock, db), port=port) as origin:
        door = Door(origin, db, settings, clock, lms)
        with db.write() as session:
            regions.load_shipped(session)
            keys.ensure(session, settings.secret_keys, clock.real_now() - timedelta(days=1))
            one = world.registration(session, issuer=lms.issuer, client_id=lms.client_id, token_url=f"{lms.issuer}/token",
                                     auth_login_url=f"{lms.issuer}/auth", jwks_url=f"{lms.issuer}/jwks")  # fmt: skip
            deployment = world.deployment(session, one, deployment_id=lms.deployment_id)
        yield House(door, wing(door, deployment, "Siti Aminah", "Rina"), wing(door, deployment, "Joko", "Candra"))


def wing(door: Door, deployment: Deployment, learner: str, admin: str) -> Wing:
    """A centre of its own on the same LMS."""
    with door.db.write() as session:
        platform = session.get_one(Platform, session.get_one(Registration, deployment.registration_id).platform_id)
        centre = world.centre(session, name=f"BBPPKS {admin}")
        course = world.course(session, platform, centre_id=centre.id)
        boss = world.person(session, platform, name=admin)
        world.grant(session, boss, "cohort_admin", course, source="deep_linking")
        cohort = trained.cohort(session, door.settings.storage_folder, course)
        person = world.person(session, platform, name=learner)
        enrolment = trained.enrolled(session, cohort, person)
        item = trained.grade_item(session, cohort)
        item.deployment_id = deployment.id
        attempt = attempts.new_uuid()
        quiz = trained.lessons(session, cohort)[1][0]
        begun = trained.event("attempt_started", quiz, NOW, attempt, seed=7)
        progress.record(session, enrolment.id, [begun], NOW)
        asking = world.person(session, platform, name="Budi")
        role_requests.ask(session, asking.id, course, NOW)
        request = session.scalars(select(RoleRequest.id).where(RoleRequest.person_id == asking.id)).one()
        return Wing(course, cohort, boss, person, enrolment, attempt, request, deployment)
