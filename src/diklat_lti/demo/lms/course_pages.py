"""The course: its activities, the activity chooser, and which tools the chooser offers."""

from fastapi import APIRouter, Response

from diklat_lti.demo.lms import completion, course_life, courses, groups, tools
from diklat_lti.demo.lms.courses import Course
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter()


def edited(db: Connection, visit: Visit, course_id: int) -> tuple[Course, Member]:
    course, place = courses.enter(db, visit.someone(), course_id)
    if not place.edits:
        raise Refused("nopermission")
    return course, place


@router.get("/course/view.php")
def course_page(lms: ThisLms, visit: ThisVisit, id: int, hidden: int = 0) -> Response:
    with lms.store.read() as db:
        course, place = courses.enter(db, visit.someone(), id)
        activities = [one for one in courses.activities(db, id) if groups.may_see(db, one, place)]
        states = {} if place.teaches else {one.id: completion.state(db, one, place.person.id) for one in activities}
        icons = {tool.id: tool.icon for tool in tools.all_of_site(db)}
    editing = visit.editing and place.edits
    return show(
        lms, visit, "course.html", course=course, place=place, activities=activities, icons=icons, editing=editing,
        was_hidden=bool(hidden), states=states,
    )  # fmt: skip


@router.get("/course/chooser.php")
def chooser(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    """Add an activity or resource. Only tools switched on in this course are offered."""
    with lms.store.read() as db:
        course, place = edited(db, visit, id)
        shown = tools.shown_in(db, id)
        offered = [tool for tool in tools.active(db) if tool.id in shown]
    return show(lms, visit, "chooser.html", course=course, place=place, tools=offered)


@router.get("/mod/lti/coursetools.php")
def course_tools(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    """LTI External tools: a registered tool is not in the chooser until it is switched on here."""
    with lms.store.read() as db:
        course, place = edited(db, visit, id)
        known, shown = tools.active(db), tools.shown_in(db, id)
    return show(lms, visit, "course_tools.html", course=course, place=place, tools=known, shown=shown)


@router.post("/mod/lti/coursetools.php")
def offer(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    course_id = number(form.get("course"))
    with lms.store.write() as db:
        edited(db, visit, course_id)
        found = tools.find(db, number(form.get("tool")))
        if found is None or found.state != "active":
            raise Refused("tool")
        tools.show_in(db, course_id, found.id, form.get("shown") == "1")
    return go(f"/mod/lti/coursetools.php?id={course_id}")


@router.post("/course/mod.php")
def change(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """Hide, show, duplicate or delete an activity."""
    visit.check(form)
    with lms.store.write() as db:
        found = courses.activity(db, number(form.get("activity")))
        if found is None:
            raise Refused("notfound")
        edited(db, visit, found.course_id)
        if form.get("action") == "duplicate":
            course_life.duplicate(db, found, lms.words.say(visit.language, "(copy)"))
        elif form.get("action") == "delete":
            course_life.remove(db, found.id)
        else:
            courses.show(db, found.id, form.get("visible") == "1")
    return go(f"/course/view.php?id={found.course_id}")
