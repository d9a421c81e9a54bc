"""The first page after a launch: the picker, a run's overview, a waiting room, the learner's days, or what is missing."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from diklat_lti.database import WriteSession, session_on
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course
from diklat_lti.training import access, enrolments, review, role_requests, verdict
from diklat_lti.training.arrival import Arrival
from diklat_lti.training.recognition import Known


def lead(connection: Connection, arrival: Arrival, known: Known, now: datetime) -> tuple[str, datetime | None]:
    """The first page, and for a learner when the enrolment's grace ends. `{launch}` is filled in by the caller."""
    if known.course_id is None:
        return "/learn/missing/{launch}", None
    if arrival.for_user is not None:
        with session_on(connection) as session:
            return review.lead(session, arrival, known.person_id, known.cohort_id, now), None
    if arrival.deep_linking is not None:
        with session_on(connection) as session:
            course = session.get_one(Course, known.course_id)
            access.grant_by_deep_linking(session, known.person_id, course, now)
        return "/manage/pick/{launch}", None
    if arrival.is_instructor and known.marked != "learner":
        with session_on(connection) as session:
            return _lead_instructor(session, known, now), None
    if not (arrival.is_learner or known.marked == "learner") or known.cohort_id is None:
        return "/learn/missing/{launch}", None
    if known.was_instructor and known.marked != "learner":
        return f"/learn/preview/{known.cohort_id}", None
    return _lead_learner(connection, known, known.course_id, known.cohort_id, now)


def _lead_learner(
    connection: Connection, known: Known, course_id: int, cohort_id: int, now: datetime
) -> tuple[str, datetime | None]:
    if known.enrolment_id is None:
        enrolment_id, ends = enrolments.enrol(connection, cohort_id, known.person_id, "launch", now, known.rules_seq)
        return f"/learn/{enrolment_id}", ends
    if known.turned_away:
        with session_on(connection) as session:
            verdict.look_again(session, known.person_id, course_id)
    return f"/learn/{known.enrolment_id}", known.enrolment_ends


def _lead_instructor(session: WriteSession, known: Known, now: datetime) -> str:
    course = session.scalars(_HOME, {"cohort": known.cohort_id, "course": known.course_id}).one()
    if access.watches(session, known.person_id, course, known.cohort_id, now):
        return f"/manage/{known.cohort_id}" if known.cohort_id else "/manage/unplaced/{launch}"
    if known.cohort_id is None and not session.scalars(_ANY_RUN, {"course": course.id}).all():
        return "/manage/unplaced/{launch}"  # as in a copied course: there is nobody yet who could answer a request
    role_requests.ask(session, known.person_id, course, now)
    return f"/manage/waiting/{course.id}"


_HOME = select(Course).where(
    Course.id
    == func.coalesce(
        select(Cohort.course_id).where(Cohort.id == bindparam("cohort")).scalar_subquery(), bindparam("course")
    )
)
"""The course of the run: a copied course may go on with the run of another one."""
_ANY_RUN = select(Cohort.id).where(Cohort.course_id == bindparam("course")).limit(1)
