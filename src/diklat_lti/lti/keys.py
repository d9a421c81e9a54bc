"""The tool's signing keys: made, published before they are used, retired while their tokens live, revoked at once."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti.sealed import Secrets, seal, unseal
from diklat_lti.models import SigningKey
from diklat_lti.training import audit

SETTLING = timedelta(minutes=10)
"""A new key is published this long before anything is signed with it."""
KEPT = timedelta(days=14)
"""A retired key stays published this long: Moodle asks for old deep-linking answers' keys late."""

RENEWED = timedelta(days=90)
"""A key that is older than this is rotated without anybody's doing."""


@dataclass(frozen=True)
class Signer:
    """A private key ready for use; loading it costs far more than signing."""

    kid: str
    private_key: RSAPrivateKey


@dataclass(frozen=True)
class KeyLine:
    """A key as the operator sees it. `state`: settling, signing, published, gone or revoked."""

    kid: str
    state: str
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None
    """None: nothing ends it yet."""


def ensure(session: WriteSession, secrets: Secrets, now: datetime) -> SigningKey:
    """The key in use; the first one is made here and used at once, since nobody has fetched anything yet."""
    return _usable(session, now) or _make(session, secrets, used_from=now, now=now)


def rotate(session: WriteSession, secrets: Secrets, now: datetime) -> SigningKey:
    """A new key takes over after the settling time; the present ones retire then."""
    if _usable(session, now) is None:
        return _make(session, secrets, used_from=now, now=now)
    takes_over = now + SETTLING
    for key in session.scalars(select(SigningKey).where(SigningKey.retired_at.is_(None))):
        key.retired_at = takes_over
    made = _make(session, secrets, used_from=takes_over, now=now)
    audit.note(session, None, None, "key_rotated", "signing_key", made.id, {"kid": made.kid}, now)
    return made


def renew(session: WriteSession, secrets: Secrets, now: datetime) -> SigningKey | None:
    """Rotates where the newest key has had its 90 days; None where it has not, or none was ever made."""
    session.execute(select(SigningKey.id).order_by(SigningKey.id).with_for_update())  # several workers rotate once
    newest = session.scalar(select(func.max(SigningKey.created_at)).where(SigningKey.revoked_at.is_(None)))
    return rotate(session, secrets, now) if newest is not None and newest <= now - RENEWED else None


def revoke(session: WriteSession, secrets: Secrets, kid: str, now: datetime) -> SigningKey:
    """For an emergency: unpublished at once. Returns the key that is used from now on."""
    key = session.scalar(select(SigningKey).where(SigningKey.kid == kid, SigningKey.revoked_at.is_(None)))
    if key is None:
        raise Problem(Kind.NOT_FOUND, "no_such_key", say("There is no key %(kid)s.", kid=kid))
    key.revoked_at = now
    key.retired_at = key.retired_at or now
    session.flush()
    used = _usable(session, now) or _make(session, secrets, used_from=now, now=now)
    if session.scalar(select(SigningKey.id).where(SigningKey.retired_at.is_(None)).limit(1)) is None:
        used.retired_at = None  # the key that was to take over is the one revoked
    audit.note(session, None, None, "key_revoked", "signing_key", key.id, {"kid": kid, "used": used.kid}, now)
    return used


def every(session: Session) -> list[SigningKey]:
    return list(session.scalars(select(SigningKey).order_by(SigningKey.id)))


def lines(session: Session, now: datetime) -> list[KeyLine]:
    """The newest first."""
    used = _usable(session, now)
    return [_line(key, used, now) for key in reversed(every(session))]


def _line(key: SigningKey, used: SigningKey | None, now: datetime) -> KeyLine:
    until = key.revoked_at or (key.retired_at and key.retired_at + KEPT)
    if key.revoked_at is not None:
        state = "revoked"
    elif until is not None and until <= now:
        state = "gone"
    elif key is used:
        state = "signing"
    else:
        state = "settling" if key.used_from > now else "published"
    return KeyLine(key.kid, state, key.created_at, key.used_from, until)


def public_jwks(session: Session, now: datetime) -> dict[str, Any]:
    """What `/lti/jwks` shows: all that may have signed something that is still believed, and what will sign next."""
    published = select(SigningKey.public_jwk).where(
        SigningKey.revoked_at.is_(None),
        or_(SigningKey.retired_at.is_(None), SigningKey.retired_at > now - KEPT),
    )
    return {"keys": list(session.scalars(published.order_by(SigningKey.id)))}


def current(session: Session, secrets: Secrets, now: datetime) -> Signer:
    """The key to sign with."""
    key = _usable(session, now)
    if key is None:
        raise Problem(
            Kind.UNAVAILABLE,
            "no_signing_key",
            say("The tool has no signing key yet."),
            say("Run diklat-lti migrate, then start the service again."),
        )
    return _signer(key.kid, key.private_key, secrets)


@lru_cache(maxsize=8)
def _signer(kid: str, box: bytes, secrets: Secrets) -> Signer:
    private_key = load_pem_private_key(unseal(secrets, box), None)
    assert isinstance(private_key, RSAPrivateKey)
    return Signer(kid, private_key)


def _usable(session: Session, now: datetime) -> SigningKey | None:
    usable = select(SigningKey).where(
        SigningKey.used_from <= now,
        SigningKey.revoked_at.is_(None),
        or_(SigningKey.retired_at.is_(None), SigningKey.retired_at > now),
    )
    return session.scalar(usable.order_by(SigningKey.used_from.desc(), SigningKey.id.desc()).limit(1))


def _make(session: WriteSession, secrets: Secrets, used_from: datetime, now: datetime) -> SigningKey:
    private_key = generate_private_key(65537, 2048)
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_jwk = jwk_of(private_key.public_key())
    key = SigningKey(
        kid=public_jwk["kid"],
        private_key=seal(secrets, pem),
        public_jwk=public_jwk,
        created_at=now,
        used_from=used_from,
    )
    session.add(key)
    session.flush()
    return key


def jwk_of(public_key: RSAPublicKey) -> dict[str, Any]:
    """Moodle re-downloads a key without `alg` for every signature, so all six members are there."""
    numbers = public_key.public_numbers()
    required = {"e": _base64(numbers.e), "kty": "RSA", "n": _base64(numbers.n)}
    thumbprint = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {**required, "kid": kid, "alg": "RS256", "use": "sig"}


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
