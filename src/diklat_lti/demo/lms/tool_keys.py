"""The tools' public keys: fetched over HTTP, kept, fetched again when a signature does not fit."""

import json
import urllib.request
from typing import Any

import jwt

from diklat_lti.demo.lms.faults import tool_is_private


class Untrusted(Exception):  # noqa: N818 - it names what the token is
    """The signature or the token does not hold; the text is what Moodle's JWT library would say."""


class ToolKeys:
    """Moodle keeps a keyset without expiry, per client, and downloads it again on any failure."""

    def __init__(self, user_agent: str) -> None:
        self.user_agent = user_agent
        self._kept: dict[str, dict[str, jwt.PyJWK]] = {}

    def read(self, token: str, client_id: str, url: str) -> dict[str, Any]:
        """The claims of a token that the tool signed; `exp`, `iat` and `nbf` are the caller's to check."""
        if tool_is_private.get():
            raise Untrusted("The URL is blocked.")  # what Moodle's own security of outgoing requests says
        try:
            return _decode(token, self._kept.get(client_id, {}))
        except (jwt.PyJWTError, Untrusted):
            self._kept[client_id] = fetch(url, self.user_agent)
        try:
            return _decode(token, self._kept[client_id])
        except jwt.PyJWTError as error:
            raise Untrusted(str(error)) from error

    def forget(self) -> None:
        self._kept.clear()


def fetch(url: str, user_agent: str) -> dict[str, jwt.PyJWK]:
    """Moodle trusts what this URL says, and nothing else."""
    if not url.startswith(("http://", "https://")):
        raise Untrusted("keyset url is not http")
    asked = urllib.request.Request(url, headers={"User-Agent": user_agent, "Accept": "*/*"})  # noqa: S310 - looked at
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            found = jwt.PyJWKSet.from_dict(json.load(answer))
    except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
        raise Untrusted(f"cannot read the keyset: {error}") from error
    return {key.key_id: key for key in found.keys if key.key_id}


def _decode(token: str, keys: dict[str, jwt.PyJWK]) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token).get("kid")
    if not kid:
        raise Untrusted('"kid" empty, unable to lookup correct key')
    if kid not in keys:
        raise Untrusted('"kid" invalid, unable to lookup correct key')
    options: Any = {
        "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False, "verify_sub": False,
    }  # fmt: skip
    claims: dict[str, Any] = jwt.decode(token, keys[kid], algorithms=["RS256"], options=options)
    return claims
