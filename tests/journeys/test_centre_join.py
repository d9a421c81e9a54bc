"""An LMS whose tool was deleted and added again goes on with its history: chosen by its centre's admin, confirmed, done once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.models import AuditRow, Centre, Platform, Registration
from diklat_lti.settings import Settings
from estate import Estate, estate
from house import Guest, open_house


@pytest.fixture
def here(db: Database, settings: Settings) -> Iterator[Estate]:
    with open_house(db, settings) as house:
        yield estate(house, house.siti)


@pytest.fixture
def new(here: Estate) -> Platform:
    """A new client of the same site."""
    with here.house.door.db.write() as session:
        made = world.platform(session, session.get_one(Centre, here.centre.id), name="LMS lagi")
        world.deployment(session, world.registration(session, made, issuer=here.registration.issuer))
    return made


@pytest.fixture
def rina(here: Estate, new: Platform) -> Guest:
    browser = here.boss()
    browser.get(f"{here.base}/platforms/{new.id}/join")
    return browser


def send(rina: Guest, here: Estate, new: Platform, step: str, old: str | None = None) -> tuple[int, str]:
    fields = {"csrf": rina.form()["csrf"], "old": old or str(here.platform.id), "step": step}
    answer = rina.send(f"{here.base}/platforms/{new.id}/join", fields)
    return answer.status_code, answer.text


def clients(here: Estate) -> int:
    with here.house.door.db.read() as session:
        return len(session.scalars(select(Registration).where(Registration.platform_id == here.platform.id)).all())


def test_both_names_are_shown_before_anything_happens(here: Estate, new: Platform, rina: Guest) -> None:
    status, page = send(rina, here, new, "look")
    assert (status, "LMS lagi" in page, "LMS Rina" in page) == (200, True, True)
    assert clients(here) == 1


def test_at_the_button_they_become_one_and_pressed_again_nothing_more_happens(
    here: Estate, new: Platform, rina: Guest
) -> None:
    assert [send(rina, here, new, "join")[0] for _ in range(2)] == [303, 303]
    assert clients(here) == 2
    assert "Riwayatnya dilanjutkan di LMS Rina." in rina.get(here.base)
    with here.house.door.db.read() as session:
        noted = session.scalars(select(AuditRow.actor_id).where(AuditRow.action == "platform_joined")).all()
        assert noted == [here.wing.admin.id]


def test_two_different_sites_are_refused_beside_the_field(here: Estate, new: Platform, rina: Guest) -> None:
    with here.house.door.db.write() as session:
        other = world.platform(session, session.get_one(Centre, here.centre.id), name="LMS lain")
        world.deployment(session, world.registration(session, other))
    for step in ("look", "join"):
        status, page = send(rina, here, new, step, str(other.id))
        assert (status, 'id="old-error"' in page) == (422, True)


@pytest.mark.parametrize(("old", "status"), [("x", 422), ("99", 404)])
def test_what_is_not_in_the_list_is_not_taken(here: Estate, new: Platform, rina: Guest, old: str, status: int) -> None:
    assert send(rina, here, new, "join", old)[0] == status
    assert clients(here) == 1


def test_an_lms_of_another_centre_is_not_found_on_either_side(here: Estate, new: Platform, rina: Guest) -> None:
    other = estate(here.house, here.house.candra)
    assert send(rina, here, new, "join", str(other.platform.id))[0] == 404
    rina.get(f"{here.base}/platforms/{other.platform.id}/join", 404)
    assert send(rina, here, other.platform, "join")[0] == 404


def test_without_another_lms_there_is_nothing_to_choose(here: Estate, new: Platform, rina: Guest) -> None:
    with here.house.door.db.write() as session:
        session.get_one(Platform, here.platform.id).joined_to_id = new.id
    assert "tidak punya LMS lain" in rina.get(f"{here.base}/platforms/{new.id}/join")
