"""A lesson: where I am, its text, and the form that says it is done."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from diklat_lti.content import FORMATS, publish
from diklat_lti.content.outline import Outline, OutlineLesson, OutlineModule
from diklat_lti.training import progress
from diklat_lti.web.csrf import CheckedForm
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn import work
from diklat_lti.web.learn.own import Key, Mine, RowId, page, reading, writing

router = APIRouter()


@dataclass(frozen=True)
class Place:
    """Where a lesson stands: its module, both counted from 1, and its neighbours in the whole program."""

    lesson: OutlineLesson
    module: OutlineModule
    module_number: int
    in_module: int
    previous: OutlineLesson | None
    next: OutlineLesson | None


def place(outline: Outline, key: str) -> Place:
    """404 for a lesson that this version does not have."""
    lesson = outline.lesson(key)
    number, module = next((n, m) for n, m in enumerate(outline.modules, 1) if lesson in m.lessons)
    around = outline.lessons
    at = around.index(lesson)
    return Place(
        lesson,
        module,
        number,
        module.lessons.index(lesson) + 1,
        around[at - 1] if at else None,
        around[at + 1] if at + 1 < len(around) else None,
    )


@router.get("/learn/{enrolment:int}/lessons/{key}")
def lesson(visit: Visiting, enrolment: RowId, key: Key) -> Response:
    with reading(visit, enrolment) as (session, mine):
        here = place(mine.outline, key)
        if not mine.may_read:
            return RedirectResponse(mine.base, 303)
        if "page" not in here.lesson.kinds:
            return RedirectResponse(f"{mine.base}/lessons/{key}/quiz", 303)
        body = publish.lesson_body(session, mine.cohort.version_id, key, "page")
        shown = FORMATS["page"].show(body, mine.asset_url())
        return page(visit, mine, "learn/lesson.html", place=here, shown=shown, is_done=key in mine.done)


@router.post("/learn/{enrolment:int}/lessons/{key}")
def confirm(visit: Visiting, form: CheckedForm, enrolment: RowId, key: Key) -> Response:
    """ "Selesai, lanjut". What comes after the end is kept too: the rules say what counts."""
    with writing(visit, enrolment) as (session, mine):
        here = place(mine.outline, key)
        event = work.from_form(form, visit.settings, "confirmed", key)
        progress.record(session, enrolment, [event], mine.now)
        return RedirectResponse(after(mine, here), 303)


def after(mine: Mine, here: Place) -> str:
    """On to the next lesson in order; from the last one home, where the next button stands."""
    return f"{mine.base}/lessons/{here.next.key}" if here.next else mine.base
