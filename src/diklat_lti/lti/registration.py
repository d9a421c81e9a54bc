"""Dynamic registration: a platform opens an invite, its administrator says yes, both sides store the same."""

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import guard, http, invites, keys, known, platform_keys, platforms, registration_body
from diklat_lti.lti.platforms import Endpoints
from diklat_lti.lti.target import is_ours
from diklat_lti.models import Invite, Registration
from diklat_lti.settings import Settings

LIMITS = http.Limits(seconds=10, bytes=64 * 1024)
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
WAIT = 25.0
"""Seconds that a second click waits for what the first one is doing."""


@dataclass(frozen=True)
class Request:
    """What the administrator says yes to."""

    invite_token: str
    openid_configuration: str
    registration_token: str | None
    with_names: bool
    logo_url: str


@dataclass(frozen=True)
class _Site:
    """What a platform's configuration says."""

    issuer: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    product: str | None
    version: str | None


def register(db: Database, settings: Settings, request: Request, now: datetime) -> int:
    """The registration's id. Done once: a reload or a second click comes to the same one."""
    with db.read() as session:
        invite = invites.find(session, request.invite_token, now)
    if invite.registration_id is not None:
        return invite.registration_id
    with db.write() as session:
        keys.ensure(session, settings.secret_keys, now)
        mine = invites.claim(session, invite.id, now)
    if not mine:
        return _await_other(db, request.invite_token, now)
    try:
        return _register(db, settings, invite, request, now)
    except Problem:
        with db.write() as session:
            invites.release(session, invite.id)
        raise


def _register(db: Database, settings: Settings, invite: Invite, request: Request, now: datetime) -> int:
    site = _read_site(settings, request.openid_configuration)
    body = registration_body.body(settings.public_url, request.logo_url, request.with_names)
    answer = _post(settings, site, request.registration_token, body)
    client_id = answer.get("client_id")
    if not isinstance(client_id, str):
        raise _unusable(say("The LMS answered without a client id."))
    jwks = platform_keys.read(settings, site.jwks_url)
    with db.write() as session:
        endpoints = Endpoints(site.issuer, client_id, site.auth_login_url, site.token_url, site.jwks_url)
        registration = _stored(session, settings, endpoints, site, invite, now)
        registration.scopes_asked = list(registration_body.SCOPES)
        registration.scopes_echoed = str(answer.get("scope") or "").split()
        if jwks is not None:
            registration.jwks, registration.jwks_read_at = jwks, now
        if (deployment_id := _deployment_id(answer)) is not None:
            platforms.deploy(session, registration.id, deployment_id, now)
        session.get_one(Invite, invite.id).registration_id = registration.id
        registration_id = registration.id
    known.forget(db)
    return registration_id


def _stored(
    session: WriteSession, settings: Settings, endpoints: Endpoints, site: _Site, invite: Invite, now: datetime
) -> Registration:
    """A client that is known already keeps its history and gets the addresses that the platform names today."""
    platforms.check(endpoints, settings)
    named = (Registration.issuer == endpoints.issuer, Registration.client_id == endpoints.client_id)
    present = session.scalar(select(Registration).where(*named))
    if present is None:
        product = (site.product, site.version)
        return platforms.add(session, settings, endpoints, None, invite.name, invite.centre_id, now, product)
    present.auth_login_url, present.token_url, present.jwks_url = site.auth_login_url, site.token_url, site.jwks_url
    present.disabled_at = None
    return present


def _read_site(settings: Settings, address: str) -> _Site:
    """The platform's configuration, which only the issuer's own host may publish."""
    config = _json(_call(settings, "GET", address, {"Accept": "application/json"}, None))
    issuer, about = config.get("issuer"), config.get(PLATFORM)
    if not isinstance(issuer, str) or not is_ours(issuer, address):
        raise _unusable(say("The configuration was not published by the LMS that it names."))
    about = about if isinstance(about, dict) else {}
    return _Site(
        issuer=issuer,
        auth_login_url=_address(settings, config, "authorization_endpoint"),
        token_url=_address(settings, config, "token_endpoint"),
        jwks_url=_address(settings, config, "jwks_uri"),
        registration_url=_address(settings, config, "registration_endpoint"),
        product=_word(about.get("product_family_code")),
        version=_word(about.get("version")),
    )


def _post(settings: Settings, site: _Site, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return _json(_call(settings, "POST", site.registration_url, headers, json.dumps(body).encode()))


def _call(settings: Settings, method: str, address: str, headers: dict[str, str], data: bytes | None) -> http.Answer:
    try:
        answer = http.fetch(settings, method, address, headers=headers, data=data, limits=LIMITS)
    except http.Unreachable as e:
        raise _unusable(UNREACHABLE[e.why], f"platform_{e.why}") from e
    if answer.status not in (200, 201):
        said = plain(answer.body.decode("utf-8", "replace"))
        raise _unusable(
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
    if not isinstance(value, dict):
        raise _unusable(say("The LMS answered with something that is not its configuration."))
    return value


def _address(settings: Settings, config: dict[str, Any], name: str) -> str:
    address = config.get(name)
    if not isinstance(address, str) or not guard.speaks_allowed(address, settings.allow_private_platforms):
        raise _unusable(say("The LMS names no usable address as %(name)s.", name=name))
    return address


def _deployment_id(answer: dict[str, Any]) -> str | None:
    configuration = answer.get(registration_body.CONFIGURATION)
    value = configuration.get("deployment_id") if isinstance(configuration, dict) else None
    usable = isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= 255
    return str(value) if usable else None


def _await_other(db: Database, token: str, now: datetime) -> int:
    give_up = time.monotonic() + WAIT
    while time.monotonic() < give_up:
        with db.read() as session:
            invite = invites.find(session, token, now)
        if invite.registration_id is not None:
            return invite.registration_id
        if invite.spent_at is None:
            break
        time.sleep(0.1)
    raise Problem(
        Kind.CONFLICT,
        "registration_under_way",
        say("This registration is under way, or has just failed in another window."),
        say("Wait a minute, then start it again in your LMS."),
    )


def _word(value: object) -> str | None:
    return value[:100] if isinstance(value, str) and value.isprintable() else None


def _unusable(sentence: Sentence, reason: str = "bad_configuration") -> Problem:
    return Problem(Kind.BAD_INPUT, reason, sentence, say("Nothing was registered. The same link can be used again."))


UNREACHABLE: dict[http.Why, Sentence] = {
    "forbidden": say("The LMS lies at an address that this tool may not call."),
    "not_sent": say("The LMS could not be reached."),
    "maybe_sent": say("The LMS did not answer in time."),
    "too_large": say("The answer of the LMS was far too long."),
}
