"""What the doctor must know of an LMS before it looks: its newest registration, and where its last courses are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from diklat_lti.models import Course, Deployment, Launch, Platform, Registration


@dataclass(frozen=True)
class Site:
    """Plain data: no session is open while the LMS is asked."""

    platform_id: int
    registration_id: int
    client_id: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    disabled: bool
    admitted: int
    held: int
    keys_fetched_at: datetime | None
    lineitems_url: str | None
    memberships_url: str | None

    @property
    def urls(self) -> tuple[str, ...]:
        return (self.jwks_url, self.token_url, self.auth_login_url)


def load(session: Session, platform_id: int) -> Site | None:
    """None: there is no such platform, or it has no registration any more (it was joined to another one)."""
    newest = select(Registration).where(Registration.platform_id == platform_id)
    in_use_first = newest.order_by(Registration.disabled_at.is_not(None), Registration.id.desc()).limit(1)
    registration = session.scalars(in_use_first).one_or_none()
    if registration is None:
        return None
    platform = session.get_one(Platform, platform_id)
    rows = session.scalars(select(Deployment).where(Deployment.registration_id == registration.id)).all()
    open_ = [row for row in rows if row.disabled_at is None]
    return Site(
        platform_id=platform_id,
        registration_id=registration.id,
        client_id=registration.client_id,
        auth_login_url=registration.auth_login_url,
        token_url=registration.token_url,
        jwks_url=registration.jwks_url,
        disabled=platform.disabled_at is not None or registration.disabled_at is not None,
        admitted=sum(row.admitted_at is not None for row in open_),
        held=sum(row.admitted_at is None for row in open_),
        keys_fetched_at=platform.keys_fetched_at,
        lineitems_url=_newest(session, registration.id, Course.lineitems_url),
        memberships_url=_newest(session, registration.id, Course.memberships_url),
    )


def _newest(session: Session, registration_id: int, address: InstrumentedAttribute[str | None]) -> str | None:
    """Of the course that was launched into last: an old one may be gone."""
    return session.scalar(
        select(address)
        .join(Launch, Launch.course_id == Course.id)
        .join(Deployment, Deployment.id == Launch.deployment_id)
        .where(Deployment.registration_id == registration_id, address.is_not(None))
        .order_by(Launch.id.desc())
        .limit(1)
    )
