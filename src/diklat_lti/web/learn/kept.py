"""What a form sent after its session was over: stored, bounded in size and number, for that very person alone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from diklat_lti.database import Reading, WriteSession
from diklat_lti.models import BrowserSession, KeptForm

MOST = 20
"""Forms of one session, those that were settled among them."""
LARGEST = 64 * 1024


def owner(session: Reading, name_hash: str, now: datetime) -> tuple[int, int] | None:
    """Session and person of a form's token, if that session is over; a living one needs nothing kept."""
    row = session.execute(
        select(BrowserSession.id, BrowserSession.person_id, BrowserSession.ended_at, BrowserSession.expires_at).where(
            BrowserSession.name_hash == name_hash
        )
    ).one_or_none()
    if row is None or (row.ended_at is None and row.expires_at > now):
        return None
    return row.id, row.person_id


def keep(session: WriteSession, session_id: int, path: str, body: str, now: datetime) -> bool:
    """False where there is no room. The same form sent twice is kept once."""
    session.execute(select(BrowserSession.id).where(BrowserSession.id == session_id).with_for_update())
    of_session = select(func.count(KeptForm.id)).where(KeptForm.session_id == session_id)
    if session.scalars(of_session.where(KeptForm.path == path, KeptForm.body == body)).one():
        return True
    if len(body) > LARGEST or session.scalars(of_session).one() >= MOST:
        return False
    session.add(KeptForm(session_id=session_id, path=path, body=body, received_at=now))
    return True


def waiting(session: Session, person_id: int, enrolment_id: int) -> list[KeptForm]:
    """Those of this person that nobody has decided about, in the order in which they came."""
    return list(
        session.scalars(
            select(KeptForm)
            .join(BrowserSession, BrowserSession.id == KeptForm.session_id)
            .where(
                BrowserSession.person_id == person_id,
                KeptForm.settled_at.is_(None),
                KeptForm.path.like(f"/learn/{enrolment_id}/%"),
            )
            .order_by(KeptForm.id)
        )
    )


def settle(session: WriteSession, ids: Iterable[int], now: datetime) -> None:
    session.execute(update(KeptForm).where(KeptForm.id.in_(list(ids))).values(settled_at=now))
