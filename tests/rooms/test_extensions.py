"""More time for some: looked at first, granted by one decision with a row for each, taken back without losing work."""

import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, event, select, true

import trained
import world
from diklat_lti.content import publish
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, AuditText, Cohort, Enrolment, Extension, GradeDecision, Region, Ruling
from diklat_lti.reports import story
from diklat_lti.training import cohorts, decisions, extensions, progress, rules
from diklat_lti.training.extensions import Wish
from diklat_lti.training.state import State, state

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = trained.END + 5 * DAY
"""Two days after the grace."""
LAST_DAY = date(2026, 12, 17)
UNTIL = datetime.fromisoformat("2026-12-17T17:00:00+00:00")
EVERYBODY = true()


@pytest.fixture
def cohort(db: Database, tmp_path: Path) -> Cohort:
    with db.write() as session:
        made = trained.cohort(session, tmp_path)
        trained.grade_item(session, made)
        return made


@pytest.fixture
def siti(db: Database, cohort: Cohort) -> Enrolment:
    return enrolled(db, cohort, "Siti")


def enrolled(db: Database, cohort: Cohort, name: str, **columns: Any) -> Enrolment:
    with db.write() as session:
        found = trained.enrolled(session, cohort, world.person(session, name=name))
        for column, value in columns.items():
            setattr(found, column, value)
        return found


def granted(
    db: Database, cohort: Cohort, whom: ColumnElement[bool] = EVERYBODY, at: datetime = LATER, last: date = LAST_DAY
) -> int:
    with db.write() as session:
        return extensions.grant(session, cohort, whom, Wish(last, "Jaringan padam", "12/DIKLAT"), None, lambda: at)


def revoked(db: Database, cohort: Cohort, ruling: int, at: datetime) -> int:
    with db.write() as session:
        return extensions.revoke(session, cohort, ruling, "Salah orang", None, lambda: at)


def rulings(db: Database, kind: str = "extended") -> list[Ruling]:
    with db.read() as session:
        return list(session.scalars(select(Ruling).where(Ruling.kind == kind).order_by(Ruling.id)))


def row(db: Database, who: Enrolment) -> Enrolment:
    with db.read() as session:
        return session.get_one(Enrolment, who.id)


def settle(db: Database, now: datetime) -> list[int]:
    with db.read() as session:
        found = progress.due(session, now)
    for enrolment_id in found:
        with db.write() as session:
            progress.freshen(session, enrolment_id, now)
    return found


def reads(db: Database, cohort: Cohort, who: Enrolment, number: int, at: datetime) -> None:
    with db.write() as session:
        trained.reads(session, who, trained.lessons(session, cohort)[0][number], at)


def sits(db: Database, cohort: Cohort, who: Enrolment, at: datetime, right: bool = True) -> None:
    with db.write() as session:
        for key in trained.lessons(session, cohort)[1]:
            trained.sits(session, cohort, who, key, at, right)


def test_after_the_end_more_time_makes_a_learner_active_again_with_all_that_was_done(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    reads(db, cohort, siti, 0, trained.START + DAY)
    assert state(row(db, siti), LATER) is State.EXPIRED
    assert granted(db, cohort) == 1
    now = row(db, siti)
    assert state(now, LATER) is State.ACTIVE
    assert (now.done_count, now.end_at, now.grace_end_at) == (1, UNTIL, UNTIL + 72 * HOUR)
    assert now.next_change_at == now.grace_end_at
    settle(db, LATER)
    settled = row(db, siti)
    assert (settled.end_at, settled.grace_end_at, settled.done_count) == (now.end_at, now.grace_end_at, 1)


def test_it_is_looked_at_first_with_each_name_and_both_ends(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    ani = enrolled(db, cohort, "Ani")
    enrolled(db, cohort, "Wati", withdrawn_at=LATER)
    enrolled(db, cohort, "Tuti", end_at=UNTIL)
    with db.read() as session:
        lines = extensions.preview(session, cohort, EVERYBODY, LAST_DAY)
        first = extensions.preview(session, cohort, EVERYBODY, LAST_DAY, limit=1)
    ends = (trained.END, UNTIL)
    assert [(x.enrolment_id, x.name, x.end, x.new_end) for x in lines] == [
        (ani.id, "Ani", *ends),
        (siti.id, "Siti", *ends),
    ]
    assert first == lines[:1]
    assert granted(db, cohort) == 2
    with db.read() as session:
        assert extensions.preview(session, cohort, EVERYBODY, LAST_DAY) == []


def another(db: Database, tmp_path: Path) -> Cohort:
    with db.write() as session:
        return trained.cohort(session, tmp_path, world.course(session))


def test_it_is_for_those_who_are_meant_and_for_nobody_else(
    db: Database, cohort: Cohort, siti: Enrolment, tmp_path: Path
) -> None:
    with db.write() as session:
        world.stored(session, Region(code="18.03.02", name="Bukit Kemuning", source="a test"))
    ani = enrolled(db, cohort, "Ani", region_code="18.03.02")
    other = enrolled(db, another(db, tmp_path), "Budi", region_code="18.03.02")
    assert granted(db, cohort, Enrolment.region_code == "18.03.02") == 1
    assert [row(db, who).end_at for who in (ani, siti, other)] == [UNTIL, trained.END, trained.END]


def test_several_get_it_by_one_decision_with_a_row_for_each(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    ani = enrolled(db, cohort, "Ani")
    assert granted(db, cohort) == 2
    [ruling] = rulings(db)
    assert (ruling.enrolment_id, ruling.reason, ruling.letter_number) == (None, "Jaringan padam", "12/DIKLAT")
    assert ruling.body == {"until": UNTIL.isoformat(), "enrolments": 2}
    with db.read() as session:
        rows = session.execute(select(Extension.enrolment_id, Extension.until, Extension.granted_at)).all()
        noted = session.execute(select(AuditRow.action, AuditRow.data, AuditText.text).join(AuditText)).one()
    assert sorted(rows) == [(siti.id, UNTIL, LATER), (ani.id, UNTIL, LATER)]
    assert noted == ("learners.extended", {**ruling.body, "ruling": ruling.id}, "Jaringan padam")
    assert granted(db, cohort) == 0
    assert len(rulings(db)) == 1


def test_however_many_they_are_it_takes_as_many_statements(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    def said() -> int:
        heard: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            heard.append(statement)

        event.listen(db.writer, "before_cursor_execute", note)
        granted(db, cohort)
        event.remove(db.writer, "before_cursor_execute", note)
        return len(heard)

    one = said()
    for number in range(30):
        enrolled(db, cohort, f"Peserta {number}")
    assert said() == one


def test_work_that_came_too_late_counts_by_itself_once_more_time_covers_it(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    for number in range(2):
        reads(db, cohort, siti, number, trained.START + DAY)
    late = trained.END + 4 * DAY
    sits(db, cohort, siti, late)
    assert state(row(db, siti), LATER) is State.EXPIRED
    granted(db, cohort)
    assert settle(db, LATER) == [siti.id], "who has work that it may let in is due at once"
    assert (row(db, siti).passed_at, state(row(db, siti), LATER)) == (late, State.PASSED)
    with db.read() as session:
        assert [d.reason for d in session.scalars(select(GradeDecision))] == ["passed"]


def test_who_failed_may_try_again(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    for number in range(2):
        reads(db, cohort, siti, number, trained.START + DAY)
    sits(db, cohort, siti, trained.START + DAY, right=False)
    settle(db, LATER)
    assert state(row(db, siti), LATER) is State.FAILED
    granted(db, cohort)
    settle(db, LATER)
    sits(db, cohort, siti, LATER + HOUR)
    assert state(row(db, siti), LATER + HOUR) is State.PASSED
    assert row(db, siti).passed_at == LATER + HOUR


def test_taken_back_it_ends_now_and_what_was_done_under_it_stays(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    granted(db, cohort)
    reads(db, cohort, siti, 0, LATER + HOUR)
    [ruling] = rulings(db)
    assert revoked(db, cohort, ruling.id, LATER + 2 * HOUR) == 1
    settle(db, LATER + 2 * HOUR)
    assert (row(db, siti).end_at, row(db, siti).done_count) == (LATER + 2 * HOUR, 1)
    reads(db, cohort, siti, 1, LATER + 3 * HOUR)
    assert row(db, siti).done_count == 1
    assert revoked(db, cohort, ruling.id, LATER + 4 * HOUR) == 0
    [taken] = rulings(db, "revoked")
    assert (taken.enrolment_id, taken.body) == (siti.id, {"extension": ruling.id, "enrolments": 1})


def test_of_two_the_other_one_stays(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    granted(db, cohort)
    granted(db, cohort, last=LAST_DAY + 3 * DAY)
    second = rulings(db)[1]
    revoked(db, cohort, second.id, LATER)
    assert granted(db, cohort, last=LAST_DAY + DAY) == 1, "its end is not known yet, and it may gain"
    settle(db, LATER)
    assert row(db, siti).end_at == UNTIL + DAY


def test_given_again_while_it_is_being_counted_nobody_gets_it_twice(
    db: Database, cohort: Cohort, siti: Enrolment
) -> None:
    sits(db, cohort, siti, trained.START + DAY, right=False)
    assert granted(db, cohort) == 1
    assert row(db, siti).rules_seq == extensions.ANEW
    assert granted(db, cohort) == 0


def test_more_time_never_makes_an_end_earlier(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    granted(db, cohort, last=LAST_DAY + 3 * DAY)
    with db.write() as session:
        session.get_one(Enrolment, siti.id).rules_seq = extensions.ANEW
    granted(db, cohort)
    assert row(db, siti).end_at == UNTIL + 3 * DAY
    settle(db, LATER)
    assert row(db, siti).end_at == UNTIL + 3 * DAY


def test_who_has_not_begun_a_rolling_run_gets_more_time_to_begin_and_no_grace(db: Database, cohort: Cohort) -> None:
    with db.write() as session:
        ruling = session.scalars(select(Ruling).where(Ruling.cohort_id == cohort.id)).one()
        window = {**ruling.body["window"], "mode": "rolling", "starts_on": None, "opens_on": "2026-11-23"}
        ruling.body = {**ruling.body, "window": {**window, "last_start_on": "2026-12-07"}}
        assert rules.load(ruling.body).window.mode == "rolling"
    siti = enrolled(db, cohort, "Siti")
    assert row(db, siti).end_at == row(db, siti).grace_end_at == trained.END
    granted(db, cohort)
    assert row(db, siti).end_at == row(db, siti).grace_end_at == UNTIL
    settle(db, LATER)
    assert row(db, siti).end_at == row(db, siti).grace_end_at == UNTIL


@pytest.mark.parametrize(
    ("last", "reason", "wrong"),
    [
        (LATER.date() - DAY, "Listrik padam", {"last_day"}),
        (LATER.date() + 370 * DAY, "Listrik padam", {"last_day"}),
        (LAST_DAY, "  ", {"reason"}),
        (LATER.date() - 30 * DAY, "", {"last_day", "reason"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(
    db: Database, cohort: Cohort, siti: Enrolment, last: date, reason: str, wrong: set[str]
) -> None:
    with pytest.raises(cohorts.BadFields) as bad, db.write() as session:
        extensions.grant(session, cohort, EVERYBODY, Wish(last, reason), None, lambda: LATER)
    assert set(bad.value.fields) == wrong
    assert (rulings(db), row(db, siti).end_at) == ([], trained.END)


def test_today_may_be_the_last_day_and_yesterday_may_not(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    midnight = UNTIL - DAY
    with pytest.raises(cohorts.BadFields):
        granted(db, cohort, at=midnight, last=LAST_DAY - DAY)
    assert granted(db, cohort, at=midnight - timedelta(milliseconds=1), last=LAST_DAY - DAY) == 1


def test_what_is_no_extension_of_this_run_cannot_be_taken_back(
    db: Database, cohort: Cohort, siti: Enrolment, tmp_path: Path
) -> None:
    granted(db, cohort)
    [ruling] = rulings(db)
    other = another(db, tmp_path)
    with db.read() as session:
        of_rules = session.scalars(select(Ruling.id).where(Ruling.kind == "rules", Ruling.cohort_id == cohort.id)).one()
    for of, number in ((other, ruling.id), (cohort, of_rules), (cohort, ruling.id + 1000)):
        with pytest.raises(Problem):
            revoked(db, of, number, LATER)
    with pytest.raises(cohorts.BadFields), db.write() as session:
        extensions.revoke(session, cohort, ruling.id, " ", None, lambda: LATER)


def test_it_stands_in_the_story_of_each_of_them_with_its_end(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    ani, wati = enrolled(db, cohort, "Ani"), enrolled(db, cohort, "Wati")
    granted(db, cohort, Enrolment.id.in_([siti.id, ani.id]))
    granted(db, cohort, Enrolment.id == wati.id, last=LAST_DAY + DAY)
    revoked(db, cohort, rulings(db)[0].id, LATER + HOUR)

    def told(who: Enrolment) -> list[tuple[str, datetime | None]]:
        with db.read() as session:
            found = story.of_enrolment(
                session, session.get_one(Enrolment, who.id), publish.outline_of(session, cohort.version_id)
            )
        return [(h.what.text, h.until) for h in found if h.why in ("Jaringan padam", "Salah orang")]

    both = [("Given more time.", UNTIL), ("The extra time was taken back.", None)]
    assert [told(who) for who in (siti, ani, wati)] == [both, both, [("Given more time.", UNTIL + DAY)]]


def test_its_time_is_read_once_the_learners_are_locked(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    """A decision is younger than every fact that it found: who is writing one is waited for."""
    there, go, asked = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with db.write() as session:
            progress.lock(session, siti.id)
            there.set()
            assert go.wait(20)

    def clock() -> datetime:
        asked.set()
        return LATER

    def grant() -> None:
        with db.write() as session:
            extensions.grant(session, cohort, EVERYBODY, Wish(LAST_DAY, "Jaringan padam"), None, clock)

    writer, granter = threading.Thread(target=write), threading.Thread(target=grant)
    writer.start()
    assert there.wait(20)
    granter.start()
    assert not asked.wait(0.5)
    go.set()
    for thread in (writer, granter):
        thread.join(20)
    assert asked.is_set()
    assert row(db, siti).end_at == UNTIL


def test_more_attempts_and_more_time_together(db: Database, cohort: Cohort, siti: Enrolment) -> None:
    """The remedial: who failed with no attempts left sits again in the new days, and passes."""
    for number in range(2):
        reads(db, cohort, siti, number, trained.START + DAY)
    for hour in range(3):
        sits(db, cohort, siti, trained.START + DAY + hour * HOUR, right=False)
    settle(db, LATER)
    assert (state(row(db, siti), LATER), row(db, siti).attempts_left) == (State.FAILED, 0)
    granted(db, cohort)
    with db.write() as session:
        decisions.add_attempts(session, siti.id, None, 1, "a", "Remedial", None, lambda: LATER)
    assert row(db, siti).attempts_left == 2
    sits(db, cohort, siti, LATER + HOUR)
    assert row(db, siti).passed_at == LATER + HOUR
