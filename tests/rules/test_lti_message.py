"""What two launches recorded on a real Moodle 4.5.6 come to, and what is left of claims that are out of shape."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from diklat_lti.errors import Problem
from diklat_lti.lti import adapter, claims, guard, message, platform_jwk, target, tickets
from diklat_lti.lti.known import Known
from diklat_lti.settings import Settings
from diklat_lti.training.arrival import Arrival, ArrivedCourse, DeepLinking

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "moodle_4_5_6.json").read_text())
KEYS = platform_jwk.keys_of(RECORDED["jwks"])
SETTINGS = Settings(_env_file=None, public_url="https://diklat.test")
LTI = claims.LTI


def read(name: str) -> tuple[dict[str, Any], datetime]:
    launch = RECORDED["launches"][name]
    token = adapter.Token(launch["id_token"])
    return token.verified(KEYS[token.kid]), datetime.fromtimestamp(launch["captured_at"], UTC)


def known_for(told: dict[str, Any], now: datetime) -> Known:
    return Known(
        id=3, platform_id=2, issuer=told["iss"], client_id=told["aud"], auth_login_url="", jwks_url="",
        disabled=False, deployments={}, keys=KEYS, keys_read_at=now, keys_tried_at=now, read_at=now,
    )  # fmt: skip


def arrived(told: dict[str, Any], now: datetime, judged_at: datetime | None = None) -> Arrival:
    known = known_for(told, now)
    ticket = replace(tickets.new(3, "", "", None, "bounced", now), nonce=told["nonce"])
    claims.judge(told, known, ticket, SETTINGS, judged_at or now)
    return message.arrival(told, known, 9, ticket, SETTINGS)


def test_a_learners_launch() -> None:
    arrival = arrived(*read("resource-link/learner"))
    assert (arrival.is_learner, arrival.is_instructor, arrival.locale) == (True, False, "en")
    assert (arrival.platform_id, arrival.registration_id, arrival.deployment_row) == (2, 3, 9)
    assert arrival.course == ArrivedCourse("2", "Diklat E-Learning PKH 2019", "DIKLAT")
    assert arrival.link is not None
    assert arrival.lineitem_url is None  # its link had two items then
    assert arrival.lineitems_url == "https://moodle45.test/mod/lti/services.php/2/lineitems?type_id=1"
    assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in arrival.ags_scopes
    assert arrival.memberships_url is not None
    assert arrival.custom["program"] == "pkh-2019"
    assert [value for value in arrival.custom.values() if value.startswith("$")] == []
    assert "rl_hist" not in arrival.custom
    assert arrival.deep_linking is None


def test_a_deep_linking_request_of_the_site_admin() -> None:
    arrival = arrived(*read("deep-linking/site-admin"))
    assert (arrival.is_learner, arrival.is_instructor, arrival.link) == (False, True, None)
    assert arrival.deep_linking == DeepLinking(
        return_url="https://moodle45.test/mod/lti/contentitem_return.php?course=2&id=1&sesskey=cNXAAklD60",
        accept_types=("ltiResourceLink",),
        accept_multiple=True,
        data=None,
        title="Diklat LTI",
        text=None,
    )


def test_a_recorded_token_is_over_after_its_minute_and_the_leeway() -> None:
    told, now = read("resource-link/learner")
    with pytest.raises(Problem) as refused:
        arrived(told, now, judged_at=now + timedelta(seconds=181))
    assert refused.value.reason == "token_expired"


@pytest.mark.parametrize(
    ("settings", "usable"),
    [
        ({"data": "opaque ✓"}, True),
        ({"data": {"not": "text"}}, False),
        ({"data": "x" * 40_000}, False),
        ({"deep_link_return_url": "javascript:alert(1)"}, False),
        ({"deep_link_return_url": "http://moodle45.test/"}, False),
        ({"accept_multiple": "true"}, True),
        ({"accept_types": "ltiResourceLink"}, True),
    ],
)
def test_deep_linking_settings_are_usable_or_refused(settings: dict[str, Any], usable: bool) -> None:
    told, now = read("deep-linking/site-admin")
    told[claims.DEEP_LINKING] |= settings
    if usable:
        wish = arrived(told, now).deep_linking
        assert wish is not None
        assert wish.data == settings.get("data")
        return
    with pytest.raises(Problem) as refused:
        arrived(told, now)
    assert refused.value.reason == "bad_deep_linking_settings"


def test_custom_values_are_kept_as_text_unless_the_platform_did_not_know_them() -> None:
    told, now = read("resource-link/learner")
    told[LTI + "custom"] = {"a": 5, "b": "$Context.id", "c": None, "d\x00": "x", "e": "ok\x00", "f" * 101: "x", "g": ""}
    assert arrived(told, now).custom == {"a": "5", "e": "ok", "g": ""}


def test_service_addresses_that_may_not_be_called_are_dropped() -> None:
    told, now = read("resource-link/learner")
    told[claims.AGS] = {
        "scope": ["x", 5],
        "lineitem": "http://moodle45.test/a",
        "lineitems": "https://u@moodle45.test/",
    }
    arrival = arrived(told, now)
    assert (arrival.lineitem_url, arrival.lineitems_url, arrival.ags_scopes) == (None, None, ("x",))


@pytest.mark.parametrize("context", [{"id": 5}, {"id": ""}, {"id": "x" * 256}])
def test_a_context_whose_id_cannot_be_kept_whole_is_refused(context: dict[str, Any]) -> None:
    told, now = read("resource-link/learner")
    told[LTI + "context"] = context
    with pytest.raises(Problem) as refused:
        arrived(told, now)
    assert refused.value.reason == "bad_context"


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("https://lms.example.id/jwks", True, True),
        ("http://lms.example.id/jwks", False, True),
        ("http://127.0.0.1:8001/jwks", False, True),
        ("https://user@lms.example.id/", False, False),
        ("https://lms.example.id/#x", False, False),
        ("https://lms.example.id\\@evil/", False, False),
        ("https:///jwks", False, False),
        ("https://[::1", False, False),
        ("https://lms.example.id:70000/", False, False),
        ("file:///etc/passwd", False, False),
        ("https://lms.example.id/ x", False, False),
        ("https://lms.example.id/!", True, True),
        ("https://lms.example.id/\x7f", False, False),
        ("https://lms.example.id/\ud800", False, False),
    ],
)
def test_which_addresses_may_be_called_at_all(address: str, public: bool, private: bool) -> None:
    assert (guard.speaks_allowed(address, False), guard.speaks_allowed(address, True)) == (public, private)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("::7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::5db8:d822", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert guard.is_public(address) is public


SITE = "https://moodle45.test/"
SHOWN, DL = LTI + "launch_presentation", claims.DEEP_LINKING


@pytest.mark.parametrize(
    ("inside", "name", "kept", "longest"),
    [
        (None, "name", "name", 300),
        (None, "given_name", "given_name", 200),
        (None, "family_name", "family_name", 200),
        (None, "email", "email", 320),
        (LTI + "context", "title", "course.title", 300),
        (LTI + "context", "label", "course.label", 200),
        (LTI + "resource_link", "title", "link.title", 300),
        (SHOWN, "locale", "locale", 20),
        (SHOWN, "document_target", "document_target", 20),
        (DL, "title", "deep_linking.title", 300),
        (DL, "text", "deep_linking.text", 2000),
    ],
)
def test_a_text_is_kept_up_to_the_last_character_that_fits(
    inside: str | None, name: str, kept: str, longest: int
) -> None:
    told, now = read("deep-linking/site-admin" if inside == DL else "resource-link/learner")
    (told[inside] if inside else told)[name] = "x" * (longest + 1)
    assert attrgetter(kept)(arrived(told, now)) == "x" * longest


@pytest.mark.parametrize(
    ("inside", "name", "kept", "longest"),
    [
        (claims.AGS, "lineitem", "lineitem_url", 1000),
        (claims.AGS, "lineitems", "lineitems_url", 1000),
        (claims.NRPS, "context_memberships_url", "memberships_url", 1000),
        (SHOWN, "return_url", "return_url", 2000),
    ],
)
def test_an_address_is_kept_whole_or_not_at_all(inside: str, name: str, kept: str, longest: int) -> None:
    told, now = read("resource-link/learner")
    fits = SITE + "x" * (longest - len(SITE))
    told[inside][name] = fits
    assert attrgetter(kept)(arrived(told, now)) == fits
    told[inside][name] = fits + "x"
    assert attrgetter(kept)(arrived(told, now)) is None


@pytest.mark.parametrize(
    ("name", "fits"),
    [("data", "x" * 32 * 1024), ("deep_link_return_url", SITE + "x" * (2000 - len(SITE)))],
)
def test_what_a_deep_linking_answer_must_give_back_is_kept_whole_or_refused(name: str, fits: str) -> None:
    told, now = read("deep-linking/site-admin")
    told[DL][name] = fits
    wish = arrived(told, now).deep_linking
    assert fits in (wish and wish.data, wish and wish.return_url)
    told[DL][name] = fits + "x"
    with pytest.raises(Problem) as refused:
        arrived(told, now)
    assert refused.value.reason == "bad_deep_linking_settings"


def test_of_custom_values_a_hundred_are_kept_each_with_a_name_of_100_and_a_text_of_2000() -> None:
    told, now = read("resource-link/learner")
    told[LTI + "custom"] = {"n" * 100: "x" * 2001} | {f"k{n}": "v" for n in range(100)}
    custom = arrived(told, now).custom
    assert (len(custom), "k98" in custom, "k99" in custom, custom["n" * 100]) == (100, True, False, "x" * 2000)


def test_a_scope_is_kept_if_it_is_shorter_than_200() -> None:
    told, now = read("resource-link/learner")
    told[claims.AGS]["scope"] = ["x" * 199, "y" * 200]
    assert arrived(told, now).ags_scopes == ("x" * 199,)


def test_an_id_of_255_characters_is_kept_whole() -> None:
    told, now = read("resource-link/learner")
    told["sub"] = told[LTI + "context"]["id"] = told[LTI + "resource_link"]["id"] = "x" * 255
    arrival = arrived(told, now)
    assert arrival.course is not None
    assert arrival.link is not None
    assert [arrival.sub, arrival.course.context_id, arrival.link.resource_link_id] == ["x" * 255] * 3


@pytest.mark.parametrize(
    ("claim", "seconds", "reason"),
    [
        ("exp", -119, None),
        ("exp", -120, "token_expired"),
        ("iat", 120, None),
        ("iat", 121, "issued_in_future"),
        ("nbf", 120, None),
        ("nbf", 121, "issued_in_future"),
        ("iat", -120, None),
        ("iat", -121, "issued_before_login"),
    ],
)
def test_a_clock_may_be_two_minutes_off_and_no_second_more(claim: str, seconds: int, reason: str | None) -> None:
    told, at = read("resource-link/learner")
    now = at.replace(microsecond=0)
    told |= {"exp": now.timestamp() + 60, "iat": now.timestamp(), "nbf": now.timestamp()}
    told[claim] = now.timestamp() + seconds
    if reason is None:
        assert arrived(told, now).sub == told["sub"]
        return
    with pytest.raises(Problem) as refused:
        arrived(told, now)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("length", "reason"), [(48 * 1024, "malformed_token"), (48 * 1024 + 1, "token_too_long")])
def test_a_token_is_looked_at_up_to_48_kib(length: int, reason: str) -> None:
    with pytest.raises(Problem) as refused:
        adapter.Token("x" * length)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("address", "public_url", "ours"),
    [
        ("https://diklat.test:443/lti", "https://diklat.test", True),
        ("https://diklat.test/lti", "https://diklat.test:443", True),
        ("http://diklat.test:80/lti", "http://diklat.test", True),
        ("https://diklat.test:444/lti", "https://diklat.test", False),
        ("https://diklat.test:442/lti", "https://diklat.test", False),
        ("http://diklat.test:81/lti", "http://diklat.test", False),
        ("http://diklat.test:79/lti", "http://diklat.test", False),
        ("https://diklat.test/a b", "https://diklat.test", False),
        ("https://diklat.test/a\\b", "https://diklat.test", False),
        ("https://diklat.test/a!b", "https://diklat.test", True),
    ],
)
def test_an_address_is_ours_by_scheme_host_and_port(address: str, public_url: str, ours: bool) -> None:
    assert target.is_ours(address, public_url) is ours


@pytest.mark.parametrize("deployment", [None, "", 5, "x" * 256, "a\nb"])
def test_claims_without_a_deployment_that_can_be_kept_are_refused_before_anything_is_looked_up(deployment: Any) -> None:
    told, now = read("resource-link/learner")
    told[LTI + "deployment_id"] = deployment
    with pytest.raises(Problem) as refused:
        arrived(told, now)
    assert refused.value.reason == "no_deployment_id"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iss": "https://elsewhere.test"}, "wrong_issuer"),
        ({"aud": "another"}, "wrong_audience"),
        ({"aud": ["another"]}, "wrong_audience"),
        ({"azp": "another"}, "wrong_azp"),
        ({LTI + "version": "1.2"}, "wrong_version"),
        ({LTI + "message_type": None}, "no_message_type"),
        ({LTI + "message_type": "LtiStartProctoring"}, "unknown_message_type"),
        ({LTI + "target_link_uri": 5}, "no_target"),
        ({LTI + "target_link_uri": "https://elsewhere.test/"}, "foreign_target"),
        ({LTI + "roles": "Learner"}, "no_roles"),
        ({"sub": ""}, "no_sub"),
        ({"sub": 5}, "bad_sub"),
        ({"sub": "x" * 256}, "bad_sub"),
        ({LTI + "resource_link": {}}, "no_resource_link"),
        ({LTI + "resource_link": {"id": "a\nb"}}, "no_resource_link"),
        ({"exp": None}, "no_exp"),
        ({"iat": True}, "no_iat"),
        ({"nbf": float("inf")}, "no_nbf"),
    ],
)
def test_the_first_claim_that_is_wrong_is_named(changed: dict[str, Any], reason: str) -> None:
    told, now = read("resource-link/learner")
    known = known_for(told, now)
    ticket = replace(tickets.new(3, "", "", None, "bounced", now), nonce=told["nonce"])
    claims.judge(told, known, ticket, SETTINGS, now)
    with pytest.raises(Problem) as refused:
        claims.judge(told | changed, known, ticket, SETTINGS, now)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("nonce", "reason"), [("another", "wrong_nonce"), (None, "wrong_nonce"), (..., "no_nonce")])
def test_a_nonce_of_another_login_or_none_is_refused(nonce: Any, reason: str) -> None:
    told, now = read("resource-link/learner")
    known, ticket = known_for(told, now), replace(tickets.new(3, "", "", None, "bounced", now), nonce=told["nonce"])
    told["nonce"] = nonce
    if nonce is ...:
        del told["nonce"]
    with pytest.raises(Problem) as refused:
        claims.judge(told, known, ticket, SETTINGS, now)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("azp", "others", "reason"),
    [(None, [], None), ("ours", ["x"], None), (None, ["x"], "no_azp"), ("x", [], "wrong_azp")],
)
def test_an_audience_of_several_must_say_whom_it_means(azp: str | None, others: list[str], reason: str | None) -> None:
    told, now = read("resource-link/learner")
    known, ticket = known_for(told, now), replace(tickets.new(3, "", "", None, "bounced", now), nonce=told["nonce"])
    ours = told["aud"]
    told |= {"aud": [*others, ours], "azp": ours if azp == "ours" else azp}
    if reason is None:
        claims.judge(told, known, ticket, SETTINGS, now)
        return
    with pytest.raises(Problem) as refused:
        claims.judge(told, known, ticket, SETTINGS, now)
    assert refused.value.reason == reason
