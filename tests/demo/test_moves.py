"""Rehearsals: the LMS changes its name, the tool its address, an activity its content, the tool is deleted in the LMS and added
again. Each time the same learner comes back to the same work, and the grade arrives."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from diklat_lti.app import create_app
from diklat_lti.clock import Clock
from diklat_lti.content import publish, samples
from diklat_lti.database import Database
from diklat_lti.demo import RunningLms, learning, running_lms, steps
from diklat_lti.demo.browser import Broken, Browser, Page
from diklat_lti.demo.lms import tables, tools
from diklat_lti.demo.steps import ADMIN, LEARNER, TEACHER, Journey
from diklat_lti.lti import joining, known, moving
from diklat_lti.lti.registration import invites
from diklat_lti.models import AccessToken, Centre, Enrolment, Person, Placement, Platform, Registration
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from diklat_lti.worker import Worker
from live import free_port, live_app


@dataclass(frozen=True)
class Tool:
    """The tool at one address."""

    url: str
    db: Database
    settings: Settings

    def invite(self) -> str:
        with self.db.write() as session:
            return f"{self.url}/lti/register?invite={invites.invite(session, 'LMS', None, None, Clock().real_now())}"

    def deliver(self) -> None:
        """What a worker finds to do now."""
        Worker(self.db, self.settings, Clock()).run_once()

    def learners(self) -> list[tuple[int, str | None]]:
        """Each enrolment with the number that its learner has in the LMS."""
        with self.db.read() as session:
            rows = session.execute(select(Enrolment.id, Person.sub).join(Person, Person.id == Enrolment.person_id))
            return [(enrolment_id, sub) for enrolment_id, sub in rows]


@contextmanager
def tool(db: Database, settings: Settings, **changes: Any) -> Iterator[Tool]:
    port = free_port()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}", **changes})
    with live_app(create_app(settings, Clock(), db), port=port) as url:
        yield Tool(url, db, settings)


@pytest.fixture(autouse=True)
def _a_program(db: Database, settings: Settings) -> None:
    with db.write() as session:
        regions.load_shipped(session)
        centre = Centre(name="Lembaga contoh", created_at=Clock().real_now())
        session.add(centre)
        session.flush()
        checked = publish.check(session, centre.id, samples.path("p2k2"))
        assert checked.program is not None
        publish.publish(session, centre.id, checked.program, settings.storage_folder, None, Clock().real_now())


def register(journey: Journey) -> None:
    """As a new external tool, though the site may know one of the same domain."""
    browser = journey.browser(ADMIN)
    page = browser.get(f"{journey.lms}/mod/lti/toolconfigure.php")
    opened = browser.submit(page, page.form("toolconfigure", "url"), {"url": journey.invite})
    asked = browser.get(f"{opened.frame()}&type=new", "iframe")
    browser.submit(asked, asked.form("/lti/register"), dest="iframe")
    for step in (steps.activate, steps.offer):
        step(journey)


def learnt(journey: Journey) -> None:
    """The tool is in the course, and Siti has done everything; nothing of it is in the gradebook yet."""
    register(journey)
    steps.add(journey)
    assert list(learning.learn(journey.browser(LEARNER), steps.launch(journey)))
    assert steps.grade(journey) == ""


def done(page: Page) -> bool:
    """Whether this is the start page of somebody who has nothing left to do."""
    return "4 dari 4" in page.text


def arrived(journey: Journey) -> bool:
    return steps.grade(journey).replace(",", ".") in ("100", "100.00")


def test_an_lms_that_changed_its_name_goes_on_with_the_same_people_and_grades(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "lms.db"
    with tool(db, settings) as ours:
        with running_lms(file) as lms:
            learnt(Journey(ours.url, lms.url, ours.invite()))
            before = ours.learners()
        with running_lms(file) as renamed:
            assert renamed.url != lms.url
            journey = Journey(ours.url, renamed.url, "")
            with pytest.raises(Broken, match="/lti/login answered 401"):
                steps.launch(journey)
            with db.write() as session:
                moving.move(session, settings, 1, renamed.url, None, Clock().real_now())
            known.forget(db)
            ours.deliver()
            assert arrived(journey)
            assert done(steps.launch(journey))
            assert ours.learners() == before


def test_a_tool_that_changed_its_address_goes_on_with_the_same_people_and_grades(
    db: Database, settings: Settings
) -> None:
    with running_lms() as lms:
        with tool(db, settings) as ours:
            learnt(Journey(ours.url, lms.url, ours.invite()))
            before = ours.learners()
        with tool(db, settings) as forgetful:
            readdress(lms, ours.url, forgetful.url)
            with pytest.raises(Broken, match="/lti/login answered 401"):
                steps.launch(Journey(forgetful.url, lms.url, ""))
        with tool(db, settings, former_urls=(ours.url,)) as moved:
            readdress(lms, forgetful.url, moved.url)
            with db.write() as session:
                session.query(AccessToken).delete()
            lms.lms.tool_keys.forget()
            moved.deliver()
            journey = Journey(moved.url, lms.url, "")
            assert arrived(journey)
            assert done(steps.launch(journey))
            assert moved.learners() == before


def readdress(lms: RunningLms, old: str, new: str) -> None:
    """What the administrator types into the form of the tool. The activities keep the address they were made with."""
    with lms.lms.store.write() as db:
        (found,) = tools.all_of_site(db)
        written = json.dumps({name: getattr(found, name) for name in ADDRESSES})
        host, there = (url.removeprefix("http://") for url in (old, new))
        tools.change(db, found.id, json.loads(written.replace(host, there)))


ADDRESSES = ("tool_url", "domain", "login_url", "redirect_uris", "jwks_url", "deep_linking_url", "icon")


def test_an_activity_whose_content_is_edited_leads_elsewhere_and_leaves_the_work_where_it_was(
    db: Database, settings: Settings
) -> None:
    """*Select content* in the settings of the activity: a new run first, and then the old one once more."""
    with tool(db, settings) as ours, running_lms() as lms:
        journey = Journey(ours.url, lms.url, ours.invite())
        learnt(journey)
        ours.deliver()
        assert arrived(journey)
        before = work_of(db, 1)
        select_anew(journey, new_run)
        assert not done(steps.launch(journey))
        assert where_the_activity_leads(db) == {1: 2}
        assert (work_of(db, 1), work_of(db, 2)) == (before, (0, None, None))
        ours.deliver()
        assert arrived(journey)
        select_anew(journey, old_run)
        assert done(steps.launch(journey))
        assert where_the_activity_leads(db) == {1: 1}
        assert work_of(db, 1) == before
        ours.deliver()
        assert arrived(journey)


def work_of(db: Database, enrolment_id: int) -> tuple[int, Any, Any]:
    with db.read() as session:
        found = session.get_one(Enrolment, enrolment_id)
        return found.done_count, found.score, found.passed_at


def where_the_activity_leads(db: Database) -> dict[int, int | None]:
    """Each placement, which is the LMS's link, with its run."""
    with db.read() as session:
        return {one.id: one.cohort_id for one in session.scalars(select(Placement))}


def select_anew(journey: Journey, pick: Callable[[Browser, Page], Page]) -> None:
    """Edit mode, *Settings* of the activity, *Select content*, save: the activity stays the same one in the LMS."""
    browser = journey.browser(TEACHER)
    course = browser.get(browser.get(f"{journey.lms}/my/").link("/course/view.php"))
    there = course.link("/mod/lti/view.php")
    settings = browser.get(browser.get(course.link("/course/settings.php")).link("select=1"))
    selected = browser.press_on(pick(browser, browser.press_on(browser.open_frame(settings))))
    saved = browser.submit(selected, selected.form("selection"))
    assert [saved.url_of(link.href) for link in saved.links if "/mod/lti/view.php" in link.href] == [there]


def new_run(browser: Browser, picker: Page) -> Page:
    form = picker.form("starts_on")
    today = datetime.now(ZoneInfo(dict(form.fields)["zone"])).date()
    wish = {"starts_on": today.isoformat(), "name": "Angkatan kedua"}
    shown = browser.submit(picker, form, wish, button="preview", dest="iframe")
    return browser.submit(shown, shown.form("add"), button="add", dest="iframe")


def old_run(browser: Browser, picker: Page) -> Page:
    return browser.submit(picker, picker.form("cohort", "link"), {"cohort": "1"}, button="link", dest="iframe")


def join(ours: Tool) -> None:
    with ours.db.write() as session:
        joining.join(session, 2, 1, None, Clock().real_now())
    known.forget(ours.db)


def test_a_tool_that_was_deleted_and_added_again_goes_on_with_its_runs(db: Database, settings: Settings) -> None:
    """The LMS deleted its activities, too: the teacher links the run again."""
    with tool(db, settings) as ours, running_lms() as lms:
        journey = Journey(ours.url, lms.url, ours.invite())
        learnt(journey)
        before = ours.learners()
        forget_tool(journey)
        journey = replace(journey, invite=ours.invite())
        register(journey)
        join(ours)
        link_the_run(journey)
        assert done(steps.launch(journey))
        assert ours.learners() == before
        ours.deliver()
        assert arrived(journey)
        signed_as_the_new_client(db)


def test_links_that_the_lms_gave_to_the_new_client_open_what_they_opened_before(
    db: Database, settings: Settings
) -> None:
    """And a learner who came before the join, to a page that says that nothing is there yet, is the same one after it."""
    with tool(db, settings) as ours, running_lms() as lms:
        journey = Journey(ours.url, lms.url, ours.invite())
        learnt(journey)
        before = ours.learners()
        register(replace(journey, invite=ours.invite(), browsers=journey.browsers))
        with lms.lms.store.write() as inside:
            for table in (tables.link, tables.grade_item):
                inside.execute(update(table).values(tool_id=2))
        assert not done(steps.launch(journey))
        assert people(db) == {1: 2, 2: 1}
        join(ours)
        ours.deliver()
        assert arrived(journey)
        assert done(steps.launch(journey))
        assert (ours.learners(), people(db)) == (before, {1: 2})
        signed_as_the_new_client(db)


def people(db: Database) -> dict[int, int]:
    """How many people each platform has."""
    with db.read() as session:
        owners = list(session.scalars(select(Person.platform_id).where(Person.platform_id.is_not(None))))
        return {owner: owners.count(owner) for owner in owners if owner is not None}


def signed_as_the_new_client(db: Database) -> None:
    """The token that the grade went with is the new client's."""
    with db.read() as session:
        (owner,) = set(session.scalars(select(AccessToken.registration_id)))
        registration = session.get_one(Registration, owner)
        assert (registration.platform_id, registration.disabled_at) == (1, None)
        assert owner == max(session.scalars(select(Registration.id)))
        assert session.get_one(Platform, 2).joined_to_id == 1


def forget_tool(journey: Journey) -> None:
    browser = journey.browser(ADMIN)
    page = browser.get(f"{journey.lms}/mod/lti/toolconfigure.php")
    browser.submit(page, page.form("delete"), button="delete")


def link_the_run(journey: Journey) -> None:
    """The teacher selects the run that exists already, and saves the activity."""
    browser = journey.browser(TEACHER)
    course = browser.get(browser.get(f"{journey.lms}/my/").link("/course/view.php"))
    chooser = browser.get(course.link("chooser.php"))
    adding = browser.get(browser.get(chooser.link("typeid=")).link("select=1"))
    picker = browser.press_on(browser.open_frame(adding))
    answer = old_run(browser, picker)
    selected = browser.press_on(answer)
    browser.submit(selected, selected.form("selection"))
