"""Secrets at rest: private keys and access tokens are stored encrypted under DIKLAT_SECRET_KEY."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from diklat_lti.errors import Kind, Problem, say

Secrets = tuple[str, ...]
"""`settings.secret_keys`: the newest first."""


def seal(secrets: Secrets, plain: bytes) -> bytes:
    return _boxes(secrets).encrypt(plain)


def unseal(secrets: Secrets, box: bytes) -> bytes:
    """What was sealed under any of the secrets."""
    try:
        return _boxes(secrets).decrypt(box)
    except InvalidToken as e:
        raise Problem(
            Kind.UNAVAILABLE,
            "secret_key_changed",
            say("The stored keys cannot be opened with the present DIKLAT_SECRET_KEY."),
            say("Put the old key behind the new one, separated by a comma."),
        ) from e


@lru_cache(maxsize=8)
def _boxes(secrets: Secrets) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    # Its own derivation: the same setting also signs tickets, and one use must tell nothing about the other.
    key = HKDF(SHA256(), length=32, salt=None, info=b"diklat-lti sealed").derive(secret.encode())
    return base64.urlsafe_b64encode(key)
