"""Which keys of a platform's key set are believed: RSA of 2048 bits at least, meant for RS256, the first fifty."""

import base64
from typing import Any

import pytest

from diklat_lti.lti import platform_jwk


def jwk(bits: int = 2048, **changed: Any) -> dict[str, Any]:
    """An odd number of so many bits in the place of a modulus: nothing is signed with it."""
    modulus = base64.urlsafe_b64encode(((1 << bits) - 1).to_bytes((bits + 7) // 8, "big")).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": "a", "e": "AQAB", "n": modulus} | changed


def believed(*keys: Any) -> list[str]:
    return list(platform_jwk.keys_of({"keys": list(keys)}))


@pytest.mark.parametrize(("bits", "usable"), [(2048, True), (2047, False), (4096, True)])
def test_a_key_below_2048_bits_is_passed_over(bits: int, usable: bool) -> None:
    assert believed(jwk(bits)) == (["a"] if usable else [])


@pytest.mark.parametrize(
    "changed",
    [{"kty": "EC"}, {"alg": "RS512"}, {"use": "enc"}, {"n": 5}, {"e": None}, {"n": "ä"}, {"kid": 5}, {"e": ""}],
)
def test_a_key_that_differs_in_one_thing_is_passed_over_and_the_next_one_read(changed: dict[str, Any]) -> None:
    assert believed(jwk(), jwk(kid="b")) == ["a", "b"]
    assert believed(jwk(**changed), jwk(kid="b")) == ["b"]


def test_the_first_fifty_are_read() -> None:
    keys = [jwk(kid=str(n)) for n in range(51)]
    assert believed(*keys) == [str(n) for n in range(50)]


def test_of_two_with_one_name_the_first_one_holds() -> None:
    first = platform_jwk.keys_of({"keys": [jwk(2048), jwk(4096)]})["a"]
    assert first.key_size == 2048


@pytest.mark.parametrize("keys", [None, "x", {"a": 1}, ["x", None]])
def test_what_is_no_list_of_keys_holds_none(keys: Any) -> None:
    assert platform_jwk.keys_of({"keys": keys}) == {}


def test_a_key_of_any_length_is_read() -> None:
    """Its number is written without the filling at its end."""
    assert [believed(jwk(bits)) for bits in range(2048, 2208, 8)] == [["a"]] * 20
