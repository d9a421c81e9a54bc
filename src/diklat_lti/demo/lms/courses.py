"""Courses and the activities in them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from diklat_lti.demo.lms import people
from diklat_lti.demo.lms.people import Member, Person
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import course, link
from diklat_lti.demo.lms.trouble import Refused

FIRST_CMID = 20


@dataclass(frozen=True)
class Course:
    """A course of the site."""

    id: int
    fullname: str
    shortname: str
    idnumber: str
    place: str
    history: str


@dataclass(frozen=True)
class Activity:
    """An external tool in a course. `id` is the instance (resource_link.id), `cmid` its course module."""

    id: int
    cmid: int
    course_id: int
    tool_id: int
    name: str
    intro: str
    url: str
    icon: str
    custom: dict[str, str]
    visible: bool
    position: int
    group_id: int | None
    completion: str


def find(db: Connection, course_id: int) -> Course | None:
    row = db.execute(select(course).where(course.c.id == course_id)).first()
    return Course(**row._mapping) if row else None


def enter(db: Connection, who: Person, course_id: int) -> tuple[Course, Member]:
    """The course and one's place in it; who is suspended or not enrolled meets the enrolment page."""
    found = find(db, course_id)
    if found is None:
        raise Refused("notfound")
    place = people.member(db, who, course_id)
    if not place.may_enter:
        raise Refused("enrol")
    return found, place


def activities(db: Connection, course_id: int) -> list[Activity]:
    """Hidden ones too, in their order."""
    wanted = select(link).where(link.c.course_id == course_id).order_by(link.c.position, link.c.id)
    return [as_activity(row) for row in db.execute(wanted)]


def activity(db: Connection, link_id: int) -> Activity | None:
    row = db.execute(select(link).where(link.c.id == link_id)).first()
    return as_activity(row) if row else None


def of_module(db: Connection, cmid: int) -> Activity | None:
    row = db.execute(select(link).where(link.c.cmid == cmid)).first()
    return as_activity(row) if row else None


def add(db: Connection, values: dict[str, Any]) -> Activity:
    """Instance and course module have numbers of their own, as in Moodle: mixing them up must show."""
    last = db.scalar(select(func.max(link.c.position)).where(link.c.course_id == values["course_id"])) or 0
    module = max(db.scalar(select(func.max(link.c.cmid))) or 0, FIRST_CMID) + 1
    row = {"cmid": module, "position": last + 1, **values}
    made = db.execute(insert(link).values(row).returning(link.c.id)).scalar_one()
    found = activity(db, made)
    assert found is not None
    return found


def show(db: Connection, link_id: int, visible: bool) -> None:
    change(db, link_id, {"visible": visible})


def change(db: Connection, link_id: int, values: dict[str, Any]) -> None:
    db.execute(update(link).where(link.c.id == link_id).values(values))


def as_activity(row: Row[Any]) -> Activity:
    return Activity(**row._mapping)
