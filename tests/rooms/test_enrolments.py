"""Enrolling: each person has an own one in each run, found by both; the code for the telephone; the first answers."""

from datetime import timedelta
from pathlib import Path

import pytest

import trained
import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import Person, Region
from diklat_lti.training import enrolments
from world import NOW


def test_an_enrolment_is_found_by_its_run_and_its_person_together(db: Database) -> None:
    with db.write() as session:
        first = world.enrolment(session)
        same_run = world.enrolment(session, world.stored(session, world.cohort(session)))
        neighbour = world.enrolment(session, grace_end_at=NOW + timedelta(days=9))
        wanted = (neighbour.id, NOW + timedelta(days=9))
        assert enrolments.find(session.connection(), neighbour.cohort_id, neighbour.person_id) == wanted
        for stranger in (first, same_run):
            assert enrolments.find(session.connection(), neighbour.cohort_id, stranger.person_id) == (None, None)
            assert enrolments.find(session.connection(), stranger.cohort_id, neighbour.person_id) == (None, None)


def test_a_code_for_the_telephone_has_eight_signs_that_nobody_mishears(db: Database) -> None:
    code = enrolments.new_help_code()
    assert (len(code), set(code) <= set(enrolments.ALPHABET)) == (8, True)


def test_the_first_answers_are_kept_and_what_an_admin_set_stays(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        for code in ("18.03.01", "18.03.02"):
            session.add(Region(code=code, name=code, source="test"))
        run = trained.cohort(session, tmp_path)
        siti = trained.enrolled(session, run, world.person(session, name=None))
        enrolments.welcome(session, siti, "18.03.01", f" {'x' * 301}", NOW)
        person = session.get_one(Person, siti.person_id)
        assert (siti.region_code, siti.region_source, siti.welcomed_at) == ("18.03.01", "learner", NOW)
        assert (person.region_code, person.name) == ("18.03.01", "x" * 300)
        enrolments.welcome(session, siti, "", "Another", NOW)
        assert (siti.region_code, person.region_code, person.name) == ("18.03.01", "18.03.01", "x" * 300)
        siti.region_source = "admin"
        enrolments.welcome(session, siti, "18.03.02", None, NOW)
        assert (siti.region_code, siti.region_source, person.region_code) == ("18.03.01", "admin", "18.03.02")
        with pytest.raises(Problem) as refused:
            enrolments.welcome(session, siti, "99.99.99", None, NOW)
        assert refused.value.reason == "unknown_region"


def test_an_enrolment_begins_under_the_rules_of_its_own_run(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        runs = [trained.cohort(session, tmp_path) for _ in range(2)]
        runs[1].rules_seq = 7
        session.flush()
        assert [trained.enrolled(session, run).rules_seq for run in runs] == [1, 7]


def test_what_is_remembered_of_runs_is_forgotten_when_it_grows_too_large(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolments, "KEPT_AT_MOST", 0)
    with db.write() as session:
        for run in [trained.cohort(session, tmp_path), trained.cohort(session, tmp_path)]:
            trained.enrolled(session, run, world.person(session))
            assert len(enrolments._first[session.connection().engine.pool]) == 1, run.id
