"""Deliveries that are due: claimed by one worker at a time, and finished only by the one whose claim still holds."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from diklat_lti.database import Instant, WriteSession
from diklat_lti.gradebook.answers import Meaning, Verdict, wait
from diklat_lti.models import (
    Cohort,
    Deployment,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Platform,
    Registration,
)

LEASE = timedelta(minutes=5)
"""Five times what a delivery may take: whoever outlives it is dead or was stopped."""


@dataclass(frozen=True)
class Claim:
    """One row that is ours until the lease ends."""

    delivery_id: int
    token: str
    tries: int
    reason: str | None
    """Of the last try."""
    doubt: bool
    """The last request may have been obeyed: read back before it is sent again."""


def claim(session: WriteSession, limit: int, now: datetime) -> list[Claim]:
    """Up to `limit` due rows, each of another learner. Rows of a disabled platform or deployment wait.

    A row whose lease ran out is in doubt: its worker died between asking and storing.
    """
    row, token = GradeDelivery, str(uuid.uuid4())
    due = _due(now).order_by(row.next_try_at, row.id).limit(limit).with_for_update(skip_locked=True, of=row).cte("due")
    claimed = (
        update(row)
        .where(row.id.in_(select(due.c.id)))
        .values(
            claim_token=token,
            lease_until=now + LEASE,
            outcome=case((row.claim_token.is_not(None), Meaning.UNKNOWN.value), else_=row.outcome),
        )
        .returning(row.id, row.tries, row.answer, row.outcome)
        .execution_options(synchronize_session=False)
    )
    return [
        Claim(id, token, tries, answer, outcome == Meaning.UNKNOWN)
        for id, tries, answer, outcome in session.execute(claimed)
    ]


def holds(claim: Claim) -> Select[int]:
    """The row, while it is ours."""
    return select(GradeDelivery.id).where(_mine(claim))


def finish(session: WriteSession, claim: Claim, sent_id: int, verdict: Verdict, now: datetime) -> bool:
    """Writes what came of sending decision `sent_id`, unless the claim was lost: then somebody else's result stands.

    A decision that is newer than the one sent is due at once, whatever was answered.
    """
    tries = claim.tries + 1 if verdict.reason == claim.reason else 1
    verdict = verdict.after(tries)
    row, overtaken = GradeDelivery, GradeDelivery.wanted_id != sent_id
    done = verdict.meaning is Meaning.DELIVERED
    rests = done or verdict.meaning is Meaning.STOPPED
    again = None if rests else now + wait(verdict, tries, random.random())  # noqa: S311 - spreads load, no secret
    values = {
        "claim_token": None,
        "lease_until": None,
        "tried_at": now,
        "tries": 0 if done else tries,
        "outcome": case((overtaken, "waiting"), else_=verdict.meaning.value),
        "answer": verdict.reason,
        "http_status": verdict.status,
        "next_try_at": case((overtaken, _at(now)), else_=_at(again)),
    }
    if done:
        values |= {"delivered_id": sent_id, "delivered_at": now}
    written = update(row).where(_mine(claim)).values(values).returning(row.id)
    return session.execute(written.execution_options(synchronize_session=False)).first() is not None


def put_back(session: WriteSession, claim: Claim, verdict: Verdict, now: datetime) -> bool:
    """Writes a verdict about whatever the row asks for: nobody knows how far its delivery came."""
    wanted = session.scalar(select(GradeDelivery.wanted_id).where(_mine(claim)))
    return wanted is not None and finish(session, claim, wanted, verdict, now)


def retry(session: WriteSession, delivery_ids: list[int] | None, now: datetime) -> int:
    """Makes rows due at once: these, or all that wait for a person. Returns how many."""
    row = GradeDelivery
    meant = row.outcome == Meaning.STOPPED.value if delivery_ids is None else row.id.in_(delivery_ids)
    again = (
        update(row)
        .where(meant, undelivered())
        .values(
            next_try_at=now, tries=0, outcome=case((row.outcome == "unknown", row.outcome), else_=literal("waiting"))
        )
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.execute(again).all())


@dataclass(frozen=True)
class Undelivered:
    """A decision that the platform does not show yet, without personal data."""

    delivery_id: int
    platform: str
    cohort: str
    help_code: str
    module_key: str
    outcome: str
    reason: str | None
    http_status: int | None
    tries: int
    decided_at: datetime
    next_try_at: datetime | None


def pending(session: Session) -> list[Undelivered]:
    """What goes by itself: waiting, on its way, in doubt, or to be tried again."""
    return _listed(session, GradeDelivery.outcome != Meaning.STOPPED.value)


def failed(session: Session) -> list[Undelivered]:
    """What waits for a person."""
    return _listed(session, GradeDelivery.outcome == Meaning.STOPPED.value)


def _listed(session: Session, which: ColumnElement[bool]) -> list[Undelivered]:
    row, decision = GradeDelivery, GradeDecision
    found = (
        select(
            row.id, Platform.name, Cohort.name, Enrolment.help_code, GradeItem.module_key,
            row.outcome, row.answer, row.http_status, row.tries, decision.decided_at, row.next_try_at,
        )
        .join(decision, decision.id == row.wanted_id)
        .join(Enrolment, Enrolment.id == row.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(GradeItem, GradeItem.id == row.grade_item_id)
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Platform, Platform.id == Registration.platform_id)
        .where(which, undelivered())
        .order_by(row.id)
    )  # fmt: skip
    return [Undelivered(*values) for values in session.execute(found)]


def undelivered() -> ColumnElement[bool]:
    row = GradeDelivery
    return or_(row.delivered_id.is_(None), row.delivered_id != row.wanted_id)


def _due(now: datetime) -> Select[int]:
    """One row for each learner, the first made of those that could go, and only while none of theirs is on its way."""
    row, other = GradeDelivery, aliased(GradeDelivery)
    open_items = (
        select(GradeItem.id)
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(Platform, Platform.id == Registration.platform_id)
        .where(Deployment.disabled_at.is_(None), Registration.disabled_at.is_(None), Platform.disabled_at.is_(None))
    )
    goes_first = and_(other.id < row.id, other.next_try_at <= now, other.grade_item_id.in_(open_items))
    in_the_way = exists().where(
        other.enrolment_id == row.enrolment_id,
        other.id != row.id,
        or_(other.claim_token.is_not(None), goes_first),
    )
    return select(row.id).where(
        row.next_try_at <= now,
        or_(row.claim_token.is_(None), row.lease_until <= now),
        row.grade_item_id.in_(open_items),
        ~in_the_way,
    )


def _mine(claim: Claim) -> ColumnElement[bool]:
    return and_(GradeDelivery.id == claim.delivery_id, GradeDelivery.claim_token == claim.token)


def _at(moment: datetime | None) -> object:
    return null() if moment is None else literal(moment, Instant())
