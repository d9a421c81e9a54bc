"""An admin's decisions about one learner: each with its reason, told in the audit, and followed by what it changes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Problem
from diklat_lti.models import Attempt, AuditRow, AuditText, Cohort, Enrolment, GradeDecision, LearnerEvent, Ruling
from diklat_lti.training import decisions, progress
from diklat_lti.training.cohorts import BadFields
from diklat_lti.training.state import State, state

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = trained.START + 2 * DAY
LATER = trained.END + 5 * DAY


@pytest.fixture
def cohort(db: Database, tmp_path: Path) -> Cohort:
    with db.write() as session:
        made = trained.cohort(session, tmp_path)
        trained.grade_item(session, made)
        return made


@pytest.fixture
def siti(db: Database, cohort: Cohort) -> Enrolment:
    with db.write() as session:
        return trained.enrolled(session, cohort)


def row(db: Database, who: Enrolment) -> Enrolment:
    with db.read() as session:
        return session.get_one(Enrolment, who.id)


def rulings(db: Database, who: Enrolment) -> list[tuple[str, str | None]]:
    with db.read() as session:
        mine = select(Ruling.kind, Ruling.reason).where(Ruling.enrolment_id == who.id).order_by(Ruling.id)
        return [(kind, reason) for kind, reason in session.execute(mine)]


def sits(db: Database, cohort: Cohort, who: Enrolment, at: Any, right: bool = True) -> None:
    with db.write() as session:
        for key in trained.lessons(session, cohort)[1]:
            trained.sits(session, cohort, who, key, at, right)


def reads(db: Database, cohort: Cohort, who: Enrolment, at: Any) -> None:
    with db.write() as session:
        for key in trained.lessons(session, cohort)[0]:
            trained.reads(session, who, key, at)


def added(db: Database, who: Enrolment, number: int, lesson: str | None = None, once: str = "") -> None:
    with db.write() as session:
        decisions.add_attempts(session, who.id, lesson, number, once or str(uuid4()), "HP rusak", None, lambda: NOW)


def withdrawn(db: Database, who: Enrolment, by: str = "admin") -> None:
    with db.write() as session:
        decisions.withdraw(session, who.id, by, "Pindah tugas", None, lambda: NOW)


def test_more_attempts_at_one_quiz_or_at_each(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    for hour in range(3):
        sits(db, cohort, siti, NOW - HOUR * hour, right=False)
    assert row(db, siti).attempts_left == 0
    with db.read() as session:
        one = trained.lessons(session, cohort)[1][0]
    added(db, siti, 2, one)
    assert row(db, siti).attempts_left == 2
    added(db, siti, 1)
    assert row(db, siti).attempts_left == 4
    assert rulings(db, siti) == [("attempts_added", "HP rusak")] * 2


def test_an_attempt_beyond_the_limit_takes_the_new_place_and_counts_from_the_decision_on(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    """As one that a second phone sends after the first one used up all of them."""
    reads(db, cohort, siti, trained.START)
    for hour in range(3):
        sits(db, cohort, siti, NOW - HOUR * (4 - hour), right=False)
    with db.read() as session:
        keys = trained.lessons(session, cohort)[1]
    for lesson in keys:
        with db.write() as session:
            _offline(session, cohort, siti, lesson)
    assert row(db, siti).passed_at is None
    added(db, siti, 1)
    assert row(db, siti).passed_at == NOW


def _offline(session: WriteSession, cohort: Cohort, siti: Enrolment, lesson: str) -> None:
    """The page refuses a fourth attempt; the device did not know."""
    session.add(
        Attempt(
            enrolment_id=siti.id, attempt_uuid=f"offline-{lesson}", lesson_key=lesson, version_id=cohort.version_id,
            seed=1, started_at=NOW - HOUR, received_at=NOW - HOUR,
        )
    )  # fmt: skip
    session.flush()
    given = trained.answers(session, cohort, lesson)
    done = [
        trained.event("answered", lesson, NOW - HOUR, f"offline-{lesson}", answers=given),
        trained.event("submitted", lesson, NOW - HOUR, f"offline-{lesson}"),
    ]
    progress.record(session, siti.id, done, NOW - HOUR)


def test_withdrawn_and_brought_back_with_everything(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    reads(db, cohort, siti, trained.START)
    for _ in range(2):
        withdrawn(db, siti, by="learner")
    now = row(db, siti)
    assert (state(now, NOW), now.withdrawn_by) == (State.WITHDRAWN, "learner")
    for _ in range(2):
        with db.write() as session:
            decisions.bring_back(session, siti.id, "Tugas batal", None, lambda: NOW + HOUR)
    now = row(db, siti)
    assert (state(now, NOW + HOUR), now.done_count) == (State.ACTIVE, 2)
    assert rulings(db, siti) == [("withdrawn", "Pindah tugas"), ("returned", "Tugas batal")]


def test_a_number_in_the_gradebook_stays_when_somebody_withdraws(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    reads(db, cohort, siti, trained.START)
    sits(db, cohort, siti, trained.START)
    withdrawn(db, siti)
    with db.read() as session:
        assert [d.score for d in session.scalars(select(GradeDecision).order_by(GradeDecision.id))][-1] is None
    assert row(db, siti).passed_at == trained.START, "what was reached is not forgotten"


def test_late_work_that_is_let_in_counts_from_then_on(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    reads(db, cohort, siti, trained.START)
    sits(db, cohort, siti, LATER)
    assert state(row(db, siti), LATER) is State.EXPIRED
    with db.write() as session:
        late = list(session.scalars(select(Attempt.id)))
        decisions.admit(session, siti.id, [], late, "Sinyal padam tiga hari", None, lambda: LATER + HOUR)
    assert row(db, siti).passed_at == LATER + HOUR


def test_a_lesson_read_too_late_is_let_in(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    reads(db, cohort, siti, LATER)
    assert row(db, siti).done_count == 0
    with db.write() as session:
        late = list(session.scalars(select(LearnerEvent.id)))
        decisions.admit(session, siti.id, late[:1], [], "Sinyal padam", None, lambda: LATER + HOUR)
    assert row(db, siti).done_count == 1


def test_somebody_elses_work_is_not_let_in(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    with db.write() as session:
        ani = trained.enrolled(session, cohort, world.person(session, name="Ani"))
    reads(db, cohort, ani, LATER)
    reads(db, cohort, siti, LATER)
    with db.read() as session:
        mine, hers = (
            list(session.scalars(select(LearnerEvent.id).where(LearnerEvent.enrolment_id == who.id)))
            for who in (siti, ani)
        )
    with pytest.raises(Problem) as problem, db.write() as session:
        decisions.admit(session, siti.id, [*mine, hers[0]], [], "Sinyal padam", None, lambda: LATER)
    assert problem.value.reason == "not_their_work"
    assert rulings(db, siti) == []


def _admit_nothing(session: WriteSession, siti: Enrolment) -> None:
    decisions.admit(session, siti.id, [], [], "Sinyal padam", None, lambda: NOW)


@pytest.mark.parametrize(
    ("decide", "field"),
    [
        (lambda s, e: decisions.add_attempts(s, e.id, None, 0, "a", "HP rusak", None, lambda: NOW), "number"),
        (lambda s, e: decisions.add_attempts(s, e.id, None, 11, "a", "HP rusak", None, lambda: NOW), "number"),
        (lambda s, e: decisions.add_attempts(s, e.id, "gone", 1, "a", "HP rusak", None, lambda: NOW), "lesson"),
        (
            lambda s, e: decisions.add_attempts(s, e.id, "sesi-orang-tua", 1, "a", "HP rusak", None, lambda: NOW),
            "lesson",
        ),
        (lambda s, e: decisions.add_attempts(s, e.id, None, 1, "a", " ", None, lambda: NOW), "reason"),
        (lambda s, e: decisions.withdraw(s, e.id, "admin", "", None, lambda: NOW), "reason"),
        (_admit_nothing, "work"),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_decided(
    db: Database, cohort: Cohort, siti: Enrolment, decide: Callable[[WriteSession, Enrolment], None], field: str
) -> None:
    with pytest.raises(BadFields) as bad, db.write() as session:
        decide(session, siti)
    assert (list(bad.value.fields), rulings(db, siti)) == ([field], [])


def test_a_second_press_adds_no_more_attempts(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    before = row(db, siti).attempts_left
    for once in ("a", "a", "b"):
        added(db, siti, 1, once=once)
    assert row(db, siti).attempts_left == before + 4


def test_what_was_let_in_before_is_not_let_in_again(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    reads(db, cohort, siti, LATER)
    with db.read() as session:
        late = sorted(session.scalars(select(LearnerEvent.id)))
    for chosen in (late[:1], late[:1], late):
        with db.write() as session:
            decisions.admit(session, siti.id, chosen, [], "Sinyal padam", None, lambda: LATER)
    with db.read() as session:
        bodies = list(session.scalars(select(Ruling.body).where(Ruling.kind == "admitted").order_by(Ruling.id)))
    assert bodies == [{"events": late[:1], "attempts": []}, {"events": late[1:], "attempts": []}]


def test_ten_attempts_can_be_added_at_once(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    before = row(db, siti).attempts_left
    added(db, siti, 10)
    assert row(db, siti).attempts_left == before + 20


def test_each_decision_is_in_the_audit_of_the_centre_with_its_reason_beside_it(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    with db.write() as session:
        rina = world.person(session, name="Rina")
        decisions.add_attempts(session, siti.id, None, 1, "a", " HP rusak ", rina.id, lambda: NOW)
    with db.read() as session:
        noted = session.execute(
            select(AuditRow.actor_id, AuditRow.action, AuditRow.subject_id, AuditRow.data, AuditText.text)
            .join(AuditText, AuditText.audit_row_id == AuditRow.id)
            .where(AuditRow.at == NOW)
        ).one()
    body = {"lesson": None, "number": 1, "once": "a"}
    assert noted == (rina.id, "learner.attempts_added", siti.id, body, "HP rusak")
    assert rulings(db, siti) == [("attempts_added", "HP rusak")]
