"""Extensions: more time for some learners of a cohort, looked at first, granted by one dated decision, and taken back.

A later end of the window reaches everybody at once by one UPDATE; only who has work that it may let in, or to be judged
later, is summarised anew: by the worker, or by whoever opens that learner first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, literal, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from diklat_lti.database import WriteSession
from diklat_lti.errors import not_found, say
from diklat_lti.models.cohort import Cohort, Extension, Ruling
from diklat_lti.models.people import Course, Person
from diklat_lti.models.progress import Enrolment, LearnerEvent
from diklat_lti.training import audit, cohorts
from diklat_lti.training.window import midnight

LONGEST = timedelta(days=366)
Now = Callable[[], datetime]
"""Read once the last lock is held: a decision is younger than every fact that it found."""
ANEW = 0
"""`rules_seq` of an enrolment that is due to be summarised, whatever the cohort's is."""


@dataclass(frozen=True)
class Wish:
    """What an admin decided. `last_day` is the last one on which work counts, in the cohort's zone."""

    last_day: date
    reason: str
    letter_number: str | None = None


@dataclass(frozen=True)
class Line:
    """One learner whose end would move."""

    enrolment_id: int
    person_id: int
    name: str | None
    end: datetime
    new_end: datetime


@dataclass(frozen=True)
class Given:
    """One decision that gave more time, as it stands now."""

    ruling_id: int
    until: datetime
    made_at: datetime
    by: str | None
    reason: str | None
    letter_number: str | None
    learners: int
    name: str | None
    """Of the only learner, where it is one."""
    left: int
    """Of how many something can still be taken back."""


def given(session: Session, cohort_id: int, now: datetime) -> list[Given]:
    """Newest first."""
    x, r, author, learner = Extension, Ruling, aliased(Person), aliased(Person)
    is_open = and_(x.revoked_at.is_(None), x.until > now)
    rows = session.execute(
        select(
            r.id, func.max(x.until), r.made_at, author.name, r.reason, r.letter_number, func.count(x.id),
            case((func.count(x.id) == 1, func.max(learner.name))), func.sum(case((is_open, 1), else_=0)),
        )
        .join(x, x.ruling_id == r.id)
        .join(Enrolment, Enrolment.id == x.enrolment_id)
        .join(learner, learner.id == Enrolment.person_id)
        .outerjoin(author, author.id == r.author_id)
        .where(r.cohort_id == cohort_id)
        .group_by(r.id, r.made_at, author.name, r.reason, r.letter_number)
        .order_by(r.id.desc())
    )  # fmt: skip
    return [Given(*tuple(row)) for row in rows]


def preview(
    session: Session, cohort: Cohort, whom: ColumnElement[bool], last_day: date, limit: int | None = None
) -> list[Line]:
    """Whose end would move, and from when to when. Those who end later as it is, and those who withdrew, are left out."""
    until = ends(last_day, cohort.zone)
    rows = session.execute(
        select(Enrolment.id, Person.id, Person.name, Enrolment.end_at)
        .join(Person, Person.id == Enrolment.person_id)
        .where(*_gain(cohort, whom, until))
        .order_by(Person.name, Enrolment.id)
        .limit(limit)
    )
    return [Line(id_, person_id, name, end, until) for id_, person_id, name, end in rows]


def grant(
    session: WriteSession, cohort: Cohort, whom: ColumnElement[bool], wish: Wish, author_id: int | None, now: Now
) -> int:
    """How many learners got more time: all those whom `preview` names, by one decision with a row for each of them.

    Who comes into `whom` later, as by another kecamatan, gets nothing by it, and who leaves it loses nothing."""
    until = ends(wish.last_day, cohort.zone)
    ids = list(session.scalars(_locked(select(Enrolment.id).where(*_gain(cohort, whom, until)))))
    made_at = now()
    check(wish, cohort.zone, made_at)
    if not ids:
        return 0
    body = {"until": until.isoformat(), "enrolments": len(ids)}
    ruling = _rule(session, cohort, ids, "extended", body, said(wish.reason), wish.letter_number, author_id, made_at)
    rows = [{"enrolment_id": i, "ruling_id": ruling.id, "until": until, "granted_at": made_at} for i in ids]
    session.execute(insert(Extension), rows)
    _move_ends(session, ruling.id, until, cohorts.rules_of(session, cohort.id).grace)
    return len(ids)


def revoke(session: WriteSession, cohort: Cohort, ruling_id: int, reason: str, author_id: int | None, now: Now) -> int:
    """Takes back what is left of an extension; work that was done under it stays. How many it was; twice changes nothing."""
    given = session.get(Ruling, ruling_id)
    if given is None or given.cohort_id != cohort.id or given.kind != "extended":
        raise not_found()
    x = Extension
    open_rows = select(x.enrolment_id).where(x.ruling_id == ruling_id, x.revoked_at.is_(None))
    ids = list(session.scalars(_locked(select(Enrolment.id).where(Enrolment.id.in_(open_rows)))))
    made_at = now()
    if not ids:
        return 0
    body = {"extension": ruling_id, "enrolments": len(ids)}
    ruling = _rule(session, cohort, ids, "revoked", body, said(reason), None, author_id, made_at)
    session.execute(
        update(x)
        .where(x.ruling_id == ruling_id, x.revoked_at.is_(None))
        .values(revoked_at=made_at, revoking_ruling_id=ruling.id)
        .execution_options(synchronize_session=False)
    )
    revoked = select(x.enrolment_id).where(x.revoking_ruling_id == ruling.id)
    session.execute(
        update(Enrolment)
        .where(Enrolment.id.in_(revoked))
        .values(rules_seq=ANEW)
        .execution_options(synchronize_session=False)
    )
    return len(ids)


def _gain(cohort: Cohort, whom: ColumnElement[bool], until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of one who waits to be summarised the end is not known yet: the row does no harm where it is later."""
    e, x = Enrolment, Extension
    has_it = exists().where(x.enrolment_id == e.id, x.revoked_at.is_(None), x.until >= until)
    earlier = or_(e.end_at < until, and_(e.rules_seq < cohort.rules_seq, not_(has_it)))
    return (e.cohort_id == cohort.id, whom, e.withdrawn_at.is_(None), earlier)


def _locked(ids: Select[int]) -> Select[int]:
    """In id order, as everybody does who locks several: two of them never wait for each other."""
    return ids.order_by(Enrolment.id).with_for_update(of=Enrolment)


def ends(last_day: date, zone: str) -> datetime:
    """The first instant after that day."""
    return midnight(last_day + timedelta(days=1), zone)


def check(wish: Wish, zone: str, made_at: datetime) -> None:
    """Raises `BadFields` with a sentence for each thing that cannot be."""
    wrong, until = {}, ends(wish.last_day, zone)
    if until <= made_at:
        wrong["last_day"] = say("This day is over. Choose today or a later one.")
    elif until - made_at > LONGEST:
        wrong["last_day"] = say("Choose a day within a year.")
    if not wish.reason.strip():
        wrong["reason"] = NO_REASON
    if wrong:
        raise cohorts.BadFields(wrong)


def said(reason: str) -> str:
    """A decision without a reason is none: whoever asks later must find one."""
    if not (reason := reason.strip()):
        raise cohorts.BadFields({"reason": NO_REASON})
    return reason


def _rule(
    session: WriteSession,
    cohort: Cohort,
    ids: list[int],
    kind: str,
    body: dict[str, Any],
    reason: str,
    letter_number: str | None,
    author_id: int | None,
    made_at: datetime,
) -> Ruling:
    """About one learner the decision is theirs; about several it is the cohort's, and their rows point to it."""
    ruling = Ruling(
        cohort_id=cohort.id,
        enrolment_id=ids[0] if len(ids) == 1 else None,
        kind=kind,
        body=body,
        reason=reason,
        letter_number=(letter_number or "").strip() or None,
        author_id=author_id,
        made_at=made_at,
    )
    session.add(ruling)
    session.flush()
    centre_id = session.get_one(Course, cohort.course_id).centre_id
    data = {**body, "ruling": ruling.id}
    audit.note(session, centre_id, author_id, f"learners.{kind}", "cohort", cohort.id, data, made_at, text=reason)
    return ruling


def _move_ends(session: WriteSession, ruling_id: int, until: datetime, grace: timedelta) -> None:
    """One statement, however many they are. Whose window has no grace (rolling, not begun) gets none by it."""
    e, x, v = Enrolment, Extension, LearnerEvent
    moved = select(x.enrolment_id).where(x.ruling_id == ruling_id)
    late = exists().where(v.enrolment_id == e.id, v.received_at >= e.end_at)
    undecided = or_(late, e.judge_at.is_not(None), e.score.is_not(None), e.passed_at.is_not(None))
    at, with_grace = (literal(instant, e.end_at.type) for instant in (until, until + grace))
    closes = case((e.grace_end_at == e.end_at, at), else_=with_grace)
    new = {"end_at": at, "grace_end_at": closes, "next_change_at": closes}
    new["rules_seq"] = case((undecided, ANEW), else_=e.rules_seq)
    session.execute(
        update(e).where(e.id.in_(moved), e.end_at < until).values(new).execution_options(synchronize_session=False)
    )


NO_REASON = say("Say why, in a few words.")
