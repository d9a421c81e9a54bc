"""Going on with the history of an LMS whose tool was deleted and added again: chosen, looked at, confirmed."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from diklat_lti.errors import Problem, Sentence, not_found, say
from diklat_lti.lti import joining, known
from diklat_lti.lti.centre import platforms
from diklat_lti.models import Platform
from diklat_lti.web.centre import door
from diklat_lti.web.centre.door import Led
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting

router = APIRouter()


@dataclass(frozen=True)
class Pair:
    """The new connection, the older ones that it may go on with, and the one that was chosen."""

    led: Led
    new: Platform
    olds: list[Platform]
    old: Platform | None
    person_id: int
    wrong: Sentence | None
    """Why the chosen one does not fit."""


@router.get("/{centre}/platforms/{platform}/join")
def choose(visit: Visiting, centre: RowId, platform: RowId) -> Response:
    return _page(visit, _look(visit, centre, platform, None))


@router.post("/{centre}/platforms/{platform}/join")
def join(visit: Visiting, centre: RowId, platform: RowId, form: CheckedForm) -> Response:
    """First what will become one, then, at the button, it does. Pressed twice it is done once."""
    pair = _look(visit, centre, platform, form.get("old", ""))
    if pair.new.joined_to_id is not None:
        return RedirectResponse(f"/centre/{centre}", 303)
    if pair.old is None or pair.wrong is not None:
        return _page(visit, pair)
    if form.get("step") != "join":
        return visit.page("centre/join_confirm.html", led=pair.led, new=pair.new, old=pair.old)
    with visit.db.write() as session:  # nothing read before in it: it waits until launches stand still
        joining.join(session, platform, pair.old.id, pair.person_id, visit.now)
    known.forget(visit.db)
    return RedirectResponse(f"/centre/{centre}#platform-{pair.old.id}", 303)


def _look(visit: Visit, centre: int, platform: int, chosen: str | None) -> Pair:
    with visit.read() as (session, viewer):
        led = door.enter(session, viewer, centre, visit.now)
        new = platforms.one(session, centre, platform)
        free = (Platform.centre_id == centre, Platform.joined_to_id.is_(None), Platform.id != platform)
        olds = list(session.scalars(select(Platform).where(*free).order_by(Platform.name, Platform.id)))
        old = next((one for one in olds if str(one.id) == chosen), None)
        wrong = None if chosen is None or old else say("Choose an LMS of the list.")
        if chosen and old is None and chosen.isdigit():
            raise not_found()
        if old is not None and new.joined_to_id is None:
            try:
                joining.check(session, new, old)
            except Problem as problem:
                wrong = problem.sentence
    return Pair(led, new, olds, old, viewer.person_id, wrong)


def _page(visit: Visit, pair: Pair) -> Response:
    status = 422 if pair.wrong else 200
    return visit.page(
        "centre/join.html", status, led=pair.led, new=pair.new, olds=pair.olds, old=pair.old, wrong=pair.wrong
    )
