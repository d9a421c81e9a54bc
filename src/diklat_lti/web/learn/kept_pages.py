"""A form whose session was over: its answer says that it is kept; its person looks at it later, and saves or drops it."""

import logging
from datetime import datetime

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.database import WriteSession
from diklat_lti.errors import Problem, say
from diklat_lti.models import KeptForm
from diklat_lti.training import own, progress
from diklat_lti.web import cookies, errors, language_before, viewer
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.learn import kept, kept_work
from diklat_lti.web.learn.kept_work import Left
from diklat_lti.web.learn.own import Mine, RowId, page, reading, writing

log = logging.getLogger(__name__)
router = APIRouter()
OVER = frozenset({"no_session", "form_without_session", "form_of_another_session"})
"""Reasons for which a form is refused that our own page sent, only too late."""


def install(app: FastAPI) -> None:
    """In place of the plain handler of problems; whatever is no form of a session that is over goes on there."""
    app.add_exception_handler(Problem, on_problem)


def on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    name_hash = getattr(request.state, "form_of", None)
    if name_hash is None or problem.reason not in OVER:
        return errors.on_problem(request, problem)
    visit = Visit(request)
    with visit.db.write() as session:
        found = kept.owner(session, name_hash, visit.real_now)
        if found is None:
            return errors.on_problem(request, problem)
        language_before.speak(request, session, name_hash)
        zone = _kept_in(visit, session, *found)
        back = viewer.look(session, request.cookies.get(cookies.SESSION), visit.real_now)
        way = viewer.way_to_address(session, request.path_params)
    if zone is None:
        return errors.on_problem(request, _not_kept(problem))
    log.info("a form that came too late is kept", extra={"reason": problem.reason})
    is_back = back is not None and back.person_id == found[1]
    address = f"/learn/{request.path_params['enrolment']}/kept" if is_back else None
    status = errors.STATUS[problem.kind]
    return visit.page("learn/kept_now.html", status, address=address, way=way, at=visit.now, zone=zone)


def _kept_in(visit: Visit, session: WriteSession, session_id: int, person_id: int) -> str | None:
    """The zone in which its person reads the time; None for what cannot be applied later, or finds no room."""
    path, body = visit.request.url.path, visit.request.state.sent_form.decode()
    found = kept_work.PATH.fullmatch(path)
    mine = own.find(session, person_id, int(found[1])) if found else None
    if mine is None:
        return None
    try:
        outline = publish.outline_of(session, mine[1].version_id)
        kept_work.read(session, visit.settings, outline, path, body, visit.now)
    except Problem:
        return None
    return mine[1].zone if kept.keep(session, session_id, path, body, visit.real_now) else None


def _not_kept(problem: Problem) -> Problem:
    sentence = say("What you just sent could not be kept.")
    advice = say("The sign-in of this browser had ended. Open the activity again from your course, then repeat it.")
    if isinstance(problem, errors.Signpost):
        return errors.Signpost(problem.kind, problem.reason, sentence, advice, problem.address, problem.label)
    return Problem(problem.kind, problem.reason, sentence, advice)


@router.get("/learn/{enrolment:int}/kept")
def look(visit: Visiting, enrolment: RowId) -> Response:
    with reading(visit, enrolment) as (session, mine):
        rows = kept.waiting(session, mine.enrolment.person_id, enrolment)
        if not rows:
            return RedirectResponse(mine.base, 303)
        left = [(row.id, _left(visit, session, mine, row)) for row in rows]
        return page(visit, mine, "learn/kept.html", left=left)


@router.post("/learn/{enrolment:int}/kept")
def decide(visit: Visiting, form: CheckedForm, enrolment: RowId) -> Response:
    """`action`: save or drop, for the forms that stood on the page. Sent twice it finds nothing more to do."""
    shown, action = set(form.many("kept")), form.get("action")
    with writing(visit, enrolment) as (session, mine):
        rows = [row for row in kept.waiting(session, mine.enrolment.person_id, enrolment) if str(row.id) in shown]
        if action == "save":
            events = [_left(visit, session, mine, row).event for row in rows]
            progress.record(session, enrolment, events, mine.now)
        if action in ("save", "drop"):
            kept.settle(session, [row.id for row in rows], visit.real_now)
        return RedirectResponse(mine.base, 303)


def _left(visit: Visit, session: Session, mine: Mine, row: KeptForm) -> Left:
    came_at: datetime = row.received_at + (mine.now - visit.real_now)  # in the training's time
    return kept_work.read(session, visit.settings, mine.outline, row.path, row.body, came_at, mine.asset_url())
