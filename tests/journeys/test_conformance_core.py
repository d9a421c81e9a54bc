"""Conformance 1: known bad payloads are refused with a page, nothing is kept of the visitor, and the reason is."""

from datetime import timedelta

import pytest

from door import Door
from fake_platform import GONE


def test_an_honest_launch_is_let_in_so_that_each_refusal_here_has_one_cause(door: Door) -> None:
    door.assert_let_in(door.launch())
    assert door.reasons() == []


def test_case_1_no_kid_in_the_header_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(header={"kid": GONE}), "no_kid")


def test_case_2_an_unknown_kid_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(header={"kid": "key-9"}), "unknown_key")


@pytest.mark.parametrize("version", ["1.1", "LTI-1p0", "1.3", "1.3.1", 1.3])
def test_case_3_a_wrong_version_is_refused(door: Door, version: object) -> None:
    door.assert_refused(door.launch(lti__version=version), "wrong_version")


def test_case_4_no_version_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(lti__version=GONE), "no_version")


def test_case_5a_a_message_of_lti_1_1_is_refused(door: Door) -> None:
    form = {"lti_message_type": "basic-lti-launch-request", "lti_version": "LTI-1p0", "oauth_consumer_key": "k"}
    door.assert_refused(door.post(door.visitor(), **form), "not_a_launch", 400)


def test_case_5b_a_message_type_that_does_not_exist_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(lti__message_type="LtiNonsenseRequest"), "unknown_message_type")


@pytest.mark.parametrize("token", ["", "no token at all", "a.b.c", "e30.e30", "W10.W10.W10"])
def test_case_5c_what_is_no_token_is_refused(door: Door, token: str) -> None:
    visitor = door.visitor()
    state = door.begin(visitor).state
    reason, status = ("malformed_token", 401) if token else ("no_id_token", 400)
    door.assert_refused(door.post(visitor, id_token=token, state=state), reason, status)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("iss", "wrong_issuer"),
        ("aud", "wrong_audience"),
        ("exp", "no_exp"),
        ("iat", "no_iat"),
        ("lti__target_link_uri", "no_target"),
        ("lti__resource_link", "no_resource_link"),
    ],
)
def test_case_6_a_required_claim_that_is_missing_is_named(door: Door, claim: str, reason: str) -> None:
    door.assert_refused(door.launch(**{claim: GONE}), reason)


def test_case_6g_deep_linking_without_its_settings_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(lti__message_type="LtiDeepLinkingRequest"), "no_deep_linking_settings")


def moved(door: Door, minutes: int) -> int:
    return int((door.clock.real_now() + timedelta(minutes=minutes)).timestamp())


def test_case_7a_a_token_issued_in_the_future_is_refused(door: Door) -> None:
    answer = door.launch(iat=moved(door, 60), exp=moved(door, 61))
    door.assert_refused(answer, "issued_in_future")


def test_case_7b_a_token_that_has_expired_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(iat=moved(door, -61), exp=moved(door, -60)), "token_expired")


def test_case_7c_a_token_issued_an_hour_before_its_login_is_refused_however_long_it_says_it_lives(door: Door) -> None:
    answer = door.launch(iat=moved(door, -60), exp=moved(door, 24 * 60))
    door.assert_refused(answer, "issued_before_login")


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("time", ["soon", True, [1], 1e999])
def test_case_7d_a_time_that_is_no_time_is_refused(door: Door, claim: str, time: object) -> None:
    door.assert_refused(door.launch(**{claim: time}), f"no_{claim}")


def test_case_7e_a_token_that_is_not_yet_good_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(nbf=moved(door, 60)), "issued_in_future")


def test_case_8_no_message_type_is_refused(door: Door) -> None:
    door.assert_refused(door.launch(lti__message_type=GONE), "no_message_type")


@pytest.mark.parametrize("roles", [GONE, "Learner", None])
def test_case_9_no_roles_claim_is_refused(door: Door, roles: object) -> None:
    door.assert_refused(door.launch(lti__roles=roles), "no_roles")


@pytest.mark.parametrize("deployment", [GONE, "", 1, None])
def test_case_10_no_deployment_id_is_refused(door: Door, deployment: object) -> None:
    door.assert_refused(door.launch(lti__deployment_id=deployment), "no_deployment_id")


@pytest.mark.parametrize("link", [{}, {"title": "Diklat"}, {"id": ""}, {"id": 5}, "1", {"id": "a" * 256}])
def test_case_11_no_resource_link_id_is_refused(door: Door, link: object) -> None:
    door.assert_refused(door.launch(lti__resource_link=link), "no_resource_link")


@pytest.mark.parametrize("sub", [GONE, "", None])
def test_case_12_no_sub_gets_a_page_of_its_own(door: Door, sub: object) -> None:
    answer = door.launch(sub=sub)
    door.assert_refused(answer, "no_sub")
    assert "LMS Anda tidak menyebutkan siapa Anda" in answer.text


@pytest.mark.parametrize("sub", [7, ["7"], "a" * 256, "7\x00"])
def test_case_12b_a_sub_that_cannot_be_kept_whole_is_refused(door: Door, sub: object) -> None:
    door.assert_refused(door.launch(sub=sub), "bad_sub")
