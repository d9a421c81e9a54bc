"""The pages of the LMS's administrator: an invite, what will be asked, what an update changes, what was connected."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import update

import registering
from diklat_lti.lti import platforms
from diklat_lti.lti.registration import invites, ours
from diklat_lti.models import Invite, Platform, Registration
from fake_platform import fake_platform
from gallery import LONG, UNBROKEN, Gallery, Scene
from world import NOW


def connecting(gallery: Gallery) -> Iterator[Scene]:
    lms = "openid_configuration=https://lms.example.id/mod/lti/openid-configuration.php"
    fresh, used = invite_of(gallery), invite_of(gallery, gallery.deployment.registration_id)
    yield Scene("register-how", f"/lti/register?invite={fresh}")
    yield Scene("register", f"/lti/register?invite={fresh}&{lms}")
    yield Scene("registered", f"/lti/register?invite={used}")
    yield from connecting_again(gallery, fresh)
    yield Scene("registered-again", f"/lti/register?invite={used_again(gallery)}")
    yield Scene("config", "/lti/config")
    yield Scene("problem-unknown-invite", "/lti/register?invite=unknown")


def invite_of(gallery: Gallery, made: int | None = None, spent_at: datetime = NOW) -> str:
    with gallery.db.write() as session:
        token = invites.invite(session, "A", None, None, gallery.clock.real_now())
        spent = update(Invite).where(Invite.token_hash == invites._hash(token))
        session.execute(spent.values(registration_id=made, spent_at=spent_at if made else None))
    return token


def connecting_again(gallery: Gallery, invite: str) -> Iterator[Scene]:
    """An LMS that holds what its admin has edited, and one that says nothing."""
    with fake_platform() as platform:
        moodle = registering.Moodle(platform)
        held = ours.body(gallery.origin, "", True) | {"client_id": "abc", "client_name": "Diklat (admin)"}
        tool = held[ours.CONFIGURATION]
        tool["custom_parameters"] = {"ctx_history": "", "adminkey": UNBROKEN}
        less = held | {"scope": ours.SCOPES[0], "jwks_uri": f"https://{UNBROKEN}.example.id/jwks"}
        moodle.held = lambda: (200, "application/json", json.dumps(less).encode())
        query = f"invite={invite}&openid_configuration={platform.issuer}/config&registration_token={registering.UPDATE}"
        yield Scene("update", f"/lti/register?{query}")
        moodle.held = lambda: (404, "text/html", b"")
        yield Scene("update-unread", f"/lti/register?{query}")


def used_again(gallery: Gallery) -> str:
    """An update, of a client of a site that was known before; some of what it asked for is refused."""
    with gallery.db.write() as session:
        old = session.get_one(Registration, gallery.deployment.registration_id)
        addresses = (old.auth_login_url, old.token_url, old.jwks_url)
        endpoints = platforms.Endpoints(old.issuer, "second", *addresses)
        centre_id = session.get_one(Platform, old.platform_id).centre_id
        made = platforms.add(session, gallery.settings, endpoints, None, LONG, centre_id, NOW, ("moodle", "5.1"))
        made.scopes_asked = made.scopes_echoed = list(ours.SCOPES)
        made.scopes_granted, made.scopes_refused = made.scopes_asked[1:], made.scopes_asked[:1]
        made.scopes_granted_at = NOW
        later = NOW + timedelta(days=1)
        made_id = made.id
    return invite_of(gallery, made_id, later)
