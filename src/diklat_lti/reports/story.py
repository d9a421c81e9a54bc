"""Everything that happened to one learner, in order, in sentences: what they did, what was decided, what arrived."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from diklat_lti.content.outline import Outline
from diklat_lti.errors import Sentence, say
from diklat_lti.gradebook import reasons
from diklat_lti.models import Enrolment, Extension, GradeDecision, GradeDelivery, GradeItem, Person, Ruling
from diklat_lti.training import ledger
from diklat_lti.training.facts import AttemptFact, Event, JudgementFact

LATE = timedelta(minutes=5)
"""Work that arrived this much after it was done was done without a signal."""
EVENTS = {
    "started": say("Pressed “Start now”."),
    "opened": say("Opened lesson %(number)s, %(title)s."),
    "confirmed": say("Finished reading lesson %(number)s, %(title)s."),
    "last_page": say("Reached the last page of lesson %(number)s, %(title)s."),
    "attempt_started": say("Began attempt %(attempt)s at the quiz of lesson %(number)s, %(title)s."),
    "submitted": say("Handed in attempt %(attempt)s at the quiz of lesson %(number)s, %(title)s."),
    "handed_in": say("Handed in the worksheet of lesson %(number)s, %(title)s."),
}
"""Single answers are left out: an attempt has dozens of them."""
JUDGED = {
    "submitted": say("Attempt %(attempt)s at the quiz of lesson %(number)s scored %(score)s."),
    "closed": say(
        "Attempt %(attempt)s at the quiz of lesson %(number)s was not handed in; its answers scored %(score)s."
    ),
    "remarked": say("Attempt %(attempt)s at the quiz of lesson %(number)s was marked anew: %(score)s."),
}
RULED = {
    "withdrawn": say("Withdrawn from the training."),
    "returned": say("Taken back into the training."),
    "extended": say("Given more time."),
    "revoked": say("The extra time was taken back."),
    "admitted": say("Late work was admitted."),
    "attempts_added": say("Given more attempts."),
    "annulled": say("Attempts were annulled."),
    "marked": say("Marked by an admin."),
}


@dataclass(frozen=True)
class Happening:
    """One line of the story. Times inside it are formatted by whoever shows it, in the reader's way."""

    at: datetime
    what: Sentence
    mark: str = ""
    """good, bad, warn, or empty."""
    why: Sentence | str | None = None
    arrived_at: datetime | None = None
    """When the server received it, where that was much later."""
    clock_changed: bool = False
    by: str | None = None
    until: datetime | None = None


def of_enrolment(session: Session, enrolment: Enrolment, outline: Outline) -> list[Happening]:
    """Oldest first; what happened at the same instant stands in the order of cause and effect."""
    teller = _Teller(session, enrolment, outline)
    found = [h for part in (teller.work, teller.rulings, teller.milestones, teller.grades) for h in part()]
    return sorted([teller.enrolled(), *found], key=lambda h: h.at)


class _Teller:
    """What the parts of the story share: the facts, the titles, the numbers of attempts."""

    def __init__(self, session: Session, enrolment: Enrolment, outline: Outline) -> None:
        self.session = session
        self.enrolment = enrolment
        self.facts = ledger.load(session, enrolment.id)
        self.titles = {lesson.key: (lesson.number, lesson.title) for lesson in outline.lessons}
        self.modules = {module.key: module.title for module in outline.modules}
        self.attempts = {attempt.id: attempt for attempt in self.facts.attempts}
        self.places = _places(self.facts.attempts)

    def enrolled(self) -> Happening:
        first = say("Opened the training for the first time.")
        listed = say("Entered from the list of participants.")
        return Happening(self.enrolment.enrolled_at, first if self.enrolment.source == "launch" else listed)

    def work(self) -> Iterator[Happening]:
        for event in sorted(self.facts.events, key=lambda e: (e.at, e.id)):
            if event.kind in EVENTS:
                yield self._event(event)
        for judgement in self.facts.judgements:
            yield self._judged(judgement)

    def _event(self, event: Event) -> Happening:
        late = event.received_at if event.received_at - event.at > LATE else None
        what = say(EVENTS[event.kind].text, **self._blanks(event.lesson_key, event.attempt_id))
        return Happening(event.at, what, arrived_at=late, clock_changed=event.flagged)

    def _judged(self, judgement: JudgementFact) -> Happening:
        lesson = self.attempts[judgement.attempt_id].lesson_key
        blanks = self._blanks(lesson, judgement.attempt_id)
        return Happening(judgement.judged_at, say(JUDGED[judgement.cause].text, **blanks, score=judgement.score))

    def _blanks(self, lesson_key: str | None, attempt_id: int | None) -> dict[str, Any]:
        number, title = self.titles.get(lesson_key or "", ("?", lesson_key))
        return {"number": number, "title": title, "attempt": self.places.get(attempt_id or 0, "?")}

    def rulings(self) -> Iterator[Happening]:
        """Of this learner alone, or of several with a row for this one."""
        mine = and_(
            Extension.enrolment_id == self.enrolment.id,
            or_(Extension.ruling_id == Ruling.id, Extension.revoking_ruling_id == Ruling.id),
        )
        until = case((Extension.ruling_id == Ruling.id, Extension.until))
        rows = self.session.execute(
            select(Ruling.made_at, Ruling.kind, Ruling.reason, Person.name, until)
            .outerjoin(Person, Person.id == Ruling.author_id)
            .outerjoin(Extension, mine)
            .where(or_(Ruling.enrolment_id == self.enrolment.id, Extension.id.is_not(None)))
            .where(Ruling.cohort_id == self.enrolment.cohort_id)
            .order_by(Ruling.id)
        )
        for made_at, kind, reason, author, until in rows:
            yield Happening(made_at, RULED[kind], why=reason, by=author, until=until)

    def milestones(self) -> Iterator[Happening]:
        e = self.enrolment
        if e.first_work_at is not None:
            yield Happening(e.first_work_at, say("The first work that counts."))
        if e.completed_at is not None:
            yield Happening(e.completed_at, say("All lessons are done."), "good")
        if e.passed_at is not None:
            yield Happening(e.passed_at, say("Passed."), "good")

    def grades(self) -> Iterator[Happening]:
        g = GradeDecision
        for decision in self.session.scalars(select(g).where(g.enrolment_id == self.enrolment.id).order_by(g.id)):
            yield Happening(decision.decided_at, _decided(decision, self.modules), why=decision.comment)
        for delivery in deliveries(self.session, self.enrolment.id):
            if delivery.tried_at is not None:
                yield _told(delivery)


def _places(attempts: tuple[AttemptFact, ...]) -> dict[int, int]:
    """Attempt → its place among those at the same quiz, as the server counts them."""
    places: dict[int, int] = {}
    seen: dict[str, int] = {}
    for attempt in sorted(attempts, key=lambda a: (a.received_at, a.started_at, a.id)):
        places[attempt.id] = seen[attempt.lesson_key] = seen.get(attempt.lesson_key, 0) + 1
    return places


def _decided(decision: GradeDecision, modules: dict[str, str]) -> Sentence:
    if decision.score is None:
        return say("Decided: nothing to send to the gradebook.")
    if decision.module_key:
        module = modules.get(decision.module_key, decision.module_key)
        return say("Decided for the gradebook, module “%(module)s”: %(score)s.", module=module, score=decision.score)
    return say("Decided for the gradebook, final score: %(score)s.", score=decision.score)


def _told(delivery: GradeDelivery) -> Happening:
    assert delivery.tried_at is not None
    reason = reasons.explain(delivery.answer)
    mark = {"delivered": "good", "stopped": "bad"}.get(delivery.outcome, "warn")
    return Happening(delivery.tried_at, reason.sentence, mark, why=reason.advice)


def deliveries(session: Session, enrolment_id: int) -> list[GradeDelivery]:
    """One for each grade item that shows this learner's score."""
    d = GradeDelivery
    query = select(d).join(GradeItem, GradeItem.id == d.grade_item_id)
    return list(
        session.scalars(query.where(d.enrolment_id == enrolment_id, GradeItem.withdrawn_at.is_(None)).order_by(d.id))
    )
