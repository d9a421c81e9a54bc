"""The platform's key: signs id_tokens and registration tokens, and shows its public half."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import insert, select

from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import site


@dataclass(frozen=True)
class PlatformKey:
    """Parsed once: parsing a PEM for each launch would cost more than signing."""

    kid: str
    private: rsa.RSAPrivateKey

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token that we signed. Times are the caller's to check: its clock is passed in."""
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_sub": False}
        claims: dict[str, Any] = jwt.decode(token, self.private.public_key(), algorithms=["RS256"], options=options)
        return claims

    def public(self) -> dict[str, Any]:
        """The JWK that certs.php shows."""
        key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"kty": "RSA", "alg": "RS256", "kid": self.kid, "e": key["e"], "n": key["n"], "use": "sig"}


def make_key() -> PlatformKey:
    return PlatformKey(token_hex(10), rsa.generate_private_key(public_exponent=65537, key_size=2048))


def load_or_make(db: Connection) -> PlatformKey:
    """The key lies in the database, so that a second start keeps it."""
    kept = dict(db.execute(select(site.c.key, site.c.value).where(site.c.key.in_(("kid", "key")))).all())
    if not kept:
        made = make_key()
        pem = made.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        kept = {"kid": made.kid, "key": pem}
        db.execute(insert(site), [{"key": key, "value": value} for key, value in kept.items()])
    private = load_pem_private_key(kept["key"].encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return PlatformKey(kept["kid"], private)
