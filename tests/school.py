"""The learner's pages over real HTTP: the sample program in one course, Siti who learns, and a browser for whoever comes."""

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import requests
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import trained
import world
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.models import (
    Attempt,
    BrowserSession,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    Launch,
    LearnerEvent,
    Person,
    Platform,
    ProgramVersion,
)
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from diklat_lti.web import account, cookies, errors, headers, static_files, threads
from diklat_lti.web.learn import kept_pages
from diklat_lti.web.learn import routes as learn
from live import free_port, live_app
from world import NOW

READ, PAGE_AND_QUIZ = "sesi-orang-tua", "sesi-perilaku-anak"
numbers = count(1)


class StillClock(Clock):
    """The training's clock stands where a test puts it; the protocol's goes on."""

    def __init__(self, at: datetime = NOW) -> None:
        super().__init__()
        self.set(at)

    def training_now(self) -> datetime:
        at: datetime = self.__dict__["at"]
        return at

    def set(self, at: datetime) -> None:
        """And the page knows the shift, as in a demo."""
        self.__dict__.update(at=at, shift=at - self.real_now())

    def shift_unsaid(self, by: timedelta) -> None:
        """The real time and `by` more, of which the page knows nothing: as if the device's clock were off."""
        self.__dict__.update(at=self.real_now() + by, shift=timedelta(0))


class Fields(dict[str, str]):
    """The hidden fields of a form, as its page brought them."""


@dataclass
class Pupil:
    """A browser with a session, or without one. Secure cookies are carried by hand: programs do not return them over http."""

    origin: str
    cookie: str | None = None
    session_id: int = 0
    last: str = ""

    def ask(self, method: str, path: str, data: Any = None, **headers_: str) -> requests.Response:
        sent = {"Accept": "text/html"} | headers_
        if self.cookie:
            sent["Cookie"] = f"{cookies.SESSION}={self.cookie}"
        return requests.request(method, self.origin + path, data=data, headers=sent, allow_redirects=False, timeout=30)

    def get(self, path: str, status: int = 200) -> str:
        """The page's text, unescaped and with single spaces."""
        answer = self.ask("GET", path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        self.last = answer.text
        return plain(answer.text)

    def form(self, where: str = "") -> Fields:
        """Hidden fields of the first form of the last page whose tag holds `where`."""
        found = re.search(rf'<form method="post"[^>]*{re.escape(where)}[^>]*>(.*?)</form>', self.last, re.DOTALL)
        assert found, self.last
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1])
        return Fields({name: html.unescape(value) for name, value in hidden if name != "asked"})

    def send(self, path: str, fields: dict[str, Any], **more: Any) -> requests.Response:
        return self.ask("POST", path, {**fields, **more})

    def device(self) -> dict[str, str]:
        """What the last page told its script."""
        tag = re.search(r'<div id="device"([^>]*)>', self.last)
        assert tag
        return dict(re.findall(r'data-([a-z-]+)="([^"]*)"', tag[1]))

    def message(self, path: str, body: Any, **headers_: str) -> requests.Response:
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.ask("POST", path, text, **{"Content-Type": "application/json", "Accept": "*/*"} | headers_)


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@dataclass
class School:
    origin: str
    db: Database
    settings: Settings
    clock: StillClock
    platform: Platform
    deployment: Deployment
    course: Course
    cohort: Cohort
    enrolment: Enrolment
    """Siti's."""
    siti: Person
    others: list[Person] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"/learn/{self.enrolment.id}"

    def browser(self, who: Person | None = None, course: Course | None = None, **launch: Any) -> Pupil:
        """Signed in by a launch into the course, as a learner in the LMS's frame."""
        who, course = who or self.siti, course or self.course
        name, now = f"name-{next(numbers)}", self.clock.real_now()
        until = now + timedelta(hours=1)
        with self.db.write() as session:
            row = BrowserSession(
                name_hash=cookies.name_hash(name), person_id=who.id, created_at=now, expires_at=until,
                locale=launch.pop("language", None),
            )  # fmt: skip
            session_id = world.stored(session, row).id
            values = {
                "ticket_id": name, "session_id": session_id, "person_id": who.id, "deployment_id": self.deployment.id,
                "course_id": course.id, "message_type": "LtiResourceLinkRequest", "roles": "learner", "framed": True,
                "bounce": "known", "led_to": "/", "at": now, "expires_at": until,
            }  # fmt: skip
            world.stored(session, Launch(**values | launch))
        return Pupil(self.origin, name, session_id)

    def person(self, name: str | None, **columns: Any) -> Person:
        with self.db.write() as session:
            return world.person(session, session.get_one(Platform, self.platform.id), name=name, **columns)

    def enrol(self, who: Person, of: Cohort | None = None) -> Enrolment:
        with self.db.write() as session:
            return trained.enrolled(session, session.get_one(Cohort, (of or self.cohort).id), who)

    def reads(self, *keys: str, at: datetime | None = None) -> None:
        with self.db.write() as session:
            for key in keys:
                trained.reads(
                    session, session.get_one(Enrolment, self.enrolment.id), key, at or self.clock.training_now()
                )

    def sits(self, key: str, right: bool = True, at: datetime | None = None) -> str:
        with self.db.write() as session:
            enrolment = session.get_one(Enrolment, self.enrolment.id)
            return trained.sits(session, self.cohort, enrolment, key, at or self.clock.training_now(), right)

    def begin(self, pupil: Pupil, key: str = PAGE_AND_QUIZ) -> str:
        """Begins an attempt with the page's own form; returns its address."""
        address = f"{self.base}/lessons/{key}/quiz"
        pupil.get(address)
        answer = pupil.send(address, pupil.form("data-work"))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def set(self, **columns: Any) -> None:
        """Changes Siti's enrolment."""
        with self.db.write() as session:
            row = session.get_one(Enrolment, self.enrolment.id)
            for name, value in columns.items():
                setattr(row, name, value)

    def lesson_is(self, key: str = PAGE_AND_QUIZ, **columns: Any) -> None:
        """Changes a lesson's line in the outline, before anybody has read it."""
        with self.db.write() as session:
            version = session.get_one(ProgramVersion, self.cohort.version_id)
            outline = deepcopy(version.outline)
            lesson = next(x for module in outline["modules"] for x in module["lessons"] if x["key"] == key)
            lesson.update(columns)
            version.outline = outline

    def row(self) -> Enrolment:
        with self.db.read() as session:
            return session.get_one(Enrolment, self.enrolment.id)

    def events(self, kind: str | None = None) -> list[LearnerEvent]:
        e = LearnerEvent
        with self.db.read() as session:
            of_kind = [e.kind == kind] if kind else []
            return list(session.scalars(select(e).where(e.enrolment_id == self.enrolment.id, *of_kind).order_by(e.id)))

    def attempts(self) -> int:
        with self.db.read() as session:
            return session.scalar(select(func.count(Attempt.id)).where(Attempt.enrolment_id == self.enrolment.id)) or 0

    def answers(self, key: str = PAGE_AND_QUIZ, right: bool = True) -> dict[str, Any]:
        with self.db.read() as session:
            return trained.answers(session, self.cohort, key, right)


def filled(answers: dict[str, Any]) -> dict[str, Any]:
    """A page of questions as a browser sends it."""
    return {"asked": list(answers)} | {f"q-{key}": value for key, value in answers.items()}


def quizzes(session: Session, cohort: Cohort) -> list[str]:
    return trained.lessons(session, cohort)[1]


def new_event(kind: str, lesson: str, stamp: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, "lesson": lesson, "stamp": stamp, **more}


@contextmanager
def open_school(db: Database, settings: Settings) -> Iterator[School]:
    port, clock = free_port(), StillClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    app = FastAPI(routes=[*learn.HOT_ROUTES])
    app.state.settings, app.state.db, app.state.clock = settings, db, clock
    threads.set_up(app, db)
    errors.install(app)
    kept_pages.install(app)
    app.add_middleware(headers.Guard)
    for room in (static_files, account, learn):
        app.include_router(room.router)
    with db.write() as session:
        regions.load_shipped(session)
        platform = world.platform(session, name="E-Learning Kemensos")
        deployment = world.deployment(session, world.registration(session, platform))
        course = world.course(session, platform)
        cohort = trained.cohort(session, settings.storage_folder, course)
        siti = world.person(session, platform, name="Siti Aminah")
        enrolment = trained.enrolled(session, cohort, siti)
    with live_app(app, port=port) as origin:
        yield School(origin, db, settings, clock, platform, deployment, course, cohort, enrolment, siti)
