"""A world in which every page of the tool is in each of its states; `scenes_*` lay them out, to be looked at and pictured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

import trained
import world
from diklat_lti.app import create_app
from diklat_lti.database import Database, WriteSession
from diklat_lti.lti import keys
from diklat_lti.models import BrowserSession, Centre, Cohort, Course, Enrolment, Person, Platform, Ruling
from diklat_lti.settings import Settings
from diklat_lti.training import cohorts, regions, rules
from diklat_lti.web import cookies
from live import free_port, live_app
from office import Browser, Office, StillClock, sign_in
from world import NOW

LONG = "Raden Ajeng Siti Kusumaningrum Abdurrahman Hadiprawirasumant"
UNBROKEN = "Kusumaningrumabdurrahmanhadiprawirasumantriwiryodiningratani"
TODAY = date(2026, 11, 24)
"""`NOW` in WIB."""
BACK = "https://lms.example.id/mod/lti/return.php?course=2"
Work = Callable[[WriteSession, Cohort, Enrolment], Any]


@dataclass(frozen=True)
class Scene:
    """One page in one state, as one person sees it."""

    name: str
    path: str
    who: Browser | None = None
    do: Callable[[Page], Any] | None = None
    """What is pressed or typed before one looks."""


@dataclass(frozen=True)
class Seat:
    """A learner in a run of their own, with a browser."""

    cohort: Cohort
    enrolment: Enrolment
    browser: Browser

    @property
    def base(self) -> str:
        return f"/learn/{self.enrolment.id}"

    def scene(self, name: str, path: str = "", do: Callable[[Page], Any] | None = None) -> Scene:
        return Scene(name, self.base + path, self.browser, do)


class GalleryClock(StillClock):
    """Devices are told how far it is from theirs, so that no page says that their clock is wrong."""

    def __init__(self) -> None:
        self.set(NOW)

    @property
    def shift(self) -> timedelta:
        return self.training_now() - self.real_now()


class Gallery(Office):
    """The admins' office, with the whole tool behind it."""

    def run(self, ago: int = 1, name: str = "Angkatan I") -> Cohort:
        """15 days from so many days ago, in a course of its own."""
        first = TODAY - timedelta(days=ago)
        made_at = min(NOW, NOW - timedelta(days=ago))
        with self.db.write() as session:
            course = world.course(session, session.get_one(Platform, self.platform.id), title="Diklat E-Learning PKH")
            world.grant(session, session.get_one(Person, self.rina.id), "cohort_admin", course, source="deep_linking")
            version = trained.published(
                session, session.get_one(Centre, course.centre_id), self.settings.storage_folder
            )
            wish = cohorts.Wish(version.id, name, first.isoformat(), "15", "Asia/Jakarta")
            plan = cohorts.plan(session, course.id, wish, made_at)
            return cohorts.create(session, course.id, plan, self.rina.id, made_at)

    def seat(self, ago: int = 1, work: Work | None = None, name: str | None = "Siti Aminah", **columns: Any) -> Seat:
        """A learner whose run began so many days ago and who has done `work`. `columns` are set at the end."""
        cohort = self.run(ago)
        with self.db.write() as session:
            who = world.person(session, session.get_one(Platform, self.platform.id), name=name)
            enrolment = trained.enrolled(session, session.get_one(Cohort, cohort.id), who)
            enrolment.welcomed_at, enrolment.region_code = NOW, "18.03.22"
            if work:
                work(session, cohort, enrolment)
            for column, value in columns.items():
                setattr(enrolment, column, value)
        return Seat(cohort, enrolment, self.sign_in(who, cohort, "learner"))

    def sign_in(self, who: Person, of: Cohort, roles: str = "instructor", **launch: Any) -> Browser:
        with self.db.read() as session:
            course = session.get_one(Course, of.course_id)
        return self.browser(who, course, roles=roles, return_url=BACK, **launch)

    def roll(self, of: Cohort) -> None:
        """Day 1 is when the learner says so."""
        with self.db.write() as session:
            ruled = cohorts.rules_of(session, of.id)
            body = rules.dump(replace(ruled, window=replace(ruled.window, mode="rolling", starts_on=None)))
            cohort = session.get_one(Cohort, of.id)
            cohort.mode, cohort.starts_on, cohort.rules_seq = "rolling", None, 2
            session.execute(insert(Ruling).values(cohort_id=of.id, seq=2, kind="rules", body=body, made_at=NOW))

    def stranger(self) -> Browser:
        """A picker open in a centre without a program."""
        with self.db.write() as session:
            course = world.course(session, session.get_one(Platform, self.platform.id), centre_id=self.centre.id)
            world.grant(session, session.get_one(Person, self.rina.id), "cohort_admin", course, source="deep_linking")
        return self.picking(course=course)

    def visit(self, page: Page, scene: Scene, language: str) -> None:
        """Opens the scene as its person, in their language."""
        with self.db.write() as session:
            session.execute(update(BrowserSession).values(locale=language, ended_at=None))
        page.context.clear_cookies()
        if scene.who:
            page.goto(f"{self.origin}/sign-in/{scene.who.cookies[cookies.SESSION]}")
        page.goto(self.origin + scene.path)
        if scene.do:
            scene.do(page)


def press(page: Page, selector: str) -> None:
    """A press that opens a page, and the page with all that belongs to it."""
    with page.expect_navigation():
        page.click(selector)


def all_done(right: bool, days_ago: int = 0, times: int = 1) -> Work:
    """Everything read, every quiz sat so many times."""

    def work(session: WriteSession, cohort: Cohort, enrolment: Enrolment) -> None:
        at = NOW - timedelta(days=days_ago, hours=3)
        pages, quizzes = trained.lessons(session, cohort)
        for key in pages:
            trained.reads(session, enrolment, key, at)
        for number in range(times):
            for key in quizzes:
                trained.sits(session, cohort, enrolment, key, at + timedelta(minutes=number + 1), right)

    return work


def one_read(days_ago: int = 0) -> Work:
    def work(session: Session, cohort: Cohort, enrolment: Enrolment) -> None:
        assert isinstance(session, WriteSession)
        at = NOW - timedelta(days=days_ago, hours=3)
        trained.reads(session, enrolment, trained.lessons(session, cohort)[0][0], at)

    return work


@contextmanager
def open_gallery(db: Database, settings: Settings) -> Iterator[Gallery]:
    port, clock = free_port(), GalleryClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with db.write() as session:
        regions.load_shipped(session)
        keys.ensure(session, settings.secret_keys, clock.real_now())
        platform = world.platform(session, name="E-Learning Kemensos")
        deployment = world.deployment(session, world.registration(session, platform))
        course = world.course(session, platform, title="Diklat E-Learning PKH")
        rina = world.person(session, platform, name="Rina Marlina")
        world.grant(session, rina, "cohort_admin", course, source="deep_linking")
        centre = world.centre(session, name="BBPPKS kosong")
    app = create_app(settings, clock, db)
    app.add_api_route("/sign-in/{name}", sign_in)
    with live_app(app, port=port) as origin:
        yield Gallery(origin, db, settings, clock, centre, platform, deployment, course, rina)
