"""PyLTI1p3, fenced in: it verifies the signature of a message; all else it would do, we do ourselves."""

import json
from typing import Any

import requests
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch

from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti.platform_jwk import Key

LONGEST_TOKEN = 48 * 1024
SIGNATURE_ONLY = {
    # PyJWT asks the system's clock, without leeway, and refuses an `iat` one second ahead: `claims.py` judges times.
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub"), False),
    "verify_jti": False,
    "verify_signature": True,
}
_no_network = requests.Session()
_unused: Any = object()


class _Message(MessageLaunch[Any, Any, Any, Any]):
    """One id_token. Its library's sessions, cookies, storage and network are not used."""

    def __init__(self, id_token: str) -> None:
        super().__init__(_unused, _unused, _unused, _unused, requests_session=_no_network)
        self.set_jwt_verify_options(SIGNATURE_ONLY)
        self.id_token = id_token
        self.key: Key | None = None

    def _get_request_param(self, key: str) -> str:
        return self.id_token if key == "id_token" else ""

    def validate_jwt_format(self) -> "_Message":
        """Takes the token apart in the library's stead: each part is read once, and not where a name stands in it twice."""
        header, claims, _signature = self.id_token.split(".")
        self._jwt["header"], self._jwt["body"] = self._read(header), self._read(claims)
        return self

    def _read(self, part: str) -> Any:
        return json.loads(self.urlsafe_b64decode(part), object_pairs_hook=_each_once)

    def get_public_key(self) -> Any:
        """The library would fetch it, without time-out, and choose the algorithm that the platform names."""
        return self.key, "RS256"


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Whoever reads a claim that stands there twice reads one of two messages."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


class Token:
    """An id_token as it came. Nothing in it is believed before `verified`."""

    def __init__(self, id_token: str) -> None:
        if len(id_token) > LONGEST_TOKEN:
            raise untrusted("token_too_long", say("The sign-in message of your LMS could not be read."))
        self._message = _Message(id_token)
        try:
            self._message.validate_jwt_format()
            header = self._message._jwt["header"]
            self.kid = header.get("kid")
        except (ValueError, AttributeError, RecursionError, TypeError) as e:
            raise untrusted("malformed_token", say("The sign-in message of your LMS could not be read.")) from e
        if "crit" in header:  # it says that whoever does not know some extension must refuse; we know none
            raise untrusted("critical_header", say("The sign-in message of your LMS could not be read."))

    @property
    def claimed(self) -> dict[str, Any]:
        """What it says, and nobody has verified: good for a guess at where a lost reader came from."""
        body = self._message._jwt.get("body")
        return dict(body) if isinstance(body, dict) else {}

    def verified(self, key: Key) -> dict[str, Any]:
        """The claims, once their signature is found to be made with `key`."""
        self._message.key = key
        try:
            self._message.validate_jwt_signature()
        except (LtiException, ValueError, TypeError, RecursionError) as e:
            raise untrusted("bad_signature", say("The sign-in message does not come from your LMS.")) from e
        return dict(self._message._jwt["body"])


def untrusted(reason: str, sentence: Sentence, advice: Sentence | None = None) -> Problem:
    """A launch that cannot be trusted."""
    return Problem(Kind.UNTRUSTED, reason, sentence, advice or say("Open the activity again from your course."))
