"""A code makes an admin of a centre after one confirmation; roles are given and taken back; courses lead to their runs."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.models import CentreCode, Course, Grant
from diklat_lti.settings import Settings
from diklat_lti.training import centre_codes, role_requests
from estate import Estate, estate
from house import Guest, House, open_house

WRONG = "Kode ini tidak tepat, atau sudah tidak berlaku."


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        yield opened


@pytest.fixture
def here(house: House) -> Estate:
    return estate(house, house.siti)


@pytest.fixture
def rina(here: Estate) -> Guest:
    return here.boss()


@pytest.fixture
def code(house: House) -> str:
    """For Rina's centre."""
    with house.door.db.write() as session:
        centre_id = session.get_one(Course, house.siti.course.id).centre_id
        return centre_codes.make(session, house.door.settings.secret_keys, centre_id, house.door.clock.real_now())


@pytest.fixture
def budi(house: House) -> Guest:
    """Waits for a role in Rina's course."""
    with house.door.db.write() as session:
        who = world.person(session, name="Budi", platform_id=house.siti.admin.platform_id)
        role_requests.ask(session, who.id, session.get_one(Course, house.siti.course.id), world.NOW)
    browser = house.browser(who, house.siti)
    browser.get(f"/manage/waiting/{house.siti.course.id}")
    assert 'href="/centre/code"' in browser.last
    browser.get("/centre/code")
    return browser


def typed(browser: Guest, code: str, step: str = "look") -> tuple[int, str]:
    answer = browser.send("/centre/code", {**browser.form("/centre/code"), "code": code, "step": step})
    return answer.status_code, answer.text


def grants(house: House, role: str) -> list[tuple[int, str, int | None]]:
    with house.door.db.read() as session:
        found = session.scalars(select(Grant).where(Grant.role == role).order_by(Grant.id))
        return [(grant.person_id, grant.source, grant.course_id) for grant in found if grant.revoked_at is None]


def test_a_code_shows_its_centre_first_and_makes_an_admin_at_the_button(house: House, budi: Guest, code: str) -> None:
    status, page = typed(budi, code.lower())
    assert (status, "Menjadi admin BBPPKS Rina?" in page) == (200, True)
    assert grants(house, "centre_admin") == []
    status, _ = typed(budi, code, "confirm")
    assert status == 303
    ((_, source, course),) = grants(house, "centre_admin")
    assert (source, course) == ("code", None)
    assert "BBPPKS Rina" in budi.get(budi.ask("GET", "/centre").headers["location"])
    budi.get(f"/manage/{house.siti.cohort.id}")


def test_pressed_twice_the_button_leads_on(house: House, budi: Guest, code: str) -> None:
    typed(budi, code)
    assert [typed(budi, code, "confirm")[0] for _ in range(2)] == [303, 303]
    assert len(grants(house, "centre_admin")) == 1


@pytest.mark.parametrize("step", ["look", "confirm"])
def test_a_wrong_code_and_one_that_never_was_get_the_same_answer_and_the_wrong_one_is_counted(
    house: House, budi: Guest, code: str, step: str
) -> None:
    number, secret = code.split("-", 1)
    for other in (f"{int(number) + 7}-{secret}", f"{number}-2222-3333", "tidak tahu"):
        status, page = typed(budi, other, step)
        assert (status, WRONG in page, f'value="{other}"' in page) == (422, True, True)
    with house.door.db.read() as session:
        assert session.scalars(select(CentreCode.tries_left)).one() == 4
    assert "Ketik kode yang Anda terima." in typed(budi, "", step)[1]


def test_after_five_wrong_ones_the_right_one_is_wrong_as_well(house: House, budi: Guest, code: str) -> None:
    for _ in range(5):
        typed(budi, f"{code.split('-')[0]}-2222-3333")
    assert (typed(budi, code)[0], typed(budi, code, "confirm")[0]) == (422, 422)
    assert grants(house, "centre_admin") == []


def test_a_role_is_given_to_somebody_who_was_seen_and_taken_back(here: Estate, rina: Guest) -> None:
    budi = here.person("Budi Santoso", email="budi@example.test")
    assert "Budi Santoso" in rina.get(f"{here.base}/people?q=santoso")
    assert rina.send(f"{here.base}/people/{budi.id}", {**rina.form("/people/"), "role": "author"}).status_code == 303
    page = rina.get(f"{here.base}/people")
    assert "Budi Santoso Penyusun materi seluruh lembaga ditunjuk admin" in page
    ((_, _, _),) = grants(here.house, "author")
    with here.house.door.db.read() as session:
        given = session.scalars(select(Grant.id).where(Grant.role == "author")).one()
    assert rina.send(f"{here.base}/roles/{given}/revoke", rina.form(f"/roles/{given}/")).status_code == 303
    assert grants(here.house, "author") == []
    assert "Tidak ditemukan" in rina.get(f"{here.base}/people?q=joko")


def test_the_last_admin_is_told_that_somebody_must_be_left(here: Estate, rina: Guest) -> None:
    rina.get(f"{here.base}/people")
    answer = rina.send(f"{here.base}/roles/{here.grant.id}/revoke", rina.form(f"/roles/{here.grant.id}/"))
    assert (answer.status_code, "Ini admin terakhir lembaga ini." in answer.text) == (409, True)


def test_who_takes_back_their_own_role_is_led_away(here: Estate, rina: Guest) -> None:
    with here.house.door.db.write() as session:
        world.grant(session, here.wing.learner, "centre_admin", here.centre)
    rina.get(f"{here.base}/people")
    answer = rina.send(f"{here.base}/roles/{here.grant.id}/revoke", rina.form(f"/roles/{here.grant.id}/"))
    assert answer.headers["location"] == "/centre"
    assert rina.ask("GET", "/centre").headers["location"] == "/centre/code"
    rina.get(here.base, 404)


def test_roles_of_single_courses_stand_there_with_where_they_come_from(here: Estate, rina: Guest) -> None:
    page = rina.get(f"{here.base}/people")
    assert "Rina Admin lembaga seluruh lembaga ditunjuk pengelola" in page
    assert "Rina Admin Diklat P2K2 boleh mengubah kursus di LMS" in page


def test_courses_lead_to_their_runs_and_offer_no_move_where_there_is_no_other_centre(here: Estate, rina: Guest) -> None:
    assert "1 peserta" in rina.get(f"{here.base}/courses")
    assert f'href="/manage/{here.wing.cohort.id}"' in rina.last
    assert "Pindahkan ke lembaga lain" not in rina.last


def test_a_course_goes_only_to_a_centre_that_the_same_admin_leads(here: Estate, rina: Guest) -> None:
    other = estate(here.house, here.house.candra)
    path = f"{here.base}/courses/{here.wing.course.id}"
    csrf = rina.form()["csrf"]
    for to in (str(other.centre.id), "", "x", str(here.centre.id)):
        assert rina.send(path, {"csrf": csrf, "to": to}).status_code == 404
    with here.house.door.db.write() as session:
        world.grant(session, here.wing.admin, "centre_admin", other.centre)
        assert session.get_one(Course, here.wing.course.id).centre_id == here.centre.id
    assert "Ke BBPPKS Candra" in rina.get(f"{here.base}/courses")
    assert rina.send(path, {"csrf": csrf, "to": str(other.centre.id)}).status_code == 303
    assert "Belum ada kursus" in rina.get(f"{here.base}/courses")
    assert f'href="/manage/{here.wing.cohort.id}"' in rina.get(f"{other.base}/courses") + rina.last
