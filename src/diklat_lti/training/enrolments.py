"""Enrols people in a cohort, and their kecamatan: proposed from the person's last, asked at the first launch."""

import secrets
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.pool import Pool

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.centre import Region
from diklat_lti.models.cohort import Cohort, Ruling
from diklat_lti.models.people import Person
from diklat_lti.models.progress import Enrolment
from diklat_lti.training import ledger
from diklat_lti.training.facts import Facts
from diklat_lti.training.progress import COLUMNS, next_change
from diklat_lti.training.state import Summary, summarise

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without letters and digits that sound or look alike: people read these codes out on the phone."""
NO_FACTS = Facts()
KEPT_AT_MOST = 1000
_first: WeakKeyDictionary[Pool, dict[tuple[int, int], Summary]] = WeakKeyDictionary()
"""Of each database: by cohort and `rules_seq`."""
_RULES = (
    select(Cohort.rules_seq, Ruling.made_at, Ruling.body)
    .join(Ruling, Ruling.cohort_id == Cohort.id)
    .where(Cohort.id == bindparam("cohort"), Ruling.kind == "rules")
    .order_by(Ruling.seq)
)
_NEW = insert(Enrolment).returning(Enrolment.id)


def find(connection: Connection, cohort_id: int, person_id: int) -> tuple[int | None, datetime | None]:
    """The enrolment's id and when its grace ends, if there is one."""
    e = Enrolment
    row = connection.execute(
        select(e.id, e.grace_end_at).where(e.cohort_id == cohort_id, e.person_id == person_id)
    ).first()
    return (row.id, row.grace_end_at) if row else (None, None)


def enrol(
    connection: Connection, cohort_id: int, person_id: int, source: str, now: datetime, rules_seq: int | None = None
) -> tuple[int, datetime]:
    """A new enrolment with its first summary; returns its id and when its grace ends. `rules_seq`: the cohort's, if it
    has just been read."""
    rules_seq, summary = _first_summary(connection, cohort_id, rules_seq)
    values: dict[str, Any] = {name: getattr(summary, name) for name in COLUMNS}
    values |= {
        "cohort_id": cohort_id,
        "person_id": person_id,
        "help_code": new_help_code(),
        "source": source,
        "is_trial": False,
        "enrolled_at": now,
        "rules_seq": rules_seq,
        "summarised_at": now,
        "next_change_at": next_change(summary, now),
    }
    enrolment_id = connection.execute(_NEW, values).scalar_one()
    return enrolment_id, summary.grace_end_at


def _first_summary(connection: Connection, cohort_id: int, rules_seq: int | None) -> tuple[int, Summary]:
    """The same for everybody who comes new into a cohort under the same rules: remembered, since a whole angkatan does so
    within an hour."""
    kept = _first.setdefault(connection.engine.pool, {})
    if rules_seq is not None and (cohort_id, rules_seq) in kept:
        return rules_seq, kept[cohort_id, rules_seq]
    written = connection.execute(_RULES, {"cohort": cohort_id}).all()
    if len(kept) > KEPT_AT_MOST:
        kept.clear()
    now_in_force: int = written[0].rules_seq
    history = ledger.dated((row.made_at, row.body) for row in written)
    kept[cohort_id, now_in_force] = summarise(history, NO_FACTS)
    return now_in_force, kept[cohort_id, now_in_force]


def new_help_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


def welcome(session: WriteSession, enrolment: Enrolment, region_code: str, name: str | None, now: datetime) -> None:
    """The learner's answers at the first launch: kecamatan, and the name as it will stand on the certificate."""
    if region_code and session.get(Region, region_code) is None:
        raise Problem(
            Kind.BAD_INPUT,
            "unknown_region",
            say("This kecamatan is not in the list."),
            say("Choose it from the list, or skip this question."),
        )
    if region_code and enrolment.region_source in (None, "learner"):
        enrolment.region_code, enrolment.region_source = region_code, "learner"
    person = session.get_one(Person, enrolment.person_id)
    person.region_code = region_code or person.region_code
    if name and not person.name:
        person.name = name.strip()[:300]
    enrolment.welcomed_at = now
