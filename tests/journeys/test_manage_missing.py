"""Activities that the LMS dropped: the overview says so, and the next picker offers just those first."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from diklat_lti.database import Database
from diklat_lti.models import Cohort, GradeDelivery, GradeItem, PickedLink
from diklat_lti.settings import Settings
from office import Browser, Office, answered, open_office
from world import NOW

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
GOOD = {
    "shape": "modules",
    "name": "Angkatan I",
    "starts_on": "2026-11-25",
    "length_days": "15",
    "zone": "Asia/Jakarta",
}
ALL = select(PickedLink).where(PickedLink.answer.is_not(None)).order_by(PickedLink.title)


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def run(office: Office) -> Cohort:
    """Three activities were picked; the LMS has the first and dropped the others."""
    office.cohort()  # publishes the sample
    browser = office.picking()
    browser.get(browser.picker)
    with office.db.read() as session:
        version = session.scalars(select(Cohort.version_id)).one()
    assert browser.send(browser.picker, step="add", version=str(version), **GOOD).status_code == 200
    with office.db.write() as session:
        run = session.scalars(select(Cohort).order_by(Cohort.id.desc()).limit(1)).one()
        first, *dropped = session.scalars(ALL)
        first.seen_at = NOW
        for link in dropped:
            link.looked_at = NOW
        return run


def links(office: Office) -> list[PickedLink]:
    with office.db.read() as session:
        return list(session.scalars(ALL))


def picker(office: Office, **asked: object) -> Browser:
    browser = office.picking(asked=asked)
    browser.get(browser.picker)
    return browser


def test_all_links_of_one_answer_know_each_other_and_their_titles(office: Office, run: Cohort) -> None:
    assert len({link.answer for link in links(office)}) == 1
    assert [link.title.split(":")[0] for link in links(office) if link.title] == [
        "Modul 1", "Modul 2", "Nilai akhir · Angkatan I",
    ]  # fmt: skip


def test_another_choice_is_another_answer(office: Office, run: Cohort) -> None:
    browser = picker(office)
    browser.send(browser.picker, step="link", cohort=str(run.id), shape="whole")
    assert len({link.answer for link in links(office)}) == 2


def test_the_overview_names_what_did_not_arrive_and_how_it_is_added(office: Office, run: Cohort) -> None:
    page = office.browser().get(f"/manage/{run.id}")
    assert "2 aktivitas belum sampai di kursus" in page
    for link in links(office)[1:]:
        assert f"<li>{link.title}</li>" in page
    assert f"<li>{links(office)[0].title}</li>" not in page
    assert "Select content" in page


def test_who_only_watches_is_not_troubled_with_it(office: Office, run: Cohort) -> None:
    budi = office.person("Budi")
    office.grant(budi, "supervisor", run)
    assert "belum sampai di kursus" not in office.browser(budi).get(f"/manage/{run.id}")


def test_another_run_of_the_course_says_nothing_of_it(office: Office, run: Cohort) -> None:
    assert "belum sampai di kursus" not in office.browser().get(f"/manage/{office.cohort().id}")


def test_the_next_picker_offers_just_those_first_and_sends_them_as_they_were(office: Office, run: Cohort) -> None:
    browser = picker(office)
    page = browser.get(browser.picker)
    assert page.index("Belum ada di kursus: Angkatan I") < page.index('name="version"')
    items = answered(office, browser.send(browser.picker, step="again", cohort=str(run.id)).text)[DL + "content_items"]
    wanted = links(office)[1:]
    assert [item["custom"]["diklat_link"] for item in items] == [link.uuid for link in wanted]
    assert [item["title"] for item in items] == [link.title for link in wanted]
    assert [item["lineItem"]["tag"] for item in items] == [wanted[0].module_key, "final"]
    assert [link.looked_at for link in links(office)] == [None] * 3, "they are looked for anew"
    assert "belum sampai" not in office.browser().get(f"/manage/{run.id}")


def test_where_the_lms_takes_one_at_a_time_it_gets_one(office: Office, run: Cohort) -> None:
    browser = picker(office, accept_multiple=False)
    assert "Tambahkan yang pertama" in browser.get(browser.picker)
    items = answered(office, browser.send(browser.picker, step="again", cohort=str(run.id)).text)[DL + "content_items"]
    assert [item["custom"]["diklat_link"] for item in items] == [links(office)[1].uuid]


@pytest.mark.parametrize("wrong", ["", "x", "9" * 30])
def test_nothing_is_added_again_of_a_run_that_misses_nothing(office: Office, run: Cohort, wrong: str) -> None:
    browser = picker(office)
    assert browser.send(browser.picker, step="again", cohort=wrong).status_code == 422
    candra, _ = office.candra()
    candra.get(candra.picker)
    assert candra.send(candra.picker, step="again", cohort=str(run.id)).status_code == 422


def test_looking_in_the_lms_that_does_not_say_asks_to_open_it_once(office: Office, run: Cohort) -> None:
    with office.db.write() as session:
        for link in session.scalars(select(PickedLink)):
            link.looked_at, link.picked_at = None, NOW.replace(hour=1)
    rina = office.browser()
    page = rina.get(f"/manage/{run.id}")
    assert "2 aktivitas belum pernah dibuka." in page
    answer = rina.send(f"/manage/{run.id}/arrivals")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/manage/{run.id}?looked=no")
    assert "bukalah sekali" in rina.get(answer.headers["location"])


def test_only_admins_look_in_the_lms(office: Office, run: Cohort) -> None:
    budi = office.person("Budi")
    office.grant(budi, "supervisor", run)
    browser = office.browser(budi)
    browser.get(f"/manage/{run.id}")
    assert browser.send(f"/manage/{run.id}/arrivals").status_code == 404


def test_the_last_steps_say_which_of_them_can_be_seen_from_here(office: Office) -> None:
    run = office.cohort()
    page = office.browser().get(f"/manage/{run.id}")
    assert page.count("Moodle tidak memberi tahu kami") == 2
    assert "tidak ada nilai yang ditolak Moodle" in page
    office.told(run, office.learner(run), "stopped", "not_enrolled")
    page = office.browser().get(f"/manage/{run.id}")
    assert "Moodle tidak menerima nilai 1 orang karena tidak terdaftar" in page
    with office.db.read() as session:
        assert session.scalars(select(GradeDelivery).join(GradeItem)).one().outcome == "stopped"
