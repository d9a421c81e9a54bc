"""More time: for whom, until when and why; what it would come to; and what was given before, which can be taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from diklat_lti.errors import Sentence, say
from diklat_lti.models import Enrolment, Person, Region
from diklat_lti.training import access, cohorts, extensions
from diklat_lti.training.cohorts import BadFields
from diklat_lti.training.extensions import Given, Line, Wish
from diklat_lti.training.window import local_day
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import RowId, Visit, Visiting
from diklat_lti.web.manage import door, pick_desk
from diklat_lti.web.manage.door import Seen
from diklat_lti.web.viewer import Viewer

router = APIRouter()
NAMED_AT_MOST = 200
LONGEST_REASON, LONGEST_LETTER = 1000, 100
UNPASSED, EVERYBODY, REGION, ONE = "unpassed", "everybody", "region:", "one:"


@dataclass(frozen=True)
class Choice:
    """As it was typed."""

    whom: str
    last_day: str
    reason: str
    letter_number: str


@dataclass(frozen=True)
class Desk:
    """Rows are loaded, so a page can be made of it after its session has ended."""

    seen: Seen
    whom: list[tuple[str, Sentence | str]]
    """What may be chosen, and how it is called."""
    given: list[Given]


@router.get("/{cohort}/extend")
def more_time(visit: Visiting, cohort: RowId) -> Response:
    """`?of=` an enrolment: for that learner alone."""
    of = visit.request.query_params.get("of", "")
    with visit.read() as (session, viewer):
        desk = _lay(session, viewer, cohort, visit, of)
    zone = desk.seen.cohort.zone
    proposed = str(local_day(visit.now, zone) + timedelta(days=3))
    return _form(visit, desk, Choice(f"{ONE}{of}" if of else UNPASSED, proposed, "", ""))


@router.post("/{cohort}/extend")
def give(visit: Visiting, cohort: RowId, form: CheckedForm) -> Response:
    """`step`: preview, edit or give. Given twice it finds nobody the second time."""
    choice, step = _read(form), form.get("step", "")
    of = choice.whom.removeprefix(ONE) if choice.whom.startswith(ONE) else ""
    if step != "give":
        return _look(visit, cohort, choice, of, edit=step == "edit")
    with visit.write() as (session, viewer):
        desk = _lay(session, viewer, cohort, visit, of)
        try:
            wish, whom = _wish(desk, choice), _chosen(desk, choice)
            many = extensions.grant(session, desk.seen.cohort, whom, wish, viewer.person_id, lambda: visit.now)
        except BadFields as bad:
            return _form(visit, desk, choice, bad.fields)
    return RedirectResponse(f"/manage/{cohort}/extend?given={many}", 303)


@router.post("/{cohort}/extend/{ruling}/revoke")
def revoke(visit: Visiting, cohort: RowId, ruling: RowId, form: CheckedForm) -> Response:
    """Twice changes nothing."""
    with visit.write() as (session, viewer):
        desk = _lay(session, viewer, cohort, visit)
        reason = form.get("reason", "")[:LONGEST_REASON]
        try:
            extensions.revoke(session, desk.seen.cohort, ruling, reason, viewer.person_id, lambda: visit.now)
        except BadFields as bad:
            proposed = Choice(UNPASSED, str(local_day(visit.now, desk.seen.cohort.zone)), "", "")
            return _form(visit, desk, proposed, {f"reason-{ruling}": bad.fields["reason"]})
    return RedirectResponse(f"/manage/{cohort}/extend?revoked=1", 303)


def _look(visit: Visit, cohort: int, choice: Choice, of: str, edit: bool) -> Response:
    """Each name with both ends; or the form again, with a sentence beside each wrong field."""
    with visit.read() as (session, viewer):
        desk = _lay(session, viewer, cohort, visit, of)
        try:
            wish = _wish(desk, choice)
            extensions.check(wish, desk.seen.cohort.zone, visit.now)
            lines = extensions.preview(session, desk.seen.cohort, _chosen(desk, choice), wish.last_day)
        except BadFields as bad:
            return _form(visit, desk, choice, {} if edit else bad.fields)
    if edit:
        return _form(visit, desk, choice)
    return _preview(visit, desk, choice, wish, lines)


def _preview(visit: Visit, desk: Desk, choice: Choice, wish: Wish, lines: list[Line]) -> Response:
    return visit.page(
        "manage/extend_preview.html",
        seen=desk.seen,
        choice=choice,
        wish=wish,
        whom=dict(desk.whom)[choice.whom],
        many=len(lines),
        lines=lines[:NAMED_AT_MOST],
    )


def _form(visit: Visit, desk: Desk, choice: Choice, wrong: dict[str, Sentence] | None = None) -> Response:
    query = visit.request.query_params
    many = query.get("given", "")
    return visit.page(
        "manage/extend.html",
        422 if wrong else 200,
        seen=desk.seen,
        whom=desk.whom,
        given=desk.given,
        choice=choice,
        wrong=wrong or {},
        done=int(many) if many.isascii() and many.isdigit() and len(many) < 8 else None,
        revoked=query.get("revoked") == "1",
        date_type=pick_desk.date_type(choice.last_day),
    )


def _lay(session: Session, viewer: Viewer, cohort_id: int, visit: Visit, of: str = "") -> Desk:
    seen = door.administered(session, viewer, cohort_id, visit.now)
    whom: list[tuple[str, Sentence | str]] = []
    if of:
        one = int(of) if of.isascii() and of.isdigit() and len(of) < 18 else 0
        found = access.visible_enrolment(session, viewer.person_id, seen.cohort, one, visit.now)
        person = session.get_one(Person, found.person_id)
        nameless = say("Person %(id)s", id=person.id)
        whom.append((f"{ONE}{found.id}", person.name or person.email or nameless))
    whom += [(UNPASSED, say("Everybody who has not passed")), (EVERYBODY, say("Everybody"))]
    return Desk(seen, whom + _regions(session, cohort_id), extensions.given(session, cohort_id, visit.now))


def _regions(session: Session, cohort_id: int) -> list[tuple[str, Sentence | str]]:
    """The kecamatan in which this run has learners."""
    here = select(Enrolment.region_code).where(Enrolment.cohort_id == cohort_id)
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(here)).order_by(Region.name))
    return [(f"{REGION}{code}", say("Kecamatan %(name)s", name=name)) for code, name in rows]


def _read(form: Mapping[str, str]) -> Choice:
    return Choice(
        form.get("whom", ""),
        form.get("last_day", ""),
        form.get("reason", ""),
        form.get("letter_number", ""),
    )


def _wish(desk: Desk, choice: Choice) -> Wish:
    wrong = {}
    if choice.whom not in dict(desk.whom):
        wrong["whom"] = say("Choose one of these.")
    if (day := cohorts.day_of(choice.last_day)) is None:
        wrong["last_day"] = say("Write the day as year-month-day, such as 2026-11-30.")
    if not choice.reason:
        wrong["reason"] = extensions.NO_REASON
    elif len(choice.reason) > LONGEST_REASON:
        wrong["reason"] = say("Use at most %(most)s characters.", most=LONGEST_REASON)
    if len(choice.letter_number) > LONGEST_LETTER:
        wrong["letter_number"] = say("Use at most %(most)s characters.", most=LONGEST_LETTER)
    if wrong or day is None:
        raise BadFields(wrong)
    return Wish(day, choice.reason, choice.letter_number or None)


def _chosen(desk: Desk, choice: Choice) -> ColumnElement[bool]:
    """Within what this admin may see."""
    whom: ColumnElement[bool] = true()
    if choice.whom == UNPASSED:
        whom = Enrolment.passed_at.is_(None)
    elif choice.whom.startswith(REGION):
        whom = Enrolment.region_code == choice.whom.removeprefix(REGION)
    elif choice.whom.startswith(ONE):
        whom = Enrolment.id == int(choice.whom.removeprefix(ONE))
    return and_(desk.seen.within, whom)
