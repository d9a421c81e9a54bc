"""The courses of a centre with their runs, and how a course goes over to another centre."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.centre import Grant
from diklat_lti.models.cohort import Cohort
from diklat_lti.models.people import Course
from diklat_lti.models.platform import Platform
from diklat_lti.models.progress import Enrolment
from diklat_lti.training import audit, centres


@dataclass(frozen=True)
class RunLine:
    id: int
    name: str
    starts_on: date | None
    learners: int


@dataclass(frozen=True)
class CourseLine:
    """`platform` is None where the course lies on another centre's LMS: what that is called is not for this one."""

    id: int
    title: str | None
    label: str | None
    platform: str | None
    runs: tuple[RunLine, ...]


def every(session: Session, centre_id: int) -> list[CourseLine]:
    """By title, each with its newest run first."""
    own = Platform.centre_id == centre_id
    courses = session.execute(
        select(Course.id, Course.title, Course.label, Platform.name)
        .outerjoin(Platform, (Platform.id == Course.platform_id) & own)
        .where(Course.centre_id == centre_id)
        .order_by(Course.title, Course.id)
    ).all()
    learners = func.count(Enrolment.id).label("learners")
    runs = session.execute(
        select(Cohort.course_id, Cohort.id, Cohort.name, Cohort.starts_on, learners)
        .join(Course, Course.id == Cohort.course_id)
        .outerjoin(Enrolment, (Enrolment.cohort_id == Cohort.id) & Enrolment.is_trial.is_(False))
        .where(Course.centre_id == centre_id)
        .group_by(Cohort.course_id, Cohort.id, Cohort.name, Cohort.starts_on)
        .order_by(Cohort.id.desc())
    ).all()
    lines = [(run.course_id, RunLine(run.id, run.name, run.starts_on, run.learners)) for run in runs]
    return [CourseLine(*course, tuple(line for of, line in lines if of == course.id)) for course in courses]


def assign(session: WriteSession, course_id: int, centre_id: int, actor_id: int | None, now: datetime) -> None:
    """The course with its runs, and the roles that are bound to it. Its runs keep their programs. Twice changes nothing."""
    course = session.get(Course, course_id, with_for_update=True)
    if course is None:
        sentence = say("There is no course %(id)s.", id=course_id)
        raise Problem(Kind.NOT_FOUND, "no_such_course", sentence, say("See: diklat-lti centre list"))
    centres.find(session, centre_id)
    before = course.centre_id
    runs = select(Cohort.id).where(Cohort.course_id == course_id)
    bound = or_(Grant.course_id == course_id, Grant.cohort_id.in_(runs))
    session.execute(update(Grant).where(bound).values(centre_id=centre_id))
    if before == centre_id:
        return
    course.centre_id = centre_id
    data = {"from": before, "to": centre_id}
    for side in (before, centre_id):
        audit.note(session, side, actor_id, "course.assigned", "course", course_id, data, now)
