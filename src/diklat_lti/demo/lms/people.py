"""Who people are and what they may do in a course."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import enrolment, person

TEACHERS = ("editingteacher", "teacher")


@dataclass(frozen=True)
class Person:
    """A user of the site."""

    id: int
    username: str
    given_name: str
    family_name: str
    email: str
    idnumber: str
    is_admin: bool

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Member:
    """Someone's place in a course. `role` is None where a site admin looks in without being enrolled."""

    person: Person
    role: str | None
    suspended: bool = False

    @property
    def teaches(self) -> bool:
        return self.person.is_admin or self.role in TEACHERS

    @property
    def edits(self) -> bool:
        return self.person.is_admin or self.role == "editingteacher"

    @property
    def may_enter(self) -> bool:
        return self.person.is_admin or (self.role is not None and not self.suspended)


def everybody(db: Connection) -> list[Person]:
    return [as_person(row) for row in db.execute(select(person).order_by(person.c.id))]


def roles(db: Connection) -> dict[int, str]:
    """What each is somewhere on the site, for the page where one chooses who one is."""
    return dict(db.execute(select(enrolment.c.person_id, enrolment.c.role)).all())


def find(db: Connection, person_id: int) -> Person | None:
    row = db.execute(select(person).where(person.c.id == person_id)).first()
    return as_person(row) if row else None


def member(db: Connection, who: Person, course_id: int) -> Member:
    """How `who` stands in the course."""
    place = select(enrolment.c.role, enrolment.c.suspended).where(
        enrolment.c.course_id == course_id, enrolment.c.person_id == who.id
    )
    row = db.execute(place).first()
    return Member(who, row.role, row.suspended) if row else Member(who, None)


def members(db: Connection, course_id: int, *conditions: ColumnElement[bool]) -> list[Member]:
    """All who are enrolled, suspended ones too, in the order of their names."""
    found = db.execute(
        select(person, enrolment.c.role, enrolment.c.suspended)
        .join_from(enrolment, person)
        .where(enrolment.c.course_id == course_id, *conditions)
        .order_by(person.c.family_name, person.c.given_name)
    )
    return [Member(as_person(row), row.role, row.suspended) for row in found]


def as_person(row: Row[Any]) -> Person:
    return Person(row.id, row.username, row.given_name, row.family_name, row.email, row.idnumber, row.is_admin)
