"""Times keep their zone, percentages their hundredths, readers do not write, and what a writer read stays true."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, select, text
from sqlalchemy.exc import OperationalError, StatementError

import world
from diklat_lti import postgresql, sqlite
from diklat_lti.database import Database
from diklat_lti.models import Attempt, Centre, Cohort, Enrolment, Judgement, LearnerEvent

WIB = timezone(timedelta(hours=7))


def test_a_time_comes_back_in_utc_whatever_its_zone_was(db: Database) -> None:
    with db.write() as session:
        session.add(Centre(name="A", created_at=datetime(2026, 11, 24, 7, 0, 0, 250, WIB)))
    with db.read() as session:
        found = session.scalars(select(Centre.created_at)).one()
    assert (found, found.tzinfo) == (datetime(2026, 11, 24, 0, 0, 0, 250, UTC), UTC)


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="has no zone"), db.write() as session:
        session.add(Centre(name="A", created_at=datetime(2026, 11, 24)))  # noqa: DTZ001 - the mistake itself


@pytest.mark.parametrize("score", ["0", "69.99", "70.00", "100"])
def test_a_percentage_keeps_its_hundredths_and_compares_in_the_database(db: Database, score: str) -> None:
    with db.write() as session:
        world.enrolment(session, score=Decimal(score))
    with db.read() as session:
        assert session.scalars(select(Enrolment.score)).one() == Decimal(score)
        passed = session.scalars(select(Enrolment.id).where(Enrolment.score >= Decimal(70))).all()
    assert bool(passed) is (Decimal(score) >= 70)


def test_a_percentage_with_three_decimals_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="more than two decimals"), db.write() as session:
        world.enrolment(session, score=Decimal("69.995"))


def test_a_score_that_is_not_rounded_yet_comes_back_exactly(db: Database) -> None:
    third = Decimal(100) / 3
    with db.write() as session:
        enrolment = world.enrolment(session)
        cohort = session.get_one(Cohort, enrolment.cohort_id)
        attempt = Attempt(
            enrolment_id=enrolment.id,
            attempt_uuid="a",
            lesson_key="quiz",
            version_id=cohort.version_id,
            seed=2**40,
            started_at=world.NOW,
            received_at=world.NOW,
        )
        world.stored(session, attempt)
        times = {"finished_at": world.NOW, "arrived_at": world.NOW, "judged_at": world.NOW}
        session.add(
            Judgement(enrolment_id=enrolment.id, attempt_id=attempt.id, cause="closed", score=third, detail={}, **times)
        )
    with db.read() as session:
        assert session.scalars(select(Judgement.score)).one() == third
        assert session.scalars(select(Attempt.seed)).one() == 2**40


def test_nothing_said_is_null_and_not_a_json_null(db: Database) -> None:
    with db.write() as session:
        enrolment = world.enrolment(session)
        session.add(
            LearnerEvent(
                enrolment_id=enrolment.id,
                event_id="e",
                kind="opened",
                body=None,
                stamp_at=world.NOW,
                stamp_serial="s",
                received_at=world.NOW,
            )
        )
    with db.read() as session:
        assert session.execute(text("SELECT count(*) FROM learner_events WHERE body IS NULL")).scalar_one() == 1


def test_a_reader_that_is_asked_to_write_refuses(db: Database) -> None:
    with db.read() as session:
        session.add(Centre(name="A", created_at=world.NOW))
        with pytest.raises(RuntimeError, match="a ReadSession was asked to write"):
            session.flush()


def test_a_writer_that_fails_leaves_nothing(db: Database) -> None:
    def fail() -> None:
        with db.write() as session:
            world.centre(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with db.read() as session:
        assert session.scalars(select(Centre)).all() == []


def test_a_row_without_its_parent_is_refused(db: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), db.write() as session:
        session.execute(text("INSERT INTO waves (centre_id, label) VALUES (77, 'nobody')"))


def test_two_writers_that_read_a_row_for_update_and_then_change_it_lose_nothing(db: Database) -> None:
    with db.write() as session:
        made = world.enrolment(session).id
    both = threading.Barrier(2, timeout=20)

    def count_up() -> None:
        both.wait()
        for _ in range(20):
            with db.write() as session:
                row = session.get_one(Enrolment, made, with_for_update=True)
                row.done_count += 1

    threads = [threading.Thread(target=count_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert session.get_one(Enrolment, made).done_count == 40


def test_a_reader_goes_on_while_a_writer_holds_its_lock(db: Database) -> None:
    with db.write() as writer, db.read() as reader:
        world.centre(writer)
        seen = reader.scalars(select(Centre)).all()
    assert seen == []


def test_a_connection_that_died_while_it_rested_is_not_noticed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL was restarted: its side of the connection is gone. SQLite has no side that could go."""
    monkeypatch.setattr(postgresql, "RESTED", 0.0)
    is_server = db.engine.dialect.name == "postgresql"
    with db.read() as session:
        rested = session.scalar(text("SELECT pg_backend_pid()" if is_server else "SELECT 1"))
    if is_server:
        other = create_engine(db.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with other.connect() as connection:
            assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": rested})
    with db.read() as session:
        assert session.scalar(select(1)) == 1


def test_a_new_file_that_another_is_writing_is_waited_for(tmp_path: Path) -> None:
    first = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    first.executescript("CREATE TABLE already (id); BEGIN IMMEDIATE")
    threading.Timer(0.2, first.execute, ["COMMIT"]).start()
    engine, _ = sqlite.engines(make_url(f"sqlite:///{tmp_path}/new.db"), connections=1)
    with engine.connect() as second:
        assert second.scalar(text("PRAGMA journal_mode")) == "wal"
    engine.dispose()
    first.close()


def test_a_new_file_that_stays_locked_is_an_error_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.1)
    first = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    first.executescript("CREATE TABLE already (id); BEGIN IMMEDIATE")
    engine, _ = sqlite.engines(make_url(f"sqlite:///{tmp_path}/new.db"), connections=1)
    with pytest.raises(OperationalError, match="locked"), engine.connect():
        pass
    first.close()
