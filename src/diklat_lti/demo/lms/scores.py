"""Scores: every row of the table in `CONTRACT.md`. The body of a refusal is `[]`, and says nothing."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from diklat_lti.demo.lms import gradebook, line_items
from diklat_lti.demo.lms.forms import number
from diklat_lti.demo.lms.gradebook import Score
from diklat_lti.demo.lms.services import Answer, Call, course_of, holds
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import enrolment
from diklat_lti.demo.lms.tools import SCORE
from diklat_lti.demo.lms.trouble import Declined

FORMATS = ("application/vnd.ims.lis.v1.score+json", "application/vnd.ims.lis.v1.scorecontainer+json")
WHEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?")


def post(call: Call, course_id: int, item_id: int) -> Answer:
    with call.lms.store.write() as db:
        tool = holds(db, call, SCORE)
        course_of(db, course_id)
        item = line_items.owned(db, course_id, item_id, tool)
        if call.method != "POST":
            raise Declined(405, "GET requests are not allowed.", "[]")
        said = call.json()
        score = read(said, call.lms.zone)
        person_id = number(str(said.get("userId")))
        if score is None or not gradable(db, course_id, person_id):
            # The reason quotes the whole body in the status line; PHP sends no line that holds a line break.
            raise Declined(200 if b"\n" in call.body else 400, "Incorrect score received", "[]")
        kept = gradebook.find(db, item_id, person_id)
        if gradebook.is_newer(kept, score.at):
            raise Declined(409, "Refusing score with an earlier timestamp", "[]")
        if gradebook.is_locked(item, kept):
            raise Declined(500, "Internal Server Error", "[]")
        gradebook.take(db, item, person_id, score, call.lms.now())
    return Answer()


def read(said: dict[str, Any], zone: ZoneInfo) -> Score | None:
    """None where Moodle finds the score incorrect. A score that is not FullyGraded says "nothing"."""
    if not all(said.get(name) for name in ("userId", "timestamp", "gradingProgress", "activityProgress")):
        return None
    at = moment(str(said["timestamp"]), zone)
    given, maximum = said.get("scoreGiven"), said.get("scoreMaximum")
    if at is None or not all(value is None or _is_number(value) for value in (given, maximum)):
        return None
    if given is not None and maximum is None:
        return None
    final = said["gradingProgress"] == "FullyGraded" and given is not None
    top = None if maximum is None else Decimal(str(maximum))
    comment = str(said["comment"]) if said.get("comment") else None
    return Score(Decimal(str(given)) if final else None, top, comment, at)


def moment(text: str, zone: ZoneInfo) -> int | None:
    """Whole seconds. Without an offset the time is read in the site's zone."""
    found = WHEN.fullmatch(text)
    if not found:
        return None
    try:
        naive = datetime.fromisoformat(found[1])
        offset = found[2]
        aware = naive.replace(tzinfo=UTC if offset == "Z" else zone)
        if offset and offset != "Z":
            aware = datetime.fromisoformat(found[1] + offset)
    except ValueError:
        return None
    return int(aware.timestamp())


def gradable(db: Connection, course_id: int, person_id: int) -> bool:
    """A learner of the course, suspended or not. Teachers and admins have no grades."""
    mine = (enrolment.c.course_id == course_id) & (enrolment.c.person_id == person_id)
    return db.execute(select(enrolment.c.id).where(mine, enrolment.c.role == "student")).first() is not None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except ArithmeticError:
        return False
