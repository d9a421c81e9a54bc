"""A cohort that really runs: the sample published, rules ruled, people enrolled; and work done in one call."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session

import diklat_lti
import world
from diklat_lti.content import publish
from diklat_lti.content.folder import CheckedProgram, check
from diklat_lti.database import WriteSession
from diklat_lti.models import Centre, Cohort, Course, Enrolment, GradeItem, Person, Placement, ProgramVersion
from diklat_lti.training import attempts, cohorts, enrolments, progress
from diklat_lti.training.progress import NewEvent

SAMPLE = Path(diklat_lti.__file__).parent / "demo" / "programs" / "p2k2"
FIRST_DAY = date(2026, 11, 23)
START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
END = START + timedelta(days=15)
NOW = world.NOW


@cache
def sample() -> CheckedProgram:
    """Read once for all tests of a process: rendering its Markdown is the dear part."""
    program = check(SAMPLE).program
    assert program is not None
    return program


def published(session: WriteSession, centre: Centre, storage: Path) -> ProgramVersion:
    return publish.publish(session, centre.id, sample(), storage, None, NOW)


def cohort(session: WriteSession, storage: Path, course: Course | None = None, first: date = FIRST_DAY) -> Cohort:
    """The sample in a course, 15 days from `first`, by the very functions that the picker calls."""
    course = course or world.course(session)
    version = published(session, session.get_one(Centre, course.centre_id), storage)
    admin = world.person(session, name="Admin")
    wish = cohorts.Wish(version.id, "Angkatan I", first.isoformat(), "15", "Asia/Jakarta")
    return cohorts.create(session, course.id, cohorts.plan(session, course.id, wish, START), admin.id, START)


def enrolled(session: WriteSession, of: Cohort, who: Person | None = None) -> Enrolment:
    who = who or world.person(session, name="Siti Aminah")
    enrolment_id, _ends = enrolments.enrol(session.connection(), of.id, who.id, "launch", NOW)
    return session.get_one(Enrolment, enrolment_id)


def grade_item(session: WriteSession, of: Cohort, module_key: str = "") -> GradeItem:
    place: Placement = world.placement(session, of)
    return world.stored(
        session,
        GradeItem(
            cohort_id=of.id,
            module_key=module_key,
            placement_id=place.id,
            deployment_id=place.deployment_id,
            lineitem_url=None,
            resource_id=f"diklat-cohort-{of.id}",
            tag=module_key or "final",
            label="Nilai akhir",
            created_at=NOW,
        ),
    )


def event(kind: str, lesson: str, at: datetime, attempt: str | None = None, **body: object) -> NewEvent:
    """As a form without scripts brings it: effective when it is received."""
    return NewEvent(str(uuid4()), kind, at, "serial", lesson, attempt, dict(body) or None)


def answers(session: Session, of: Cohort, lesson: str, right: bool = True) -> dict[str, object]:
    """Every question of a quiz answered right, or every one wrong."""
    body = publish.lesson_body(session, of.version_id, lesson, "quiz")
    return {q["key"]: _choice(q, right) for q in body["questions"]}


def _choice(question: dict[str, object], right: bool) -> object:
    options = question["answers"]
    assert isinstance(options, list)
    chosen = [a["key"] for a in options if a["correct"] is right]
    return chosen if question["kind"] == "multiple" else chosen[0]


def reads(session: WriteSession, enrolment: Enrolment, lesson: str, at: datetime) -> None:
    progress.record(session, enrolment.id, [event("confirmed", lesson, at)], at)


def sits(session: WriteSession, of: Cohort, enrolment: Enrolment, lesson: str, at: datetime, right: bool = True) -> str:
    """A whole attempt, begun and handed in at `at`; returns its uuid."""
    uuid = attempts.new_uuid()
    given = answers(session, of, lesson, right)
    done = [
        event("attempt_started", lesson, at, uuid, seed=7),
        event("answered", lesson, at, uuid, answers=given),
        event("submitted", lesson, at, uuid),
    ]
    progress.record(session, enrolment.id, done, at)
    return uuid


def lessons(session: Session, of: Cohort) -> tuple[list[str], list[str]]:
    """Keys of the lessons that are read, and of those whose quiz counts."""
    found = publish.outline_of(session, of.version_id).lessons
    return [x.key for x in found if not x.has_quiz], [x.key for x in found if x.has_quiz]
