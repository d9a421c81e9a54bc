"""Conformance 23 to 25, 30 to 32: whose signature, for whom, from where, how old, with which key; hostile texts."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import world
from diklat_lti.models import Course, Deployment, Platform, Registration
from door import Door, change, register
from fake_platform import GONE, OTHER_KEY, FakePlatform, part


def with_token(door: Door, made: Callable[[FakePlatform, dict[str, Any]], str]) -> Any:
    """A launch whose claims are honest; only the token is made otherwise."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    return door.post(visitor, id_token=made(door.platform, door.claims(begun)), state=begun.state)


def test_case_23a_a_bad_signature_is_refused(door: Door) -> None:
    door.assert_refused(with_token(door, lambda lms, claims: lms.sign(claims, OTHER_KEY)), "bad_signature")


def test_case_23b_alg_none_is_refused(door: Door) -> None:
    door.assert_refused(with_token(door, lambda lms, claims: lms.sign(claims, alg="none")), "bad_signature")


def test_case_23c_hs256_with_the_public_key_is_refused(door: Door) -> None:
    door.assert_refused(with_token(door, lambda lms, claims: lms.sign(claims, alg="HS256")), "bad_signature")


def test_case_23d_the_key_of_another_registration_is_refused(door: Door) -> None:
    other = FakePlatform(door.platform.issuer + "/other", "client-2", keys={"other": OTHER_KEY})
    register(door.db, other)
    with door.db.write() as session:
        registration = session.scalars(select(Registration).where(Registration.client_id == "client-2")).one()
        registration.jwks = json.loads(other.key_set())
    answer = with_token(door, lambda lms, claims: lms.sign(claims, OTHER_KEY, kid="other"))
    door.assert_refused(answer, "unknown_key")


def test_case_23e_claims_changed_after_signing_are_refused(door: Door) -> None:
    def changed(lms: FakePlatform, claims: dict[str, Any]) -> str:
        head, _, signature = lms.sign(claims).split(".")
        return f"{head}.{part(json.dumps(claims | {'sub': '1'}).encode())}.{signature}"

    door.assert_refused(with_token(door, changed), "bad_signature")


def test_case_23f_a_token_beyond_all_measure_is_refused(door: Door) -> None:
    answer = with_token(door, lambda lms, claims: lms.sign(claims | {"x": "y" * 40_000}))
    door.assert_refused(answer, "token_too_long")


@pytest.mark.parametrize("deep", ["[" * 15_000, '{"a":' * 7_000])
def test_case_23g_a_token_nested_beyond_all_measure_is_refused(door: Door, deep: str) -> None:
    answer = with_token(door, lambda lms, claims: f"{part(b'{}')}.{part(deep.encode())}.x")
    door.assert_refused(answer, "malformed_token")


def test_case_24a_a_list_with_ours_and_the_right_azp_is_let_in(door: Door) -> None:
    door.assert_let_in(door.launch(aud=["client-1", "somebody else"], azp="client-1"))


def test_case_24b_a_list_of_ours_alone_needs_no_azp(door: Door) -> None:
    door.assert_let_in(door.launch(aud=["client-1"]))


@pytest.mark.parametrize(
    ("aud", "azp", "reason"),
    [
        (["client-1", "somebody else"], "somebody else", "wrong_azp"),
        (["client-1", "somebody else"], GONE, "no_azp"),
        ("client-1", "somebody else", "wrong_azp"),
        ("somebody else", GONE, "wrong_audience"),
        (["somebody else"], "client-1", "wrong_audience"),
        ([], GONE, "wrong_audience"),
        ([["client-1"]], GONE, "wrong_audience"),
        ({"client-1": 1}, GONE, "wrong_audience"),
    ],
)
def test_case_24c_every_other_audience_is_refused(door: Door, aud: object, azp: object, reason: str) -> None:
    door.assert_refused(door.launch(aud=aud, azp=azp), reason)


@pytest.mark.parametrize("ending", ["/", "x", "%2F", "/../"])
def test_case_25a_an_unknown_issuer_is_refused_at_login(door: Door, ending: str) -> None:
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(iss=door.platform.issuer + ending))
    door.assert_refused(answer, "unknown_registration")


def test_case_25b_the_right_issuer_with_a_wrong_client_is_refused_at_login(door: Door) -> None:
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(client_id="client-9"))
    door.assert_refused(answer, "unknown_registration")


def test_case_25c_an_issuer_with_two_clients_must_say_which(door: Door) -> None:
    fields = {name: value for name, value in door.login_fields().items() if name != "client_id"}
    assert door.visitor().ask("POST", "/lti/login", fields).status_code == 303
    register(door.db, FakePlatform(door.platform.issuer, "client-2"))
    door.clock.move(timedelta(seconds=6))
    door.assert_refused(door.visitor().ask("POST", "/lti/login", fields), "unknown_registration")


def test_case_25d_an_issuer_other_than_the_logins_is_refused_at_launch(door: Door) -> None:
    door.assert_refused(door.launch(iss=door.platform.issuer + "/"), "wrong_issuer")


def test_case_25e_an_unknown_deployment_is_held_until_it_is_admitted(door: Door) -> None:
    door.assert_refused(door.launch(lti__deployment_id="9"), "deployment_held", 403)
    with door.db.read() as session:
        shown = session.scalars(select(Deployment).where(Deployment.deployment_id == "9")).one()
    assert (shown.admitted_at, shown.disabled_at) == (None, None)
    door.assert_refused(door.launch(lti__deployment_id="9"), "deployment_held", 403)
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(lti_deployment_id="9"))
    door.assert_refused(answer, "deployment_held", 403)
    change(door, Deployment, admitted_at=world.NOW)
    door.clock.move(timedelta(seconds=6))
    door.assert_let_in(door.launch(lti__deployment_id="9"))


def test_case_25f_a_disabled_deployment_is_refused_at_login_and_launch(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    change(door, Deployment, disabled_at=world.NOW)
    door.clock.move(timedelta(seconds=6))
    answer = door.post(visitor, id_token=door.platform.sign(door.claims(begun)), state=begun.state)
    door.assert_refused(answer, "deployment_disabled")
    door.assert_refused(door.visitor().ask("POST", "/lti/login", door.login_fields()), "deployment_disabled")


@pytest.mark.parametrize("table", [Registration, Platform])
def test_case_25g_a_disabled_platform_is_refused_at_login_and_launch(door: Door, table: Any) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    change(door, table, disabled_at=world.NOW)
    door.clock.move(timedelta(seconds=6))
    answer = door.post(visitor, id_token=door.platform.sign(door.claims(begun)), state=begun.state)
    door.assert_refused(answer, "registration_disabled")
    door.assert_refused(door.visitor().ask("POST", "/lti/login", door.login_fields()), "registration_disabled")


def aged(door: Door, seconds: int) -> dict[str, int]:
    issued = int(door.clock.real_now().timestamp()) - seconds
    return {"iat": issued, "exp": issued + 60}


def test_case_30a_a_token_older_than_60_seconds_is_let_in_within_the_leeway(door: Door) -> None:
    door.assert_let_in(door.launch(**aged(door, 110)))


def test_case_30b_a_token_beyond_the_leeway_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(**aged(door, 185)), "token_expired")


def test_case_30c_a_platform_whose_clock_is_a_minute_ahead_is_let_in(door: Door) -> None:
    door.assert_let_in(door.launch(**aged(door, -60)))


def test_case_30d_a_learner_who_took_five_minutes_to_sign_in_at_the_platform_is_let_in(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.clock.move(timedelta(minutes=5))
    door.assert_let_in(door.post(visitor, id_token=door.platform.sign(door.claims(begun)), state=begun.state))


def test_case_31a_a_rotated_key_is_found_by_exactly_one_refetch(door: Door) -> None:
    door.assert_let_in(door.launch())
    assert door.platform.key_sets_served == 1
    door.platform.keys = {"key-2": OTHER_KEY}
    door.clock.move(timedelta(seconds=61))
    for _ in range(2):
        answer = with_token(door, lambda lms, claims: lms.sign(claims, OTHER_KEY, kid="key-2"))
        door.assert_let_in(answer)
    assert door.platform.key_sets_served == 2


def test_case_31b_a_flood_of_unknown_keys_reaches_the_platform_once_a_minute(door: Door) -> None:
    door.assert_let_in(door.launch())
    door.clock.move(timedelta(seconds=61))
    for n in range(5):
        assert door.launch(header={"kid": f"flood-{n}"}).status_code == 401
    assert door.reasons() == ["unknown_key"] * 5
    assert door.platform.key_sets_served == 2
    door.assert_let_in(door.launch())


def test_case_31c_the_keys_are_kept_while_the_platform_is_down(door: Door) -> None:
    door.assert_let_in(door.launch())
    door.platform.is_down = True
    door.clock.move(timedelta(days=2))
    door.assert_let_in(door.launch())
    assert with_token(door, lambda lms, claims: lms.sign(claims, OTHER_KEY, kid="key-2")).status_code == 401
    door.assert_let_in(door.launch())


def test_case_31d_a_key_that_the_platform_took_away_is_not_believed_for_ever(door: Door) -> None:
    door.assert_let_in(door.launch())
    door.platform.keys = {"key-2": OTHER_KEY}
    door.clock.move(timedelta(hours=25))
    assert door.launch().status_code == 401
    assert door.reasons() == ["unknown_key"]


@pytest.mark.parametrize(
    "spoilt",
    [{"kty": "EC"}, {"use": "enc"}, {"alg": "RS512"}, {"n": "AQAB"}, {"n": 5}, {"kid": 7}, {"n": "%"}, {"e": ""}],
)
def test_case_31e_a_published_key_that_is_no_key_for_signing_is_passed_over(door: Door, spoilt: dict[str, Any]) -> None:
    keys = json.loads(door.platform.key_set())["keys"]
    key_set = json.dumps({"keys": [keys[0] | spoilt, "nonsense"]}).encode()
    door.platform.pages["/spoilt"] = lambda method, headers, body: (200, "application/json", key_set)
    change(door, Registration, jwks_url=f"{door.platform.issuer}/spoilt")
    door.assert_refused(door.launch(), "unknown_key")


@pytest.mark.parametrize("body", [b"[]", b"{", b"{}", b'{"keys": {}}', b'{"keys": []}', b"[" * 20_000, b"x" * 70_000])
def test_case_31f_a_key_set_that_is_none_lets_nobody_in(door: Door, body: bytes) -> None:
    door.platform.pages["/spoilt"] = lambda method, headers, sent: (200, "application/json", body)
    change(door, Registration, jwks_url=f"{door.platform.issuer}/spoilt")
    door.assert_refused(door.launch(), "unknown_key")


def test_case_32a_a_very_long_title_with_html_is_let_in_and_cut(door: Door) -> None:
    title = "<script>alert(1)</script>" + "Pelatihan " * 1000
    door.assert_let_in(door.launch(lti__context={"id": "2", "title": title, "label": title}, name=title))
    with door.db.read() as session:
        course = session.scalars(select(Course)).one()
    assert (course.title, course.label) == (title[:300].strip(), title[:200].strip())
    assert door.people()[0].name == title[:300].strip()


@pytest.mark.parametrize("name", ["Siti\x00Aminah", "Siti\ud800Aminah", "Siti\x1bAminah"])
def test_case_32b_a_name_with_signs_that_no_database_keeps_is_let_in_without_them(door: Door, name: str) -> None:
    door.assert_let_in(door.launch(name=name))
    assert door.people()[0].name == "SitiAminah"


@pytest.mark.parametrize("wrong", [7, ["x"], {"x": 1}, None, True])
def test_case_32c_texts_that_are_none_are_let_in_as_missing(door: Door, wrong: object) -> None:
    changes = dict.fromkeys(("name", "email", "lti__custom", "lti__launch_presentation", "lti__lis"), wrong)
    door.assert_let_in(door.launch(**changes, lti__context={"id": "2", "title": wrong}))
    assert (door.people()[0].name, door.people()[0].email) == (None, None)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.test/", "ftp://x.test/", "https://a@b.test/", "x" * 3000]
)
def test_case_32d_a_return_address_that_is_no_web_address_is_dropped(door: Door, address: str) -> None:
    launch = door.assert_let_in(door.launch(lti__launch_presentation={"return_url": address}))
    assert launch.return_url is None


def test_the_first_launches_of_a_new_platform_all_come_in_with_one_look_at_its_keys(door: Door) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: door.launch(sub=f"person {n}"), range(16)))
    assert [answer.status_code for answer in answers] == [303] * 16
    assert door.platform.key_sets_served == 1
    assert door.count(Course) == 1


def test_a_token_whose_own_number_is_no_text_is_let_in_since_nobody_asks_for_it(door: Door) -> None:
    door.assert_let_in(door.launch(jti=5))
