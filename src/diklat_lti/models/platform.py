"""Platforms: one LMS site, its registrations (issuer + client) and their deployments; keys, tokens, spent tickets, refusals."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from diklat_lti.database import Base


class Platform(Base):
    """One LMS site, in the words of its people. Never deleted, only disabled."""

    __tablename__ = "platforms"
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    product: Mapped[str | None] = mapped_column(String(100))
    """`product_family_code`, such as `moodle`."""
    version: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    joined_to_id: Mapped[int | None] = mapped_column(ForeignKey("platforms.id"))
    """Its registrations, people and courses went over to that one ("lanjutkan riwayat"); this row only says so."""
    keys_fetched_at: Mapped[datetime | None]
    """When it last read our key set: a Moodle that never did will take no grade."""
    keys_fetched_by: Mapped[str | None] = mapped_column(String(100))
    """The product, as its request named itself."""


class Registration(Base):
    """What the tool and one client of one issuer told each other."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_login_url: Mapped[str] = mapped_column(String(1000))
    token_url: Mapped[str] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    jwks: Mapped[dict[str, Any] | None]
    """The platform's key set as last read: shared by all processes, kept while the platform is down."""
    jwks_read_at: Mapped[datetime | None]
    jwks_tried_at: Mapped[datetime | None]
    """Set by whoever refetches, before it does: at most one refetch a minute for each platform."""
    scopes_asked: Mapped[list[Any] | None]
    scopes_echoed: Mapped[list[Any] | None]
    """What the answer to the registration claims. Moodle's echo lies; the token endpoint tells the truth."""
    scopes_granted: Mapped[list[Any] | None]
    scopes_refused: Mapped[list[Any] | None]
    """What that endpoint left out though it was asked for; a scope in neither list was never asked for there."""
    scopes_granted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    platform: Mapped[Platform] = relationship(lazy="raise")


class Deployment(Base):
    """One installation of a registration. One that a launch shows first is held until somebody admits it."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("registration_id", "deployment_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    deployment_id: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    admitted_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    registration: Mapped[Registration] = relationship(lazy="raise")


class Invite(Base):
    """A one-time permission to register a platform. Only a hash of the token is kept."""

    __tablename__ = "invites"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    """What it made; a reload of the same page shows this again."""


class SigningKey(Base):
    """A key pair of the tool. The private half is encrypted with DIKLAT_SECRET_KEY."""

    __tablename__ = "signing_keys"
    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    private_key: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    used_from: Mapped[datetime]
    """Published before, used from then on: the settling time of a rotation."""
    retired_at: Mapped[datetime | None]
    """No longer used; published some days more, until its tokens are gone."""
    revoked_at: Mapped[datetime | None]


class AccessToken(Base):
    """An access token of a registration and a set of scopes, shared by all processes; encrypted."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("registration_id", "scopes"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    scopes: Mapped[str] = mapped_column(String(1000))
    """As asked: sorted, separated by spaces."""
    granted: Mapped[str] = mapped_column(String(1000))
    token: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class Finding(Base):
    """What the doctor last saw of one link of the chain to a platform; without a platform: of the service itself."""

    __tablename__ = "findings"
    __table_args__ = (UniqueConstraint("platform_id", "link"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platforms.id"))
    link: Mapped[str] = mapped_column(String(40))
    light: Mapped[str] = mapped_column(String(10))
    """green, amber, red; grey where there was nothing to look at. What was not looked at has no row, or an old one."""
    reason: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    """Figures and addresses for the sentence; no names, tokens or keys."""
    looked_at: Mapped[datetime]


class SpentTicket(Base):
    """A login's ticket that was used. Inserting its id is what spends it; it is kept as long as it could be repeated."""

    __tablename__ = "spent_tickets"
    ticket_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(index=True)


class Refusal(Base):
    """A launch or login that was refused: the reason, without personal data, so that the doctor can speak of it."""

    __tablename__ = "refusals"
    __table_args__ = (Index("ix_refusals_platform_id_at", "platform_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platforms.id"))
    browser_family: Mapped[str | None] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(32))
