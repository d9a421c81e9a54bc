"""The picker (deep linking): choose a program and its days, look at what comes of it, and hand it to the LMS."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

import diklat_lti
from diklat_lti.content import publish
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.training.cohorts import ZONES, BadFields
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import pick_answer, pick_desk
from diklat_lti.web.manage.pick_desk import Choice, Desk

router = APIRouter()
SAMPLE = Path(diklat_lti.__file__).parent / "demo" / "programs" / "p2k2"


@router.get("/pick/{launch}")
def picker(visit: Visiting, launch: RowId) -> Response:
    """Where a deep-linking launch leads."""
    with visit.read() as (session, viewer):
        desk = pick_desk.lay(session, viewer, launch, visit)
    return _form(visit, desk, pick_desk.proposal(desk, visit, viewer.language))


@router.post("/pick/{launch}")
def pick(visit: Visiting, launch: RowId, form: CheckedForm) -> Response:
    """One address for all buttons of the picker; `step` says which was pressed."""
    choice, step = pick_desk.read(form), form.get("step", "")
    if step in ("add", "link", "again", "cancel"):
        return _hand_over(visit, launch, choice, step)
    if step == "sample":
        return _install_sample(visit, launch)
    return _look(visit, launch, choice, edit=step == "edit")


def _look(visit: Visit, launch: int, choice: Choice, edit: bool) -> Response:
    """The days that a choice gives, in words; or the form again, with a sentence beside each wrong field."""
    with visit.read() as (session, viewer):
        desk = pick_desk.lay(session, viewer, launch, visit)
        try:
            plan = None if edit or not desk.takes_links else pick_desk.plan(session, desk, choice, visit)
        except BadFields as bad:
            return _form(visit, desk, choice, bad.fields)
    if plan is None:
        return _form(visit, desk, choice)
    titles = [title for title, _ in pick_answer.titles(plan.name, plan.outline, choice.shape)]
    return visit.page("manage/pick_preview.html", desk=desk, choice=choice, plan=plan, titles=titles)


def _hand_over(visit: Visit, launch: int, choice: Choice, step: str) -> Response:
    """The answer for the LMS. What is chosen and its signature are made in one transaction, one form at a time."""
    with visit.write() as (session, viewer):
        desk = pick_desk.lay(session, viewer, launch, visit, lock=True)
        try:
            made = pick_answer.make(session, desk, choice, step, viewer, visit)
        except BadFields as bad:
            return _form(visit, desk, choice, bad.fields, linking=step in ("link", "again"))
    return pick_answer.page(visit, desk, made)


def _form(
    visit: Visit, desk: Desk, choice: Choice, wrong: dict[str, Sentence] | None = None, linking: bool = False
) -> Response:
    if not desk.takes_links:
        return visit.page("manage/pick_nothing.html", desk=desk)
    return visit.page(
        "manage/pick.html",
        422 if wrong else 200,
        desk=desk,
        choice=choice,
        wrong=wrong or {},
        linking=linking,
        zones=ZONES,
        date_type=pick_desk.date_type(choice.starts_on),
        led=visit.request.query_params.get("led") == "1",
    )


def _install_sample(visit: Visit, launch: int) -> Response:
    """Published for the centre, as the operator's import would; pressed twice it is the same version."""
    with visit.read() as (session, viewer):
        desk = pick_desk.lay(session, viewer, launch, visit)
        if not desk.may_publish:
            what = say("Only the centre's admins install programs.")
            raise Problem(Kind.FORBIDDEN, "may_not_publish", what, say("Ask an admin of your centre."))
        checked = publish.check(session, desk.course.centre_id, SAMPLE)
    if checked.program is None:
        raise Problem(
            Kind.CONFLICT,
            "sample_does_not_fit",
            say("The sample does not fit the version that is installed already."),
            say("Use the installed one, or ask the operator of the tool."),
        )
    with visit.db.write() as session:
        publish.publish(
            session, desk.course.centre_id, checked.program, visit.settings.storage_folder, viewer.person_id, visit.now
        )
    return RedirectResponse(f"/manage/pick/{launch}", 303)
