"""One-time permissions to register a platform. The link is the secret; only its hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models import Invite

LIFE = timedelta(days=7)
UNDER_WAY = timedelta(seconds=60)
"""How long a registration that never came to an end keeps its invite for itself."""


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
    """The invite behind `token`, used or not; a `Problem` for one that does not exist or is over."""
    found = session.scalar(select(Invite).where(Invite.token_hash == _hash(token)))
    if found is None:
        raise Problem(Kind.NOT_FOUND, "unknown_invite", say("This registration link is not known."), ASK_AGAIN)
    if found.registration_id is None and (found.revoked_at is not None or found.expires_at <= now):
        raise Problem(Kind.FORBIDDEN, "invite_over", say("This registration link is no longer valid."), ASK_AGAIN)
    return found


def claim(session: WriteSession, invite_id: int, now: datetime) -> bool:
    """Takes the invite for one registration; a second click that comes meanwhile gets False."""
    free = or_(Invite.spent_at.is_(None), Invite.spent_at <= now - UNDER_WAY)
    claimed = update(Invite).where(Invite.id == invite_id, Invite.registration_id.is_(None), free)
    return session.execute(claimed.values(spent_at=now).returning(Invite.id)).first() is not None


def release(session: WriteSession, invite_id: int) -> None:
    """A registration that the platform refused has spent nothing."""
    kept = update(Invite).where(Invite.id == invite_id, Invite.registration_id.is_(None))
    session.execute(kept.values(spent_at=None))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


ASK_AGAIN = say("Ask the operator of this tool for a new one.")
