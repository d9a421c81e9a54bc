"""Old installations as JSON: `python tests/installations.py NAME` leaves one of today in tests/data; tests carry each on."""

import base64
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from sqlalchemy import MetaData, Table, create_engine, select, text
from sqlalchemy.orm import Session

import trained
import world
from diklat_lti import migrations
from diklat_lti.database import Database
from diklat_lti.models import (
    Cohort,
    Enrolment,
    Extension,
    GradeDecision,
    GradeDelivery,
    Person,
    Platform,
    Ruling,
)
from diklat_lti.training import progress, regions
from diklat_lti.training.state import state

DATA = Path(__file__).parent / "data"
INSTANTS = [
    trained.NOW,
    trained.END - timedelta(hours=1),
    trained.END + timedelta(hours=1),
    trained.END + timedelta(days=9),
]
HOUR = timedelta(hours=1)


def dump(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row as the database keeps it, whatever the models say of it."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            table.name: [_plain(dict(row._mapping)) for row in connection.execute(select(table))]
            for table in tables.tables.values()
            if table.name not in ("alembic_version", "regions")
        }
    engine.dispose()
    return {name: sorted(rows, key=str) for name, rows in sorted(found.items()) if rows}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _packed(value) for name, value in row.items() if value is not None}


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$at": value.replace(tzinfo=UTC).isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    return {"$bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Any:
    kind = next(iter(value), "") if isinstance(value, dict) and len(value) == 1 else ""
    if kind == "$at":
        return datetime.fromisoformat(value[kind])
    if kind == "$day":
        return date.fromisoformat(value[kind])
    return base64.b64decode(value[kind]) if kind == "$bytes" else value


def restore(url: str, installation: dict[str, Any]) -> None:
    """An empty database, at the revision that the installation had, with its rows."""
    config = migrations._config()
    engine = create_engine(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, installation["revision"])
        connection.commit()
        free = "PRAGMA foreign_keys=OFF" if engine.name == "sqlite" else "SET session_replication_role = replica"
        connection.execute(text(free))
        for name, rows in installation["tables"].items():
            table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
            for row in rows:
                connection.execute(table.insert().values({key: _unpacked(value) for key, value in row.items()}))
            if engine.name == "postgresql" and "id" in table.c:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))
        connection.commit()
    engine.dispose()


def look(session: Session) -> dict[str, Any]:
    """What must be the same after every migration: people, their states at each instant, their grades."""
    found = {}
    for enrolment, person in session.execute(select(Enrolment, Person).join(Person, Person.id == Enrolment.person_id)):
        found[enrolment.help_code] = {
            "person": [person.sub, person.name],
            "states": [state(enrolment, now).value for now in INSTANTS],
            "score": None if enrolment.score is None else str(enrolment.score),
            "done": enrolment.done_count,
            "decided": _decided(session, enrolment.id),
            "delivered": _delivered(session, enrolment.id),
        }
    return found


def _decided(session: Session, enrolment_id: int) -> list[list[str | None]]:
    d = GradeDecision
    rows = session.scalars(select(d).where(d.enrolment_id == enrolment_id).order_by(d.id))
    return [[None if r.score is None else str(r.score), r.comment, r.timestamp.isoformat()] for r in rows]


def _delivered(session: Session, enrolment_id: int) -> list[list[str | bool]]:
    d = GradeDelivery
    rows = session.scalars(select(d).where(d.enrolment_id == enrolment_id).order_by(d.id))
    return [[r.outcome, r.wanted_id == r.delivered_id] for r in rows]


def furnish(session: Any, storage: Path) -> None:
    """A course with one cohort: passed, passed and told, failed, begun, never begun, extended, gone."""
    regions.load_shipped(session)
    platform = world.platform(session, world.centre(session))
    course = world.course(session, platform)
    cohort = trained.cohort(session, storage, course)
    trained.grade_item(session, cohort)
    people = {}
    for name in ("Siti", "Ani", "Joko", "Dewi", "Nur", "Tono", "Rudi"):
        who = world.person(session, session.get_one(Platform, platform.id), name=name)
        people[name] = trained.enrolled(session, cohort, who)
    for name, right in (("Siti", True), ("Ani", True), ("Joko", False)):
        _works(session, cohort, people[name], right)
    told = session.scalars(select(GradeDelivery).where(GradeDelivery.enrolment_id == people["Ani"].id)).one()
    told.delivered_id, told.outcome, told.delivered_at, told.next_try_at = (
        told.wanted_id,
        "delivered",
        trained.NOW,
        None,
    )
    read, quizzes = trained.lessons(session, cohort)
    trained.reads(session, people["Dewi"], read[0], trained.NOW)
    begun = trained.event("attempt_started", quizzes[0], trained.NOW, "0f0e0d0c-0001-4002-8003-000000000001", seed=3)
    progress.record(session, people["Dewi"].id, [begun], trained.NOW)
    _ruled(session, cohort, people["Tono"], "extended")
    _ruled(session, cohort, people["Rudi"], "withdrawn")


def _works(session: Any, cohort: Cohort, enrolment: Enrolment, right: bool) -> None:
    read, quizzes = trained.lessons(session, cohort)
    for lesson in read:
        trained.reads(session, enrolment, lesson, trained.NOW)
    for quiz in quizzes:
        trained.sits(session, cohort, enrolment, quiz, trained.NOW + HOUR, right)


def _ruled(session: Any, cohort: Cohort, enrolment: Enrolment, kind: str) -> None:
    ruling = Ruling(
        cohort_id=cohort.id, enrolment_id=enrolment.id, kind=kind, body={"by": "admin"}, made_at=trained.NOW
    )
    session.add(ruling)
    session.flush()
    if kind == "extended":
        until = trained.END + timedelta(days=7)
        session.add(Extension(enrolment_id=enrolment.id, ruling_id=ruling.id, until=until, granted_at=trained.NOW))
    progress.freshen(session, enrolment.id, trained.NOW)


def main(name: str) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/old.db"
        migrations.upgrade(url)
        db = Database(url)
        with db.write() as session:
            furnish(session, Path(folder) / "files")
        with db.read() as session:
            seen = look(session)
        db.dispose()
        whole = {"revision": migrations.current(url), "seen": seen, "tables": dump(url)}
    file = DATA / f"installation_{name}.json"
    file.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
