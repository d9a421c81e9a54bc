"""A run as an admin wishes it: each field's bounds, the window that comes of it, and what is stored when it is made."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Problem, say
from diklat_lti.models import AuditRow, Centre, GradeItem, Ruling
from diklat_lti.training import cohorts, rules
from diklat_lti.training.cohorts import BadFields, Plan, Wish

NOW = trained.NOW
"""10.00 WIB on 24 November 2026."""


class Desk:
    """A course with the sample published for its centre, another centre's beside it, and a wish that is right."""

    def __init__(self, session: WriteSession, storage: Path) -> None:
        self.session = session
        self.course = world.course(session)
        self.version = trained.published(session, session.get_one(Centre, self.course.centre_id), storage)
        self.admin = world.person(session, name="Rina")
        self.wish = Wish(self.version.id, "Angkatan I", "2026-12-01", "15", "Asia/Jakarta")

    def plan(self, **changed: Any) -> Plan:
        return cohorts.plan(self.session, self.course.id, replace(self.wish, **changed), NOW)

    def wrong(self, **changed: Any) -> dict[str, str]:
        with pytest.raises(BadFields) as bad:
            self.plan(**changed)
        return {name: str(sentence) for name, sentence in bad.value.fields.items()}


@pytest.mark.parametrize(
    ("field", "good"),
    [("name", "x"), ("name", "x" * 200), ("name", f"  {'x' * 200}  "), ("length_days", "1"), ("length_days", "90"),
     ("length_days", " 15 "), ("zone", "Asia/Makassar"), ("zone", "Asia/Jayapura"), ("starts_on", "2026-11-24"),
     ("starts_on", " 2026-12-01 "), ("starts_on", "2200-12-31")],
)  # fmt: skip
def test_a_wish_within_its_bounds_is_planned(db: Database, tmp_path: Path, field: str, good: str) -> None:
    with db.write() as session:
        planned = Desk(session, tmp_path).plan(**{field: good})
        assert planned.name == (good.strip() if field == "name" else "Angkatan I")


@pytest.mark.parametrize(
    ("field", "bad"),
    [("name", ""), ("name", "   "), ("name", "x" * 201), ("length_days", "0"), ("length_days", "91"),
     ("length_days", "-1"), ("length_days", "1.5"), ("length_days", "0015"), ("length_days", ""), ("length_days", "x"),
     ("zone", ""), ("zone", "Europe/Berlin"), ("starts_on", ""), ("starts_on", "1.12.2026"), ("starts_on", "2026-02-30"),
     ("starts_on", "1999-12-31"), ("starts_on", "2201-01-01"), ("version_id", 0)],
)  # fmt: skip
def test_a_wish_beyond_them_gets_a_sentence_beside_that_field_alone(
    db: Database, tmp_path: Path, field: str, bad: Any
) -> None:
    with db.write() as session:
        assert list(Desk(session, tmp_path).wrong(**{field: bad})) == [field]


def test_the_first_year_that_is_taken_is_over_and_not_unreadable(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        assert "over already" in Desk(session, tmp_path).wrong(starts_on="2000-01-01")["starts_on"]


def test_all_that_is_wrong_is_said_at_once(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        wrong = Desk(session, tmp_path).wrong(version_id=0, name="", starts_on="", length_days="", zone="")
        assert set(wrong) == {"version_id", "name", "starts_on", "length_days", "zone"}


def test_another_centres_program_cannot_be_chosen(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        desk = Desk(session, tmp_path)
        foreign = trained.published(session, world.centre(session, name="Makassar"), tmp_path)
        assert list(desk.wrong(version_id=foreign.id)) == ["version_id"]


def test_a_window_that_is_over_is_refused_to_the_instant(db: Database, tmp_path: Path) -> None:
    ends = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # midnight in Jakarta after 24 November
    with db.write() as session:
        desk = Desk(session, tmp_path)
        wish = replace(desk.wish, starts_on="2026-11-10")
        assert cohorts.plan(session, desk.course.id, wish, ends - timedelta(microseconds=1)).end == ends
        with pytest.raises(BadFields):
            cohorts.plan(session, desk.course.id, wish, ends)


@pytest.mark.parametrize(
    ("first", "warning"),
    [("2026-11-25", None), ("2026-11-24", None), ("2026-11-23", "The run has begun: today is day 2 of 15."),
     ("2026-11-15", "The run has begun: today is day 10 of 15.")],
)  # fmt: skip
def test_a_run_that_began_already_warns_how_many_days_are_left(
    db: Database, tmp_path: Path, first: str, warning: str | None
) -> None:
    with db.write() as session:
        planned = Desk(session, tmp_path).plan(starts_on=first)
        assert (None if planned.warning is None else str(planned.warning)) == warning


def test_the_day_is_that_of_the_chosen_zone(db: Database, tmp_path: Path) -> None:
    """23.30 in Jakarta on the 24th is the 25th in Jayapura."""
    late = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    with db.write() as session:
        desk = Desk(session, tmp_path)
        for zone, warned in (("Asia/Jakarta", False), ("Asia/Jayapura", True)):
            wish = replace(desk.wish, starts_on="2026-11-24", zone=zone)
            assert (cohorts.plan(session, desk.course.id, wish, late).warning is not None) is warned


def test_a_run_is_stored_with_its_rules_from_the_beginning_and_written_down(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        desk = Desk(session, tmp_path)
        world.course(session)
        planned = desk.plan()
        made = cohorts.create(session, desk.course.id, planned, desk.admin.id, NOW)
        assert (made.course_id, made.version_id, made.name, made.mode, made.zone, made.length_days, made.starts_on) == (
            desk.course.id, desk.version.id, "Angkatan I", "fixed", "Asia/Jakarta", 15, date(2026, 12, 1),
        )  # fmt: skip
        assert (made.sync_grace_hours, made.rules_seq, made.created_by, made.created_at) == (72, 1, desk.admin.id, NOW)
        ruling = session.scalars(select(Ruling)).one()
        assert (ruling.cohort_id, ruling.seq, ruling.kind, ruling.author_id, ruling.made_at) == (
            made.id, 1, "rules", desk.admin.id, NOW,
        )  # fmt: skip
        assert cohorts.rules_of(session, made.id) == rules.load(ruling.body)
        assert cohorts.rules_of(session, made.id).window == planned.window
        noted = session.scalars(select(AuditRow).where(AuditRow.action == "cohort.created")).one()
        assert (noted.centre_id, noted.actor_id, noted.subject_id, noted.data) == (
            desk.course.centre_id, desk.admin.id, made.id, {"days": 15},
        )  # fmt: skip


def test_the_newest_rules_of_this_very_run_are_in_force(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        desk = Desk(session, tmp_path)
        one, other = (cohorts.create(session, desk.course.id, desk.plan(), desk.admin.id, NOW) for _ in range(2))
        longer = replace(cohorts.rules_of(session, one.id), grace_hours=24)
        for cohort_id, seq, kind, body in (
            (one.id, 2, "rules", rules.dump(longer)), (one.id, 3, "noted", {}), (other.id, 4, "rules", rules.dump(longer)),
        ):  # fmt: skip
            session.add(Ruling(cohort_id=cohort_id, seq=seq, kind=kind, body=body, made_at=NOW))
        session.add(Ruling(cohort_id=other.id, seq=5, kind="rules", body=rules.dump(longer), made_at=NOW))
        session.flush()
        assert cohorts.rules_of(session, one.id) == longer
        with pytest.raises(Problem):
            cohorts.rules_of(session, 10**6)


def test_the_same_pick_is_one_link_and_another_is_another(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        desk = Desk(session, tmp_path)
        made = cohorts.create(session, desk.course.id, desk.plan(), desk.admin.id, NOW)
        deployment = world.deployment(session)
        one = cohorts.pick(session, made, deployment.id, "m1", desk.admin.id, NOW, uuid="a" * 36)
        assert cohorts.pick(session, made, deployment.id, "m1", desk.admin.id, NOW, uuid="a" * 36) is one
        other = cohorts.pick(session, made, deployment.id, None, desk.admin.id, NOW)
        assert (one.cohort_id, one.deployment_id, one.module_key, one.picked_by, one.picked_at) == (
            made.id, deployment.id, "m1", desk.admin.id, NOW,
        )  # fmt: skip
        assert other.uuid not in ("", one.uuid)


def test_one_column_is_expected_for_each_run_and_module_however_often_it_is_picked(
    db: Database, tmp_path: Path
) -> None:
    with db.write() as session:
        desk = Desk(session, tmp_path)
        runs = [cohorts.create(session, desk.course.id, desk.plan(), desk.admin.id, NOW) for _ in range(2)]
        deployment = world.deployment(session)
        for run in (*runs, *runs):
            for module in (None, "m1"):
                cohorts.pick(session, run, deployment.id, module, desk.admin.id, NOW)
        found = session.execute(select(GradeItem.cohort_id, GradeItem.module_key).order_by(GradeItem.id)).all()
        assert [tuple(row) for row in found] == [(run.id, key) for run in runs for key in ("", "m1")]


def test_runs_of_a_course_come_newest_first(db: Database) -> None:
    with db.write() as session:
        course = world.course(session)
        old, new = world.cohort(session, course), world.cohort(session, course)
        world.cohort(session)
        assert [cohort.id for cohort in cohorts.of_course(session, course.id)] == [new.id, old.id]


def test_the_last_day_of_a_window_is_the_one_before_its_end() -> None:
    end = datetime(2026, 12, 15, 17, 0, tzinfo=UTC)
    assert cohorts.last_day(end, "Asia/Jakarta") == date(2026, 12, 15)
    assert cohorts.last_day(end, "Asia/Jayapura") == date(2026, 12, 16)
    assert cohorts.last_day(end - timedelta(hours=17), "Asia/Jakarta") == date(2026, 12, 15)


def test_wrong_fields_are_named_where_the_error_is_logged() -> None:
    assert str(cohorts.BadFields({"name": say("Give the run a name."), "zone": say("Choose a zone.")})) == "name, zone"
