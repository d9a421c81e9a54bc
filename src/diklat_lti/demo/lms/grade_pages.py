"""The grader report, a learner's own report, and a teacher's word on one grade: override and lock."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import escape
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Row, select

from diklat_lti.demo.lms import courses, gradebook, people
from diklat_lti.demo.lms.course_pages import edited
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import enrolment, grade, grade_item
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit

router = APIRouter(prefix="/grade")


@dataclass(frozen=True)
class Line:
    """A learner's row of the report. `total` is Moodle's natural sum; None while nothing is graded."""

    member: Member
    grades: list[Row[Any] | None]
    total: Decimal | None


def items_of(db: Connection, course_id: int) -> list[Row[Any]]:
    wanted = select(grade_item).where(grade_item.c.course_id == course_id).order_by(grade_item.c.id)
    return list(db.execute(wanted).all())


def lines(db: Connection, course_id: int, items: list[Row[Any]], learners: list[Member]) -> list[Line]:
    wanted = select(grade).join(grade_item).where(grade_item.c.course_id == course_id)
    kept = {(row.item_id, row.person_id): row for row in db.execute(wanted)}
    found = []
    for one in learners:
        mine = [kept.get((item.id, one.person.id)) for item in items]
        given = [row.final for row in mine if row is not None and row.final is not None]
        found.append(Line(one, mine, sum(given, Decimal(0)) if given else None))
    return found


def modules_of(db: Connection, course_id: int) -> dict[int, int]:
    """The course module of each activity: *Grade analysis* leads there."""
    return {one.id: one.cmid for one in courses.activities(db, course_id)}


@router.get("/report/grader/index.php")
def report(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    with lms.store.read() as db:
        course, place = courses.enter(db, visit.someone(), id)
        if not place.teaches:
            return go(f"/grade/report/user/index.php?id={id}")
        items = items_of(db, id)
        learners = people.members(db, id, enrolment.c.role == "student")
        found = lines(db, id, items, learners)
        modules = modules_of(db, id)
    highest = sum((item.maximum for item in items), Decimal(0))
    editing = visit.editing and place.edits
    return show(
        lms, visit, "grades.html", course=course, place=place, items=items, lines=found, highest=highest,
        editing=editing, modules=modules,
    )  # fmt: skip


@router.get("/report/user/index.php")
def own(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    with lms.store.read() as db:
        course, place = courses.enter(db, visit.someone(), id)
        items = items_of(db, id)
        line = lines(db, id, items, [place])[0]
        modules = modules_of(db, id)
    pairs = list(zip(items, line.grades, strict=True))
    return show(lms, visit, "own_grades.html", course=course, place=place, pairs=pairs, line=line, modules=modules)


@router.get("/edit/tree/grade.php")
def edit(lms: ThisLms, visit: ThisVisit, courseid: int, itemid: int, userid: int) -> Response:
    with lms.store.read() as db:
        course, place = edited(db, visit, courseid)
        item, who = _item(db, courseid, itemid), people.find(db, userid)
        kept = gradebook.find(db, itemid, userid)
    if who is None:
        raise Refused("notfound")
    return show(lms, visit, "grade.html", course=course, place=place, item=item, who=who, kept=kept)


@router.post("/edit/tree/grade.php")
def save(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """Overridden and Locked are ticks; without the first, the tool's grade stands."""
    visit.check(form)
    course_id, item_id, person_id = (number(form.get(name)) for name in ("courseid", "itemid", "userid"))
    with lms.store.write() as db:
        edited(db, visit, course_id)
        item = _item(db, course_id, item_id)
        if "overridden" in form:
            gradebook.override(db, item, person_id, _grade(form), _rich(form.get("feedback", "")), lms.now())
        else:
            gradebook.release(db, item, person_id)
        gradebook.lock(db, item_id, person_id, "locked" in form)
    return go(f"/grade/report/grader/index.php?id={course_id}")


@router.post("/edit/tree/item.php")
def lock(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """Locks a whole column, or opens it."""
    visit.check(form)
    course_id = number(form.get("courseid"))
    with lms.store.write() as db:
        edited(db, visit, course_id)
        item = _item(db, course_id, number(form.get("itemid")))
        gradebook.lock(db, item.id, None, form.get("locked") == "1")
    return go(f"/grade/report/grader/index.php?id={course_id}")


def _item(db: Connection, course_id: int, item_id: int) -> Row[Any]:
    here = (grade_item.c.id == item_id) & (grade_item.c.course_id == course_id)
    found = db.execute(select(grade_item).where(here)).first()
    if found is None:
        raise Refused("notfound")
    return found


def _rich(text: str) -> str:
    """What the editor in Moodle's form makes of a text, a tool's comment that stood in it too: the results tell it so."""
    return f"<p>{escape(text.strip(), quote=False)}</p>" if text.strip() else ""


def _grade(form: dict[str, str]) -> Decimal | None:
    text = form.get("finalgrade", "").strip().replace(",", ".")
    try:
        value = Decimal(text) if text and text != "-" else None
    except InvalidOperation:
        raise Refused("number") from None
    if value is not None and not value.is_finite():
        raise Refused("number")
    return value
