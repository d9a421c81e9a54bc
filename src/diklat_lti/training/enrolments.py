"""Enrols people in a cohort, and their kecamatan: proposed from the person's last, asked at the first launch."""

import json
import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, insert, select

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
_RULES = (
    select(Cohort.rules_seq, Ruling.made_at, cast(Ruling.body, Text).label("body"))
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


def enrol(connection: Connection, cohort_id: int, person_id: int, source: str, now: datetime) -> tuple[int, datetime]:
    """A new enrolment with its first summary; returns its id and when its grace ends."""
    written = connection.execute(_RULES, {"cohort": cohort_id}).all()
    summary = _first_summary(tuple((row.made_at, row.body) for row in written))
    values: dict[str, Any] = {name: getattr(summary, name) for name in COLUMNS}
    values |= {
        "cohort_id": cohort_id,
        "person_id": person_id,
        "help_code": new_help_code(),
        "source": source,
        "is_trial": False,
        "enrolled_at": now,
        "rules_seq": written[0].rules_seq,
        "summarised_at": now,
        "next_change_at": next_change(summary, now),
    }
    enrolment_id = connection.execute(_NEW, values).scalar_one()
    return enrolment_id, summary.grace_end_at


@lru_cache(maxsize=64)
def _first_summary(written: tuple[tuple[datetime, str], ...]) -> Summary:
    """The same for everybody who comes new into a cohort under the same rules: kept by their text, read once."""
    return summarise(ledger.dated((made_at, json.loads(body)) for made_at, body in written), NO_FACTS)


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
