"""Groups of a course: who is in which, and which activities only one group sees."""

from dataclasses import dataclass

from sqlalchemy import insert, select

from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import team, teammate


@dataclass(frozen=True)
class Group:
    """A group, with the numbers of its people."""

    id: int
    name: str
    people: frozenset[int]


def of_course(db: Connection, course_id: int) -> list[Group]:
    rows = db.execute(select(team).where(team.c.course_id == course_id).order_by(team.c.id)).all()
    return [Group(row.id, row.name, _people(db, row.id)) for row in rows]


def make(db: Connection, course_id: int, name: str) -> int:
    return int(db.execute(insert(team).values(course_id=course_id, name=name).returning(team.c.id)).scalar_one())


def put_in(db: Connection, group_id: int, person_id: int) -> None:
    if person_id not in _people(db, group_id):
        db.execute(insert(teammate).values(team_id=group_id, person_id=person_id))


def ids_of(db: Connection, course_id: int, person_id: int) -> str:
    """`$Moodle.Person.userGroupIds`: numbers, no names."""
    return ",".join(str(group.id) for group in of_course(db, course_id) if person_id in group.people)


def may_see(db: Connection, activity: Activity, place: Member) -> bool:
    """Teachers see all. Learners see what is not hidden, and of a restricted activity only what is their group's."""
    if place.teaches:
        return True
    mine = activity.group_id is None or place.person.id in _people(db, activity.group_id)
    return activity.visible and mine


def has_access(db: Connection, activity: Activity, member: Member) -> bool:
    """What the roster of a link asks: hidden or not does not matter there."""
    return activity.group_id is None or member.teaches or member.person.id in _people(db, activity.group_id)


def _people(db: Connection, group_id: int) -> frozenset[int]:
    return frozenset(db.scalars(select(teammate.c.person_id).where(teammate.c.team_id == group_id)))
