"""Links that are read off what has come and gone: launches, names, the picker, refusals, grades, frames."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.models import (
    Deployment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Launch,
    Person,
    PickedLink,
    Placement,
    Refusal,
)

A_MONTH, A_WEEK = timedelta(days=30), timedelta(days=7)
MANY_REFUSED = 3
"""Refusals since the last good launch that are no accident of one browser."""
SHARE = 20
"""One refusal, or one tab, in so many launches is nothing to worry about; five times as many tabs are."""
WORKER_SLEEPS = timedelta(minutes=15)
SYSTEMIC = frozenset(
    {"no_token", "no_scope", "unauthorised", "forbidden", "firewall", "login_page", "redirected", "no_access", "down",
     "unreachable", "no_gradebook", "our_fault"}
)  # fmt: skip
"""Words of `GradeDelivery.answer` that hold for every learner, not for one."""


def _launches(look: Look, *columns: Any) -> Select[Any]:
    of_this = Deployment.registration_id == look.of.registration_id
    return select(*columns).select_from(Launch).join(Deployment, Deployment.id == Launch.deployment_id).where(of_this)


def activation(look: Look) -> Seen:
    """A tool that is Pending gets tokens all the same (Moodle 4.5.6, token.php): only a launch shows that it is active."""
    with look.db.read() as session:
        at = session.scalar(_launches(look, func.max(Launch.at)))
        came = at is not None or _left_by(session, look, Placement.deployment_id)
    return Seen("active", {"at": at.isoformat()} if at else {}) if came else Seen("never_launched")


def _left_by(session: Session, look: Look, deployment: InstrumentedAttribute[int]) -> bool:
    """Whether there is any row of this registration: launches go after a month, what they brought stays."""
    of_this = Deployment.registration_id == look.of.registration_id
    found = select(deployment).join(Deployment, Deployment.id == deployment).where(of_this)
    return session.scalars(found.limit(1)).first() is not None


def names(look: Look) -> Seen:
    """Of whoever came last month; what they are called stays where it is."""
    seen = (Launch.at > look.now - A_MONTH, Person.erased_at.is_(None))
    counted = _launches(
        look, func.count(Person.id), func.count(Person.name), func.count(Person.email)
    ).join(Person, Person.id == Launch.person_id).where(*seen)  # fmt: skip
    with look.db.read() as session:
        people, named, mailed = session.execute(counted).one()
    if not people:
        return Seen("nobody")
    return Seen("both" if named and mailed else "no_email" if named else "no_names")


def picker(look: Look) -> Seen:
    asked = Launch.message_type == "LtiDeepLinkingRequest"
    with look.db.read() as session:
        at = session.scalar(_launches(look, func.max(Launch.at)).where(asked))
        came = at is not None or _left_by(session, look, PickedLink.deployment_id)
    return Seen("offered", {"at": at.isoformat()} if at else {}) if came else Seen("never")


def launch(look: Look) -> Seen:
    week_ago = look.now - A_WEEK
    with look.db.read() as session:
        last = session.scalar(_launches(look, func.max(Launch.at)))
        good = session.scalar(_launches(look, func.count(Launch.id)).where(Launch.at > week_ago)) or 0
        refused = _refused(session, look.of.platform_id, week_ago)
        since = _refused(session, look.of.platform_id, max(last or week_ago, week_ago))
    all_refused = sum(count for _, count in refused)
    data: dict[str, Any] = {"refused": all_refused} | ({"at": last.isoformat()} if last else {})
    if (lately := sum(count for _, count in since)) >= MANY_REFUSED:
        return Seen("only_refusals", data | {"refused": lately, "word": since[0][0]})
    if all_refused >= MANY_REFUSED and all_refused * SHARE > good + all_refused:
        return Seen("some_refused", data | {"word": refused[0][0]})
    return Seen("well", data)


def _refused(session: Session, platform_id: int, since: datetime) -> list[tuple[str, int]]:
    """Reasons with how often, the most frequent first."""
    counted = func.count(Refusal.id)
    rows = session.execute(
        select(Refusal.reason, counted)
        .where(Refusal.platform_id == platform_id, Refusal.at > since)
        .group_by(Refusal.reason)
        .order_by(counted.desc(), Refusal.reason)
    )
    return [(reason, count) for reason, count in rows]


def grade(look: Look) -> Seen:
    """By the delivery that was tried last; what waits for one learner's sake breaks no link."""
    d = GradeDelivery
    of_this = (
        select(d)
        .join(GradeItem, GradeItem.id == d.grade_item_id)
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .join(GradeDecision, GradeDecision.id == d.wanted_id)
        .where(Deployment.registration_id == look.of.registration_id)
    )
    waits = d.delivered_id.is_distinct_from(d.wanted_id)
    with look.db.read() as session:
        last = session.scalars(of_this.where(d.tried_at.is_not(None)).order_by(d.tried_at.desc()).limit(1)).first()
        waiting = session.scalar(select(func.count()).select_from(of_this.where(waits).subquery())) or 0
        asleep = session.scalars(of_this.where(waits, *_overdue(look.now)).limit(1)).first() is not None
    return _grade(last, waiting, asleep)


def _overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due for longer than any worker needs: `next_try_at` alone may mean "at once"."""
    long_ago = now - WORKER_SLEEPS
    return (
        GradeDelivery.next_try_at < long_ago,
        GradeDecision.decided_at < long_ago,
        or_(GradeDelivery.lease_until.is_(None), GradeDelivery.lease_until < long_ago),
    )


def _grade(last: GradeDelivery | None, waiting: int, asleep: bool) -> Seen:
    if asleep:
        return Seen("no_worker", {"waiting": waiting})
    if last is None:
        return Seen("none_yet")
    data = {"waiting": waiting, "word": last.answer or last.outcome}
    data |= {"at": last.delivered_at.isoformat()} if last.delivered_at else {}
    if last.outcome != "delivered" and last.answer in SYSTEMIC:
        return Seen("stuck", data)
    return Seen("some_wait" if waiting else "arrived", data)


def frame(look: Look) -> Seen:
    tabs = func.coalesce(func.sum(case((Launch.bounce == "new_tab", 1), else_=0)), 0)
    inside = func.coalesce(func.sum(case((Launch.framed, 1), else_=0)), 0)
    with look.db.read() as session:
        counted: Row[Any] = session.execute(
            _launches(look, func.count(Launch.id), inside, tabs).where(Launch.at > look.now - A_MONTH)
        ).one()
    total, framed, many = (int(number) for number in counted)
    data = {"total": total, "framed": framed, "tabs": many}
    if not total:
        return Seen("none_yet")
    return Seen("many_tabs" if total >= SHARE and many * 5 > total else "inside", data)


LINKS: dict[str, Callable[[Look], Seen]] = {
    "activation": activation, "names": names, "picker": picker, "launch": launch, "grade": grade, "frame": frame,
}  # fmt: skip
