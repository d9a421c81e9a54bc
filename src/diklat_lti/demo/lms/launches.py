"""A click on an activity: its page with the frame, and the login initiation that the frame starts with."""

import json
from secrets import randbelow

from fastapi import APIRouter, Request, Response
from sqlalchemy import insert

from diklat_lti.demo.lms import courses, groups, line_items, tools
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.pages import go, post_on, show
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import launch_hint
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter(prefix="/mod/lti")
EMBED, REPLACE = 3, 5
"""Moodle's launch containers: embedded without blocks, and "replace Moodle window" (what phones get)."""


@router.get("/view.php")
def view(
    request: Request,
    lms: ThisLms,
    visit: ThisVisit,
    id: int = 0,
    l: int = 0,  # noqa: E741
    container: int = 0,
    user: int = 0,
) -> Response:
    """The activity's page. On a phone the tool takes the place of the page. `user`: whose work is reviewed."""
    who = visit.someone()
    with lms.store.read() as db:
        found = _find(db, id, l)
        course, place = courses.enter(db, who, found.course_id)
        tool = tools.find(db, found.tool_id)
        seen = groups.may_see(db, found, place)
    if not seen:
        return go(f"/course/view.php?id={course.id}&hidden=1")
    if container == REPLACE or visit.phone or "Mobi" in request.headers.get("user-agent", ""):
        return go(f"/mod/lti/launch.php?id={found.cmid}&container={REPLACE}")
    return show(lms, visit, "activity.html", course=course, place=place, activity=found, tool=tool, reviewed=user)


@router.get("/grade.php")
def analysis(lms: ThisLms, visit: ThisVisit, id: int, userid: int) -> Response:
    """*Grade analysis*, from the grader report or from a learner's own: the tool shows the work of one person."""
    with lms.store.read() as db:
        found = _find(db, id, 0)
        _, place = courses.enter(db, visit.someone(), found.course_id)
    _may_review(place, userid)
    return go(f"/mod/lti/view.php?id={found.cmid}&action=gradeReport&user={userid}")


@router.get("/launch.php")
def launch(lms: ThisLms, visit: ThisVisit, id: int, container: int = EMBED, user: int = 0) -> Response:
    """Posts the login initiation to the tool, with a hint that works once."""
    who = visit.someone()
    with lms.store.write() as db:
        found = _find(db, id, 0)
        _, place = courses.enter(db, who, found.course_id)
        tool = tools.find(db, found.tool_id)
        if tool is None or not groups.may_see(db, found, place):
            raise Refused("tool")
        if user:
            _may_review(place, user)
        name = f"ltilaunch{found.id}_{randbelow(2**31)}"
        row = {"tool_id": tool.id, "course_id": found.course_id, "link_id": found.id, "container": container}
        db.execute(insert(launch_hint).values(id=name, session_id=visit.id, for_person_id=user or None, **row))
        target = (_review_url(db, found.id) if user else None) or found.url or tool.tool_url
    hint = json.dumps({"cmid": found.cmid, "launchid": name}, separators=(",", ":"))
    return initiate(lms, visit, tool, target, hint)


def initiate(lms: Lms, visit: Visit, tool: tools.Tool, target: str, hint: str) -> Response:
    """The form that starts OpenID Connect at the tool."""
    fields = {
        "iss": lms.url,
        "target_link_uri": target,
        "login_hint": str(visit.someone().id),
        "lti_message_hint": hint,
        "client_id": tool.client_id,
        "lti_deployment_id": str(tool.id),
    }
    return post_on(lms, visit, tool.login_url, fields)


@router.get("/return.php")
def came_back(
    lms: ThisLms,
    visit: ThisVisit,
    course: int,
    launch_container: int = EMBED,
    sesskey: str = "",
    lti_msg: str = "",
    lti_errormsg: str = "",
) -> Response:
    """Where the tool's "back to the course" leads. In the frame a link leads out of it."""
    visit.someone()
    visit.check({"sesskey": sesskey})
    if launch_container == REPLACE and not lti_errormsg and not lti_msg:
        return go(f"/course/view.php?id={course}")
    return show(lms, visit, "return.html", course_id=course, message=lti_msg, trouble=lti_errormsg)


def _may_review(place: Member, person_id: int) -> None:
    if not place.teaches and place.person.id != person_id:
        raise Refused("grader")


def _review_url(db: Connection, link_id: int) -> str | None:
    item_id = line_items.coupled(db, link_id)
    item = line_items.find(db, item_id) if item_id else None
    return item.review_url if item else None


def _find(db: Connection, cmid: int, link_id: int) -> Activity:
    found = courses.activity(db, link_id) if link_id else courses.of_module(db, cmid)
    if found is None:
        raise Refused("notfound")
    return found
