"""Abuse of the token itself: whose key, named where, under which header, for whom, and written how."""

import json
import time
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

import recipes
from diklat_lti.lti import keys
from diklat_lti.lti.tokens import Channel, Client, _assertion
from diklat_lti.models import Registration
from door import Door, change, register
from fake_platform import KEY, LTI, OTHER_KEY, FakePlatform, part, public_jwk
from recipes import written

WEAK_KEY = generate_private_key(65537, 1024)


def lured(door: Door, kid: str, **header: Any) -> list[str]:
    """A token of somebody else's key, whose header tells where that key is to be found; returns who looked there."""
    looked = []
    key_set = json.dumps({"keys": [public_jwk(kid, OTHER_KEY)]}).encode()

    def served(method: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        looked.append(method)
        return 200, "application/json", key_set

    door.platform.pages["/evil"] = served
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = door.platform.sign(door.claims(begun), OTHER_KEY, kid=kid, **header)
    reason = "bad_signature" if kid == "key-1" else "unknown_key"
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), reason)
    return looked


def test_abuse_001_jku_names_another_key_set(door: Door) -> None:
    assert lured(door, "key-1", jku=f"{door.platform.issuer}/evil") == []


def test_abuse_002_x5u_names_another_certificate(door: Door) -> None:
    assert lured(door, "key-1", x5u=f"{door.platform.issuer}/evil") == []


def test_abuse_003_jwk_brings_its_own_key(door: Door) -> None:
    assert lured(door, "key-1", jwk=public_jwk("key-1", OTHER_KEY)) == []


def test_abuse_004_x5c_brings_its_own_certificate(door: Door) -> None:
    assert lured(door, "key-1", x5c=[part(b"a certificate")]) == []


def test_abuse_005_another_algorithm_of_the_same_family(door: Door) -> None:
    door.assert_refused(door.launch(header={"alg": "RS512"}), "bad_signature")


def test_abuse_006_jku_with_a_kid_that_only_the_other_set_has(door: Door) -> None:
    assert lured(door, "theirs", jku=f"{door.platform.issuer}/evil") == []


def test_abuse_007_kid_that_is_a_path(door: Door) -> None:
    door.assert_refused(door.launch(header={"kid": "../../../dev/null"}), "unknown_key")


def test_abuse_008_kid_that_is_sql(door: Door) -> None:
    door.assert_refused(door.launch(header={"kid": "x' UNION SELECT 'key-1' --"}), "unknown_key")


def test_abuse_009_our_own_assertion_comes_back_as_a_token(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    with door.db.write() as session:
        keys.ensure(session, door.settings.secret_keys, door.clock.real_now() - recipes.DAY)
    client = Client(1, door.platform.client_id, f"{door.platform.issuer}/token")
    ours = _assertion(Channel(door.db, door.settings, client, time.monotonic() + 5, door.clock.real_now()))
    door.assert_refused(door.post(visitor, id_token=ours, state=begun.state), "unknown_key")


def test_abuse_010_a_full_launch_signed_with_our_own_key(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    with door.db.write() as session:
        keys.ensure(session, door.settings.secret_keys, door.clock.real_now() - recipes.DAY)
        signer = keys.current(session, door.settings.secret_keys, door.clock.real_now())
    token = pyjwt.encode(door.claims(begun), signer.private_key, "RS256", headers={"kid": signer.kid})
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), "unknown_key")


def published(door: Door, *jwks: dict[str, Any]) -> None:
    body = json.dumps({"keys": list(jwks)}).encode()
    door.platform.pages["/set"] = lambda method, headers, sent: (200, "application/json", body)
    change(door, Registration, jwks_url=f"{door.platform.issuer}/set")


def test_abuse_011_a_published_key_of_1024_bits(door: Door) -> None:
    published(door, public_jwk("key-1", WEAK_KEY))
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = door.platform.sign(door.claims(begun), WEAK_KEY)
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), "unknown_key")


def test_abuse_012_a_published_key_whose_exponent_is_one(door: Door) -> None:
    published(door, public_jwk("key-1", KEY) | {"e": part(b"\x01")})
    door.assert_refused(door.launch(), "unknown_key")


def test_abuse_013_a_published_symmetric_key(door: Door) -> None:
    published(door, {"kty": "oct", "kid": "key-1", "alg": "HS256", "k": part(b"x" * 32)})
    door.assert_refused(door.launch(header={"alg": "HS256"}), "unknown_key")


def test_abuse_014_the_same_kid_published_twice_means_the_first(door: Door) -> None:
    published(door, public_jwk("key-1", OTHER_KEY), public_jwk("key-1", KEY))
    door.assert_refused(door.launch(), "bad_signature")


def test_abuse_015_a_key_behind_fifty_others(door: Door) -> None:
    published(door, *(public_jwk(f"other-{n}", OTHER_KEY) for n in range(50)), public_jwk("key-1", KEY))
    door.assert_refused(door.launch(), "unknown_key")


def test_abuse_016_crit_with_an_extension_nobody_knows(door: Door) -> None:
    door.assert_refused(door.launch(header={"crit": ["exp2"], "exp2": 1}), "critical_header")


def test_abuse_017_crit_with_b64(door: Door) -> None:
    door.assert_refused(door.launch(header={"crit": ["b64"], "b64": True}), "critical_header")


def test_abuse_018_an_encrypted_token_of_five_parts(door: Door) -> None:
    recipes.with_text(door, lambda token: token + ".x.y", "malformed_token")


def test_abuse_019_a_detached_payload(door: Door) -> None:
    recipes.with_text(door, lambda token: f"{token.split('.')[0]}..{token.split('.')[2]}", "malformed_token")


def test_abuse_020_a_header_that_is_a_list(door: Door) -> None:
    recipes.with_text(door, lambda token: f"{part(b'[1]')}.{token.split('.', 1)[1]}", "malformed_token")


def test_abuse_021_sub_that_stands_there_twice(door: Door) -> None:
    written(door, lambda text: text[:-1] + ', "sub": "8"}', "malformed_token")


def test_abuse_022_roles_that_stand_there_twice(door: Door) -> None:
    written(door, lambda text: f'{text[:-1]}, "{LTI}roles": ["Instructor"]}}', "malformed_token")


def test_abuse_023_the_same_claim_twice_by_an_escaped_letter(door: Door) -> None:
    written(door, lambda text: text[:-1] + r', "\u0073ub": "8"}', "malformed_token")


def test_abuse_024_a_context_with_two_ids(door: Door) -> None:
    written(door, lambda text: text.replace('"id": "2"', '"id": "2", "id": "3"'), "malformed_token")


def test_abuse_025_kid_that_stands_there_twice(door: Door) -> None:
    head = '{"alg": "RS256", "kid": "key-1", "kid": "theirs"}'
    written(door, lambda text: text, "malformed_token", head)


def test_abuse_026_claims_nested_5000_deep_and_signed(door: Door) -> None:
    written(door, lambda text: text[:-1] + ', "x": ' + "[" * 5000 + "]" * 5000 + "}", "malformed_token")


def test_abuse_027_a_number_of_5000_digits(door: Door) -> None:
    written(door, lambda text: text[:-1] + ', "x": ' + "9" * 5000 + "}", "malformed_token")


def test_abuse_028_claims_that_are_not_utf_8(door: Door) -> None:
    written(door, lambda text: text.replace("Siti", "\udcff"), "malformed_token")


def test_abuse_029_more_than_json_behind_the_claims(door: Door) -> None:
    written(door, lambda text: text + "{}", "malformed_token")


def test_abuse_030_30000_claims_of_no_meaning(door: Door) -> None:
    written(door, lambda text: text[:-1] + "".join(f',"{n}":0' for n in range(5000)) + "}", "token_too_long")


def test_abuse_031_a_token_for_another_client_of_the_same_lms(door: Door) -> None:
    register(door.db, FakePlatform(door.platform.issuer, "client-2"))
    door.assert_refused(door.launch(aud="client-2"), "wrong_audience")


def test_abuse_032_aud_of_a_thousand_with_ours_among_them(door: Door) -> None:
    door.assert_refused(door.launch(aud=[*(f"c{n}" for n in range(1000)), "client-1"]), "no_azp")


def test_abuse_033_aud_with_a_space_behind_ours(door: Door) -> None:
    door.assert_refused(door.launch(aud="client-1 "), "wrong_audience")


def test_abuse_034_iss_in_capital_letters(door: Door) -> None:
    door.assert_refused(door.launch(iss=door.platform.issuer.upper()), "wrong_issuer")


def test_abuse_035_iss_as_a_list_with_the_right_one(door: Door) -> None:
    door.assert_refused(door.launch(iss=[door.platform.issuer]), "wrong_issuer")


def test_abuse_036_exp_that_is_no_number(door: Door) -> None:
    door.assert_refused(door.launch(exp=float("nan")), "no_exp")


def test_abuse_037_exp_without_end(door: Door) -> None:
    door.assert_refused(door.launch(exp=float("inf")), "no_exp")


def test_abuse_038_exp_of_400_digits(door: Door) -> None:
    door.assert_refused(door.launch(exp=10**400), "no_exp")


def test_abuse_039_exp_as_text(door: Door) -> None:
    door.assert_refused(door.launch(exp=str(int(time.time()) + 60)), "no_exp")


def test_abuse_040_iat_that_is_true(door: Door) -> None:
    door.assert_refused(door.launch(iat=True), "no_iat")


def test_abuse_041_a_deployment_of_another_client(door: Door) -> None:
    other = FakePlatform(door.platform.issuer, "client-2", deployment_id="theirs")
    register(door.db, other)
    door.assert_refused(door.launch(lti__deployment_id="theirs"), "deployment_held", 403)


def test_abuse_042_a_deployment_with_a_space_before_it(door: Door) -> None:
    door.assert_refused(door.launch(lti__deployment_id=" 1"), "deployment_held", 403)


def test_abuse_043_a_deployment_as_a_number(door: Door) -> None:
    door.assert_refused(door.launch(lti__deployment_id=1), "no_deployment_id")


def test_abuse_044_sub_that_ends_in_a_nul(door: Door) -> None:
    door.assert_refused(door.launch(sub="7\0"), "bad_sub")


def test_abuse_045_sub_as_a_number(door: Door) -> None:
    door.assert_refused(door.launch(sub=7), "bad_sub")


def test_abuse_046_sub_written_from_right_to_left(door: Door) -> None:
    door.assert_refused(door.launch(sub="\u202e7"), "bad_sub")


def test_abuse_047_a_context_whose_id_is_half_a_pair(door: Door) -> None:
    door.assert_refused(door.launch(lti__context={"id": "\ud800"}), "bad_context")


def test_abuse_048_a_link_whose_id_is_a_list(door: Door) -> None:
    door.assert_refused(door.launch(lti__resource_link={"id": ["1"]}), "no_resource_link")
