"""One-time permissions to register a platform. The link is the secret; only its hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models import Invite, Registration
from diklat_lti.training import audit

LIFE = timedelta(days=7)
UNDER_WAY = timedelta(seconds=60)
"""How long a registration that never came to an end keeps its invite for itself."""


@dataclass(frozen=True)
class InviteLine:
    """An invite as the operator sees it. `state`: open, used, revoked or over; `platform_id`: what it made."""

    id: int
    name: str | None
    centre_id: int | None
    state: str
    created_at: datetime
    expires_at: datetime
    platform_id: int | None


def invite(
    session: WriteSession, name: str | None, centre_id: int | None, expires: timedelta | None, now: datetime
) -> str:
    """The token that goes into the registration URL. It is shown once."""
    token = secrets.token_urlsafe(24)
    session.add(
        Invite(
            token_hash=_hash(token), name=name, centre_id=centre_id, created_at=now, expires_at=now + (expires or LIFE)
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, now: datetime) -> Invite:
    """The invite behind `token`, used or not; a `Problem` for one that does not exist or is over.

    A used one is the private address of what it made, and good for ever, unless it is revoked.
    """
    found = session.scalar(select(Invite).where(Invite.token_hash == _hash(token)))
    if found is None:
        raise Problem(Kind.NOT_FOUND, "unknown_invite", say("This registration link is not known."), ASK_AGAIN)
    if state(found, now) in ("revoked", "over"):
        raise Problem(Kind.FORBIDDEN, "invite_over", say("This registration link is no longer valid."), ASK_AGAIN)
    return found


def claim(session: WriteSession, invite_id: int, now: datetime) -> bool:
    """Takes the invite for one registration; a second click that comes meanwhile gets False."""
    free = or_(Invite.spent_at.is_(None), Invite.spent_at <= now - UNDER_WAY)
    mine = (Invite.id == invite_id, Invite.registration_id.is_(None), Invite.revoked_at.is_(None))
    claimed = update(Invite).where(*mine, free)
    return session.execute(claimed.values(spent_at=now).returning(Invite.id)).first() is not None


def release(session: WriteSession, invite_id: int) -> None:
    """A registration that the platform refused has spent nothing."""
    kept = update(Invite).where(Invite.id == invite_id, Invite.registration_id.is_(None))
    session.execute(kept.values(spent_at=None))


def state(invite: Invite, now: datetime) -> str:
    """`open`, `used`, `revoked` or `over`."""
    if invite.revoked_at is not None:
        return "revoked"
    if invite.registration_id is not None:
        return "used"
    return "over" if invite.expires_at <= now else "open"


def every(session: Session, now: datetime) -> list[InviteLine]:
    """The newest last, so that it stands above the operator's next line."""
    made = select(Invite, Registration.platform_id).outerjoin(Registration, Registration.id == Invite.registration_id)
    return [
        InviteLine(i.id, i.name, i.centre_id, state(i, now), i.created_at, i.expires_at, platform_id)
        for i, platform_id in session.execute(made.order_by(Invite.id)).all()
    ]


def revoke(session: WriteSession, invite_id: int, now: datetime) -> None:
    """Nobody can register by it any more, and its private address is closed. What it made stays. Twice is once."""
    found = session.get(Invite, invite_id, with_for_update=True)
    if found is None:
        sentence = say("There is no invite %(id)s.", id=invite_id)
        raise Problem(Kind.NOT_FOUND, "no_such_invite", sentence, say("See diklat-lti platform invites."))
    if found.revoked_at is None:
        found.revoked_at = now
        audit.note(session, found.centre_id, None, "invite.revoked", "invite", invite_id, {}, now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


ASK_AGAIN = say("Ask the operator of this tool for a new one.")
