"""Who came is recognised: person, course, place in it and enrolment are found in one look, and made where they are missing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from diklat_lti.database import session_on
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.people import Course, Member, Person
from diklat_lti.models.platform import Platform
from diklat_lti.training import enrolments, known_before, placements
from diklat_lti.training.arrival import Arrival, ArrivedBrowser


@dataclass(frozen=True)
class Known:
    """What is known of the one who came; ids are None where there is no such row."""

    person_id: int
    course_id: int | None
    placement_id: int | None
    cohort_id: int | None
    module_key: str | None
    enrolment_id: int | None
    enrolment_ends: datetime | None
    turned_away: bool
    """Whether the LMS refused this learner's grade for want of an enrolment."""
    was_instructor: bool
    marked: str | None
    rules_seq: int | None
    """The cohort's, if the link was known before."""
    session_id: int | None
    """The browser's session, where it brought one of this person along."""
    session_ends: datetime | None


def recognise(
    connection: Connection, arrival: Arrival, browser: ArrivedBrowser, real_now: datetime, now: datetime
) -> Known:
    row = known_before.look(connection, arrival, browser, real_now)
    person_id = row.person_id
    if person_id is None:
        person_id = _new_person(connection, arrival, now)
    else:
        _update_person(connection, person_id, arrival, row)
    course_id, placement_id, cohort_id, module_key = row.course_id, row.placement_id, row.cohort_id, row.module_key
    if arrival.course is not None:
        if course_id is None:
            course_id = _new_course(connection, arrival, now)
        else:
            _update_course(connection, course_id, arrival, row)
        _see_member(connection, course_id, person_id, row, arrival, now)
        if arrival.link is not None and not placements.is_settled(arrival, row):
            with session_on(connection) as session:
                placed = placements.place(session, arrival, course_id, row, now)
            placement_id, cohort_id, module_key = placed.placement_id, placed.cohort_id, placed.module_key
    enrolment_id, ends = row.enrolment_id, row.enrolment_ends
    if cohort_id is not None and cohort_id != row.cohort_id:  # the link has only now been recognised
        enrolment_id, ends = enrolments.find(connection, cohort_id, person_id)
    return Known(
        person_id, course_id, placement_id, cohort_id, module_key, enrolment_id, ends, row.turned_away,
        row.instructor_at is not None, row.marked,
        row.rules_seq if cohort_id == row.cohort_id else None, row.session_id, row.session_ends,
    )  # fmt: skip


def _personal(arrival: Arrival) -> dict[str, str | None]:
    return {
        "name": arrival.name,
        "given_name": arrival.given_name,
        "family_name": arrival.family_name,
        "email": arrival.email,
    }


def _of_course(arrival: Arrival) -> dict[str, str | None]:
    assert arrival.course is not None
    return {
        "title": arrival.course.title,
        "label": arrival.course.label,
        "lineitems_url": arrival.lineitems_url,
        "memberships_url": arrival.memberships_url,
    }


def _fresh(said: dict[str, str | None], row: Any) -> dict[str, str]:
    """What the LMS says now and did not say before; what it leaves out (privacy switches) stays as it was."""
    return {key: value for key, value in said.items() if value is not None and value != getattr(row, key)}


def _new_person(connection: Connection, arrival: Arrival, now: datetime) -> int:
    values = {"platform_id": arrival.platform_id, "sub": arrival.sub, "created_at": now, **_personal(arrival)}
    return connection.execute(_NEW_PERSON, values).scalar_one()


def _update_person(connection: Connection, person_id: int, arrival: Arrival, row: Any) -> None:
    if fresh := _fresh(_personal(arrival), row):
        connection.execute(update(Person).where(Person.id == person_id).values(fresh))


def _new_course(connection: Connection, arrival: Arrival, now: datetime) -> int:
    assert arrival.course is not None
    centre_id = connection.scalars(_CENTRE, {"platform": arrival.platform_id}).one_or_none()
    if centre_id is None:  # this process knew the registration as it was some seconds ago
        raise Problem(
            Kind.UNAVAILABLE,
            "platform_joined",
            say("The work of this course has just been taken over from an earlier connection of your LMS."),
            say("Load this page again."),
        )
    values = {
        "platform_id": arrival.platform_id,
        "centre_id": centre_id,
        "context_id": arrival.course.context_id,
        "created_at": now,
        **_of_course(arrival),
    }
    return connection.execute(insert(Course).values(values).returning(Course.id)).scalar_one()


def _update_course(connection: Connection, course_id: int, arrival: Arrival, row: Any) -> None:
    if fresh := _fresh(_of_course(arrival), row):
        connection.execute(update(Course).where(Course.id == course_id).values(fresh))


def _see_member(
    connection: Connection, course_id: int, person_id: int, row: Row[Any], arrival: Arrival, now: datetime
) -> None:
    """Remembers that this person was seen as Instructor, or as Learner, in this course."""
    seen = {}
    if arrival.is_instructor and row.instructor_at is None:
        seen["instructor_at"] = now
    if arrival.is_learner and row.learner_at is None:
        seen["learner_at"] = now
    if row.member is None:
        connection.execute(_NEW_MEMBER, {"course_id": course_id, "person_id": person_id, **seen})
    elif seen:
        connection.execute(
            update(Member).where(Member.course_id == course_id, Member.person_id == person_id).values(seen)
        )


_CENTRE = (
    select(Platform.centre_id)
    .where(Platform.id == bindparam("platform"), Platform.joined_to_id.is_(None))
    .with_for_update(read=True, key_share=True)
)
"""Nobody joins this platform to another one while a course of it is made."""
_NEW_PERSON = insert(Person).returning(Person.id)
_NEW_MEMBER = insert(Member)
