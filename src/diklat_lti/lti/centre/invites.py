"""Invites as a centre's admins make, list and revoke them. The address stands once, on the page that made it."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import not_found, say
from diklat_lti.lti.registration import invites
from diklat_lti.models import Invite, Platform, Registration
from diklat_lti.training import audit
from diklat_lti.training.cohorts import BadFields

LONGEST_LIFE = 30
LONGEST_NAME = 200


@dataclass(frozen=True)
class InviteLine:
    """`state`: open, used, revoked or over. `made` is the name of the platform that used it."""

    id: int
    name: str | None
    created_at: datetime
    expires_at: datetime
    state: str
    made: str | None


def every(session: Session, centre_id: int, now: datetime) -> list[InviteLine]:
    """The newest first."""
    rows = session.execute(
        select(Invite, Platform.name)
        .outerjoin(Registration, Registration.id == Invite.registration_id)
        .outerjoin(Platform, (Platform.id == Registration.platform_id) & (Platform.centre_id == centre_id))
        .where(Invite.centre_id == centre_id)
        .order_by(Invite.id.desc())
    ).all()
    return [InviteLine(i.id, i.name, i.created_at, i.expires_at, invites.state(i, now), made) for i, made in rows]


def make(
    session: WriteSession,
    secret: str,
    centre_id: int,
    actor_id: int,
    name: str,
    days: str,
    form: str,
    real_now: datetime,
    now: datetime,
) -> str:
    """The token of a new invite. `form` is the form's own number: sent twice it is one invite, and the same token."""
    wrong = {}
    if len(name) > LONGEST_NAME:
        wrong["name"] = say("A name has at most 200 characters.")
    life = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0
    if not 1 <= life <= LONGEST_LIFE:
        wrong["days"] = say("Write a whole number of days from 1 to %(longest)s.", longest=LONGEST_LIFE)
    if wrong:
        raise BadFields(wrong)
    token = _token(secret, centre_id, actor_id, form)
    digest = hashlib.sha256(token.encode()).hexdigest()
    if session.scalar(select(Invite.id).where(Invite.token_hash == digest)) is None:
        made = Invite(
            token_hash=digest,
            name=name or None,
            centre_id=centre_id,
            created_at=real_now,
            expires_at=real_now + timedelta(days=life),
        )
        session.add(made)
        session.flush()
        audit.note(session, centre_id, actor_id, "invite.made", "invite", made.id, {"days": life}, now)
    return token


def revoke(
    session: WriteSession, centre_id: int, invite_id: int, actor_id: int, real_now: datetime, now: datetime
) -> None:
    """One that nobody has used. Twice changes nothing."""
    mine = select(Invite).where(Invite.id == invite_id, Invite.centre_id == centre_id)
    found = session.scalar(mine.with_for_update())
    if found is None:
        raise not_found()
    if found.revoked_at is None and found.registration_id is None:
        found.revoked_at = real_now
        audit.note(session, centre_id, actor_id, "invite.revoked", "invite", invite_id, {}, now)


def _token(secret: str, centre_id: int, actor_id: int, form: str) -> str:
    """Known to nobody before the form is sent, and the same when it is sent again."""
    said = f"invite {centre_id} {actor_id} {form}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), said, "sha256")[:24]).decode()
