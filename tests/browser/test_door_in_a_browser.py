"""In the LMS's frame, as browsers treat it: reload, Back, double click, two tabs, two courses, another person, no cookies."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import func, insert, select, update

import chapters
import engines
from chapters import RUN
from clicking import MINE, Visitor
from diklat_lti.database import Database
from diklat_lti.demo import steps
from diklat_lti.demo.lms import courses, tables
from diklat_lti.models import Cohort, Enrolment, KeptForm, Launch, LearnerEvent, Person, Placement
from diklat_lti.settings import Settings
from diklat_lti.training import cohorts
from mishaps import in_a_tab
from stage import Stage, open_stage

Open = Callable[..., BrowserContext]
FIRST = "#main .status .actions a.button"
DONE = "#main form[data-work] button"
OTHER_COURSE, OTHER_RUN = "Diklat lanjutan", "Angkatan lain"


@pytest.fixture(scope="module")
def stage(engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One training for all of them: each comes as somebody of their own, with a browser of their own."""
    folder = tmp_path_factory.mktemp("files")
    with engine.lent(migrated=True) as url, pytest.MonkeyPatch.context() as watching:
        settings = Settings(
            _env_file=None, database_url=url, storage_url=f"file:{folder}", allow_private_platforms=True,
            embedded_worker=False, secret_key="the tests' own key of forty characters and more",
        )  # fmt: skip
        db = Database(url)
        with open_stage(db, settings, watching) as opened:
            journey = steps.Journey(opened.tool, opened.lms.url, opened.invite())
            for step in (steps.register, steps.activate, steps.offer, steps.add):
                step(journey)
            yield opened
        db.dispose()


def comes(stage: Stage, open_browser: Open, name: str, **options: Any) -> Visitor:
    """Logged in to the LMS, and in the training."""
    visitor = Visitor(open_browser(**options).pages[0], stage.lms.url, scripts=True)
    visitor.page.context.set_default_timeout(60_000)
    visitor.log_in(name).open_activity(RUN)
    return visitor


def beside(visitor: Visitor) -> Visitor:
    """A second tab of the same browser."""
    return Visitor(visitor.page.context.new_page(), visitor.lms, visitor.scripts)


def launches(stage: Stage, name: str) -> int:
    with stage.db.read() as session:
        return session.scalar(select(func.count(Launch.id)).join(Person).where(Person.name == name)) or 0


def events(stage: Stage, name: str) -> list[str]:
    with stage.db.read() as session:
        of_person = select(LearnerEvent.kind).join(Enrolment).join(Person).where(Person.name == name)
        return list(session.scalars(of_person.order_by(LearnerEvent.id)))


def test_a_reload_in_the_frame_shows_the_same_page_and_launches_nothing(stage: Stage, open_browser: Open) -> None:
    siti = comes(stage, open_browser, "Siti Rahmawati")
    before, heading = launches(stage, "Siti Rahmawati"), siti.heading
    with siti.tool.expect_navigation():
        siti.tool.evaluate("location.reload()")
    assert (siti.heading, launches(stage, "Siti Rahmawati")) == (heading, before)


def test_back_in_the_frame_leads_to_the_page_before(stage: Stage, open_browser: Open) -> None:
    siti = comes(stage, open_browser, "Siti Rahmawati")
    before, heading = launches(stage, "Siti Rahmawati"), siti.heading
    siti.press("#main ol.list a")
    assert siti.heading != heading
    with siti.tool.expect_navigation():
        siti.page.evaluate("history.back()")
    assert (siti.heading, launches(stage, "Siti Rahmawati")) == (heading, before)


def test_a_double_click_on_the_activity_ends_on_its_page(stage: Stage, open_browser: Open) -> None:
    siti = comes(stage, open_browser, "Siti Rahmawati")
    heading = siti.heading
    siti.course().page.dblclick(f".activities a:has-text('{RUN}')")
    siti.page.wait_for_url("**/mod/lti/view.php*")
    expect(siti.page.frame_locator("iframe.tool").locator(MINE)).to_have_text(heading)


def test_a_message_that_is_posted_again_offers_the_page_it_led_to(stage: Stage, open_browser: Open) -> None:
    """As a double click on a form that sends itself, or a Back into it. What the LMS gave is good once."""
    siti, launch = Visitor(open_browser().pages[0], stage.lms.url, scripts=True), f"{stage.tool}/lti/launch"
    posted: list[str] = []
    siti.page.on("request", lambda sent: posted.append(sent.post_data or "") if sent.url == launch else None)
    siti.log_in("Siti Rahmawati").open_activity(RUN)
    before, heading = launches(stage, "Siti Rahmawati"), siti.heading
    with siti.tool.expect_navigation():
        siti.tool.evaluate(AGAIN, posted[0])
    assert siti.heading == "Proses masuk ini sudah dipakai."
    siti.press("#main a.button")
    assert (siti.heading, launches(stage, "Siti Rahmawati")) == (heading, before)


AGAIN = """body => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/lti/launch";
  for (const [name, value] of new URLSearchParams(body)) {
    const input = form.appendChild(document.createElement("input"));
    input.name = name;
    input.value = value;
  }
  document.body.appendChild(form).submit();
}"""


def test_the_hints_of_the_lms_are_used_once_and_only_after_the_cookie_was_seen(
    stage: Stage, open_browser: Open
) -> None:
    """Moodle's launch hint is spent where it authorises: a second sign-in with it leads nowhere."""
    siti, asked = Visitor(open_browser().pages[0], stage.lms.url, scripts=True), list[str]()
    siti.page.on("request", lambda sent: asked.append(sent.url))
    siti.log_in("Siti Rahmawati").open_activity(RUN)
    authorised = [n for n, url in enumerate(asked) if "/mod/lti/auth.php" in url]
    looked = [n for n, url in enumerate(asked) if "/lti/login?ticket=" in url]
    assert (len(authorised), len(looked)) == (1, 1)
    assert looked < authorised


def test_two_tabs_work_side_by_side(stage: Stage, open_browser: Open) -> None:
    dewi = comes(stage, open_browser, "Dewi Lestari")
    second = beside(dewi)
    second.page.goto(dewi.page.url)
    second.arrive()
    for tab in (dewi, second):
        tab.press(FIRST)
    for tab in (dewi, second):
        tab.press(DONE)
    assert dewi.heading == second.heading
    assert events(stage, "Dewi Lestari") == ["confirmed", "confirmed"], "each tab said so; it counts once"


def test_two_courses_work_side_by_side(stage: Stage, open_browser: Open) -> None:
    other_course(stage)
    agus = comes(stage, open_browser, "Agus Setiawan")
    second = beside(agus)
    second.page.goto(f"{stage.lms.url}/my/")
    second.click(f".cards a:has-text('{OTHER_COURSE}')")
    second.click(f".activities a:has-text('{OTHER_RUN}')")
    second.arrive()
    settle(stage)
    with second.page.expect_navigation():
        second.page.reload()
    second.arrive()
    agus.press(FIRST)
    agus.press(DONE)
    second.press(FIRST)
    assert second.tool.url.split("/lessons")[0] != agus.tool.url.split("/lessons")[0]
    second.press(DONE)
    assert events(stage, "Agus Setiawan") == ["confirmed", "confirmed"]


def other_course(stage: Stage) -> None:
    with stage.lms.lms.store.write() as lms:
        tool = lms.scalars(select(tables.tool.c.id)).one()
        lms.execute(insert(tables.course).values(id=3, fullname=OTHER_COURSE, shortname="LANJUT"))
        agus = lms.scalars(select(tables.person.c.id).where(tables.person.c.username == "agus")).one()
        lms.execute(insert(tables.enrolment).values(course_id=3, person_id=agus, role="student"))
        courses.add(lms, {"course_id": 3, "tool_id": tool, "name": OTHER_RUN, "custom": {}})


def settle(stage: Stage) -> None:
    """The second link gets a run of the same program in its own course."""
    with stage.db.write() as session:
        first = session.scalars(select(Cohort)).one()
        link = session.scalars(select(Placement).where(Placement.cohort_id.is_(None))).one()
        now = stage.clock.training_now()
        wish = cohorts.Wish(first.version_id, OTHER_RUN, chapters.day(), "15", "Asia/Jakarta")
        made = cohorts.create(session, link.course_id, cohorts.plan(session, link.course_id, wish, now), None, now)
        session.execute(update(Placement).where(Placement.id == link.id).values(cohort_id=made.id))


def test_another_person_in_the_same_browser_gets_nothing_of_the_first(stage: Stage, open_browser: Open) -> None:
    rina = comes(stage, open_browser, "Rina Marlina")
    rina.press(FIRST)
    second = beside(rina)
    second.log_in("Yusuf Hidayat").open_activity(RUN)
    assert "Yusuf Hidayat" in second.heading
    rina.press(DONE)
    assert rina.heading == "Kiriman Anda disimpan sementara"
    assert (events(stage, "Rina Marlina"), events(stage, "Yusuf Hidayat")) == ([], [])
    second.tool.goto(second.tool.url)
    assert "tertinggal" not in second.text
    rina.log_in("Rina Marlina").open_activity(RUN)
    assert "Simpan jawaban yang tertinggal?" in rina.text
    with stage.db.read() as session:
        assert session.scalar(select(func.count(KeptForm.id))) == 1


@pytest.mark.parametrize("where", ["in the frame", "everywhere"])
def test_a_browser_that_refuses_our_cookies(stage: Stage, open_browser: Open, where: str) -> None:
    """Chromium's own setting, for our site in the LMS's frame or for our site at all."""
    top = stage.lms.url if where == "in the frame" else "*"
    putri = comes(stage, open_browser, "Putri Anggraini", no_cookies=f"{stage.tool},{top}")
    assert putri.heading == "Satu ketukan lagi"
    alone = in_a_tab(putri)
    heading = alone.arrive()
    if where == "everywhere":
        assert heading == "Peramban Anda tidak menyimpan kuki untuk situs ini"
        return
    assert "Putri Anggraini" in heading
    alone.press(FIRST)
    alone.press(DONE)
    assert events(stage, "Putri Anggraini") == ["confirmed"]
