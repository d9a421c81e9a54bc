"""People and courses that the tool came to know twice become one again: people by their `sub`, courses by their context.

Nothing is lost: whatever named the newer one names the older one afterwards. Only the audit, which is written once, keeps
its numbers; `Person.joined_to_id` leads on from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Table, and_, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from diklat_lti.database import Base, WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.audit import AuditRow
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.models.progress import Assignment, Enrolment

PERSONAL = ("name", "given_name", "family_name", "email", "phone", "locale", "region_code")
OF_COURSE = ("title", "label")
SERVICES = ("lineitems_url", "memberships_url")


@dataclass(frozen=True)
class Merged:
    """How many were known on both sides, and how many came over as they were."""

    known: int
    new: int
    pairs: tuple[tuple[int, int], ...] = ()
    """Of courses: the number that is gone, and the one that stays."""


def courses(session: WriteSession, new_id: int, old_id: int) -> Merged:
    """Before the people. The addresses of a course's services are the newer connection's; where nobody launched by it
    yet, the next launch tells them."""
    known = _known_courses(session, new_id, old_id)
    for newer, older in known:
        _check_centres(newer, older)
        for name in OF_COURSE:
            setattr(older, name, getattr(newer, name) or getattr(older, name))
        for column in _naming(Course.__table__, Member.__table__):  # type: ignore[arg-type]
            session.execute(update(column.table).where(column == newer.id).values({column.name: older.id}))
        _merge_members(session, newer.id, older.id)
    services = {older.id: {name: getattr(newer, name) for name in SERVICES} for newer, older in known}
    for course in session.scalars(select(Course).where(Course.platform_id == old_id)):
        for name in SERVICES:
            setattr(course, name, services.get(course.id, {}).get(name))
    for newer, _ in known:
        session.delete(newer)
    session.flush()
    pairs = tuple((newer.id, older.id) for newer, older in known)
    return Merged(len(known), _bring(session, Course.__table__, new_id, old_id), pairs)  # type: ignore[arg-type]


def people(session: WriteSession, new_id: int, old_id: int) -> Merged:
    """Whoever is known by the same `sub` on both sides is one person: the older one, with the newer one's name."""
    newer, older = aliased(Person), aliased(Person)
    same = and_(newer.platform_id == new_id, older.platform_id == old_id, newer.sub == older.sub)
    pairs = session.execute(select(newer, older).where(same).order_by(newer.id)).all()
    for one, other in pairs:
        for name in PERSONAL:
            setattr(other, name, getattr(one, name) or getattr(other, name))
            setattr(one, name, None)
        one.joined_to_id, one.platform_id, one.sub = other.id, None, None
    session.flush()
    ids = [one.id for one, _ in pairs]
    for part in (ids[at : at + 500] for at in range(0, len(ids), 500)):
        _hand_over(session, part)
    return Merged(len(pairs), _bring(session, Person.__table__, new_id, old_id))  # type: ignore[arg-type]


def _known_courses(session: WriteSession, new_id: int, old_id: int) -> list[tuple[Course, Course]]:
    newer, older = aliased(Course), aliased(Course)
    same = and_(newer.platform_id == new_id, older.platform_id == old_id, newer.context_id == older.context_id)
    return [(one, other) for one, other in session.execute(select(newer, older).where(same).order_by(newer.id))]


def _check_centres(newer: Course, older: Course) -> None:
    if newer.centre_id != older.centre_id:
        raise Problem(
            Kind.CONFLICT,
            "course_of_two_centres",
            say("The course %(course)s belongs to another centre in each of the two.", course=older.title or older.id),
            say("Assign it to one centre in both first."),
        )


def _hand_over(session: WriteSession, ids: list[int]) -> None:
    """What names one of these people names the one they are joined to."""
    _check_enrolments(session, ids)
    members = session.scalars(select(Member).where(Member.person_id.in_(ids))).all()
    joined = dict(session.execute(select(Person.id, Person.joined_to_id).where(Person.id.in_(ids))).all())
    for member in members:
        _see(session, member, member.course_id, joined[member.person_id] or 0)
    _drop_second_assignments(session, ids)
    for column in _naming(Person.__table__, Member.__table__, Person.__table__, AuditRow.__table__):  # type: ignore[arg-type]
        one = select(Person.joined_to_id).where(Person.id == column).scalar_subquery()
        session.execute(update(column.table).where(column.in_(ids)).values({column.name: one}))


def _check_enrolments(session: WriteSession, ids: list[int]) -> None:
    """A run belongs to one course, so nobody should be in it twice: whoever is must be looked at by a person."""
    first, second = aliased(Enrolment), aliased(Enrolment)
    twice = and_(second.person_id == Person.joined_to_id, first.cohort_id == second.cohort_id)
    found = (
        select(func.count())
        .select_from(Person)
        .join(first, first.person_id == Person.id)
        .join(second, twice)
        .where(Person.id.in_(ids))
    )
    if count := session.scalar(found):
        raise Problem(
            Kind.CONFLICT,
            "enrolled_twice",
            say("%(count)s learners have work in the same run through both connections.", count=count),
            say("Nothing was changed."),
        )


def _drop_second_assignments(session: WriteSession, ids: list[int]) -> None:
    """Who watches one learner under both numbers does so once."""
    mine = aliased(Assignment)
    other = exists().where(
        mine.enrolment_id == Assignment.enrolment_id,
        mine.person_id == Person.joined_to_id,
        Person.id == Assignment.person_id,
    )
    session.execute(delete(Assignment).where(Assignment.person_id.in_(ids), other))


def _merge_members(session: WriteSession, newer_id: int, older_id: int) -> None:
    for member in session.scalars(select(Member).where(Member.course_id == newer_id)).all():
        _see(session, member, older_id, member.person_id)


def _see(session: WriteSession, member: Member, course_id: int, person_id: int) -> None:
    """The member as one of this course and person: seen first when either was, marked as the newer one says."""
    there = session.get(Member, (course_id, person_id))
    if there is None:
        there = Member(course_id=course_id, person_id=person_id)
        session.add(there)
    for name in ("instructor_at", "learner_at"):
        seen = [at for at in (getattr(member, name), getattr(there, name)) if at is not None]
        setattr(there, name, min(seen, default=None))
    there.marked = member.marked or there.marked
    session.delete(member)
    session.flush()


def _bring(session: WriteSession, table: Table, new_id: int, old_id: int) -> int:
    brought = update(table).where(table.c.platform_id == new_id).values(platform_id=old_id)
    return session.execute(brought).rowcount  # type: ignore[attr-defined,no-any-return]


def _naming(table: Table, *but: Table) -> Iterator[Column[int]]:
    """Every column that names a row of this table, except those of the tables `but`."""
    for other in Base.metadata.sorted_tables:
        if other not in but:
            yield from (key.parent for key in other.foreign_keys if key.column.table is table)
