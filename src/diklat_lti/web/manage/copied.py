"""A link of a copied course: the course's admin says whether a new run begins with it or the old one goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.errors import Sentence, not_found, say
from diklat_lti.languages import translate
from diklat_lti.models import Course, Launch, Placement
from diklat_lti.training import access, cohorts, copies
from diklat_lti.training.cohorts import ZONES, BadFields, Plan, Wish
from diklat_lti.training.copies import Copied
from diklat_lti.training.window import local_day
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door, pick_desk
from diklat_lti.web.viewer import Viewer

router = APIRouter()


@dataclass(frozen=True)
class Choice:
    """The days of a new run as they were typed."""

    name: str
    starts_on: str
    length_days: str
    zone: str


@dataclass(frozen=True)
class Found:
    """Rows are loaded, so a page can be made of it after its session has ended."""

    launch: Launch
    course: Course
    copied: Copied | None
    """None: it opens something by now."""
    is_admin: bool
    run_id: int | None
    """What the link of the launch opens."""
    runs: int

    @property
    def leads_to(self) -> str:
        """Where one goes on when nothing is left to decide."""
        if self.launch.deep_linking is not None:
            return f"/manage/pick/{self.launch.id}?led=1"
        return f"/manage/{self.run_id}" if self.run_id else f"/manage/unplaced/{self.launch.id}"


@router.get("/copied/{launch}")
def copied(visit: Visiting, launch: RowId) -> Response:
    """For the instructor who opened a copied link, and from the picker of a course that has some."""
    with visit.read() as (session, viewer):
        found = _find(session, viewer, launch, visit)
    if found.copied is None:
        return RedirectResponse(found.leads_to, 303)
    return _page(visit, found, _proposal(found, visit))


@router.post("/copied/{launch}")
def decide(visit: Visiting, launch: RowId, form: CheckedForm) -> Response:
    """One address for all buttons; pressed twice it is one run."""
    choice, step = _read(form), form.get("step", "")
    if step not in ("make", "go_on"):
        return _look(visit, launch, choice, edit=step == "edit")
    with visit.write() as (session, viewer):
        found = _find(session, viewer, launch, visit, lock=True)
        if not found.is_admin:
            raise not_found()
        if found.copied is not None:
            try:
                _carry_out(session, found, found.copied, choice, step, viewer, visit)
            except BadFields as bad:
                return _page(visit, found, choice, bad.fields)
            session.flush()
            found = _find(session, viewer, launch, visit)
    return RedirectResponse(f"/manage/copied/{launch}" if found.copied else found.leads_to, 303)


def _carry_out(
    session: WriteSession, found: Found, copied: Copied, choice: Choice, step: str, viewer: Viewer, visit: Visit
) -> None:
    if step == "go_on":
        copies.go_on(session, copied, viewer.person_id, visit.now)
    else:
        copies.new_run(session, copied, _plan(session, found, choice, visit), viewer.person_id, visit.now)


def _look(visit: Visit, launch: int, choice: Choice, edit: bool) -> Response:
    """The days in words, or the form again with a sentence beside each wrong field."""
    with visit.read() as (session, viewer):
        found = _find(session, viewer, launch, visit)
        if not found.is_admin:
            raise not_found()
        if found.copied is None:
            return RedirectResponse(found.leads_to, 303)
        try:
            plan = None if edit else _plan(session, found, choice, visit)
        except BadFields as bad:
            return _page(visit, found, choice, bad.fields)
    return _page(visit, found, choice, plan=plan)


def _find(session: Session, viewer: Viewer, launch_id: int, visit: Visit, lock: bool = False) -> Found:
    launch = door.launch(session, viewer, launch_id, visit)
    if launch.deep_linking is None and "instructor" not in launch.roles.split():
        raise not_found()
    course_query = select(Course).where(Course.id == launch.course_id)
    course = session.scalars(course_query.with_for_update() if lock else course_query).one()  # one decision at a time
    run = select(Placement.cohort_id).where(Placement.id == launch.placement_id)
    return Found(
        launch=launch,
        course=course,
        copied=copies.find(session, course.id, launch.placement_id, viewer.person_id, visit.now),
        is_admin=access.is_admin(session, viewer.person_id, course, visit.now),
        run_id=session.scalars(run).one_or_none(),
        runs=len(cohorts.of_course(session, course.id)),
    )


def _plan(session: Session, found: Found, choice: Choice, visit: Visit) -> Plan:
    if found.copied is None or found.copied.outline is None:
        raise not_found()
    wish = Wish(found.copied.run.version_id, choice.name, choice.starts_on, choice.length_days, choice.zone)
    return cohorts.plan(session, found.course.id, wish, visit.now)


def _proposal(found: Found, visit: Visit) -> Choice:
    """Tomorrow and the program's own length: nothing of the old run."""
    zone = next(iter(ZONES))
    outline = found.copied.outline if found.copied else None
    language = visit.request.state.viewer.language
    return Choice(
        name=translate(say("Run %(number)s", number=found.runs + 1), language),
        starts_on=str(local_day(visit.now, zone) + timedelta(days=1)),
        length_days=str(outline.days) if outline else "",
        zone=zone,
    )


def _read(form: Mapping[str, str]) -> Choice:
    return Choice(**{name: form.get(name, "") for name in ("name", "starts_on", "length_days", "zone")})


def _page(
    visit: Visit, found: Found, choice: Choice, wrong: dict[str, Sentence] | None = None, plan: Plan | None = None
) -> Response:
    status = 422 if wrong else 200
    return visit.page(
        "manage/copied.html",
        status,
        found=found,
        choice=choice,
        wrong=wrong or {},
        plan=plan,
        zones=ZONES,
        date_type=pick_desk.date_type(choice.starts_on),
    )
