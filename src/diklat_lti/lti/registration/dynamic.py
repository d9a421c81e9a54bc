"""Dynamic registration: a platform opens an invite, its administrator says yes, both sides store the same."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import keys, known, platform_keys, platforms
from diklat_lti.lti.platforms import Endpoints
from diklat_lti.lti.registration import edits, invites, ours, theirs
from diklat_lti.lti.registration.edits import Change, Held
from diklat_lti.lti.registration.theirs import Site
from diklat_lti.models import Invite, Platform, Registration
from diklat_lti.settings import Settings
from diklat_lti.training import audit

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
    showed_edits: bool = False
    """The page promised that what the LMS holds goes back unchanged."""


@dataclass(frozen=True)
class Update:
    """What an update would do, before anything is sent. `held`: None where the LMS does not say what it holds."""

    held: Held | None
    changes: list[Change]


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
    site = theirs.read(settings, request.openid_configuration)
    answer = theirs.send(settings, site, request.registration_token, _body(settings, site, request))
    client_id = answer.get("client_id")
    if not isinstance(client_id, str):
        raise theirs.unusable(say("The LMS answered without a client id."))
    jwks = platform_keys.read(settings, site.jwks_url)
    with db.write() as session:
        endpoints = Endpoints(site.issuer, client_id, site.auth_login_url, site.token_url, site.jwks_url)
        registration = _stored(session, settings, endpoints, site, invite, now)
        registration.scopes_asked = list(ours.SCOPES)
        registration.scopes_echoed = str(answer.get("scope") or "").split()
        if jwks is not None:
            registration.jwks, registration.jwks_read_at = jwks, now
        if (deployment_id := _deployment_id(answer)) is not None:
            platforms.deploy(session, registration.id, deployment_id, now)
        session.get_one(Invite, invite.id).registration_id = registration.id
        registration_id = registration.id
    known.forget(db)
    return registration_id


def _body(settings: Settings, site: Site, request: Request) -> dict[str, Any]:
    """An update sends the edits back that stand there at this moment, not those of when the page was opened."""
    body = ours.body(settings.public_url, request.logo_url, request.with_names)
    if not theirs.is_update(request.registration_token):
        return body
    held = edits.read(settings, site, request.registration_token)
    if held is None and request.showed_edits:
        raise theirs.unusable(say("The LMS no longer says what it holds, so nothing was sent."), "held_unreadable")
    return body if held is None else edits.kept(body, held)


def look_before(settings: Settings, address: str, token: str | None, logo_url: str) -> Update:
    """Reads what the platform holds; it sends and stores nothing."""
    site = theirs.read(settings, address)
    held = edits.read(settings, site, token)
    if held is None:
        return Update(None, [])
    body = edits.kept(ours.body(settings.public_url, logo_url, False), held)
    return Update(held, edits.changes(held, body))


def _stored(
    session: WriteSession, settings: Settings, endpoints: Endpoints, site: Site, invite: Invite, now: datetime
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
    centre_id = session.get_one(Platform, present.platform_id).centre_id
    data = {"issuer": present.issuer, "client_id": present.client_id}
    audit.note(session, centre_id, None, "platform_updated", "platform", present.platform_id, data, now)
    return present


def _deployment_id(answer: dict[str, Any]) -> str | None:
    configuration = answer.get(ours.CONFIGURATION)
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
