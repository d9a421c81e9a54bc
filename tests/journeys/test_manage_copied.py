"""A copied course over real HTTP: who may say what its links open, what they read of the old course, and what follows."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Course, GradeItem, PickedLink, Placement
from diklat_lti.settings import Settings
from diklat_lti.training import cohorts, placements
from office import Browser, Office, open_office
from world import NOW

SECRET = "Angkatan Rahasia 2019"
DAYS = {"name": "Angkatan II", "starts_on": "2026-12-01", "length_days": "10", "zone": "Asia/Makassar"}


@dataclass
class Copy:
    """Two activities of a run elsewhere, copied into the office's course. One of them was opened there."""

    office: Office
    old: Cohort
    link: Placement
    other: PickedLink

    def opened(self, browser: Browser) -> str:
        return f"/manage/copied/{browser.launch_id}"

    def rina(self, **launch: str) -> Browser:
        return self.office.browser(placement_id=self.link.id, **launch)

    def now(self) -> Placement:
        with self.office.db.read() as session:
            return session.get_one(Placement, self.link.id)

    def runs(self) -> int:
        with self.office.db.read() as session:
            return session.scalars(select(func.count()).select_from(Cohort)).one()


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def copy(office: Office) -> Copy:
    with office.db.write() as session:
        course = session.get_one(Course, office.course.id)
        elsewhere = world.course(session, session.get_one(type(office.platform), office.platform.id), title="Lama")
        old = trained.cohort(session, office.settings.storage_folder, elsewhere)
        old.name = SECRET
        whole, module = (
            cohorts.pick(session, old, office.deployment.id, key, office.rina.id, NOW, title=f"Diklat · {SECRET}")
            for key in (None, "modul-1")
        )
        link = world.placement(
            session,
            old,
            course_id=course.id,
            cohort_id=None,
            picked_uuid=whole.uuid,
            deployment_id=office.deployment.id,
        )
    return Copy(office, old, link, module)


def test_its_teacher_reads_how_it_gets_a_content_and_may_not_decide(copy: Copy) -> None:
    budi = copy.office.browser(copy.office.person("Budi"), placement_id=copy.link.id)
    page = budi.get(copy.opened(budi))
    assert "Aktivitas ini disalin dari kursus lain" in page
    assert "Select content" in page
    assert "<form" not in page.split('id="main"')[1].split("<footer")[0]
    budi.csrf = budi.csrf or "x"
    for step in ("make", "go_on", "preview"):
        assert budi.send(copy.opened(budi), step=step, **DAYS).status_code in (403, 404)
    assert (copy.now().cohort_id, copy.runs()) == (None, 1)


def test_the_page_of_a_link_without_content_leads_there(copy: Copy) -> None:
    rina = copy.rina()
    answer = rina.ask("GET", f"/manage/unplaced/{rina.launch_id}")
    assert (answer.status_code, answer.headers["location"]) == (303, copy.opened(rina))


def test_a_learner_has_no_business_there(copy: Copy) -> None:
    siti = copy.office.browser(copy.office.person("Siti"), roles="learner", placement_id=copy.link.id)
    siti.get(copy.opened(siti), 404)


def test_the_new_courses_admin_reads_nothing_of_the_old_course(copy: Copy) -> None:
    rina = copy.rina()
    page = rina.get(copy.opened(rina))
    shown = rina.send(copy.opened(rina), step="preview", **DAYS).text
    for text in (page, shown):
        assert SECRET not in text
        assert "Lama<" not in text
        assert "go_on" not in text
    assert rina.send(copy.opened(rina), step="go_on").status_code == 404
    assert copy.now().cohort_id is None


def test_the_admin_of_both_may_go_on_with_the_old_run_and_comes_to_its_pages(copy: Copy) -> None:
    with copy.office.db.read() as session:
        elsewhere = session.get_one(Course, copy.old.course_id)
    copy.office.grant(copy.office.rina, "cohort_admin", elsewhere)
    rina = copy.rina()
    assert SECRET in rina.get(copy.opened(rina))
    answer = rina.send(copy.opened(rina), step="go_on")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/manage/{copy.old.id}")
    assert (copy.now().cohort_id, copy.runs()) == (copy.old.id, 1)
    assert SECRET in rina.get(f"/manage/{copy.old.id}"), "a launch of the copy is good for the run's own pages"


def test_the_days_are_shown_before_anything_is_made(copy: Copy) -> None:
    rina = copy.rina()
    rina.get(copy.opened(rina))
    page = rina.send(copy.opened(rina), step="preview", **DAYS).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Selasa 1 Des 2026 pukul 00.00 WITA sampai Kamis 10 Des 2026 pukul 23.59 WITA (10 hari)" in page
    assert "Mulai angkatan baru" in page
    again = rina.send(copy.opened(rina), step="edit", **DAYS)
    assert 'value="2026-12-01"' in again.text
    assert copy.runs() == 1


def test_a_new_run_is_made_and_the_admin_comes_to_it(copy: Copy) -> None:
    rina = copy.rina()
    rina.get(copy.opened(rina))
    answer = rina.send(copy.opened(rina), step="make", **DAYS)
    made = copy.now().cohort_id
    assert made not in (None, copy.old.id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/manage/{made}")
    assert "Angkatan II" in rina.get(f"/manage/{made}")
    with copy.office.db.read() as session:
        items = session.scalars(select(GradeItem).where(GradeItem.cohort_id == made)).all()
        follows = session.get_one(PickedLink, placements.copied_uuid(copy.other.uuid, copy.office.course.id))
    assert {(item.module_key, item.inherits) for item in items} == {("", True), ("modul-1", True)}
    assert (follows.cohort_id, follows.answer) == (made, None)


def test_pressed_twice_it_is_one_run(copy: Copy) -> None:
    rina = copy.rina()
    rina.get(copy.opened(rina))
    first, second = (rina.send(copy.opened(rina), step="make", **DAYS) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert copy.runs() == 2
    assert rina.ask("GET", copy.opened(rina)).headers["location"] == first.headers["location"]
    assert rina.send(copy.opened(rina), step="preview", **DAYS).status_code == 303


@pytest.mark.parametrize("step", ["preview", "make"])
def test_a_wrong_day_gets_a_sentence_beside_it(copy: Copy, step: str) -> None:
    rina = copy.rina()
    rina.get(copy.opened(rina))
    answer = rina.send(copy.opened(rina), step=step, **DAYS | {"starts_on": "besok", "length_days": "91"})
    assert answer.status_code == 422
    assert 'id="starts_on-error"' in answer.text
    assert 'id="length_days-error"' in answer.text
    assert 'value="besok"' in answer.text
    assert copy.runs() == 1


def test_the_picker_offers_it_first_and_says_when_it_is_done(copy: Copy) -> None:
    rina = copy.office.picking()
    assert f'href="/manage/copied/{rina.launch_id}"' in rina.get(rina.picker)
    rina.get(copy.opened(rina))
    answer = rina.send(copy.opened(rina), step="make", **DAYS)
    assert answer.headers["location"] == f"{rina.picker}?led=1"
    page = rina.get(answer.headers["location"])
    assert "Kembali ke LMS" in page
    assert "/manage/copied/" not in page


def test_copies_of_two_runs_are_decided_one_after_the_other(copy: Copy) -> None:
    with copy.office.db.write() as session:
        other = trained.cohort(
            session, copy.office.settings.storage_folder, session.get_one(Course, copy.old.course_id)
        )
        picked = cohorts.pick(session, other, copy.office.deployment.id, None, copy.office.rina.id, NOW)
        where = {"course_id": copy.office.course.id, "cohort_id": None, "deployment_id": copy.office.deployment.id}
        world.placement(session, other, picked_uuid=picked.uuid, **where)
    rina = copy.office.picking()
    rina.get(copy.opened(rina))
    first = rina.send(copy.opened(rina), step="make", **DAYS)
    assert first.headers["location"] == copy.opened(rina)
    second = rina.send(copy.opened(rina), step="make", **DAYS | {"name": "Angkatan III"})
    assert second.headers["location"] == f"{rina.picker}?led=1"
    assert copy.runs() == 4


def test_a_program_of_another_centre_is_not_offered(copy: Copy) -> None:
    candra, course = copy.office.candra()
    with copy.office.db.write() as session:
        session.get_one(Placement, copy.link.id).course_id = course.id
    page = candra.get(copy.opened(candra))
    assert "Programnya milik lembaga lain" in page
    assert "P2K2" not in page.split('id="main"')[1]
    for step in ("preview", "make", "go_on"):
        assert candra.send(copy.opened(candra), step=step, **DAYS).status_code == 404
