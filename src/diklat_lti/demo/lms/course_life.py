"""What happens to a course: an activity is duplicated or deleted, the course is copied, restored or imported."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from diklat_lti.demo.lms import courses
from diklat_lti.demo.lms.courses import Activity, Course
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import course, enrolment, grade, grade_item, link

COPIED = ("tool_id", "name", "intro", "url", "icon", "custom", "visible", "completion")
"""What a copy of an activity keeps, word for word: the tool's own custom values too."""


def duplicate(db: Connection, original: Activity, mark: str) -> Activity:
    """Right below the original, with "(copy)" behind its name; its column has the same resourceId and tag."""
    below = (link.c.course_id == original.course_id) & (link.c.position > original.position)
    db.execute(update(link).where(below).values(position=link.c.position + 1))
    changes = {"name": f"{original.name} {mark}", "position": original.position + 1, "group_id": original.group_id}
    made = _copied_link(db, original, original.course_id, **changes)
    for item in db.execute(_coupled(original.id)).all():
        _copied_item(db, item, original.course_id, made.id, label=made.name)
    return made


def remove(db: Connection, activity_id: int) -> None:
    """The activity, and the columns that belong to it, with their grades."""
    db.execute(delete(link).where(link.c.id == activity_id))


def copy(db: Connection, original: Course, fullname: str, shortname: str) -> int:
    """*Copy course*: its activities and columns, without learners and grades. The teacher who copies comes along."""
    made = _course(db, original, fullname, shortname)
    _staff(db, original.id, made)
    _fill(db, original.id, made, False)
    return made


def restore(db: Connection, original: Course, users: bool) -> int:
    """A backup restored into a new course of the same site, with its users and their grades, or without."""
    title, short = _free_name(db, original)
    made = _course(db, original, title, short)
    _staff(db, original.id, made, also_learners=users)
    _fill(db, original.id, made, users)
    return made


def bring_in(db: Connection, source: int, target: int) -> None:
    """*Import*: beside what is there already, so that two columns can have one resourceId and tag."""
    _fill(db, source, target, False)


def _course(db: Connection, original: Course, fullname: str, shortname: str) -> int:
    """Knows where it came from: `$Context.id.history`. A course's ID number is nobody else's, so it is empty."""
    history = ",".join(part for part in (str(original.id), original.history) if part)
    row = {"fullname": fullname, "shortname": shortname, "place": original.place, "history": history}
    return int(db.execute(insert(course).values(row).returning(course.c.id)).scalar_one())


def _free_name(db: Connection, original: Course) -> tuple[str, str]:
    taken = set(db.scalars(select(course.c.shortname)))
    number = next(n for n in range(1, len(taken) + 2) if f"{original.shortname}_{n}" not in taken)
    return f"{original.fullname} copy {number}", f"{original.shortname}_{number}"


def _staff(db: Connection, source: int, target: int, also_learners: bool = False) -> None:
    for row in db.execute(select(enrolment).where(enrolment.c.course_id == source)).all():
        if also_learners or row.role == "editingteacher":
            values = {"person_id": row.person_id, "role": row.role, "suspended": row.suspended}
            db.execute(insert(enrolment).values(course_id=target, **values))


def _fill(db: Connection, source: int, target: int, users: bool) -> None:
    """Activities in their order, then the columns that the tool made itself."""
    for original in courses.activities(db, source):
        made = _copied_link(db, original, target)
        for item in db.execute(_coupled(original.id)).all():
            _grades(db, item.id, _copied_item(db, item, target, made.id), users)
    loose = select(grade_item).where(grade_item.c.course_id == source, grade_item.c.link_id.is_(None))
    for item in db.execute(loose.order_by(grade_item.c.id)).all():
        _grades(db, item.id, _copied_item(db, item, target, None), users)


def _coupled(link_id: int) -> Any:
    return select(grade_item).where(grade_item.c.link_id == link_id).order_by(grade_item.c.id)


def _copied_link(db: Connection, original: Activity, course_id: int, **changes: Any) -> Activity:
    kept = {name: getattr(original, name) for name in COPIED}
    return courses.add(db, {**kept, "course_id": course_id, **changes})


def _copied_item(db: Connection, item: Row[Any], course_id: int, link_id: int | None, **changes: Any) -> int:
    kept = {name: value for name, value in item._mapping.items() if name != "id"}
    row = {**kept, "course_id": course_id, "link_id": link_id, "locked": False, **changes}
    return int(db.execute(insert(grade_item).values(row).returning(grade_item.c.id)).scalar_one())


def _grades(db: Connection, source: int, target: int, users: bool) -> None:
    """Grades come along with their users only, with comments and the time that the tool gave them."""
    if not users:
        return
    for row in db.execute(select(grade).where(grade.c.item_id == source)).all():
        db.execute(insert(grade).values({**row._mapping, "item_id": target}))
