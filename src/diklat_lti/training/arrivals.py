"""Which of the activities that were picked together the LMS really has: it may drop some of them without a word."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from diklat_lti.database import WriteSession
from diklat_lti.models.cohort import Cohort, PickedLink

TIME_TO_SAVE = timedelta(minutes=2)
"""Until then the teacher may still look at the LMS's list, and the LMS makes one activity after the other."""
BETWEEN_LOOKS = timedelta(minutes=10)
LOOKED_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Missing:
    """Links of one run that were looked for in vain, though others of the same answer are there."""

    cohort: Cohort
    links: list[PickedLink]


def missing(session: Session, course_id: int) -> list[Missing]:
    """By run, the newest first. An answer of which nothing arrived was not saved: nothing of it is missing."""
    p, sibling = PickedLink, aliased(PickedLink)
    arrived = select(sibling.answer).where(sibling.answer == p.answer, sibling.seen_at.is_not(None)).exists()
    rows = session.execute(
        select(Cohort, p)
        .join(Cohort, Cohort.id == p.cohort_id)
        .where(Cohort.course_id == course_id, _unseen(), p.looked_at.is_not(None), arrived)
        .order_by(Cohort.id.desc(), p.picked_at, p.module_key.is_(None), p.module_key)
    ).all()
    return [Missing(cohort, [link for _, link in found]) for cohort, found in groupby(rows, key=lambda row: row[0])]


def unknown(session: Session, cohort_id: int, now: datetime) -> int:
    """How many links of a run were neither opened nor looked for, though there was time to save them."""
    p = PickedLink
    saved = p.picked_at < now - TIME_TO_SAVE
    return len(
        session.scalars(select(p.uuid).where(p.cohort_id == cohort_id, _unseen(), saved, p.looked_at.is_(None))).all()
    )


def due(session: Session, now: datetime) -> list[int]:
    """Runs whose links should be looked for in the LMS now."""
    p = PickedLink
    stale = or_(p.looked_at.is_(None), p.looked_at < now - BETWEEN_LOOKS)
    saved = p.picked_at.between(now - LOOKED_FOR, now - TIME_TO_SAVE)
    return list(session.scalars(select(p.cohort_id).where(_unseen(), saved, stale).distinct().order_by(p.cohort_id)))


def picked_for(session: Session, cohort_id: int) -> list[PickedLink]:
    """All links of a run that went to the LMS, in the order in which they were picked."""
    p = PickedLink
    wanted = select(p).where(p.cohort_id == cohort_id, p.answer.is_not(None)).order_by(p.picked_at, p.uuid)
    return list(session.scalars(wanted))


def send_again(session: WriteSession, uuids: list[str], now: datetime) -> list[PickedLink]:
    """They are looked for anew from now on."""
    links = [session.get_one(PickedLink, uuid) for uuid in uuids]
    for link in links:
        link.picked_at, link.looked_at = now, None
    return links


def _unseen() -> ColumnElement[bool]:
    return PickedLink.answer.is_not(None) & PickedLink.seen_at.is_(None)
