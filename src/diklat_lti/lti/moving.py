"""A site that changed its name: issuer and addresses move along, and everything else stays what and whose it was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import platforms
from diklat_lti.lti.platforms import Endpoints
from diklat_lti.models import AccessToken, Course, Deployment, GradeItem, Launch, Platform, Registration
from diklat_lti.settings import Settings
from diklat_lti.training import audit

ENDPOINTS = ("auth_login_url", "token_url", "jwks_url")
MOST = 1000
"""The longest address that a row keeps."""


@dataclass(frozen=True)
class Moved:
    """What the operator is told."""

    old_issuer: str
    addresses: int
    """Rows whose address changed."""


def move(
    session: WriteSession, settings: Settings, platform_id: int, issuer: str, actor_id: int | None, now: datetime
) -> Moved:
    """The platform is at `issuer` from now on. Its people, courses, runs and grades are not touched; an address that lies
    elsewhere, such as a sign-in of its own, stays as it is."""
    platform = platforms.find(session, platform_id)
    registrations = _registrations(session, platform, issuer)
    old = registrations[0].issuer
    moved = mover(old, issuer)
    for registration in registrations:
        _move_registration(session, settings, registration, issuer, moved)
    ids = [registration.id for registration in registrations]
    deployed = select(Deployment.id).where(Deployment.registration_id.in_(ids))
    changed = sum(
        _rewrite(session, column, which, moved)
        for column, which in (
            (GradeItem.lineitem_url, GradeItem.deployment_id.in_(deployed)),
            (Course.lineitems_url, Course.platform_id == platform_id),
            (Course.memberships_url, Course.platform_id == platform_id),
            (Launch.return_url, Launch.deployment_id.in_(deployed) & (Launch.expires_at > now)),
        )
    )
    data = {"from": old, "to": issuer, "registrations": ids, "addresses": changed}
    audit.note(session, platform.centre_id, actor_id, "platform_moved", "platform", platform_id, data, now)
    return Moved(old, changed)


def mover(old_issuer: str, new_issuer: str) -> Callable[[str], str]:
    """Address → the same page under the new name. What lies below the issuer goes with it, what lies beside it on the same
    host goes to the new host, what lies elsewhere stays."""
    old, new = old_issuer.rstrip("/"), new_issuer.rstrip("/")
    old_host, new_host = (f"{parts.scheme}://{parts.netloc}" for parts in (urlsplit(old), urlsplit(new)))

    def moved(address: str) -> str:
        for before, after in ((old, new), (old_host, new_host)):
            if address == before or address.startswith((f"{before}/", f"{before}?")):
                return after + address.removeprefix(before)
        return address

    return moved


def _registrations(session: WriteSession, platform: Platform, issuer: str) -> list[Registration]:
    """All clients of the site that the platform's newest one belongs to, that one first."""
    r = Registration
    found = list(session.scalars(select(r).where(r.platform_id == platform.id).order_by(r.id.desc()).with_for_update()))
    if not found:
        raise Problem(
            Kind.CONFLICT,
            "platform_without_client",
            say("Platform %(id)s has no client that could move.", id=platform.id),
            say("See diklat-lti platform list."),
        )
    if found[0].issuer == issuer:
        sentence = say("Platform %(id)s has this address already.", id=platform.id)
        raise Problem(Kind.CONFLICT, "same_issuer", sentence, say("Nothing was changed."))
    return [registration for registration in found if registration.issuer == found[0].issuer]


def _move_registration(
    session: WriteSession, settings: Settings, registration: Registration, issuer: str, moved: Callable[[str], str]
) -> None:
    """A site keeps its keys when it changes its name; its set is read again at once for one that is not known."""
    taken = (Registration.issuer == issuer, Registration.client_id == registration.client_id)
    if session.scalar(select(Registration.id).where(*taken)) is not None:
        raise Problem(
            Kind.CONFLICT,
            "already_registered",
            say(
                "The client %(client)s of %(issuer)s is registered already.",
                client=registration.client_id,
                issuer=issuer,
            ),
            say("Nothing was changed. If it is the same LMS, see diklat-lti platform join."),
        )
    addresses = {name: moved(getattr(registration, name)) for name in ENDPOINTS}
    platforms.check(Endpoints(issuer=issuer, client_id=registration.client_id, **addresses), settings)
    registration.issuer = issuer
    for name, address in addresses.items():
        setattr(registration, name, address)
    registration.jwks_read_at = registration.jwks_tried_at = None
    session.execute(delete(AccessToken).where(AccessToken.registration_id == registration.id))
    session.flush()


def _rewrite(
    session: WriteSession,
    column: InstrumentedAttribute[Any],
    which: ColumnElement[bool],
    moved: Callable[[str], str],
) -> int:
    """How many rows have another address now. One that would grow too long to be kept is forgotten: the next launch tells it."""
    changed = 0
    for address in session.scalars(select(column).where(which, column.is_not(None)).distinct()).all():
        if (there := moved(address)) != address:
            rewritten = update(column.class_).where(which, column == address)
            value = {column.key: there if len(there) <= MOST else None}
            done = session.execute(rewritten.values(value).execution_options(synchronize_session=False))
            changed += done.rowcount  # type: ignore[attr-defined]
    return changed
