"""Decides what the gradebook should say about an enrolment (domain.md, "What goes to the gradebook").

Decisions are append-only and made in the transaction of their cause; `gradebook/` delivers the newest one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from diklat_lti import languages
from diklat_lti.database import WriteSession
from diklat_lti.errors import Sentence, say
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.grade import GradeDecision, GradeDelivery, GradeItem
from diklat_lti.models.progress import Enrolment
from diklat_lti.training.rules import Rules
from diklat_lti.training.scoring import CENT
from diklat_lti.training.state import State, Summary, state
from diklat_lti.training.window import day_number, window

FINAL = ""
"""`module_key` of the final score."""
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Due now by every clock: deliveries are retried by the protocol's clock, decisions are made by the training's."""

NOT_ENROLLED = "not_enrolled"
"""A refusal (gradebook/answers.py) that is over once the learner comes through the course again."""


@dataclass(frozen=True)
class Saying:
    """What a grade item should show. `score` None: nothing (a post without a score would erase a grade in Moodle)."""

    score: Decimal | None
    reason: str
    comment: Sentence | None = None


NOTHING = Saying(None, "nothing")


def decide(session: WriteSession, enrolment: Enrolment, rules: Rules, summary: Summary, now: datetime) -> None:
    """Appends a decision for each grade item's kind whose saying has changed. The enrolment's lock is held."""
    if enrolment.is_trial:
        return
    items = _items(session, enrolment.cohort_id)
    _append(session, enrolment, items.get(FINAL, []), FINAL, final_saying(rules, summary, now), now)
    for key in items.keys() - {FINAL}:
        _append(session, enrolment, items[key], key, module_saying(key, summary), now)


def _items(session: WriteSession, cohort_id: int) -> dict[str, list[int]]:
    """module key → ids of the cohort's grade items; the same content added twice has two, and both get the score."""
    g = GradeItem
    found: dict[str, list[int]] = {}
    for id_, key in session.execute(
        select(g.id, g.module_key).where(g.cohort_id == cohort_id, g.withdrawn_at.is_(None)).order_by(g.id)
    ):
        found.setdefault(key, []).append(id_)
    return found


def final_saying(rules: Rules, summary: Summary, now: datetime) -> Saying:
    """The table of domain.md, row by row."""
    where = state(summary, now)
    if where is State.WITHDRAWN:
        return NOTHING
    if where is State.PASSED:
        return _passed(rules, summary)
    if where is State.FAILED:
        return Saying(summary.score or Decimal(0), "failed", say("NOT PASSED"))
    if where is State.ACTIVE and summary.all_done and summary.score is not None:
        if summary.attempts_left:
            comment = say("Not passed yet, attempts left: %(left)s", left=summary.attempts_left)
            return Saying(summary.score, "attempts_left", comment)
        comment = say("Not passed yet. No attempts left; ask the admin.")
        return Saying(summary.score, "no_attempts_left", comment)
    if summary.annulled:
        # Whoever has not passed has no passing score in the gradebook: something is undone.
        score = min(summary.score or Decimal(0), rules.pass_mark - CENT)
        return Saying(max(score, Decimal(0)), "annulled", say("Counted anew: an attempt was annulled."))
    return NOTHING


def _passed(rules: Rules, summary: Summary) -> Saying:
    assert summary.passed_at is not None
    local = summary.passed_at.astimezone(ZoneInfo(rules.window.zone))
    zone = local.tzname()
    opened = window(rules.window, summary.opens_at)
    comment = say(
        "PASSED %(day)s %(time)s %(zone)s, day %(number)s of %(length)s",
        day=local.strftime("%d-%m-%Y"),
        time=local.strftime("%H.%M"),
        zone=zone,
        number=day_number(opened, summary.passed_at, rules.window.zone),
        length=rules.window.length_days,
    )
    return Saying(summary.passing_score, "passed", comment)


def module_saying(key: str, summary: Summary) -> Saying:
    """A module's item, where it is on: its score once the module is done."""
    score = summary.module_scores.get(key)
    if score is None or summary.withdrawn_at is not None:
        return NOTHING
    return Saying(score, "module_done", say("Module completed"))


def _append(
    session: WriteSession, enrolment: Enrolment, items: list[int], key: str, saying: Saying, now: datetime
) -> None:
    last = _last(session, enrolment.id, key)
    comment = languages.translate(saying.comment, languages.LANGUAGES[0]) if saying.comment else None
    if last is None and saying.score is None:
        return
    if last is not None and (last.score, last.comment) == (saying.score, comment):
        _want(session, enrolment.id, items, last.id)
        return
    if saying.score is None and not _undelivered(session, enrolment.id, key):
        return  # what is delivered stays: an empty post would erase it
    decision = GradeDecision(
        enrolment_id=enrolment.id,
        module_key=key,
        score=saying.score,
        comment=comment,
        reason=_reason(saying, last),
        timestamp=_timestamp(now, last),
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    _want(session, enrolment.id, items, decision.id)


def _last(session: WriteSession, enrolment_id: int, key: str) -> GradeDecision | None:
    d = GradeDecision
    return session.scalars(
        select(d).where(d.enrolment_id == enrolment_id, d.module_key == key).order_by(d.id.desc()).limit(1)
    ).one_or_none()


def _undelivered(session: WriteSession, enrolment_id: int, key: str) -> bool:
    """Whether an older decision still waits somewhere: then "nothing" has to drop it."""
    d, g = GradeDelivery, GradeItem
    waiting = select(d.id).join(g, g.id == d.grade_item_id).where(
        d.enrolment_id == enrolment_id, g.module_key == key, d.delivered_id.is_distinct_from(d.wanted_id)
    )  # fmt: skip
    return session.scalars(waiting.limit(1)).one_or_none() is not None


def _reason(saying: Saying, last: GradeDecision | None) -> str:
    """A lower score goes out only by a decision that says so."""
    if saying.score is not None and last is not None and last.score is not None and saying.score < last.score:
        return f"lowered_{saying.reason}"
    return saying.reason


def _timestamp(now: datetime, last: GradeDecision | None) -> datetime:
    """Whole seconds, later than the last one: Moodle answers 409 to an equal second (CONTRACT.md)."""
    second = now.replace(microsecond=0)
    return second if last is None else max(second, last.timestamp + timedelta(seconds=1))


def _want(session: WriteSession, enrolment_id: int, items: list[int], decision_id: int) -> None:
    """Makes the decision the wanted one of every item; an item that already has it stays as it is."""
    d = GradeDelivery
    known = dict(session.execute(select(d.grade_item_id, d.wanted_id).where(d.enrolment_id == enrolment_id)).all())
    for item in items:
        if item not in known:
            session.add(_delivery(enrolment_id, item, decision_id))
    changed = [item for item in items if known.get(item, decision_id) != decision_id]
    if changed:
        session.execute(
            update(d)
            .where(d.enrolment_id == enrolment_id, d.grade_item_id.in_(changed))
            .values(wanted_id=decision_id, next_try_at=AT_ONCE, tries=0, outcome="waiting", answer=None)
        )
    session.flush()


def _delivery(enrolment_id: int, item: int, decision_id: int) -> GradeDelivery:
    return GradeDelivery(
        enrolment_id=enrolment_id,
        grade_item_id=item,
        wanted_id=decision_id,
        next_try_at=AT_ONCE,
        tries=0,
        outcome="waiting",
    )


def send_again(session: WriteSession, which: ColumnElement[bool], *answers: str) -> None:
    """What waited for a person because of one of `answers` goes out by itself: a launch has shown that its cause is gone."""
    session.execute(
        update(GradeDelivery)
        .where(which, GradeDelivery.outcome == "stopped", GradeDelivery.answer.in_(answers))
        .values(outcome="waiting", tries=0, next_try_at=AT_ONCE)
        .execution_options(synchronize_session=False)
    )


def look_again(session: WriteSession, person_id: int, course_id: int) -> None:
    """For whoever was taken out of the course and is back: Moodle 4.5.6 deletes the grades of whom it unenrols. All that
    was told of this learner is looked for in the gradebook, and told again where it is gone."""
    d = GradeDelivery
    theirs = select(Enrolment.id).join(Cohort, Cohort.id == Enrolment.cohort_id)
    theirs = theirs.where(Enrolment.person_id == person_id, Cohort.course_id == course_id)
    refused = and_(d.outcome == "stopped", d.answer == NOT_ENROLLED)
    session.execute(
        update(d)
        .where(d.enrolment_id.in_(theirs), or_(refused, d.outcome == "delivered"))
        .values(outcome="unknown", delivered_id=None, tries=0, next_try_at=AT_ONCE)
        .execution_options(synchronize_session=False)
    )


def spread(session: WriteSession, item: GradeItem) -> None:
    """A new grade item shows what was decided before it came: one set-based insert for all who have a decision."""
    d, e = GradeDecision, Enrolment
    newest = (
        select(func.max(d.id))
        .join(e, e.id == d.enrolment_id)
        .where(e.cohort_id == item.cohort_id, d.module_key == item.module_key)
        .group_by(d.enrolment_id)
    )
    rows = session.execute(select(d.enrolment_id, d.id).where(d.id.in_(newest), d.score.is_not(None))).all()
    session.add_all(_delivery(enrolment_id, item.id, decision_id) for enrolment_id, decision_id in rows)
