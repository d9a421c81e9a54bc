"""The overview of a cohort: where everybody stands, whose grade has not arrived, and who to look at first."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from diklat_lti.gradebook import arrived, reasons
from diklat_lti.models import Cohort, PickedLink, Platform
from diklat_lti.reports import overview
from diklat_lti.reports.overview import Asked
from diklat_lti.training import arrivals, cohorts, role_requests
from diklat_lti.training.window import WindowRules, day_number, window
from diklat_lti.web.csrf import read_form
from diklat_lti.web.deps import RowId, Visiting
from diklat_lti.web.manage import door, pick_desk
from diklat_lti.web.manage.door import Seen

router = APIRouter()
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Days:
    """The cohort's window and today's place in it. `day` None: everybody begins on a day of their own."""

    start: datetime | None
    end: datetime
    day: int | None
    length: int
    is_over: bool

    @property
    def is_last(self) -> bool:
        return self.day == self.length


@router.get("/{cohort}")
def cohort_overview(visit: Visiting, cohort: RowId) -> Response:
    now = visit.now
    with visit.read() as (session, viewer):
        seen = door.cohort(session, viewer, cohort, now)
        asked = asked_for(visit.request.query_params)
        return visit.page(
            "manage/overview.html",
            seen=seen,
            days=days_of(seen.cohort, now),
            now=now,
            states=overview.states(session, seen.within, now),
            grades=overview.grades(session, seen.within),
            page=overview.page(session, seen.within, asked, now),
            asked=asked,
            address=lambda **changed: address(cohort, asked, **changed),
            requests=role_requests.waiting(session, seen.course.id) if seen.is_admin else [],
            explain=reasons.explain,
            steps=_last_steps(session, seen),
            missing=_missing(session, seen),
            unknown=arrivals.unknown(session, cohort, now) if seen.is_admin else 0,
            looked=visit.request.query_params.get("looked", ""),
        )


def asked_for(query: QueryParams) -> Asked:
    """Whatever stands in the address; what makes no sense there asks for nothing."""
    page = query.get("page", "")
    return Asked(
        state=query.get("state", ""),
        text=query.get("q", "").replace("\0", "")[:LONGEST_SEARCH],
        grade=query.get("grade", ""),
        by_name=query.get("sort") == "name",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
    )


def address(cohort_id: int, asked: Asked, **changed: object) -> str:
    """This list, with something about it changed; another filter begins at its first page."""
    now = {"q": asked.text, "state": asked.state, "grade": asked.grade, "sort": "name" if asked.by_name else ""}
    query = {name: value for name, value in {**now, **changed}.items() if value}
    return f"/manage/{cohort_id}" + (f"?{urlencode(query)}" if query else "")


def days_of(cohort: Cohort, now: datetime) -> Days:
    """From the columns of the cohort, which repeat the rules in force."""
    rules = WindowRules(
        cohort.mode, cohort.zone, cohort.length_days, cohort.starts_on, cohort.opens_on, cohort.last_start_on,
        cohort.hard_end_on,
    )  # fmt: skip
    given = window(rules)
    day = day_number(given, now, cohort.zone) if given.start is not None else None
    return Days(given.start, given.end, day, cohort.length_days, now >= given.end)


@dataclass(frozen=True)
class LastSteps:
    """What is left to do in Moodle."""

    mark: str
    """For "grade to pass"."""
    not_enrolled: int
    """Learners whose grade Moodle refuses because they are not enrolled: the one thing of it that we see."""


def _last_steps(session: Session, seen: Seen) -> LastSteps | None:
    """None where the reader cannot take them, or the LMS is known as another one."""
    product = session.get_one(Platform, seen.course.platform_id).product
    if not seen.is_admin or product not in (None, "moodle"):
        return None
    return LastSteps(
        f"{cohorts.rules_of(session, seen.cohort.id).pass_mark:f}", overview.not_enrolled(session, seen.within)
    )


def _missing(session: Session, seen: Seen) -> list[PickedLink]:
    found = pick_desk.missing(session, seen.course.id) if seen.is_admin else []
    return [link for missing in found if missing.cohort.id == seen.cohort.id for link in missing.links]


@router.post("/{cohort}/arrivals", dependencies=[Depends(read_form)])
def look(visit: Visiting, cohort: RowId) -> Response:
    """Asks the LMS which of the picked activities it has. Nothing is held open meanwhile."""
    with visit.read() as (session, viewer):
        door.administered(session, viewer, cohort, visit.now)
    said = arrived.look(visit.db, visit.settings, cohort, visit.real_now, visit.now)
    return RedirectResponse(f"/manage/{cohort}?looked={'yes' if said else 'no'}", 303)
