"""The doctor's pages over real HTTP: who may open which, what they show before and after a look, and the bundle."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import forms_doctor
import world
from diklat_lti.database import Database
from diklat_lti.lti.doctor.chain import BY_NAME, CHAIN
from diklat_lti.models import Centre, Finding, Person, Platform, Refusal
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


COUNTED = "717171717"
"""It stands in every figure that is read off what people did, and nowhere else."""


@pytest.fixture
def told(house: House) -> House:
    """The LMS is Candra's centre's; Siti's only has a course there. Everything was looked at, and counted."""
    shared, now = house.candra.course.platform_id, house.door.clock.real_now()
    with house.door.db.write() as session:
        session.get_one(Platform, shared).centre_id = house.candra.course.centre_id
        figures = dict.fromkeys(("refused", "total", "framed", "tabs", "waiting"), int(COUNTED)) | {
            "at": now.isoformat()
        }
        of_people = {link.name: figures for link in CHAIN if link.of_people}
        of_people |= {"activation": {"at": now.isoformat()}, "roster": {"members": int(COUNTED)}}
        for link in CHAIN:
            reason = "well" if link.name == "launch" else next(r for r, w in link.words.items() if w.light == "green")
            session.add(Finding(
                platform_id=None if link.own else shared, link=link.name, reason=reason, light="green",
                looked_at=now, data=of_people.get(link.name, {}),
            ))  # fmt: skip
        for number in range(3):
            session.add(Refusal(platform_id=shared, at=now, reason="tanahwajo", reference=f"{number}"))
    return house


def test_a_centre_with_a_course_on_anothers_lms_sees_its_connection_and_nothing_that_people_did(told: House) -> None:
    shared = told.candra.course.platform_id
    for wing, guest in ((told.siti, True), (told.candra, False)):
        boss = estate(told, wing).boss()
        for path in (f"/centre/doctor/{shared}", f"/manage/{wing.cohort.id}/doctor"):
            page, html = boss.get(path), boss.last
            bundle = boss.ask("GET", f"{path}?bundle=1")
            assert "Server LMS dapat dihubungi." in page
            assert "Kami boleh mengirim nilai." in page
            assert ("Hanya admin lembaga pemilik LMS yang melihatnya." in page) is guest
            assert ("Terakhir: " in page) is not guest
            assert ('name="write"' in html) is not guest
            lms = [link for link in bundle.json()["links"] if BY_NAME[link["link"]].of_people]
            assert [link["reason"] is None for link in lms] == [guest] * 5
            for text in (page, bundle.text):
                assert (COUNTED in text) is not guest, path
            assert ("tanahwajo" in bundle.text) is not guest


def test_a_guests_look_makes_no_column_in_a_course_of_the_centre_whose_lms_it_is(
    told: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("diklat_lti.lti.doctor.checkup.of_both", lambda *which: asked.append(which[-1]))
    for wing in (told.siti, told.candra):
        path = f"/manage/{wing.cohort.id}/doctor"
        rina = told.browser(wing.admin, wing)
        rina.get(path)
        told.door.clock.move(timedelta(minutes=6))
        assert rina.ask("POST", path, {**rina.form(path), "write": "1"}).status_code == 303
    assert asked == [False, True]
