"""A platform's published keys: which of a key set are believed, parsed once in a process."""

import base64
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

Key = RSAPublicKey
SMALLEST_BITS = 2048
MOST = 50


def keys_of(jwks: dict[str, Any]) -> dict[str, Key]:
    """By `kid`. Only RSA keys that may sign with RS256; whatever else stands there is passed over."""
    listed = jwks.get("keys")
    keys: dict[str, Key] = {}
    for jwk in listed[:MOST] if isinstance(listed, list) else []:
        if isinstance(jwk, dict) and isinstance(kid := jwk.get("kid"), str) and (key := _key(jwk)):
            keys.setdefault(kid, key)
    return keys


def _key(jwk: dict[str, Any]) -> Key | None:
    n, e = jwk.get("n"), jwk.get("e")
    if jwk.get("kty") != "RSA" or not isinstance(n, str) or not isinstance(e, str):
        return None
    if jwk.get("alg", "RS256") != "RS256" or jwk.get("use", "sig") != "sig":
        return None
    return _parsed(n, e)


@lru_cache(maxsize=256)
def _parsed(n: str, e: str) -> Key | None:
    try:
        modulus, exponent = _number(n), _number(e)
        return RSAPublicNumbers(exponent, modulus).public_key() if modulus.bit_length() >= SMALLEST_BITS else None
    except ValueError:
        return None


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
