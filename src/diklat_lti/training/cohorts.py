"""Cohorts: made from the picker, with their first rules; what an admin typed is checked here, field by field."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.content.outline import Outline
from diklat_lti.database import Reading, WriteSession
from diklat_lti.errors import Sentence, not_found, say
from diklat_lti.models.cohort import Cohort, PickedLink, Ruling
from diklat_lti.models.people import Course
from diklat_lti.models.program import Program, ProgramVersion
from diklat_lti.training import audit, placements, rules
from diklat_lti.training.window import WindowRules, local_day, window

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
LONGEST = 90


class BadFields(Exception):  # noqa: N818 - not a failure of ours: sentences for the form, beside their fields
    """What is wrong with a form, by field; the form is shown again with all that was typed."""

    def __init__(self, fields: dict[str, Sentence]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True)
class Wish:
    """A cohort as an admin wants it, typed but not yet checked."""

    version_id: int
    name: str
    starts_on: str
    length_days: str
    zone: str


@dataclass(frozen=True)
class Plan:
    """A checked wish: what will be made, with the window it gives."""

    version_id: int
    name: str
    outline: Outline
    window: WindowRules
    start: datetime
    end: datetime
    warning: Sentence | None


def plan(session: Session, course_id: int, wish: Wish, now: datetime) -> Plan:
    """Checks a wish and says which window it gives; raises `BadFields` with a sentence for each wrong field."""
    wrong: dict[str, Sentence] = {}
    version = _version(session, course_id, wish.version_id, wrong)
    name = wish.name.strip()
    if not 0 < len(name) <= 200:
        wrong["name"] = say("Give the run a name of 1 to 200 characters, such as Angkatan I.")
    zone = wish.zone if wish.zone in ZONES else ""
    if not zone:
        wrong["zone"] = say("Choose WIB, WITA or WIT.")
    length = _length(wish.length_days, wrong)
    first = _day(wish.starts_on, wrong)
    if wrong or first is None or version is None:
        raise BadFields(wrong)
    window_rules = WindowRules("fixed", zone, length, starts_on=first)
    given = window(window_rules)
    assert given.start is not None
    if given.end <= now:
        raise BadFields({"starts_on": say("These days are over already. Choose a later start, or a longer run.")})
    return Plan(version.id, name, publish.outline_of(session, version.id), window_rules, given.start, given.end,
                _warning(first, now, window_rules))  # fmt: skip


def _version(session: Session, course_id: int, version_id: int, wrong: dict[str, Sentence]) -> ProgramVersion | None:
    v = ProgramVersion
    found = session.scalars(
        select(v)
        .join(Program, Program.id == v.program_id)
        .join(Course, Course.centre_id == Program.centre_id)
        .where(v.id == version_id, Course.id == course_id)
    ).one_or_none()
    if found is None:
        wrong["version_id"] = say("Choose a program.")
    return found


def _length(text: str, wrong: dict[str, Sentence]) -> int:
    length = int(text) if text.strip().isdecimal() and len(text.strip()) < 4 else 0
    if not 1 <= length <= LONGEST:
        wrong["length_days"] = say("The length is a whole number of days from 1 to %(longest)s.", longest=LONGEST)
    return length


def _day(text: str, wrong: dict[str, Sentence]) -> date | None:
    if (day := day_of(text)) is None:
        wrong["starts_on"] = say("Write the first day as year-month-day, such as 2026-11-30.")
    return day


def day_of(text: str) -> date | None:
    """A day as it is typed or chosen; None where it is none, or none of this time."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _warning(first: date, now: datetime, w: WindowRules) -> Sentence | None:
    gone = (local_day(now, w.zone) - first).days
    if gone <= 0:
        return None
    return say("The run has begun: today is day %(day)s of %(length)s.", day=gone + 1, length=w.length_days)


def create(session: WriteSession, course_id: int, chosen: Plan, author_id: int, now: datetime) -> Cohort:
    """A cohort and its first ruling, the rules that hold from the beginning."""
    cohort = Cohort(
        course_id=course_id,
        version_id=chosen.version_id,
        name=chosen.name,
        mode=chosen.window.mode,
        zone=chosen.window.zone,
        length_days=chosen.window.length_days,
        starts_on=chosen.window.starts_on,
        sync_grace_hours=rules.DEFAULT_GRACE_HOURS,
        rules_seq=1,
        created_at=now,
        created_by=author_id,
    )
    session.add(cohort)
    session.flush()
    body = rules.dump(rules.of_outline(chosen.outline, chosen.window))
    session.add(Ruling(cohort_id=cohort.id, seq=1, kind="rules", body=body, author_id=author_id, made_at=now))
    centre_id = session.scalars(select(Course.centre_id).where(Course.id == course_id)).one()
    audit.note(session, centre_id, author_id, "cohort.created", "cohort", cohort.id, {"days": cohort.length_days}, now)
    return cohort


def pick(
    session: WriteSession,
    cohort: Cohort,
    deployment_row: int,
    module_key: str | None,
    author_id: int,
    now: datetime,
    uuid: str | None = None,
    title: str | None = None,
    answer: str | None = None,
    copy_of: int | None = None,
) -> PickedLink:
    """Remembers what a link will open; its uuid travels in the link's custom values. The same uuid is the same link.

    `title` is the activity's: it names the column that we make ourselves where the activity is deleted before anybody
    opened it. `answer` is the same for all that go to the LMS together. `copy_of`: the run that a copied link opened."""
    known = session.get(PickedLink, uuid) if uuid else None
    if known is not None:
        return known
    picked = PickedLink(
        uuid=uuid or str(uuid4()),
        deployment_id=deployment_row,
        cohort_id=cohort.id,
        module_key=module_key,
        picked_at=now,
        picked_by=author_id,
        title=title,
        answer=answer,
    )
    session.add(picked)
    placements.expect_item(session, picked, title or cohort.name, now, named_after=copy_of)
    return picked


def rules_of(session: Reading, cohort_id: int) -> rules.Rules:
    """The rules in force."""
    body: dict[str, Any] | None = session.scalars(
        select(Ruling.body)
        .where(Ruling.cohort_id == cohort_id, Ruling.kind == "rules")
        .order_by(Ruling.seq.desc())
        .limit(1)
    ).one_or_none()
    if body is None:
        raise not_found()
    return rules.load(body)


def of_course(session: Session, course_id: int) -> list[Cohort]:
    return list(session.scalars(select(Cohort).where(Cohort.course_id == course_id).order_by(Cohort.id.desc())))


def last_day(end: datetime, zone: str) -> date:
    """The last calendar day of a window that ends at `end`."""
    return (end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
