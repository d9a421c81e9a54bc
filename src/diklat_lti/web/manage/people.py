"""A learner's page for those who watch over them: what happened, in order, and where it stands."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.errors import Sentence
from diklat_lti.gradebook import outbox, reasons
from diklat_lti.models import Enrolment, Person
from diklat_lti.reports import overview, story
from diklat_lti.reports.story import Happening
from diklat_lti.training import access, progress
from diklat_lti.training.scoring import rounded
from diklat_lti.training.state import state
from diklat_lti.web import figures
from diklat_lti.web.csrf import read_form
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door
from diklat_lti.web.manage.door import Seen
from diklat_lti.web.viewer import Viewer

router = APIRouter()


@router.get("/{cohort}/people/{enrolment}")
def learner(visit: Visiting, cohort: RowId, enrolment: RowId) -> Response:
    now = visit.now
    with visit.read() as (session, viewer):
        seen, who = _find(session, viewer, cohort, enrolment, visit)
        stale = progress.is_stale(who, seen.cohort.rules_seq, now)
    if stale:
        with visit.db.write() as writing:
            progress.freshen(writing, enrolment, now)
    with visit.read() as (session, viewer):
        seen, who = _find(session, viewer, cohort, enrolment, visit)
        return visit.page("manage/learner.html", **_values(session, seen, who, viewer, visit))


@router.post("/{cohort}/people/{enrolment}/resend", dependencies=[Depends(read_form)])
def resend(visit: Visiting, cohort: RowId, enrolment: RowId) -> Response:
    """Grades that wait for a person, or for their next try, go now; pressed twice it is one sending."""
    with visit.write() as (session, viewer):
        door.administered(session, viewer, cohort, visit.now)
        _find(session, viewer, cohort, enrolment, visit)
        ids = [delivery.id for delivery in story.deliveries(session, enrolment)]
        again = outbox.retry(session, ids, visit.real_now)
    return RedirectResponse(f"/manage/{cohort}/people/{enrolment}{'?sent=1' if again else ''}", 303)


def _find(session: Session, viewer: Viewer, cohort: int, enrolment: int, visit: Visit) -> tuple[Seen, Enrolment]:
    seen = door.cohort(session, viewer, cohort, visit.now)
    return seen, access.visible_enrolment(session, viewer.person_id, seen.cohort, enrolment, visit.now)


def _values(session: Session, seen: Seen, who: Enrolment, viewer: Viewer, visit: Visit) -> dict[str, Any]:
    happened = story.of_enrolment(session, who, publish.outline_of(session, seen.cohort.version_id))
    told = overview.told_of(session, [who.id]).get(who.id)
    return {
        "seen": seen,
        "enrolment": who,
        "person": session.get_one(Person, who.person_id),
        "state": state(who, visit.now).value,
        "now": visit.now,
        "days": _by_day(happened, seen.cohort.zone),
        "told": told,
        "reason": reasons.explain(told.answer) if told else None,
        "spoken": lambda sentence: spoken(sentence, viewer.language),
        "sent": visit.request.query_params.get("sent") == "1",
        "decided": visit.request.query_params.get("decided") == "1",
    }


def _by_day(happened: list[Happening], zone: str) -> list[tuple[Any, list[Happening]]]:
    return [(day, list(found)) for day, found in groupby(happened, key=lambda h: figures.local(h.at, zone).date())]


def spoken(sentence: Sentence, language: str) -> Sentence:
    """The same with its scores as the reader writes them: "82,5"."""
    written = {
        name: figures.number(rounded(value), language=language) if name == "score" else value
        for name, value in sentence.values.items()
    }
    return Sentence(sentence.text, written)
