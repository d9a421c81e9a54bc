"""The demo's start page: the four steps that plug the tool into an LMS, done one by one or at one button."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from diklat_lti.demo import steps
from diklat_lti.demo.browser import Broken
from diklat_lti.demo.lms.forms import Form
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.tables import link, tool
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, keep, set_cookie
from diklat_lti.demo.steps import Journey

router = APIRouter()


@dataclass(frozen=True)
class Guide:
    """What the start page knows of the tool beside the LMS: its address, and a one-time invite."""

    tool: str
    invite: str


@dataclass(frozen=True)
class Reached:
    """How far the LMS has been plugged in."""

    registered: bool
    active: bool
    added: bool


def reached(lms: Lms) -> Reached:
    with lms.store.read() as db:
        states = set(db.scalars(select(tool.c.state)))
        activities = db.scalar(select(func.count()).select_from(link)) or 0
    return Reached(bool(states), "active" in states, activities > 0)


@router.get("/demo")
def start(request: Request, lms: ThisLms, visit: ThisVisit) -> Response:
    return _page(request, lms, visit)


@router.post("/demo")
def do_all(request: Request, lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """The steps that are left, as the site administrator and the teacher would do them by hand."""
    visit.check(form)
    guide: Guide = request.app.state.guide
    journey = Journey(guide.tool, lms.url, guide.invite)
    try:
        for step in _left(reached(lms)):
            step(journey)
    except Broken as broken:
        return _page(request, lms, visit, 502, str(broken))
    return go("/demo")


def _left(where: Reached) -> list[Callable[[Journey], str]]:
    todo: list[tuple[bool, Callable[[Journey], str]]] = [
        (where.registered, steps.register),
        (where.active, steps.activate),
        (where.added, steps.offer),
        (where.added, steps.add),
    ]
    return [step for done, step in todo if not done]


def _page(request: Request, lms: Lms, visit: ThisVisit, status: int = 200, broken: str = "") -> Response:
    with lms.store.write() as db:
        keep(db, visit)
    guide: Guide = request.app.state.guide
    page = show(lms, visit, "start.html", status, guide=guide, reached=reached(lms), broken=broken, people=steps)
    set_cookie(page, visit)
    return page
