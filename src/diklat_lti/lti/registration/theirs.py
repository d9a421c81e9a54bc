"""What a platform that wants to be registered says of itself, and the calls to it, each under the same limits."""

import json
import re
from dataclasses import dataclass
from typing import Any

import jwt

from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import guard, http
from diklat_lti.lti.storable import storable
from diklat_lti.lti.target import is_ours
from diklat_lti.settings import Settings

LIMITS = http.Limits(seconds=10, bytes=64 * 1024)
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


@dataclass(frozen=True)
class Site:
    """What a platform's configuration says."""

    issuer: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    product: str | None
    version: str | None


def read(settings: Settings, address: str) -> Site:
    """The platform's configuration, which only the issuer's own host may publish."""
    config = _json(_call(settings, "GET", address, {"Accept": "application/json"}, None))
    issuer, about = config.get("issuer"), config.get(PLATFORM)
    if not isinstance(issuer, str) or not is_ours(issuer, address):
        raise unusable(say("The configuration was not published by the LMS that it names."))
    about = about if isinstance(about, dict) else {}
    return Site(
        issuer=issuer,
        auth_login_url=_address(settings, config, "authorization_endpoint"),
        token_url=_address(settings, config, "token_endpoint"),
        jwks_url=_address(settings, config, "jwks_uri"),
        registration_url=_address(settings, config, "registration_endpoint"),
        product=_word(about.get("product_family_code")),
        version=_word(about.get("version")),
    )


def is_update(token: str | None) -> bool:
    """Whether the token is for changing what the platform holds already: Moodle says so in it (4.5.6, 5.1.3).

    Nothing is believed by that: the platform itself judges the token. Any other is never tried on a read, since it may
    be good for one request only.
    """
    try:
        claims = jwt.decode(token or "", options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False
    return claims.get("scope") == "reg-update"


def held(settings: Settings, site: Site, token: str) -> dict[str, Any]:
    """What the platform holds of us now; a `Problem` if it does not say."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    return _json(_call(settings, "GET", site.registration_url, headers, None))


def send(settings: Settings, site: Site, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return _json(_call(settings, "POST", site.registration_url, headers, json.dumps(body).encode()))


def _call(settings: Settings, method: str, address: str, headers: dict[str, str], data: bytes | None) -> http.Answer:
    try:
        answer = http.fetch(settings, method, address, headers=headers, data=data, limits=LIMITS)
    except http.Unreachable as e:
        raise unusable(UNREACHABLE[e.why], f"platform_{e.why}") from e
    if answer.status not in (200, 201):
        said = plain(answer.body.decode("utf-8", "replace"))
        raise unusable(
            say("The LMS refused: %(status)s %(said)s", status=answer.status, said=said or answer.reason),
            "platform_refused",
        )
    return answer


def plain(text: str) -> str:
    """The words of an answer that may be a whole HTML page."""
    body = re.sub(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", text[:20_000])
    return " ".join(body.split())[:300]


def _json(answer: http.Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not storable(value):
        raise unusable(say("The LMS answered with something that is not its configuration."))
    return value


def _address(settings: Settings, config: dict[str, Any], name: str) -> str:
    address = config.get(name)
    if not isinstance(address, str) or not guard.speaks_allowed(address, settings.allow_private_platforms):
        raise unusable(say("The LMS names no usable address as %(name)s.", name=name))
    return address


def _word(value: object) -> str | None:
    return value[:100] if isinstance(value, str) and value.isprintable() else None


def unusable(sentence: Sentence, reason: str = "bad_configuration") -> Problem:
    return Problem(Kind.BAD_INPUT, reason, sentence, say("Nothing was registered. The same link can be used again."))


UNREACHABLE: dict[http.Why, Sentence] = {
    "forbidden": say("The LMS lies at an address that this tool may not call."),
    "not_sent": say("The LMS could not be reached."),
    "maybe_sent": say("The LMS did not answer in time."),
    "too_large": say("The answer of the LMS was far too long."),
}
