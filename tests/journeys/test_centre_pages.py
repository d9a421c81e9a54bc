"""A centre's pages over real HTTP: its LMSs, its invites, an LMS by hand; whoever does not lead it sees nothing."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.lti import known
from diklat_lti.lti.centre import by_hand
from diklat_lti.models import AuditRow, Deployment, Grant, Invite, Launch, Platform, Registration
from diklat_lti.settings import Settings
from diklat_lti.training.cohorts import BadFields
from estate import Estate, estate, lms
from house import Guest, open_house


@pytest.fixture
def here(db: Database, settings: Settings) -> Iterator[Estate]:
    with open_house(db, settings) as house:
        yield estate(house, house.siti)


@pytest.fixture
def rina(here: Estate) -> Guest:
    return here.boss()


def noted(here: Estate, *actions: str) -> list[tuple[str, int | None]]:
    with here.house.door.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.centre_id == here.centre.id).order_by(AuditRow.id))
        return [(row.action, row.actor_id) for row in rows if row.action in actions]


def send(browser: Guest, path: str, **fields: str) -> int:
    return int(browser.send(path, {"csrf": browser.form()["csrf"], **fields}).status_code)


def test_each_lms_stands_with_its_client_its_deployments_and_when_it_was_heard_of(here: Estate, rina: Guest) -> None:
    with here.house.door.db.write() as session:
        platform = session.get_one(Platform, here.platform.id)
        platform.keys_fetched_at, platform.keys_fetched_by = here.house.door.clock.real_now(), "Moodle"
    page = rina.get(here.base)
    for word in ("LMS Rina", "moodle 4.5.6", here.registration.issuer, here.registration.client_id, "· Moodle",
                 "Diizinkan masuk", "Ditahan: menunggu keputusan Anda", "Terakhir dibuka belum pernah"):  # fmt: skip
        assert word in page


def test_the_last_launch_of_an_lms_is_told(here: Estate, rina: Guest) -> None:
    now = here.house.door.clock.real_now()
    with here.house.door.db.write() as session:
        launch = session.scalars(select(Launch)).first()
        assert launch is not None
        values = {column.name: getattr(launch, column.name) for column in Launch.__table__.columns}
        values |= {"id": None, "ticket_id": "another", "deployment_id": here.admitted.id, "at": now}
        world.stored(session, Launch(**values))
    assert "Terakhir dibuka baru saja" in rina.get(here.base)


def test_an_lms_is_renamed_once(here: Estate, rina: Guest) -> None:
    path = f"{here.base}/platforms/{here.platform.id}/name"
    assert [send(rina, path, name="LMS Lampung") for _ in range(2)] == [303, 303]
    assert "LMS Lampung" in rina.get(here.base)
    assert noted(here, "platform_renamed") == [("platform_renamed", here.wing.admin.id)]
    assert send(rina, path, name="") == send(rina, path, name="x" * 201) == 400


def test_an_lms_is_switched_off_and_on_and_its_launches_with_it(here: Estate, rina: Guest) -> None:
    path, door = f"{here.base}/platforms/{here.platform.id}/state", here.house.door
    for state, is_off in (("disabled", True), ("disabled", True), ("enabled", False)):
        assert send(rina, path, state=state) == 303
        found = known.reread(door.db, here.registration.id, door.clock.real_now())
        assert found is not None
        assert found.disabled is is_off
        assert ("Nyalakan LMS ini" in rina.get(here.base)) is is_off
    assert [action for action, _ in noted(here, "platform_disabled", "platform_enabled")] == [
        "platform_disabled", "platform_enabled",
    ]  # fmt: skip


def test_who_came_from_an_lms_is_warned_before_switching_it_off(here: Estate, rina: Guest) -> None:
    assert "Anda sendiri masuk dari LMS ini" not in rina.get(here.base)
    with here.house.door.db.write() as session:
        session.get_one(Platform, here.wing.course.platform_id).centre_id = here.centre.id
    assert "Anda sendiri masuk dari LMS ini" in rina.get(here.base)


def test_a_held_deployment_is_let_in_and_one_is_disabled_and_enabled_again(here: Estate, rina: Guest) -> None:
    def state(row: Deployment) -> tuple[bool, bool]:
        with here.house.door.db.read() as session:
            now = session.get_one(Deployment, row.id)
            return now.admitted_at is not None, now.disabled_at is not None

    admitted, held = (f"{here.base}/deployments/{row.id}" for row in (here.admitted, here.held))
    assert (send(rina, held, state="admitted"), state(here.held)) == (303, (True, False))
    assert (send(rina, admitted, state="disabled"), state(here.admitted)) == (303, (True, True))
    assert (send(rina, admitted, state="disabled"), state(here.admitted)) == (303, (True, True))
    assert (send(rina, admitted, state="admitted"), state(here.admitted)) == (303, (True, False))
    assert [action for action, _ in noted(here, "deployment_admitted", "deployment_disabled")] == [
        "deployment_admitted", "deployment_disabled", "deployment_admitted",
    ]  # fmt: skip


def test_a_deployment_that_nobody_wants_is_refused_without_being_let_in_first(here: Estate, rina: Guest) -> None:
    assert send(rina, f"{here.base}/deployments/{here.held.id}", state="disabled") == 303
    with here.house.door.db.read() as session:
        row = session.get_one(Deployment, here.held.id)
        assert (row.admitted_at, row.disabled_at is None) == (None, False)


def test_an_invite_is_made_shown_once_and_leads_to_the_registration(here: Estate, rina: Guest) -> None:
    rina.get(f"{here.base}/invites")
    form = rina.form()
    first, again = (rina.send(f"{here.base}/invites", {**form, "name": "LMS baru", "days": "3"}) for _ in range(2))
    (address,) = {answer.text.split('id="address">')[1].split("</code>")[0] for answer in (first, again)}
    assert address.startswith(f"{here.house.door.origin}/lti/register?invite=")
    listed = rina.get(f"{here.base}/invites")
    assert address.split("=")[1] not in rina.last
    assert listed.count("LMS baru") == 1
    answer = here.house.door.visitor().ask("GET", address)
    assert (answer.status_code, "Alamat ini untuk LMS" in answer.text or "LMS" in answer.text) == (200, True)
    with here.house.door.db.read() as session:
        made = session.scalars(select(Invite).where(Invite.name == "LMS baru")).one()
        assert (made.centre_id, (made.expires_at - made.created_at).days) == (here.centre.id, 3)


def test_another_form_makes_another_invite(here: Estate, rina: Guest) -> None:
    for _ in range(2):
        rina.get(f"{here.base}/invites")
        assert rina.send(f"{here.base}/invites", {**rina.form(), "name": "LMS baru", "days": "7"}).status_code == 200
    assert rina.get(f"{here.base}/invites").count("LMS baru") == 2


@pytest.mark.parametrize("days", ["", "0", "31", "-1", "tujuh", "٣", "1.5", "9" * 30])
def test_days_that_are_none_are_told_beside_the_field_and_the_name_stays(here: Estate, rina: Guest, days: str) -> None:
    rina.get(f"{here.base}/invites")
    answer = rina.send(f"{here.base}/invites", {**rina.form(), "name": "LMS baru", "days": days})
    assert answer.status_code == 422
    assert 'value="LMS baru"' in answer.text
    assert 'id="days-error"' in answer.text


def test_an_invite_is_revoked_and_a_used_one_is_not(here: Estate, rina: Guest) -> None:
    path = f"{here.base}/invites/{here.invite.id}/revoke"
    assert [send(rina, path) for _ in range(2)] == [303, 303]
    assert "Dicabut" in rina.get(f"{here.base}/invites")
    assert noted(here, "invite.revoked") == [("invite.revoked", here.wing.admin.id)]
    with here.house.door.db.write() as session:
        used = session.get_one(Invite, here.invite.id)
        used.revoked_at, used.registration_id = None, here.registration.id
    assert send(rina, path) == 303
    assert "Menghubungkan LMS Rina" in rina.get(f"{here.base}/invites")


@pytest.fixture
def shown(here: Estate) -> dict[str, str]:
    """What the LMS beside the house shows: no token is given there, and no login begun."""
    here.house.door.platform.pages |= {"/down": lambda *_: (503, "text/plain", b"")}
    return lms(here.house.door.platform.issuer)


def by_hand_form(rina: Guest, here: Estate, **fields: str) -> tuple[int, str]:
    rina.get(f"{here.base}/platforms/new")
    answer = rina.send(f"{here.base}/platforms/new", {**rina.form("novalidate"), **fields})
    return answer.status_code, answer.text


def test_an_lms_is_connected_by_hand_and_what_answers_at_its_addresses_is_told_and_kept(
    here: Estate, rina: Guest, shown: dict[str, str]
) -> None:
    shown["token_url"] = f"{shown['issuer']}/down"
    status, page = by_hand_form(rina, here, **shown, name="E-Learning")
    assert (status, "LMS sudah terhubung" in page) == (200, True)
    assert "503" in page
    with here.house.door.db.read() as session:
        made = session.scalars(select(Registration).where(Registration.client_id == shown["client_id"])).one()
        assert session.get_one(Platform, made.platform_id).centre_id == here.centre.id
        assert (
            session.scalars(select(Deployment.deployment_id).where(Deployment.registration_id == made.id)).one() == "3"
        )
        kept = session.scalars(select(AuditRow).where(AuditRow.action == "addresses_tried")).one()
        assert {field: tried["works"] for field, tried in kept.data.items()}["token_url"] is False
        assert kept.data["jwks_url"]["works"] is True
    assert "E-Learning" in rina.get(here.base)
    assert noted(here, "platform_added") == [("platform_added", here.wing.admin.id)]


@pytest.mark.parametrize("field", by_hand.FIELDS)
@pytest.mark.parametrize("typed", ["", "<script>", "x" * 600])
def test_a_mistake_stands_beside_its_field_and_the_rest_is_still_there(
    here: Estate, rina: Guest, shown: dict[str, str], field: str, typed: str
) -> None:
    if typed == "<script>" and field in by_hand.WORDS:
        typed = "a\tb"
    status, page = by_hand_form(rina, here, **{**shown, field: typed})
    assert status == 422
    assert [name for name in by_hand.FIELDS if f'id="{name}-error"' in page] == [field]
    assert all(f'value="{value}"' in page for name, value in shown.items() if name != field)


def test_a_client_that_is_registered_already_is_told_beside_its_field(
    here: Estate, rina: Guest, shown: dict[str, str]
) -> None:
    assert by_hand_form(rina, here, **shown)[0] == 200
    status, page = by_hand_form(rina, here, **shown)
    assert (status, "Klien ini dari LMS ini sudah terdaftar." in page) == (422, True)


def test_an_address_within_a_private_network_is_refused_beside_its_field(here: Estate, shown: dict[str, str]) -> None:
    """Unless the operator admits them: by its name alone it looks like any other."""
    public_only = here.house.door.settings.model_copy(update={"allow_private_platforms": False})
    with pytest.raises(BadFields) as bad:
        by_hand.tries(public_only, {**shown, **dict.fromkeys(by_hand.CALLED, "https://127.0.0.1/jwks")})
    assert set(bad.value.fields) == set(by_hand.CALLED)


def test_who_leads_no_centre_finds_only_the_page_for_a_code(here: Estate) -> None:
    candra = here.house.browser(here.house.candra.admin, here.house.candra)
    answer = candra.ask("GET", "/centre")
    assert (answer.status_code, answer.headers["location"]) == (303, "/centre/code")
    for page in ("", "/invites", "/courses", "/people", "/platforms/new"):
        candra.get(here.base + page, 404)


def test_a_course_admin_of_the_same_centre_is_no_admin_of_the_centre(here: Estate) -> None:
    with here.house.door.db.write() as session:
        session.get_one(Grant, here.grant.id).revoked_at = world.NOW
    rina = here.house.browser(here.wing.admin, here.wing)
    rina.get(here.base, 404)
    assert "Saya punya kode" in rina.get(f"/manage/{here.wing.cohort.id}")


def test_a_launch_as_a_learner_opens_nothing_of_a_centre(here: Estate) -> None:
    """It can live for weeks on a phone."""
    rina = here.house.browser(here.wing.admin, here.wing, roles="learner")
    for page in ("/centre", "/centre/code", here.base, f"{here.base}/people"):
        rina.get(page, 401)


def test_the_only_centre_of_an_admin_opens_at_once_and_several_are_listed(here: Estate, rina: Guest) -> None:
    assert rina.ask("GET", "/centre").headers["location"] == here.base
    with here.house.door.db.write() as session:
        other = world.centre(session, name="BBPPKS Jayapura")
        world.grant(session, here.wing.admin, "centre_admin", other)
    assert "BBPPKS Jayapura" in rina.get("/centre")
    assert "Lembaga lain" in rina.get(here.base)
    assert "BBPPKS Jayapura" in rina.get("/centre/code")


def test_the_runs_of_a_led_centre_lead_back_to_it(here: Estate, rina: Guest) -> None:
    rina.get(f"/manage/{here.wing.cohort.id}")
    assert f'href="{here.base}">Lembaga</a>' in rina.last
    rina.get(f"/manage/{here.wing.cohort.id}/people/{here.wing.enrolment.id}")
    assert f'href="{here.base}">Lembaga</a>' in rina.last


def test_an_lms_whose_history_went_over_has_no_buttons(here: Estate, rina: Guest) -> None:
    with here.house.door.db.write() as session:
        old = world.platform(session, here.centre, name="LMS lama", joined_to_id=here.platform.id)
    assert "Riwayatnya dilanjutkan di LMS Rina." in rina.get(here.base)
    assert f"/platforms/{old.id}/" not in rina.last
