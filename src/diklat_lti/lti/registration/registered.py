"""What became of an invite, as the LMS's administrator sees it at its private address: nothing in it is a secret."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.errors import Sentence
from diklat_lti.lti import platforms, scopes
from diklat_lti.lti.platforms import PlatformLine
from diklat_lti.models import Invite, Platform, Registration


@dataclass(frozen=True)
class ScopeLine:
    """`granted`: None where the token endpoint was never asked for it."""

    label: Sentence | str
    asked: bool
    echoed: bool
    granted: bool | None


@dataclass(frozen=True)
class Twin:
    """Another platform of the same centre with the same issuer, whose history this one can go on with."""

    platform_id: int
    name: str


@dataclass(frozen=True)
class Registered:
    line: PlatformLine
    scopes: list[ScopeLine]
    looked_at: datetime | None
    is_update: bool
    """The client was known before this invite was used."""
    twins: list[Twin]


def registered(session: Session, invite: Invite) -> Registered:
    """`invite` is a used one."""
    made = session.get_one(Registration, invite.registration_id)
    return Registered(
        line=platforms.one(session, made.id),
        scopes=_scopes(made),
        looked_at=made.scopes_granted_at,
        is_update=invite.spent_at is not None and made.created_at < invite.spent_at,
        twins=_twins(session, made),
    )


def _scopes(made: Registration) -> list[ScopeLine]:
    asked, echoed = made.scopes_asked or [], made.scopes_echoed or []
    granted, refused = made.scopes_granted or [], made.scopes_refused or []
    named = dict.fromkeys([*scopes.ASKED, *asked, *granted])
    known = {scope: scope in granted for scope in named if scope in granted or scope in refused}
    return [ScopeLine(scopes.label(one), one in asked, one in echoed, known.get(one)) for one in named]


def _twins(session: Session, made: Registration) -> list[Twin]:
    """Only of the same centre: two centres on one LMS see nothing of each other."""
    mine = session.get_one(Platform, made.platform_id)
    others = (
        select(Platform.id, Platform.name)
        .join(Registration, Registration.platform_id == Platform.id)
        .where(Registration.issuer == made.issuer, Platform.id < mine.id, Platform.centre_id == mine.centre_id)
        .distinct()
        .order_by(Platform.id)
    )
    return [Twin(platform_id, name) for platform_id, name in session.execute(others)]
