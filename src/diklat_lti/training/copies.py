"""Links of a copied or restored course: they name a run of another course, and open it only if its admin says so."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session, aliased

from diklat_lti.content import publish
from diklat_lti.content.outline import Outline
from diklat_lti.database import WriteSession
from diklat_lti.errors import not_found
from diklat_lti.models.cohort import Cohort, PickedLink, Placement
from diklat_lti.models.people import Course
from diklat_lti.models.platform import Deployment
from diklat_lti.models.program import Program, ProgramVersion
from diklat_lti.training import access, cohorts, placements
from diklat_lti.training.cohorts import Plan
from diklat_lti.training.placements import Link


@dataclass(frozen=True)
class Copied:
    """What a copied link opened where it came from. Nothing of it is for the eyes of the new course, but for `outline`."""

    placement: Placement
    run: Cohort
    outline: Outline | None
    """None: the program is another centre's."""
    may_go_on: bool
    """The same LMS by the same registration, and this person administers the old run."""


def find(session: Session, course_id: int, placement_id: int | None, person_id: int, now: datetime) -> Copied | None:
    """Of this link, or without one the first of its course. None where it opens something, or names no run elsewhere."""
    here, old = aliased(Course), aliased(Course)
    row = session.execute(
        select(Placement, Cohort, PickedLink, old, here)
        .join(here, here.id == Placement.course_id)
        .join(PickedLink, PickedLink.uuid == Placement.picked_uuid)
        .join(Cohort, Cohort.id == PickedLink.cohort_id)
        .join(old, old.id == Cohort.course_id)
        .where(here.id == course_id, Placement.cohort_id.is_(None), old.id != here.id)
        .where(true() if placement_id is None else Placement.id == placement_id)
        .order_by(Placement.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    placement, run, picked, old_course, course = row
    same = _registration(session, placement.deployment_id) == _registration(session, picked.deployment_id)
    may_go_on = same and access.is_admin(session, person_id, old_course, now)
    return Copied(placement, run, _outline(session, run, course), may_go_on)


def _registration(session: Session, deployment_row: int) -> int:
    return session.get_one(Deployment, deployment_row).registration_id


def _outline(session: Session, run: Cohort, course: Course) -> Outline | None:
    """What a course may run is its centre's alone."""
    owner = select(Program.centre_id).join(ProgramVersion, ProgramVersion.program_id == Program.id)
    is_ours = session.scalars(owner.where(ProgramVersion.id == run.version_id)).one() == course.centre_id
    return publish.outline_of(session, run.version_id) if is_ours else None


def new_run(session: WriteSession, copied: Copied, plan: Plan, author_id: int, now: datetime) -> Cohort:
    """A run of the same program with days of its own; all that was copied together opens it, opened before or not."""
    if copied.outline is None:
        raise not_found()
    run = cohorts.create(session, copied.placement.course_id, plan, author_id, now)
    _lead_all(session, copied, run, author_id, now)
    return run


def go_on(session: WriteSession, copied: Copied, author_id: int, now: datetime) -> Cohort:
    """The copied links open the old run: for those who administer it alone."""
    if not copied.may_go_on:
        raise not_found()
    _lead_all(session, copied, copied.run, author_id, now)
    return copied.run


def _lead_all(session: WriteSession, copied: Copied, run: Cohort, author_id: int, now: datetime) -> None:
    """Each link of the old run becomes one of this course, so that copies that nobody opened yet are known, too."""
    course_id, deployment = copied.placement.course_id, copied.placement.deployment_id
    links = _launched(session, course_id, copied.run.id)
    for old in session.scalars(select(PickedLink).where(PickedLink.cohort_id == copied.run.id)).all():
        uuid = placements.copied_uuid(old.uuid, course_id)
        picked = cohorts.pick(
            session, run, deployment, old.module_key, author_id, now, uuid, old.title, copy_of=copied.run.id
        )
        for link in (link for link in links if link.picked_uuid == old.uuid):
            placements.lead(session, Link(link.id, link.deployment_id, link.title), picked, now, inherits=True)


def _launched(session: WriteSession, course_id: int, run_id: int) -> list[Placement]:
    """The copies that came by already and open nothing yet."""
    wanted = (
        select(Placement)
        .join(PickedLink, PickedLink.uuid == Placement.picked_uuid)
        .where(Placement.course_id == course_id, Placement.cohort_id.is_(None), PickedLink.cohort_id == run_id)
        .order_by(Placement.id)
    )
    return list(session.scalars(wanted.with_for_update(of=Placement)))
