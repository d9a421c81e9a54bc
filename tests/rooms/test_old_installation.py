"""Installations that earlier versions left go on: the same people, states and grades after every migration, on each engine."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import installations
import trained
from diklat_lti import migrations
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Enrolment, GradeDecision, LearnerEvent
from diklat_lti.training import progress

OLD = sorted(installations.DATA.glob("installation_*.json"))


@pytest.fixture(params=OLD, ids=lambda file: file.stem)
def old(request: pytest.FixtureRequest) -> dict[str, Any]:
    file: Path = request.param
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.fixture
def migrated(empty_url: str, old: dict[str, Any]) -> Any:
    installations.restore(empty_url, old)
    assert migrations.current(empty_url) == old["revision"]
    migrations.upgrade(empty_url)
    assert migrations.current(empty_url) == migrations.head()
    db = Database(empty_url)
    yield db
    db.dispose()


def test_people_states_and_grades_are_the_same(migrated: Database, old: dict[str, Any]) -> None:
    with migrated.read() as session:
        assert installations.look(session) == old["seen"]


def test_what_is_made_anew_of_the_facts_says_the_same_and_decides_nothing(
    migrated: Database, old: dict[str, Any]
) -> None:
    with migrated.write() as session:
        for enrolment_id in session.scalars(select(Enrolment.id)).all():
            progress.freshen(session, enrolment_id, trained.NOW)
        assert installations.look(session) == old["seen"]


def test_work_goes_on_where_it_was_left(migrated: Database, old: dict[str, Any]) -> None:
    """The attempt that was open is handed in, and new rows get new numbers."""
    open_one = next(code for code, seen in old["seen"].items() if seen["person"][1] == "Dewi")
    with migrated.write() as session:
        dewi = session.scalars(select(Enrolment).where(Enrolment.help_code == open_one)).one()
        before = session.scalar(select(func.count()).select_from(LearnerEvent))
        quiz = next(key for key in trained.lessons(session, session.get_one(Cohort, dewi.cohort_id))[1])
        later = trained.NOW + installations.HOUR
        uuid = "0f0e0d0c-0001-4002-8003-000000000001"
        progress.record(session, dewi.id, [trained.event("submitted", quiz, later, uuid)], later)
        assert session.scalar(select(func.count()).select_from(LearnerEvent)) == (before or 0) + 1
        assert (dewi.score, dewi.done_count) == (0, 2)
        assert session.scalar(select(func.count(GradeDecision.id)).where(GradeDecision.enrolment_id == dewi.id)) == 0
