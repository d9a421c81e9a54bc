"""A click on an activity: its page with the frame, and the login initiation that the frame starts with."""

import json
from secrets import randbelow

from fastapi import APIRouter, Request, Response
from sqlalchemy import insert

from diklat_lti.demo.lms import courses, tools
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.pages import go, post_on, show
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
) -> Response:
    """The activity's page. On a phone the tool takes the place of the page."""
    who = visit.someone()
    with lms.store.read() as db:
        found = _find(db, id, l)
        course, place = courses.enter(db, who, found.course_id)
        tool = tools.find(db, found.tool_id)
    if not found.visible and not place.teaches:
        return go(f"/course/view.php?id={course.id}&hidden=1")
    if container == REPLACE or visit.phone or "Mobi" in request.headers.get("user-agent", ""):
        return go(f"/mod/lti/launch.php?id={found.cmid}&container={REPLACE}")
    return show(lms, visit, "activity.html", course=course, place=place, activity=found, tool=tool)


@router.get("/launch.php")
def launch(lms: ThisLms, visit: ThisVisit, id: int, container: int = EMBED) -> Response:
    """Posts the login initiation to the tool, with a hint that works once."""
    who = visit.someone()
    with lms.store.write() as db:
        found = _find(db, id, 0)
        _, place = courses.enter(db, who, found.course_id)
        tool = tools.find(db, found.tool_id)
        if tool is None or (not found.visible and not place.teaches):
            raise Refused("tool")
        name = f"ltilaunch{found.id}_{randbelow(2**31)}"
        row = {"tool_id": tool.id, "course_id": found.course_id, "link_id": found.id, "container": container}
        db.execute(insert(launch_hint).values(id=name, session_id=visit.id, **row))
    hint = json.dumps({"cmid": found.cmid, "launchid": name}, separators=(",", ":"))
    return initiate(lms, visit, tool, found.url or tool.tool_url, hint)


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


def _find(db: Connection, cmid: int, link_id: int) -> Activity:
    found = courses.activity(db, link_id) if link_id else courses.of_module(db, cmid)
    if found is None:
        raise Refused("notfound")
    return found
