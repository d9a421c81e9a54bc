"""A country of rows, the same ones each time, on either engine: 40,000 enrolments and 1,000,000 facts, or a part of them."""

import argparse
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text

from diklat_lti import migrations
from diklat_lti.content import publish, samples
from diklat_lti.database import Base, Database, WriteSession
from diklat_lti.models import (
    Attempt,
    Centre,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    GradeItem,
    Grant,
    Judgement,
    LearnerEvent,
    Person,
    Platform,
    Registration,
    Ruling,
)
from diklat_lti.training import progress, regions, rules
from diklat_lti.training.facts import AttemptFact, Event, Facts, JudgementFact
from diklat_lti.training.ledger import BEGINNING
from diklat_lti.training.rules import DatedRules, Rules
from diklat_lti.training.state import Summary, summarise
from diklat_lti.training.verdict import final_saying
from diklat_lti.training.window import WindowRules, midnight

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ENROLMENTS, IN_COHORT, CENTRES = 40_000, 40, 6
KINDS = ("passed", "passed", "passed", "passed", "failed", "failed", "begun", "never")
"""In turn; with their 34, 22 and 0 facts each has 28 on average, where the cohort is open: a little over a million in all."""
FIRST_DAYS = [date(2026, 11, 23) - timedelta(days=15 * n) for n in range(-1, 12)]
"""One round of cohorts not open yet, one that runs, eleven that are over."""
ZONE = "Asia/Jakarta"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Ground:
    """What a centre's cohorts stand on."""

    platform_id: int
    course_id: int
    version_id: int
    deployment_id: int
    admin_id: int
    lessons: tuple[list[str], list[str]]


@dataclass(frozen=True)
class Life:
    """What one kind of learner did in one cohort: facts with numbers from 0, and what they come to."""

    facts: Facts
    summary: Summary


class Writer:
    """Rows of a table, sent in thousands; each gets the next number of its table."""

    def __init__(self, session: WriteSession, size: int = 4000) -> None:
        self.session, self.size = session, size
        self.waiting: dict[type[Base], list[dict[str, Any]]] = {}
        self.numbers: dict[type[Base], Iterator[int]] = {}

    def add(self, table: type[Base], **values: Any) -> int:
        if table not in self.numbers:
            self.numbers[table] = count((self.session.scalar(select(func.max(table.__table__.c.id))) or 0) + 1)
        values["id"] = next(self.numbers[table])
        self.waiting.setdefault(table, []).append(values)
        if len(self.waiting[table]) >= self.size and table is LearnerEvent:
            self.flush()
        return int(values["id"])

    def flush(self) -> None:
        """In the order in which tables need each other."""
        order = [Person, Cohort, Ruling, GradeItem, Enrolment, Attempt, LearnerEvent, Judgement, GradeDecision]
        for table in [*order, GradeDelivery]:
            rows = self.waiting.pop(table, [])
            for begin in range(0, len(rows), self.size):
                self.session.execute(insert(table.__table__), rows[begin : begin + self.size])


def build(db: Database, storage: Path, factor: float = 1.0) -> dict[str, int]:
    """Fills a migrated database; returns how many of each there are."""
    cohorts = max(CENTRES, round(ENROLMENTS * factor / IN_COHORT))
    with db.write() as session:
        regions.load_shipped(session)
        grounds = [_ground(session, number, storage) for number in range(CENTRES)]
        writer = Writer(session)
        for number in range(cohorts):
            _cohort(writer, grounds[number % CENTRES], number)
        writer.flush()
        _continue_numbers(session, writer.numbers)
    with db.read() as session:
        tables = (Enrolment, LearnerEvent, Attempt, Judgement, GradeDecision)
        found = {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
    return found | {"facts": sum(found[t.__tablename__] for t in (LearnerEvent, Attempt, Judgement))}


def _ground(session: WriteSession, number: int, storage: Path) -> Ground:
    centre = Centre(name=f"BBPPKS {number + 1}", created_at=NOW)
    session.add(centre)
    session.flush()
    platform = Platform(centre_id=centre.id, name=f"E-Learning {number + 1}", product="moodle", created_at=NOW)
    session.add(platform)
    session.flush()
    site = f"https://lms{number + 1}.example.id"
    registration = Registration(
        platform_id=platform.id, issuer=site, client_id="client", auth_login_url=f"{site}/auth",
        token_url=f"{site}/token", jwks_url=f"{site}/jwks", created_at=NOW,
    )  # fmt: skip
    admin = Person(platform_id=platform.id, sub="admin", name=f"Admin {number + 1}", created_at=NOW)
    course = Course(platform_id=platform.id, centre_id=centre.id, context_id="2", title="Diklat P2K2", created_at=NOW)
    session.add_all([registration, admin, course])
    session.flush()
    deployment = Deployment(registration_id=registration.id, deployment_id="1", created_at=NOW, admitted_at=NOW)
    grant = Grant(person_id=admin.id, role="centre_admin", centre_id=centre.id, source="operator", granted_at=NOW)
    session.add_all([deployment, grant])
    checked = publish.check(session, centre.id, samples.path("p2k2")).program
    assert checked is not None
    version = publish.publish(session, centre.id, checked, storage, None, NOW)
    lessons = publish.outline_of(session, version.id).lessons
    read, quizzes = ([x.key for x in lessons if x.has_quiz is has] for has in (False, True))
    return Ground(platform.id, course.id, version.id, deployment.id, admin.id, (read, quizzes))


def _cohort(writer: Writer, ground: Ground, number: int) -> None:
    first = FIRST_DAYS[number % len(FIRST_DAYS)]
    window = WindowRules("fixed", ZONE, 15, starts_on=first)
    own = rules.of_outline(publish.outline_of(writer.session, ground.version_id), window)
    start = midnight(first, ZONE)
    cohort_id = writer.add(
        Cohort, course_id=ground.course_id, version_id=ground.version_id, name=f"Angkatan {number + 1}", mode="fixed",
        zone=ZONE, length_days=15, starts_on=first, sync_grace_hours=72, rules_seq=1, created_at=start,
    )  # fmt: skip
    writer.add(
        Ruling, cohort_id=cohort_id, seq=1, kind="rules", body=rules.dump(own), author_id=ground.admin_id, made_at=start
    )
    item_id = writer.add(
        GradeItem, cohort_id=cohort_id, module_key="", deployment_id=ground.deployment_id, label="Nilai akhir",
        created_at=start,
    )  # fmt: skip
    lives = {kind: _life(own, ground.lessons, start, kind) for kind in dict.fromkeys(KINDS)}
    for place in range(IN_COHORT):
        _learner(writer, ground, cohort_id, item_id, own, lives[KINDS[place % len(KINDS)]], number, place)


def _life(own: Rules, lessons: tuple[list[str], list[str]], start: datetime, kind: str) -> Life:
    """Nothing in a cohort that is not open yet, and nothing after now."""
    if kind == "never" or start > NOW:
        facts = Facts()
    else:
        read, quizzes = lessons if kind != "begun" else (lessons[0], lessons[1][:1])
        facts = _facts(read, quizzes, start + 600 * MINUTE, Decimal(90 if kind == "passed" else 40), kind == "begun")
    return Life(facts, summarise((DatedRules(BEGINNING, own),), facts))


def _facts(read: list[str], quizzes: list[str], at: datetime, score: Decimal, begun: bool) -> Facts:
    """34 in all: 6 for each lesson that is read, 11 for each quiz; of somebody who only began, 22."""
    clock = (at + n * MINUTE for n in count())
    events: list[Event] = []

    def happen(event_kind: str, lesson: str, attempt: int | None = None) -> None:
        when = next(clock)
        events.append(Event(len(events), event_kind, when, when, lesson, attempt))

    for lesson in read[: 1 if begun else None]:
        for event_kind in (*["opened"] * 5, "confirmed"):
            happen(event_kind, lesson)
    attempts, judgements = [], []
    for number, quiz in enumerate(quizzes):
        for event_kind in ("attempt_started", *["answered"] * 7, "submitted"):
            happen(event_kind, quiz, number)
        begin, end = events[-9].at, events[-1].at
        attempts.append(AttemptFact(number, quiz, begin, begin))
        judgements.append(JudgementFact(number, end, end, end, "submitted", score))
    for _ in range(5 if begun else 0):
        happen("opened", read[-1])
    return Facts(tuple(events), tuple(attempts), tuple(judgements))


def _learner(
    writer: Writer, ground: Ground, cohort_id: int, item_id: int, own: Rules, life: Life, number: int, place: int
) -> None:
    who, s = number * IN_COHORT + place, life.summary
    person_id = writer.add(
        Person, platform_id=ground.platform_id, sub=f"u{who}", name=f"Peserta {who:05} Rahayu", created_at=s.opens_at
    )
    kept = {name: getattr(s, name) for name in progress.COLUMNS}
    enrolment_id = writer.add(
        Enrolment, cohort_id=cohort_id, person_id=person_id, help_code=f"W{who:07}", source="launch", is_trial=False,
        region_code=f"18.03.{who % 23 + 1:02}", region_source="learner", enrolled_at=s.opens_at, rules_seq=1,
        summarised_at=NOW, done_keys=sorted(s.done), next_change_at=progress.next_change(s, NOW), **kept,
    )  # fmt: skip
    _store(writer, ground, enrolment_id, who, life.facts)
    said = final_saying(own, s, NOW)
    if said.score is not None:
        _tell(writer, enrolment_id, item_id, said.score, said.reason, s.last_work_at or NOW)


def _store(writer: Writer, ground: Ground, enrolment_id: int, who: int, facts: Facts) -> None:
    numbers = {
        a.id: writer.add(
            Attempt, enrolment_id=enrolment_id, attempt_uuid=str(UUID(int=who * 100 + a.id)), lesson_key=a.lesson_key,
            version_id=ground.version_id, seed=who, started_at=a.started_at, received_at=a.received_at,
        )
        for a in facts.attempts
    }  # fmt: skip
    for e in facts.events:
        writer.add(
            LearnerEvent, enrolment_id=enrolment_id, event_id=str(UUID(int=who * 100 + e.id)), kind=e.kind,
            lesson_key=e.lesson_key, attempt_id=None if e.attempt_id is None else numbers[e.attempt_id],
            body=None, stamp_at=e.at, stamp_serial="world", received_at=e.received_at,
        )  # fmt: skip
    for j in facts.judgements:
        writer.add(
            Judgement, enrolment_id=enrolment_id, attempt_id=numbers[j.attempt_id], finished_at=j.finished_at,
            arrived_at=j.arrived_at, judged_at=j.judged_at, cause=j.cause, score=j.score, detail={"answers": {}},
        )  # fmt: skip


def _tell(writer: Writer, enrolment_id: int, item_id: int, score: Decimal, reason: str, at: datetime) -> None:
    decision_id = writer.add(
        GradeDecision, enrolment_id=enrolment_id, module_key="", score=score, comment="", reason=reason,
        timestamp=at.replace(microsecond=0), decided_at=at,
    )  # fmt: skip
    writer.add(
        GradeDelivery, enrolment_id=enrolment_id, grade_item_id=item_id, wanted_id=decision_id,
        delivered_id=decision_id, tries=0, outcome="delivered", delivered_at=at,
    )  # fmt: skip


def _continue_numbers(session: WriteSession, tables: Iterable[type[Base]]) -> None:
    """PostgreSQL counts by itself and has to be told of numbers that we gave."""
    if session.get_bind().dialect.name == "postgresql":
        for table in tables:
            name = table.__tablename__
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", help="the URL of an empty database")
    parser.add_argument("storage", type=Path, help="a folder for the program's files")
    parser.add_argument("--factor", type=float, default=1.0)
    args = parser.parse_args()
    began = time.perf_counter()
    migrations.upgrade(args.database)
    db = Database(args.database)
    found = build(db, args.storage, args.factor)
    db.dispose()
    print(", ".join(f"{number} {name}" for name, number in found.items()), f"in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
