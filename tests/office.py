"""The admins' pages over real HTTP: one course of one LMS, its admin Rina, and a browser for whoever comes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import jwt
import requests
from fastapi import FastAPI, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

import trained
import world
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.lti import keys
from diklat_lti.models import (
    BrowserSession,
    Centre,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Launch,
    Person,
    Platform,
)
from diklat_lti.settings import Settings
from diklat_lti.web import account, cookies, errors, headers, static_files
from diklat_lti.web.manage import routes as manage
from door import Visitor
from live import free_port, live_app
from world import NOW

RETURN = "https://lms.example.id/mod/lti/contentitem_return.php?course=2&id=1&sesskey=abc"
numbers = count(1)


class StillClock(Clock):
    """The training's clock stands where a test puts it; the protocol's goes on."""

    def __init__(self, at: datetime = NOW) -> None:
        super().__init__()
        self.__dict__["at"] = at

    def training_now(self) -> datetime:
        at: datetime = self.__dict__["at"]
        return at

    def set(self, at: datetime) -> None:
        self.__dict__["at"] = at


@dataclass
class Browser(Visitor):
    """A signed-in visitor. `launch_id` is the launch that brought them."""

    launch_id: int = 0
    session_id: int = 0
    csrf: str = ""

    @property
    def picker(self) -> str:
        return f"/manage/pick/{self.launch_id}"

    def get(self, path: str, status: int = 200) -> str:
        answer = self.ask("GET", path)
        assert answer.status_code == status, answer.text
        self.csrf = token(answer.text) or self.csrf
        return answer.text.replace("\N{NO-BREAK SPACE}", " ")

    def send(self, path: str, **fields: str) -> requests.Response:
        """A form of a page that was opened before: its token comes from there."""
        return self.ask("POST", path, {"csrf": self.csrf, **fields})


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    return found[1] if found else ""


@dataclass
class Office:
    origin: str
    db: Database
    settings: Settings
    clock: StillClock
    centre: Centre
    platform: Platform
    deployment: Deployment
    course: Course
    rina: Person
    """Admin of the course."""

    def cohort(self) -> Cohort:
        """The sample, 15 days from yesterday."""
        with self.db.write() as session:
            return trained.cohort(session, self.settings.storage_folder, session.get_one(Course, self.course.id))

    def learner(self, of: Cohort, name: str | None = "Siti Aminah", **columns: Any) -> Enrolment:
        with self.db.write() as session:
            who = world.person(session, session.get_one(Platform, self.platform.id), name=name)
            enrolment = trained.enrolled(session, session.get_one(Cohort, of.id), who)
            for column, value in columns.items():
                setattr(enrolment, column, value)
            return enrolment

    def told(self, of: Cohort, who: Enrolment, outcome: str, answer: str | None, score: str = "85") -> int:
        """A decision about a learner, and how far the telling of it has come; returns the delivery's id."""
        with self.db.write() as session:
            item = session.scalars(select(GradeItem).where(GradeItem.cohort_id == of.id)).first()
            item = item or trained.grade_item(session, session.get_one(Cohort, of.id))
            decision, done = decided(session, who, score), outcome == "delivered"
            row = GradeDelivery(
                enrolment_id=who.id, grade_item_id=item.id, wanted_id=decision.id, tries=0, outcome=outcome,
                answer=answer, delivered_id=decision.id if done else None, delivered_at=NOW if done else None,
                tried_at=NOW,
            )  # fmt: skip
            return world.stored(session, row).id

    def person(self, name: str, **columns: Any) -> Person:
        with self.db.write() as session:
            return world.person(session, session.get_one(Platform, self.platform.id), name=name, **columns)

    def grant(self, who: Person, role: str, of: Course | Cohort | Centre) -> int:
        with self.db.write() as session:
            return world.grant(session, who, role, of).id

    def browser(self, who: Person | None = None, course: Course | None = None, **columns: Any) -> Browser:
        """Signed in by a launch into the course, as an instructor."""
        who, course = who or self.rina, course or self.course
        name, now = f"name-{next(numbers)}", self.clock.real_now()
        until = now + timedelta(hours=1)
        with self.db.write() as session:
            row = BrowserSession(
                name_hash=cookies.name_hash(name), person_id=who.id, created_at=now, expires_at=until,
                locale=columns.pop("language", None),
            )  # fmt: skip
            session_id = world.stored(session, row).id
            values = {
                "ticket_id": name, "session_id": session_id, "person_id": who.id, "deployment_id": self.deployment.id,
                "course_id": course.id, "message_type": "LtiResourceLinkRequest", "roles": "instructor", "framed": True,
                "bounce": "known", "led_to": "/", "at": now, "expires_at": until,
            }  # fmt: skip
            launch_id = world.stored(session, Launch(**values | columns)).id
        return Browser(self.origin, "iframe", {cookies.SESSION: name}, True, launch_id, session_id)

    def picking(self, who: Person | None = None, course: Course | None = None, **wish: Any) -> Browser:
        """Signed in by a deep-linking launch."""
        asked = {"return_url": RETURN, "accept_types": ["ltiResourceLink"], "accept_multiple": True}
        asked |= {"data": None, "title": None, "text": None} | wish.pop("asked", {})
        return self.browser(who, course, deep_linking=asked, message_type="LtiDeepLinkingRequest", **wish)

    def candra(self) -> tuple[Browser, Course]:
        """An admin of another centre's course on the same LMS, signed in there with a picker open."""
        with self.db.write() as session:
            centre = world.centre(session, name="BBPPKS Makassar")
            home = session.get_one(Platform, self.platform.id)
            course = world.course(session, home, centre_id=centre.id, title="Kursus lain")
            who = world.person(session, home, name="Candra")
            world.grant(session, who, "cohort_admin", course)
        return self.picking(who, course), course

    def sign_out(self, browser: Browser) -> None:
        with self.db.write() as session:
            session.get_one(BrowserSession, browser.session_id).ended_at = NOW


def decided(session: Session, who: Enrolment, score: str | None, **columns: Any) -> GradeDecision:
    values = {
        "enrolment_id": who.id, "module_key": "", "score": None if score is None else Decimal(score),
        "comment": "LULUS", "reason": "passed", "timestamp": NOW, "decided_at": NOW,
    }  # fmt: skip
    return world.stored(session, GradeDecision(**values | columns))


def answered(office: Office, page: str) -> dict[str, Any]:
    """The claims of the answer that a page posts, checked with the tool's published keys."""
    found = re.search(r'name="JWT" value="([^"]+)"', page)
    assert found is not None, page
    with office.db.read() as session:
        known = jwt.PyJWKSet.from_dict(keys.public_jwks(session, office.clock.real_now()))
    key = known[jwt.get_unverified_header(found[1])["kid"]]
    claims: dict[str, Any] = jwt.decode(found[1], key, algorithms=["RS256"], options={"verify_aud": False})
    return claims


def sign_in(name: str) -> Response:
    """For a real browser, which takes a `__Host-` cookie from its own server alone."""
    return Response("signed in", headers={"set-cookie": cookies.set_cookie(cookies.SESSION, name, 3600)})


@contextmanager
def open_office(db: Database, settings: Settings) -> Iterator[Office]:
    port, clock = free_port(), StillClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    app = FastAPI()
    app.state.settings, app.state.db, app.state.clock = settings, db, clock
    errors.install(app)
    app.add_middleware(headers.Guard)
    for room in (static_files, account, manage):
        app.include_router(room.router)
    app.add_api_route("/sign-in/{name}", sign_in)
    with db.write() as session:
        keys.ensure(session, settings.secret_keys, clock.real_now())
        centre = world.centre(session)
        platform = world.platform(session, centre)
        deployment = world.deployment(session, world.registration(session, platform))
        course = world.course(session, platform)
        rina = world.person(session, platform, name="Rina")
        world.grant(session, rina, "cohort_admin", course, source="deep_linking")
    with live_app(app, port=port) as origin:
        yield Office(origin, db, settings, clock, centre, platform, deployment, course, rina)
