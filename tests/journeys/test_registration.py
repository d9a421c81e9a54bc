"""Conformance 53: an LMS registers itself by an invite; what it refuses is shown in its words; nothing happens twice."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

import world
from diklat_lti.lti.registration import dynamic, theirs
from diklat_lti.models import AuditRow, Centre, Deployment, Invite, Platform, Registration, SigningKey
from door import Door, change
from fake_platform import Reply
from registering import PLATFORM, TOOL, Moodle, invited, opened, registrations, said_yes


@pytest.fixture
def moodle(door: Door) -> Moodle:
    return Moodle(door.platform)


def test_an_invite_opened_by_a_person_explains_itself_and_spends_nothing(door: Door) -> None:
    invite = invited(door)
    page = door.visitor().ask("GET", f"/lti/register?invite={invite}")
    assert (page.status_code, f"{door.origin}/lti/register?invite={invite}" in page.text) == (200, True)
    assert "Add LTI Advantage" in page.text


def test_the_platforms_own_get_shows_what_will_happen_and_calls_nobody(door: Door, moodle: Moodle) -> None:
    page = opened(door, invited(door))
    assert (page.status_code, "Hubungkan Diklat dengan 127.0.0.1" in page.text) == (200, True)
    assert moodle.sent == []
    assert len(registrations(door)) == 1


def test_the_button_registers_both_sides(door: Door, moodle: Moodle) -> None:
    invite = invited(door, name="LMS Kemensos")
    answer = said_yes(door, invite)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/lti/register?invite={invite}")
    page = door.visitor().ask("GET", answer.headers["location"])
    assert "LMS Kemensos sudah terhubung" in page.text
    assert "new-client" in page.text
    assert "Activate" in page.text
    assert "data-lti-close" in page.text
    made = registrations(door)[-1]
    assert (made.issuer, made.client_id) == (door.platform.issuer, "new-client")
    assert made.jwks is not None
    with door.db.read() as session:
        platform = session.get_one(Platform, made.platform_id)
        assert (platform.name, platform.product, platform.version) == (
            "LMS Kemensos", "moodle", "4.5.6 (Build: 20250811)",
        )  # fmt: skip
        deployment = session.scalars(select(Deployment).where(Deployment.registration_id == made.id)).one()
        assert (deployment.deployment_id, deployment.admitted_at is not None) == ("12", True)
        assert session.scalars(select(SigningKey)).one().public_jwk["alg"] == "RS256"
        assert session.scalars(select(AuditRow.action)).all() == ["platform_added"]


def test_what_is_asked_for(door: Door, moodle: Moodle) -> None:
    said_yes(door, invited(door))
    ((headers, body),) = moodle.sent
    assert headers["Authorization"] == "Bearer t"
    assert headers["User-Agent"].startswith("Diklat-LTI/")
    assert (body["response_types"], body["token_endpoint_auth_method"]) == (["id_token"], "private_key_jwt")
    assert (body["initiate_login_uri"], body["redirect_uris"]) == (f"{door.origin}/lti/login", [door.target])
    assert door.visitor().ask("GET", body["logo_uri"]).status_code == 200
    assert {scope.rsplit("/", 1)[1] for scope in body["scope"].split()} == {
        "lineitem", "lineitem.readonly", "result.readonly", "score", "contextmembership.readonly",
    }  # fmt: skip
    tool = body[TOOL]
    assert f"http://{tool['domain']}/lti/launch" == tool["target_link_uri"] == door.target
    assert tool["claims"] == ["iss", "sub", "name", "given_name", "family_name", "email"]
    assert tool["custom_parameters"] == {"ctx_history": "$Context.id.history"}
    assert [message["type"] for message in tool["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]


def test_names_are_asked_for_only_by_choice(door: Door, moodle: Moodle) -> None:
    form = {"invite": invited(door), "openid_configuration": f"{door.platform.issuer}/config"}
    assert door.visitor().ask("POST", "/lti/register", form).status_code == 303
    headers, body = moodle.sent[0]
    assert body[TOOL]["claims"] == ["iss", "sub"]
    assert "Authorization" not in headers


def test_a_reload_and_a_second_click_come_to_the_same_registration(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: said_yes(door, invite), range(4)))
    assert {(answer.status_code, answer.headers.get("location")) for answer in answers} == {
        (303, f"/lti/register?invite={invite}")
    }
    assert (len(moodle.sent), len(registrations(door))) == (1, 2)
    assert "sudah terhubung" in opened(door, invite).text
    door.clock.move(timedelta(days=30))
    assert "sudah terhubung" in opened(door, invite).text


def test_each_registering_with_one_invite_tells_the_same_registration(door: Door, moodle: Moodle) -> None:
    request = dynamic.Request(invited(door), f"{door.platform.issuer}/config", "t", True, "")
    told = [dynamic.register(door.db, door.settings, request, door.clock.real_now()) for _ in range(2)]
    assert told == [registrations(door)[-1].id] * 2


def test_who_registers_meanwhile_waits_and_is_told_the_same_registration(door: Door, moodle: Moodle) -> None:
    request = dynamic.Request(invited(door), f"{door.platform.issuer}/config", "t", True, "")
    waiting: list[Future[int]] = []

    def register() -> int:
        return dynamic.register(door.db, door.settings, request, door.clock.real_now())

    with ThreadPoolExecutor(1) as threads:

        def slowly() -> Reply:
            waiting.append(threads.submit(register))
            time.sleep(0.3)
            return moodle.stored()

        moodle.answer = slowly
        told = [register(), *(one.result(60) for one in waiting)]
    assert told == [registrations(door)[-1].id] * 2


def test_a_second_click_while_the_first_one_fails_says_so(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    asked = threading.Event()

    def slowly() -> Reply:
        asked.set()
        time.sleep(0.4)
        return 401, "text/plain", b"token_already_used"

    moodle.answer = slowly
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(said_yes, door, invite)
        assert asked.wait(10)
        second = said_yes(door, invite)
    assert (first.result().status_code, second.status_code, len(moodle.sent)) == (400, 409, 1)


@pytest.mark.parametrize("address", ["http://[", "nonsense", ""])
def test_an_address_of_the_platform_that_is_none_is_shown_as_it_came(door: Door, address: str) -> None:
    page = opened(door, invited(door), openid_configuration=address)
    assert (page.status_code, f"Hubungkan Diklat dengan {address}" in page.text) == (200, True)


def test_an_unknown_invite_is_refused(door: Door, moodle: Moodle) -> None:
    for answer in (opened(door, "invented"), said_yes(door, "invented"), door.visitor().ask("GET", "/lti/register")):
        assert (answer.status_code, "tidak dikenal" in answer.text) == (404, True)
    assert moodle.sent == []


def test_an_invite_older_than_seven_days_is_refused(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    door.clock.move(timedelta(days=7, seconds=1))
    assert (opened(door, invite).status_code, said_yes(door, invite).status_code) == (403, 403)
    assert moodle.sent == []


def test_a_revoked_invite_is_refused(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    with door.db.write() as session:
        session.scalars(select(Invite)).one().revoked_at = world.NOW
    assert said_yes(door, invite).status_code == 403


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (401, b"token_already_used", "401 token_already_used"),
        (401, b"missing_registration_token", "401 missing_registration_token"),
        (400, b"domain_targetlinkuri_mismatch", "400 domain_targetlinkuri_mismatch"),
        (404, b"<html><head><style>b{}</style></head><body><h1>Expired token</h1></body></html>", "404 Expired token"),
        (500, b"", "500 Internal Server Error"),
    ],
)
def test_case_53_what_the_platform_refuses_is_shown_in_its_words_and_the_invite_stays(
    door: Door, moodle: Moodle, status: int, body: bytes, shown: str
) -> None:
    invite = invited(door)
    moodle.answer = lambda: (status, "text/html", body)
    answer = said_yes(door, invite)
    assert (answer.status_code, f"LMS menolak: {shown}" in answer.text) == (400, True)
    assert len(registrations(door)) == 1
    moodle.answer = moodle.stored
    assert said_yes(door, invite).status_code == 303


@pytest.mark.parametrize(("status", "shown"), [(200, 303), (201, 303), (202, 400), (204, 400)])
def test_a_registration_is_made_by_a_200_or_a_201_alone(door: Door, moodle: Moodle, status: int, shown: int) -> None:
    moodle.answer = lambda: (status, *moodle.stored()[1:])
    assert said_yes(door, invited(door)).status_code == shown
    assert len(registrations(door)) == (2 if shown == 303 else 1)


def test_case_53e_the_scope_that_is_echoed_is_kept_as_a_wish(door: Door, moodle: Moodle) -> None:
    moodle.answer = lambda: moodle.stored(scope="a b")
    said_yes(door, invited(door))
    made = registrations(door)[-1]
    assert (made.scopes_echoed, len(made.scopes_asked or []), made.scopes_granted) == (["a", "b"], 5, None)


@pytest.mark.parametrize("change", ["http://127.0.0.1:1", "https://moodle45.test", 5, None])
def test_a_configuration_that_another_host_published_is_refused(door: Door, moodle: Moodle, change: object) -> None:
    moodle.configuration["issuer"] = change
    assert said_yes(door, invited(door)).status_code == 400
    assert moodle.sent == []


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"])
@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", 5, None])
def test_an_address_that_may_not_be_called_is_refused(door: Door, moodle: Moodle, name: str, address: object) -> None:
    moodle.configuration[name] = address
    answer = said_yes(door, invited(door))
    assert (answer.status_code, name in answer.text) == (400, True)
    assert moodle.sent == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9/", "tidak dapat dihubungi"),
        ("ftp://127.0.0.1/", "tidak boleh dihubungi"),
        ("", "tidak boleh dihubungi"),
        ("{issuer}/nothing", "LMS menolak: 404"),
        ("{issuer}/long", "terlalu panjang"),
        ("{issuer}/list", "tidak berisi konfigurasi"),
        ("{issuer}/text", "tidak berisi konfigurasi"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_said_plainly(
    door: Door, moodle: Moodle, address: str, words: str
) -> None:
    door.platform.pages["/long"] = lambda method, headers, body: (200, "text/html", b"x" * 70_000)
    door.platform.pages["/list"] = lambda method, headers, body: (200, "application/json", b"[]")
    door.platform.pages["/text"] = lambda method, headers, body: (200, "text/html", b"<html>")
    answer = said_yes(door, invited(door), openid_configuration=address.format(issuer=door.platform.issuer))
    assert (answer.status_code, words in answer.text) == (400, True)


@pytest.mark.parametrize("client_id", [None, 5, "", "x" * 256, "a\nb"])
def test_an_answer_without_a_usable_client_id_registers_nothing(door: Door, moodle: Moodle, client_id: object) -> None:
    moodle.answer = lambda: moodle.stored(client_id=client_id)
    assert said_yes(door, invited(door)).status_code == 400
    assert len(registrations(door)) == 1


@pytest.mark.parametrize("tool", [None, {}, {"deployment_id": ""}, {"deployment_id": True}, "x"])
def test_an_answer_without_a_deployment_says_that_the_first_launch_is_held(
    door: Door, moodle: Moodle, tool: object
) -> None:
    invite = invited(door)
    moodle.answer = lambda: moodle.stored(**{TOOL: tool})
    assert said_yes(door, invite).status_code == 303
    assert "ditahan" in opened(door, invite).text


@pytest.mark.parametrize(("length", "kept"), [(1, True), (255, True), (256, False)])
def test_a_deployment_is_kept_up_to_255_characters_and_a_product_to_100(
    door: Door, moodle: Moodle, length: int, kept: bool
) -> None:
    moodle.configuration[PLATFORM] = {"product_family_code": "p" * 101, "version": "v" * 101}
    moodle.answer = lambda: moodle.stored(**{TOOL: {"deployment_id": "d" * length}})
    assert said_yes(door, invited(door)).status_code == 303
    with door.db.read() as session:
        assert ("d" * length in session.scalars(select(Deployment.deployment_id)).all()) is kept
        made = session.scalars(select(Platform).order_by(Platform.id.desc())).first()
    assert made is not None
    assert (made.product, made.version) == ("p" * 100, "v" * 100)


def test_of_what_a_platform_says_300_characters_are_shown_from_its_first_20_000() -> None:
    assert theirs.plain("x" * 301) == "x" * 300
    assert theirs.plain(" " * 19_999 + "ab") == "a"


def test_the_same_client_registered_again_keeps_its_platform_and_gets_todays_addresses(
    door: Door, moodle: Moodle
) -> None:
    said_yes(door, invited(door))
    moodle.configuration["token_endpoint"] = f"{door.platform.issuer}/token2"
    moodle.configuration[PLATFORM] = "nonsense"
    said_yes(door, invited(door))
    first, second = registrations(door)
    assert (second.client_id, second.token_url) == ("new-client", f"{door.platform.issuer}/token2")
    assert first.platform_id != second.platform_id


def test_a_client_that_registers_again_is_let_in_again_and_sent_to_its_new_address_at_once(
    door: Door, moodle: Moodle
) -> None:
    begun = door.visitor().ask("POST", "/lti/login", door.login_fields())
    assert begun.status_code == 303
    change(door, Registration, disabled_at=door.clock.real_now())
    moodle.configuration["authorization_endpoint"] = f"{door.platform.issuer}/auth2"
    moodle.answer = lambda: moodle.stored(client_id=door.platform.client_id)
    assert said_yes(door, invited(door)).status_code == 303
    assert len(registrations(door)) == 1
    again = door.visitor(fetch_dest="document").ask("POST", "/lti/login", door.login_fields())
    assert again.headers["location"].startswith(f"{door.platform.issuer}/auth2?")


def test_a_product_that_is_no_text_is_left_out(door: Door, moodle: Moodle) -> None:
    moodle.configuration[PLATFORM] = {"product_family_code": 5, "version": "a\nb"}
    said_yes(door, invited(door))
    with door.db.read() as session:
        made = session.get_one(Platform, registrations(door)[-1].platform_id)
        assert (made.product, made.version) == (None, None)


def test_a_client_that_registers_again_with_an_address_too_long_to_keep_changes_nothing(
    door: Door, moodle: Moodle
) -> None:
    moodle.configuration["token_endpoint"] = f"{door.platform.issuer}/{'x' * 500}"
    moodle.answer = lambda: moodle.stored(client_id=door.platform.client_id)
    assert said_yes(door, invited(door)).status_code == 400
    assert [row.token_url for row in registrations(door)] == [f"{door.platform.issuer}/token"]


def test_an_lms_that_is_not_moodle_gets_general_steps(door: Door, moodle: Moodle) -> None:
    moodle.configuration[PLATFORM] = {"product_family_code": "canvas"}
    invite = invited(door)
    said_yes(door, invite)
    page = opened(door, invite).text
    assert "Sediakan alat ini bagi pengajar kursus Anda." in page
    assert "Pending" not in page


def test_a_new_platform_joins_the_first_centre_or_the_one_of_its_invite(door: Door, moodle: Moodle) -> None:
    with door.db.write() as session:
        other = world.centre(session, name="BBPPKS Yogyakarta").id
    said_yes(door, invited(door, centre_id=other))
    with door.db.read() as session:
        made = session.scalars(select(Platform).order_by(Platform.id.desc())).first()
        assert made is not None
        assert made.centre_id == other
        assert len(session.scalars(select(Centre)).all()) == 2


def test_whoever_registers_can_launch_at_once(door: Door, moodle: Moodle) -> None:
    said_yes(door, invited(door))
    door.platform.client_id, door.platform.deployment_id = "new-client", "12"
    moodle.platform.pages["/mod/lti/auth.php"] = lambda method, headers, body: (200, "text/html", b"")
    visitor = door.visitor(fetch_dest="document")
    answer = visitor.ask("POST", "/lti/login", door.login_fields())
    assert answer.headers["location"].startswith(f"{door.platform.issuer}/mod/lti/auth.php?scope=openid")


def test_the_values_for_doing_it_by_hand_stand_on_a_page_and_in_json(door: Door) -> None:
    page = door.visitor().ask("GET", "/lti/config")
    assert page.status_code == 200
    for value in (f"{door.origin}/lti/login", door.target, f"{door.origin}/lti/jwks", "Redirection URI(s)"):
        assert value in page.text
    told = door.visitor().ask("GET", "/lti/config", Accept="application/json").json()
    assert (told["initiate_login_uri"], told["redirect_uris"]) == (f"{door.origin}/lti/login", [door.target])
