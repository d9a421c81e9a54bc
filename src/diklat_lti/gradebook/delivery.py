"""One delivery, at most a minute in all: load, find the line item, post, understand the answer, store it."""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti.database import Database
from diklat_lti.gradebook import answers, line_items, outbox
from diklat_lti.gradebook.answers import Meaning, Verdict
from diklat_lti.gradebook.line_items import Item
from diklat_lti.gradebook.outbox import Claim
from diklat_lti.lti import ags, http, tokens
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import (
    Cohort,
    Course,
    Deployment,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Person,
    Placement,
    Registration,
)
from diklat_lti.settings import Settings

SECONDS = 60.0
TROUBLES = (http.Unreachable, tokens.TokenRefused, tokens.NotGranted, ags.Refused)


@dataclass(frozen=True)
class Job:
    """What a claimed row asks for: the newest decision, for whom, where."""

    decision_id: int
    score: ags.Score | None
    """None: the gradebook should say nothing, or the person has no account there any more."""
    item: Item
    client: Client
    doubt: bool
    inherits: bool
    """A grade of another run may stand there, and a person has not said yet that ours may take its place."""
    stopped: str | None
    """Why it cannot go, known without asking."""


def deliver(db: Database, settings: Settings, claim: Claim, now: datetime) -> bool:
    """Brings the newest decision of a claimed row into the gradebook. False: the claim was lost meanwhile.

    No session is open while the platform is asked.
    """
    began = time.monotonic()
    with db.read() as session:
        job = load(session, claim)
    if job is None:
        return False
    verdict = _carry_out(Channel(db, settings, job.client, began + SECONDS, now), job)
    with db.write() as session:
        ended = now + timedelta(seconds=time.monotonic() - began)
        return outbox.finish(session, claim, job.decision_id, verdict, ended)


def load(session: Session, claim: Claim) -> Job | None:
    """The newest decision as it stands now; None: the row is not ours any more."""
    found = session.execute(
        select(
            GradeDecision,
            GradeItem,
            Person.sub,
            Placement.resource_link_id,
            Course.lineitems_url,
            Registration,
            GradeDelivery.delivered_id,
        )
        .select_from(GradeDelivery)
        .join(GradeDecision, GradeDecision.id == GradeDelivery.wanted_id)
        .join(Enrolment, Enrolment.id == GradeDelivery.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .join(GradeItem, GradeItem.id == GradeDelivery.grade_item_id)
        .join(Cohort, Cohort.id == GradeItem.cohort_id)
        .outerjoin(Placement, Placement.id == GradeItem.placement_id)
        .join(Course, Course.id == func.coalesce(Placement.course_id, Cohort.course_id))
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(GradeDelivery.id.in_(outbox.holds(claim)))
    ).one_or_none()
    if found is None:
        return None
    decision, item, sub, link_id, container, registration, delivered_id = found
    return Job(
        decision.id,
        _score(decision, sub),
        Item(item.id, item.lineitem_url, container, link_id, item.resource_id, item.tag, item.label),
        Client(registration.id, registration.client_id, registration.token_url),
        claim.doubt,
        item.inherits and delivered_id is None and claim.reason != "inherited",
        "withdrawn" if item.withdrawn_at else "no_account" if sub is None else None,
    )


def _score(decision: GradeDecision, sub: str | None) -> ags.Score | None:
    if decision.score is None or sub is None:
        return None
    return ags.Score(sub, decision.score, decision.comment or "", decision.timestamp)


def _carry_out(channel: Channel, job: Job) -> Verdict:
    if job.stopped:
        return Verdict(Meaning.STOPPED, job.stopped)
    if job.score is None:
        return Verdict(Meaning.DELIVERED, "nothing")
    doubt = job.doubt
    try:
        url = line_items.place(channel, job.item)
        if job.inherits and (inherited := _inherited(channel, url, job.score)):
            return inherited
        if doubt and (seen := _look(channel, url, job.score, refused=False)):
            return seen
        doubt = False
        return _send(channel, url, job.item, job.score)
    except line_items.Nowhere as e:
        meaning = Meaning.STOPPED if e.reason == "no_item" else Meaning.LATER
        return Verdict(meaning, e.reason)
    except TROUBLES as e:
        verdict = answers.of_trouble(e, channel.now)
        return verdict.in_doubt() if doubt else verdict


def _send(channel: Channel, url: str, item: Item, score: ags.Score) -> Verdict:
    """Posts, and follows what the answer asks for: another place, or a look at what stands there."""
    verdict = _post(channel, url, score)
    if verdict.meaning is Meaning.GONE:
        elsewhere = line_items.find(channel, item)
        if elsewhere is not None and elsewhere != url:
            url, verdict = elsewhere, _post(channel, elsewhere, score)
    if verdict.meaning is Meaning.GONE:
        return replace(verdict, meaning=Meaning.STOPPED)
    if verdict.meaning is Meaning.SUPERSEDED:
        return _what_stands(channel, url, score, verdict)
    return verdict


def _post(channel: Channel, url: str, score: ags.Score) -> Verdict:
    try:
        return answers.of_score(ags.post_score(channel, url, score), channel.now)
    except http.Unreachable as e:
        if e.maybe_sent:
            return Verdict(Meaning.UNKNOWN, "no_answer")
        raise


def _what_stands(channel: Channel, url: str, score: ags.Score, verdict: Verdict) -> Verdict:
    """After a 409: ours, or a person's? Where it cannot be read now it is read first next time."""
    try:
        seen = _look(channel, url, score, refused=True)
    except TROUBLES as e:
        return answers.of_trouble(e, channel.now).in_doubt()
    return replace(seen, status=verdict.status) if seen else replace(verdict, meaning=Meaning.STOPPED, reason="unread")


def _inherited(channel: Channel, url: str, score: ags.Score) -> Verdict | None:
    """A better grade, as a restored course brings it along, is not lowered by a new run's without a person's word."""
    try:
        listed = ags.results(channel, url, score.user_id)
    except tokens.NotGranted:
        return None
    better = any(result.score is not None and result.score > score.given for result in listed)
    return Verdict(Meaning.STOPPED, "inherited") if better else None


def _look(channel: Channel, url: str, score: ags.Score, refused: bool) -> Verdict | None:
    """Ours beside the gradebook's; None: it may be sent, or the platform does not let us read."""
    try:
        listed = ags.results(channel, url, score.user_id)
    except tokens.NotGranted:
        return None
    return answers.of_result(next(iter(listed), None), score.given, score.timestamp, refused)
