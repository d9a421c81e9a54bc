"""Platforms, their registrations and deployments: made, listed, switched off and on, admitted. Never deleted."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import guard, trying
from diklat_lti.lti.trying import Tried
from diklat_lti.models import Centre, Deployment, Platform, Registration
from diklat_lti.settings import Settings
from diklat_lti.training import audit, centres


@dataclass(frozen=True)
class Endpoints:
    """What the tool must know of an LMS. Each is an address that the LMS names."""

    issuer: str
    client_id: str
    auth_login_url: str
    token_url: str
    jwks_url: str


@dataclass(frozen=True)
class PlatformLine:
    """A registration as the operator sees it; `deployments` are (id, admitted, held or disabled)."""

    platform_id: int
    name: str
    product: str | None
    issuer: str
    client_id: str
    disabled: bool
    deployments: tuple[tuple[str, str], ...]


def add(
    session: WriteSession,
    settings: Settings,
    endpoints: Endpoints,
    deployment_id: str | None,
    name: str | None,
    centre_id: int | None,
    now: datetime,
    product: tuple[str | None, str | None] = (None, None),
    actor_id: int | None = None,
) -> Registration:
    """A new platform with its registration and, where it is known, its deployment. Raises if a URL may not be called."""
    check(endpoints, settings)
    known = (Registration.issuer == endpoints.issuer, Registration.client_id == endpoints.client_id)
    if session.scalar(select(Registration.id).where(*known)) is not None:
        sentence = say(
            "The client %(client)s of %(issuer)s is registered already.",
            client=endpoints.client_id,
            issuer=endpoints.issuer,
        )
        raise Problem(Kind.CONFLICT, "already_registered", sentence, say("Nothing was changed."))
    name = name or urlsplit(endpoints.issuer).hostname or endpoints.issuer
    family, version = product
    platform = Platform(
        centre_id=_centre(session, centre_id, name, now),
        name=name[:200],
        product=family,
        version=version,
        created_at=now,
    )
    session.add(platform)
    session.flush()
    registration = Registration(platform_id=platform.id, created_at=now, **vars(endpoints))
    session.add(registration)
    session.flush()
    if deployment_id:
        deploy(session, registration.id, deployment_id, now)
    data = {"issuer": endpoints.issuer, "client_id": endpoints.client_id, "deployment_id": deployment_id}
    audit.note(session, platform.centre_id, actor_id, "platform_added", "platform", platform.id, data, now)
    return registration


def deploy(session: WriteSession, registration_id: int, deployment_id: str, now: datetime) -> Deployment:
    """A deployment that may come in: made, or admitted if a launch has shown it before. A disabled one stays disabled: only
    who switched it off, or `admit`, says otherwise."""
    known = select(Deployment).where(
        Deployment.registration_id == registration_id, Deployment.deployment_id == deployment_id
    )
    deployment = session.scalar(known)
    if deployment is None:
        deployment = Deployment(registration_id=registration_id, deployment_id=deployment_id, created_at=now)
        session.add(deployment)
    deployment.admitted_at = deployment.admitted_at or now
    session.flush()
    return deployment


def admit(session: WriteSession, platform_id: int, deployment_id: str, now: datetime) -> Deployment:
    """Lets in a deployment of this platform that a launch has shown."""
    shown = (
        select(Deployment)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(Registration.platform_id == platform_id, Deployment.deployment_id == deployment_id)
    )
    deployment = session.scalar(shown.order_by(Deployment.id.desc()).limit(1))
    if deployment is None:
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_deployment",
            say("Platform %(id)s has shown no deployment %(deployment)s.", id=platform_id, deployment=deployment_id),
            say("A deployment shows itself at its first launch. See diklat-lti platform list."),
        )
    deployment.disabled_at = None
    audit.note(session, None, None, "deployment_admitted", "platform", platform_id, {"id": deployment_id}, now)
    return deploy(session, deployment.registration_id, deployment_id, now)


def find(session: Session, platform_id: int) -> Platform:
    platform = session.get(Platform, platform_id)
    if platform is None:
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_platform",
            say("There is no platform %(id)s.", id=platform_id),
            say("See diklat-lti platform list."),
        )
    return platform


def set_disabled(session: WriteSession, platform_id: int, disabled: bool, now: datetime) -> None:
    """Switches every launch from this platform off or on; what was learnt there stays."""
    platform = find(session, platform_id)
    platform.disabled_at = (platform.disabled_at or now) if disabled else None
    action = "platform_disabled" if disabled else "platform_enabled"
    audit.note(session, platform.centre_id, None, action, "platform", platform_id, {}, now)


def every(session: Session) -> list[PlatformLine]:
    rows = session.execute(_PAIRS.order_by(Platform.id, Registration.id)).all()
    return [_line(session, platform, registration) for platform, registration in rows]


def one(session: Session, registration_id: int) -> PlatformLine:
    platform, registration = session.execute(_PAIRS.where(Registration.id == registration_id)).one()
    return _line(session, platform, registration)


def _line(session: Session, platform: Platform, registration: Registration) -> PlatformLine:
    return PlatformLine(
        platform_id=platform.id,
        name=platform.name,
        product=platform.product,
        issuer=registration.issuer,
        client_id=registration.client_id,
        disabled=platform.disabled_at is not None or registration.disabled_at is not None,
        deployments=tuple(_deployments(session, registration.id)),
    )


def check(endpoints: Endpoints, settings: Settings) -> None:
    """Every address must be one that may be called; the issuer is only a name, but has the same form."""
    for field, address in vars(endpoints).items():
        if field == "client_id":
            if not 0 < len(address) <= 255 or not address.isprintable():
                raise Problem(Kind.BAD_INPUT, "bad_client_id", say("The client id is not usable."))
        elif len(address) > 500 or not guard.speaks_allowed(address, settings.allow_private_platforms):
            raise Problem(
                Kind.BAD_INPUT,
                "forbidden_address",
                say("%(field)s is no address that may be called: %(address)s", field=field, address=address[:200]),
                say("Only https addresses are called; DIKLAT_ALLOW_PRIVATE_PLATFORMS=true also admits http."),
            )


def try_addresses(settings: Settings, endpoints: Endpoints) -> list[Tried]:
    """What answers at each of them. A `Problem` for one that is malformed or may not be called; nothing is stored."""
    check(endpoints, settings)
    names = ("auth_login_url", "token_url", "jwks_url")
    return trying.every(settings, {name: getattr(endpoints, name) for name in names})


def _deployments(session: Session, registration_id: int) -> list[tuple[str, str]]:
    rows = session.scalars(
        select(Deployment).where(Deployment.registration_id == registration_id).order_by(Deployment.id)
    )
    return [
        (row.deployment_id, "disabled" if row.disabled_at else "admitted" if row.admitted_at else "held")
        for row in rows
    ]


def _centre(session: WriteSession, centre_id: int | None, name: str, now: datetime) -> int:
    """The one that was named, else the first one; the first platform makes a centre of its name."""
    if centre_id is not None:
        return centres.find(session, centre_id).id
    first: int | None = session.scalar(select(func.min(Centre.id)))
    if first is not None:
        return first
    centre = Centre(name=name[:200], created_at=now)
    session.add(centre)
    session.flush()
    return centre.id


_PAIRS = select(Platform, Registration).join(Registration, Registration.platform_id == Platform.id)
