"""Decisions about one learner: more attempts, late work that is let in, withdrawal and return."""

from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.models import Enrolment, Person
from diklat_lti.training import access, cohorts, decisions, late, ledger
from diklat_lti.training.cohorts import BadFields
from diklat_lti.training.late import Late
from diklat_lti.web.csrf import CheckedForm, Form
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door
from diklat_lti.web.manage.door import Seen
from diklat_lti.web.viewer import Viewer

router = APIRouter()
LONGEST_REASON, LONGEST_NAME = 1000, 36


@dataclass(frozen=True)
class Desk:
    """Rows are loaded, so a page can be made of it after its session has ended."""

    seen: Seen
    enrolment: Enrolment
    person: Person
    quizzes: list[tuple[str, Sentence]]
    late: list[Late]
    titles: dict[str, Sentence]
    """Every lesson, by key."""


@router.get("/{cohort}/people/{enrolment}/decide")
def decisions_about(visit: Visiting, cohort: RowId, enrolment: RowId) -> Response:
    with visit.read() as (session, viewer):
        desk = _lay(session, viewer, cohort, enrolment, visit)
    return _page(visit, desk, Form([]))


@router.post("/{cohort}/people/{enrolment}/decide")
def decide(visit: Visiting, cohort: RowId, enrolment: RowId, form: CheckedForm) -> Response:
    """One address for all; `step` says which."""
    with visit.write() as (session, viewer):
        desk = _lay(session, viewer, cohort, enrolment, visit)
        try:
            _carry_out(session, desk, form, viewer, visit)
        except BadFields as bad:
            return _page(visit, desk, form, bad.fields)
    return RedirectResponse(f"/manage/{cohort}/people/{enrolment}?decided=1", 303)


def _carry_out(session: WriteSession, desk: Desk, form: Form, viewer: Viewer, visit: Visit) -> None:
    who, step, reason = desk.enrolment.id, form.get("step", ""), form.get("reason", "")
    if len(reason) > LONGEST_REASON:
        raise BadFields({"reason": say("Use at most %(most)s characters.", most=LONGEST_REASON)})
    last = (reason, viewer.person_id, lambda: visit.now)
    if step == "attempts":
        number, once = _number(form.get("number", "")), form.get("once", "")[:LONGEST_NAME]
        decisions.add_attempts(session, who, form.get("lesson") or None, number, once, *last)
    elif step == "admit":
        events, attempts = (_ids(form.many(name)) for name in ("event", "attempt"))
        decisions.admit(session, who, events, attempts, *last)
    elif step == "withdraw":
        decisions.withdraw(session, who, "learner" if form.get("by") == "learner" else "admin", *last)
    elif step == "return":
        decisions.bring_back(session, who, *last)
    else:
        raise Problem(Kind.BAD_INPUT, "unknown_step", say("This button does not exist."), say("Reload the page."))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _ids(texts: list[str]) -> list[int]:
    """0 is nobody's: what is no number is refused as what is not theirs."""
    return [int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0 for text in texts]


def _lay(session: Session, viewer: Viewer, cohort: int, enrolment: int, visit: Visit) -> Desk:
    seen = door.administered(session, viewer, cohort, visit.now)
    found = access.visible_enrolment(session, viewer.person_id, seen.cohort, enrolment, visit.now)
    outline = publish.outline_of(session, seen.cohort.version_id)
    titles = {x.key: say("Lesson %(number)s, %(title)s", number=x.number, title=x.title) for x in outline.lessons}
    quizzes = [(x.key, titles[x.key]) for x in outline.lessons if x.completion.startswith("quiz")]
    too_late = late.work(cohorts.rules_of(session, cohort), ledger.load(session, enrolment))
    return Desk(seen, found, session.get_one(Person, found.person_id), quizzes, too_late, titles)


def _page(visit: Visit, desk: Desk, typed: Form, wrong: dict[str, Sentence] | None = None) -> Response:
    return visit.page(
        "manage/decide.html",
        422 if wrong else 200,
        desk=desk,
        seen=desk.seen,
        typed=typed,
        step=typed.get("step", ""),
        wrong=wrong or {},
        most=decisions.MOST_ADDED,
        once=typed.get("once") or str(uuid4()),
    )
