"""The doctor's pages over real HTTP: who may open which, what they show before and after a look, and the bundle."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import forms_doctor
import world
from diklat_lti.database import Database
from diklat_lti.models import Centre, Finding, Person, Platform
from diklat_lti.settings import Settings
from estate import estate
from house import Guest, House, open_house


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        forms_doctor.one_registration(opened)
        yield opened


@pytest.fixture
def rina(house: House) -> Guest:
    return house.browser(house.siti.admin, house.siti)


def status(browser: Guest, path: str) -> int:
    return int(browser.ask("GET", path).status_code)


def page_of(house: House) -> str:
    return f"/manage/{house.siti.cohort.id}/doctor"


def look(house: House, browser: Guest, path: str) -> str:
    """Presses the button of the page, and reads where it leads."""
    browser.get(path)
    answer = browser.ask("POST", path, browser.form(path))
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    browser.get(path)
    return browser.last


def test_an_admin_of_a_run_looks_at_the_lms_of_the_own_course(house: House, rina: Guest) -> None:
    rina.get(f"/manage/{house.siti.cohort.id}")
    assert f'href="{page_of(house)}"' in rina.last
    rina.get(page_of(house))
    assert "Belum ada yang memeriksa" in rina.last
    page = look(house, rina, page_of(house))
    assert "Server LMS dapat dihubungi." in page
    assert "Diperiksa: " in page
    assert "Tidak diperiksa, karena ini lebih dulu:" in page
    with house.door.db.read() as session:
        assert (session.scalar(select(func.count(Finding.id))) or 0) > 8


def test_a_second_press_of_the_same_button_does_not_ask_the_lms_again(house: House, rina: Guest) -> None:
    rina.get(page_of(house))
    fields = rina.form(page_of(house))
    for _ in range(2):
        assert rina.ask("POST", page_of(house), fields).status_code == 303
    assert house.door.platform.key_sets_served == 1
    rina.get(page_of(house))
    house.door.clock.move(timedelta(seconds=11))
    assert rina.ask("POST", page_of(house), rina.form(page_of(house))).status_code == 303
    assert house.door.platform.key_sets_served == 2


def test_what_was_green_yesterday_is_not_green_today(house: House, rina: Guest) -> None:
    look(house, rina, page_of(house))
    with house.door.db.write() as session:
        session.execute(update(Finding).values(looked_at=house.door.clock.real_now() - timedelta(days=2)))
    rina.get(page_of(house))
    assert 'class="green"' not in rina.last
    assert "Keadaannya baik saat terakhir diperiksa." in rina.last
    assert "Diperiksa: 2 hari yang lalu" in rina.last


def test_nobody_but_an_admin_of_the_run_opens_its_page(house: House, rina: Guest) -> None:
    for who, wing in ((house.candra.admin, house.candra), (house.siti.learner, house.siti)):
        assert status(house.browser(who, wing), page_of(house)) == 404
    with house.door.db.write() as session:
        watcher = world.person(session, session.get_one(Platform, house.siti.course.platform_id), name="Budi")
        world.grant(session, watcher, "supervisor", house.siti.cohort)
    assert status(house.browser(watcher, house.siti), page_of(house)) == 404
    assert status(rina, f"/manage/{house.candra.cohort.id}/doctor") == 404


def test_a_centres_admin_looks_at_each_lms_of_the_centre_and_at_no_other(house: House, rina: Guest) -> None:
    shared = house.siti.course.platform_id
    assert status(rina, f"/centre/doctor/{shared}") == 404
    here, there = estate(house, house.siti), estate(house, house.candra)
    boss = here.boss()
    for platform in (shared, here.platform.id):
        assert status(boss, f"/centre/doctor/{platform}") == 200
    for platform in (there.platform.id, 99):
        assert status(boss, f"/centre/doctor/{platform}") == 404
    boss.get(here.base)
    assert f'href="/centre/doctor/{here.platform.id}"' in boss.last
    assert "Server LMS dapat dihubungi." in look(house, boss, f"/centre/doctor/{shared}")


def test_a_learners_sign_in_opens_no_page_of_a_centre(house: House) -> None:
    here = estate(house, house.siti)
    phone = house.browser(house.siti.admin, house.siti, roles="learner")
    assert status(phone, f"/centre/doctor/{here.platform.id}") != 200


def test_the_bundle_is_a_file_without_names(house: House, rina: Guest) -> None:
    look(house, rina, page_of(house))
    answer = rina.ask("GET", f"{page_of(house)}?bundle=1")
    assert 'attachment; filename="diklat-lti-' in answer.headers["content-disposition"]
    assert {link["link"] for link in answer.json()["links"]} >= {"door", "reach", "database"}
    with house.door.db.read() as session:
        names = [*session.scalars(select(Person.name)), *session.scalars(select(Platform.name))]
        names += session.scalars(select(Centre.name))
    assert [name for name in names if name and name in answer.text] == []
