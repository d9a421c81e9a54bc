"""Signed values: what we give out, keep nowhere, and must know again when it comes back. Signed for one purpose each."""

import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from diklat_lti.lti.sealed import Secrets

_written = json.JSONEncoder(separators=(",", ":")).encode


def dumps(secrets: Secrets, purpose: str, value: Any) -> str:
    """Only letters, digits, `.`, `-` and `_`: Moodle cleans other characters out of a state."""
    return sign(secrets, purpose, base64_encode(_written(value)))


def loads(secrets: Secrets, purpose: str, signed: object) -> Any:
    """None for whatever was not signed by us for this purpose."""
    payload = unsign(secrets, purpose, signed)
    return None if payload is None else json.loads(base64_decode(payload))


def sign(secrets: Secrets, purpose: str, value: str | bytes) -> str:
    """`value` as it stands, with the signature behind it."""
    return _signer(secrets, purpose).sign(value).decode()


def unsign(secrets: Secrets, purpose: str, signed: object) -> str | None:
    """What `sign` was given; None for whatever was not signed by us for this purpose, under any of the secrets."""
    if not isinstance(signed, str):
        return None
    try:
        return _signer(secrets, purpose).unsign(signed).decode()
    except (BadSignature, ValueError):
        return None


@lru_cache(maxsize=32)
def _signer(secrets: Secrets, purpose: str) -> Signer:
    """Its keys are derived once: the library would derive one at every signature."""
    newest_last = [hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in reversed(secrets)]
    return Signer(newest_last, key_derivation="none", digest_method=hashlib.sha256)
