"""One-time codes of the operator: whoever enters one in the tool becomes admin of its centre."""

import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from diklat_lti.database import WriteSession
from diklat_lti.models.centre import Centre, CentreCode
from diklat_lti.training import access, audit, centres

LIFE = timedelta(days=7)
TRIES = 5
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""None that are read or typed as another."""
LENGTH = 8
TYPED = re.compile(rf"(\d{{1,18}})([{LETTERS}]{{{LENGTH}}})", re.ASCII)
LONGEST = 100
Keys = tuple[str, ...]


def make(session: WriteSession, keys: Keys, centre_id: int, now: datetime) -> str:
    """The code, such as 3-K7QM-9PDF: the row's number and a secret of which only a keyed hash is kept."""
    centres.find(session, centre_id)
    secret = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = CentreCode(
        centre_id=centre_id,
        code_hash=_hash(keys[0], centre_id, secret),
        tries_left=TRIES,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(row)
    session.flush()
    audit.note(session, centre_id, None, "centre_code.made", "centre", centre_id, {"code": row.id}, now)
    return f"{row.id}-{secret[:4]}-{secret[4:]}"


def look(session: WriteSession, keys: Keys, text: str, now: datetime) -> Centre | None:
    """The centre of a code that is good. A wrong one gets the same answer as one that never was, and costs it a try.

    The try is taken before anything is compared, so that many at once are no more than five."""
    typed = _read(text)
    if typed is None:
        return None
    c, (code_id, secret) = CentreCode, typed
    good = (c.id == code_id, c.spent_at.is_(None), c.expires_at > now, c.tries_left > 0)
    tried = update(c).where(*good).values(tries_left=c.tries_left - 1).returning(c.centre_id, c.code_hash)
    row = session.execute(tried).one_or_none()
    if row is None or not _fits(keys, row.centre_id, secret, row.code_hash):
        return None
    session.execute(update(c).where(c.id == code_id).values(tries_left=c.tries_left + 1))
    return session.get_one(Centre, row.centre_id)


def enter(
    session: WriteSession, keys: Keys, text: str, person_id: int, real_now: datetime, now: datetime
) -> Centre | None:
    """Spends the code and names the person admin of its centre. Pressed twice by the same person it is one time."""
    centre = look(session, keys, text, real_now)
    if centre is None:
        return _spent_before(session, keys, text, person_id, now)
    if not access.leads(session, person_id, centre.id, now):
        code_id = _read(text)[0]  # type: ignore[index] # it was read a moment ago
        session.execute(
            update(CentreCode).where(CentreCode.id == code_id).values(spent_at=real_now, spent_by=person_id)
        )
        access.grant(session, person_id, "centre_admin", centre.id, "code", now, code=code_id)
    return centre


def _spent_before(session: WriteSession, keys: Keys, text: str, person_id: int, now: datetime) -> Centre | None:
    """The centre of a code that this very person has entered, while they are still its admin."""
    if (typed := _read(text)) is None:
        return None
    code = session.scalar(select(CentreCode).where(CentreCode.id == typed[0], CentreCode.spent_by == person_id))
    if code is None or not _fits(keys, code.centre_id, typed[1], code.code_hash):
        return None
    return session.get(Centre, code.centre_id) if access.leads(session, person_id, code.centre_id, now) else None


def _read(text: str) -> tuple[int, str] | None:
    """However it was typed: small letters, spaces, any dashes."""
    match = TYPED.fullmatch(re.sub(r"[\W_]", "", text[:LONGEST]).upper())
    return (int(match[1]), match[2]) if match else None


def _fits(keys: Keys, centre_id: int, secret: str, kept: str) -> bool:
    return any(hmac.compare_digest(_hash(key, centre_id, secret), kept) for key in keys)


def _hash(key: str, centre_id: int, secret: str) -> str:
    """Keyed: eight letters alone could be found from a plain hash."""
    return hmac.new(key.encode(), f"centre code {centre_id} {secret}".encode(), "sha256").hexdigest()
