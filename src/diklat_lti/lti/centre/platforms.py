"""The platforms of a centre as its admins see them, and what they may change: names, and who is let in. Never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models import Deployment, Launch, Platform, Registration
from diklat_lti.training import audit

LONGEST_NAME = 200


@dataclass(frozen=True)
class DeploymentLine:
    """`state`: admitted, held or disabled."""

    id: int
    deployment_id: str
    state: str


@dataclass(frozen=True)
class RegistrationLine:
    id: int
    issuer: str
    client_id: str
    disabled: bool
    deployments: tuple[DeploymentLine, ...]


@dataclass(frozen=True)
class PlatformCard:
    """An LMS with all that an admin asks about it first. `joined_to` is the name of the one that took its history over."""

    id: int
    name: str
    product: str | None
    version: str | None
    disabled: bool
    joined_to: str | None
    keys_fetched_at: datetime | None
    keys_fetched_by: str | None
    last_launch_at: datetime | None
    registrations: tuple[RegistrationLine, ...]


def every(session: Session, centre_id: int) -> list[PlatformCard]:
    """By name; those whose history went over to another one last."""
    mine = Platform.centre_id == centre_id
    platforms = session.scalars(select(Platform).where(mine).order_by(Platform.name, Platform.id)).all()
    names = {platform.id: platform.name for platform in platforms}
    joined = select(Registration).join(Platform, Platform.id == Registration.platform_id)
    registrations = session.scalars(joined.where(mine).order_by(Registration.id)).all()
    found = (
        select(Deployment)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Platform, Platform.id == Registration.platform_id)
    )
    deployments = session.scalars(found.where(mine).order_by(Deployment.id)).all()
    launched = _last_launches(session, centre_id)
    cards = [_card(p, names, registrations, deployments, launched.get(p.id)) for p in platforms]
    return sorted(cards, key=lambda card: card.joined_to is not None)


def one(session: Session, centre_id: int, platform_id: int) -> Platform:
    """A platform of this centre; another's is 404."""
    found = session.scalar(select(Platform).where(Platform.id == platform_id, Platform.centre_id == centre_id))
    if found is None:
        raise not_found()
    return found


def rename(session: WriteSession, centre_id: int, platform_id: int, name: str, actor_id: int, now: datetime) -> None:
    platform = one(session, centre_id, platform_id)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Problem(
            Kind.BAD_INPUT, "bad_name", say("A name has 1 to 200 characters."), say("Go back and type it again.")
        )
    if platform.name != name:
        data = {"from": platform.name, "to": name}
        platform.name = name
        audit.note(session, centre_id, actor_id, "platform_renamed", "platform", platform_id, data, now)


def switch(
    session: WriteSession, centre_id: int, platform_id: int, disabled: bool, actor_id: int, now: datetime
) -> None:
    """Refuses every launch from it, or lets them in again; its grades wait meanwhile. Twice changes nothing."""
    platform = one(session, centre_id, platform_id)
    if (platform.disabled_at is not None) is disabled:
        return
    platform.disabled_at = now if disabled else None
    action = "platform_disabled" if disabled else "platform_enabled"
    audit.note(session, centre_id, actor_id, action, "platform", platform_id, {}, now)


def settle(
    session: WriteSession, centre_id: int, deployment: int, admitted: bool, actor_id: int, now: datetime
) -> None:
    """Lets in a deployment that is held or disabled, or disables one. Twice changes nothing. `deployment` is its row."""
    row = session.execute(
        select(Deployment, Platform.id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Platform, Platform.id == Registration.platform_id)
        .where(Deployment.id == deployment, Platform.centre_id == centre_id)
    ).one_or_none()
    if row is None:
        raise not_found()
    found, platform_id = row
    if (_state(found) == "admitted") is admitted and (admitted or found.disabled_at is not None):
        return
    if admitted:
        found.admitted_at, found.disabled_at = found.admitted_at or now, None
    else:
        found.disabled_at = now
    action = "deployment_admitted" if admitted else "deployment_disabled"
    audit.note(session, centre_id, actor_id, action, "platform", platform_id, {"id": found.deployment_id}, now)


def _card(
    platform: Platform,
    names: dict[int, str],
    registrations: Iterable[Registration],
    deployments: Iterable[Deployment],
    last_launch_at: datetime | None,
) -> PlatformCard:
    lines = [
        RegistrationLine(r.id, r.issuer, r.client_id, r.disabled_at is not None, tuple(_lines(deployments, r.id)))
        for r in registrations
        if r.platform_id == platform.id
    ]
    return PlatformCard(
        id=platform.id,
        name=platform.name,
        product=platform.product,
        version=platform.version,
        disabled=platform.disabled_at is not None,
        joined_to=names.get(platform.joined_to_id) if platform.joined_to_id else None,
        keys_fetched_at=platform.keys_fetched_at,
        keys_fetched_by=platform.keys_fetched_by,
        last_launch_at=last_launch_at,
        registrations=tuple(lines),
    )


def _lines(deployments: Iterable[Deployment], registration_id: int) -> Iterable[DeploymentLine]:
    for row in deployments:
        if row.registration_id == registration_id:
            yield DeploymentLine(row.id, row.deployment_id, _state(row))


def _state(row: Deployment) -> str:
    return "disabled" if row.disabled_at else "admitted" if row.admitted_at else "held"


def _last_launches(session: Session, centre_id: int) -> dict[int, Any]:
    last = (
        select(Platform.id, func.max(Launch.at))
        .join(Registration, Registration.platform_id == Platform.id)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .join(Launch, Launch.deployment_id == Deployment.id)
        .where(Platform.centre_id == centre_id)
        .group_by(Platform.id)
    )
    return dict(session.execute(last).all())
