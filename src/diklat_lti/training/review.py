"""Submission review: from a grade in the LMS's gradebook to the work that it stands for, for whoever may see it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course, Person
from diklat_lti.models.progress import Enrolment
from diklat_lti.training import access, role_requests
from diklat_lti.training.arrival import Arrival

NOTHING = "/learn/missing/{launch}"
"""Says that there is nothing to look at: to whoever may not, the same as where nobody has begun."""


def lead(session: WriteSession, arrival: Arrival, person_id: int, cohort_id: int | None, now: datetime) -> str:
    """Learners see their own, whoever watches over the run sees a learner's page. A look enrols nobody."""
    work = _work(session, arrival, cohort_id)
    if work is not None and work.person_id == person_id:
        return f"/learn/{work.id}"
    if cohort_id is None or not arrival.is_instructor:
        return NOTHING
    course = session.get_one(Course, session.get_one(Cohort, cohort_id).course_id)
    if not access.watches(session, person_id, course, cohort_id, now):
        role_requests.ask(session, person_id, course, now)
        return f"/manage/waiting/{course.id}"
    return f"/manage/{cohort_id}/people/{work.id}" if work is not None else NOTHING


def _work(session: Session, arrival: Arrival, cohort_id: int | None) -> Enrolment | None:
    """Of the person whom the platform means, in the run that the link opens."""
    return session.scalars(
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Person.platform_id == arrival.platform_id,
            Person.sub == arrival.for_user,
            Enrolment.cohort_id == cohort_id,
        )
    ).one_or_none()
