"""An admin's decisions about one learner: more attempts, withdrawal and return, late work that is let in.

Each is a dated ruling with author and reason, made under the learner's lock; what follows from it is summarised at once.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.cohort import Cohort, Ruling
from diklat_lti.models.people import Course
from diklat_lti.models.progress import Attempt, Enrolment, LearnerEvent
from diklat_lti.training import audit, cohorts, extensions, progress
from diklat_lti.training.extensions import Now

MOST_ADDED = 10


def add_attempts(
    session: WriteSession,
    enrolment_id: int,
    lesson_key: str | None,
    number: int,
    once: str,
    reason: str,
    author_id: int | None,
    now: Now,
) -> None:
    """At one quiz, or at each of them (`lesson_key` None). Attempts beyond the limit that lie there already take the
    new places first, and count from now on. `once` is the form's own name: a second press adds nothing."""
    enrolment = progress.lock(session, enrolment_id)
    if once in (body.get("once") for body in _rulings(session, enrolment, "attempts_added")):
        return
    if not 1 <= number <= MOST_ADDED:
        raise cohorts.BadFields({"number": say("Choose a number from 1 to %(most)s.", most=MOST_ADDED)})
    rules = cohorts.rules_of(session, enrolment.cohort_id)
    if lesson_key is not None and (
        (lesson := rules.lesson(lesson_key)) is None or not lesson.completion.startswith("quiz")
    ):
        raise cohorts.BadFields({"lesson": say("Choose a quiz of this training.")})
    body = {"lesson": lesson_key, "number": number, "once": once}
    _rule(session, enrolment, "attempts_added", body, reason, author_id, now)


def withdraw(session: WriteSession, enrolment_id: int, by: str, reason: str, author_id: int | None, now: Now) -> None:
    """`by`: "learner", who asked for it, or "admin". A number that is in the gradebook stays. Twice changes nothing."""
    enrolment = progress.lock(session, enrolment_id)
    if enrolment.withdrawn_at is None:
        _rule(session, enrolment, "withdrawn", {"by": by}, reason, author_id, now)


def bring_back(session: WriteSession, enrolment_id: int, reason: str, author_id: int | None, now: Now) -> None:
    """With everything that was done before. Twice changes nothing."""
    enrolment = progress.lock(session, enrolment_id)
    if enrolment.withdrawn_at is not None:
        _rule(session, enrolment, "returned", {}, reason, author_id, now)


def admit(
    session: WriteSession,
    enrolment_id: int,
    events: Iterable[int],
    attempts: Iterable[int],
    reason: str,
    author_id: int | None,
    now: Now,
) -> None:
    """Lets work in that was done or that came too late; it counts from now on. What was let in before stays as it was."""
    enrolment = progress.lock(session, enrolment_id)
    body = {
        "events": _own(session, LearnerEvent, enrolment, events),
        "attempts": _own(session, Attempt, enrolment, attempts),
    }
    if not body["events"] and not body["attempts"]:
        raise cohorts.BadFields({"work": say("Choose the work that is to count.")})
    for kind, ids in body.items():
        known = {id_ for before in _rulings(session, enrolment, "admitted") for id_ in before.get(kind, ())}
        body[kind] = [id_ for id_ in ids if id_ not in known]
    if body["events"] or body["attempts"]:
        _rule(session, enrolment, "admitted", body, reason, author_id, now)


def _rulings(session: WriteSession, enrolment: Enrolment, kind: str) -> list[dict[str, Any]]:
    bodies = select(Ruling.body).where(Ruling.enrolment_id == enrolment.id, Ruling.kind == kind)
    return list(session.scalars(bodies))


def _own(
    session: WriteSession, table: type[LearnerEvent] | type[Attempt], enrolment: Enrolment, ids: Iterable[int]
) -> list[int]:
    """The same numbers; any that is somebody else's is refused with all of them."""
    wanted = sorted(set(ids))
    found = session.scalars(select(table.id).where(table.enrolment_id == enrolment.id, table.id.in_(wanted)))
    if sorted(found) != wanted:
        raise Problem(
            Kind.BAD_INPUT, "not_their_work", say("This is not this learner's work."), say("Reload the page.")
        )
    return wanted


def _rule(
    session: WriteSession,
    enrolment: Enrolment,
    kind: str,
    body: dict[str, Any],
    reason: str,
    author_id: int | None,
    now: Now,
) -> None:
    """The ruling and its audit row; then the learner's summary and what the gradebook should say. The lock is held."""
    reason, made_at = extensions.said(reason), now()
    session.add(
        Ruling(
            cohort_id=enrolment.cohort_id,
            enrolment_id=enrolment.id,
            kind=kind,
            body=body,
            reason=reason,
            author_id=author_id,
            made_at=made_at,
        )
    )
    of_course = select(Course.centre_id).join(Cohort, Cohort.course_id == Course.id)
    centre_id = session.scalars(of_course.where(Cohort.id == enrolment.cohort_id)).one()
    audit.note(session, centre_id, author_id, f"learner.{kind}", "enrolment", enrolment.id, body, made_at, text=reason)
    progress.rewrite(session, enrolment, made_at)
