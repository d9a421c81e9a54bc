"""Who may open which cohort's pages: everything under /manage passes through here, and what is not theirs is 404."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from diklat_lti.errors import not_found
from diklat_lti.models import Cohort, Course, Launch
from diklat_lti.training import access
from diklat_lti.web.centre import door as centre_door
from diklat_lti.web.deps import Visit
from diklat_lti.web.viewer import Viewer


@dataclass(frozen=True)
class Seen:
    """A cohort, and what this viewer may see and do in it."""

    cohort: Cohort
    course: Course
    is_admin: bool
    within: ColumnElement[bool]
    """Which of its enrolments are theirs to see."""
    leads: bool
    """Whether they are admin of the whole centre."""


def cohort(session: Session, viewer: Viewer, cohort_id: int, now: datetime) -> Seen:
    """For whoever holds a role that reaches it, and came in by a launch into its course. An admin of the centre may come
    from another of its courses, or of its LMSs: their right hangs on no course."""
    found = session.get(Cohort, cohort_id)
    if found is None:
        raise not_found()
    course = session.get_one(Course, found.course_id)
    if not access.watches(session, viewer.person_id, course, found.id, now):
        raise not_found()
    leads = access.leads(session, viewer.person_id, course.centre_id, now)
    if leads and all(entry.course_id != course.id for entry in viewer.entries):
        centre_door.at_work(viewer)
    else:
        viewer.enter(session, course.id)
    is_admin = access.is_admin(session, viewer.person_id, course, now)
    return Seen(found, course, is_admin, access.scope(session, viewer.person_id, found, now), leads)


def administered(session: Session, viewer: Viewer, cohort_id: int, now: datetime) -> Seen:
    """For its admins alone: forms that change something."""
    access.administered(session, viewer.person_id, cohort_id, now)
    return cohort(session, viewer, cohort_id, now)


def launch(session: Session, viewer: Viewer, launch_id: int, visit: Visit, lock: bool = False) -> Launch:
    """A launch of this very person in this very browser, while it is good; with `lock`, one form of it at a time."""
    mine = select(Launch).where(
        Launch.id == launch_id,
        Launch.session_id == viewer.session_id,
        Launch.person_id == viewer.person_id,
        Launch.expires_at > visit.real_now,
    )
    found = session.scalars(mine.with_for_update() if lock else mine).one_or_none()
    if found is None or found.course_id is None:
        raise not_found()
    viewer.current = next((e for e in viewer.entries if e.launch_id == found.id), viewer.current)
    return found
