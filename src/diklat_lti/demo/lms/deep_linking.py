"""Select content: the tool's picker in a frame, its signed answer, and the list that the teacher saves."""

import json
from secrets import randbelow, token_hex
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import delete, insert, select

from diklat_lti.demo.lms import completion, content_items, courses, tools
from diklat_lti.demo.lms.courses import Course
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.launches import initiate
from diklat_lti.demo.lms.pages import go, post_on, show
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import launch_hint, selection
from diklat_lti.demo.lms.tool_keys import Untrusted
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter()
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
MESSAGES = {
    "msg": "https://purl.imsglobal.org/spec/lti-dl/claim/msg",
    "errormsg": "https://purl.imsglobal.org/spec/lti-dl/claim/errormsg",
}


def editing(lms: Lms, visit: Visit, course_id: int, tool_id: int) -> tuple[Course, tools.Tool]:
    """Only who edits the course selects content for it, from a tool that is active."""
    who = visit.someone()
    with lms.store.read() as db:
        course, place = courses.enter(db, who, course_id)
        found = tools.find(db, tool_id)
    if not place.edits:
        raise Refused("nopermission")
    if found is None or found.state != "active":
        raise Refused("tool")
    return course, found


@router.get("/course/modedit.php")
def add(lms: ThisLms, visit: ThisVisit, course: int, typeid: int, select: int = 0) -> Response:
    """The form "Adding a new external tool"; with `select` the tool's picker is open in it."""
    where, found = editing(lms, visit, course, typeid)
    return show(lms, visit, "add.html", course=where, tool=found, selecting=bool(select))


@router.get("/mod/lti/contentitem.php")
def open_picker(lms: ThisLms, visit: ThisVisit, id: int, course: int) -> Response:
    where, found = editing(lms, visit, course, id)
    name = f"ltilaunch_ContentItemSelectionRequest{randbelow(2**31)}"
    with lms.store.write() as db:
        row = {"session_id": visit.id, "tool_id": found.id, "course_id": where.id}
        db.execute(insert(launch_hint).values(id=name, **row))
    hint = json.dumps({"launchid": name}, separators=(",", ":"))
    return initiate(lms, visit, found, found.deep_linking_url or found.tool_url, hint)


@router.post("/mod/lti/contentitem_return.php")
def came_back(request: Request, lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """The tool's answer, in the frame. Its list is kept until the teacher saves it."""
    if visit.person is None and "repost" not in form:
        again = f"/mod/lti/contentitem_return.php?{request.url.query}"
        return post_on(lms, visit, again, {**form, "repost": "1"})
    visit.check({"sesskey": request.query_params.get("sesskey", "")})
    course, found = editing(lms, visit, *(number(request.query_params.get(name)) for name in ("course", "id")))
    answer = _read(lms, found, form.get("JWT", ""))
    said = {name: str(answer[claim]) for name, claim in MESSAGES.items() if answer.get(claim)}
    items = [item for item in answer.get(ITEMS) or [] if item.get("type") == "ltiResourceLink"]
    name = token_hex(16)
    with lms.store.write() as db:
        row = {"session_id": visit.id, "course_id": course.id, "tool_id": found.id, "items": items}
        db.execute(insert(selection).values(id=name, **row))
    listed = [content_items.listed(item, found) for item in items]
    return show(lms, visit, "selected.html", course=course, tool=found, items=listed, selection=name, said=said)


@router.post("/course/modedit.php")
def save(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """One activity per item. Several are saved as they are, and what Moodle's form would refuse is silently missing; a
    single one fills the form, in which the teacher sets the grade to pass and the condition."""
    visit.check(form)
    course, found = editing(lms, visit, number(form.get("course")), number(form.get("typeid")))
    with lms.store.write() as db:
        items = _take(db, visit, form.get("selection", ""))
        if len(items) == 1 and content_items.refusal(items[0], found):
            raise Refused("maximum")
        for item in items:
            if not content_items.refusal(item, found):
                made = content_items.save(db, course.id, found, item)
                if len(items) == 1:
                    completion.require(db, made, *completion.asked(form))
    return go(f"/course/view.php?id={course.id}")


def _take(db: Connection, visit: Visit, name: str) -> list[dict[str, Any]]:
    mine = (selection.c.id == name) & (selection.c.session_id == visit.id)
    row = db.execute(select(selection).where(mine)).first()
    if row is None:
        raise Refused("sesskey")
    db.execute(delete(selection).where(mine))
    items: list[dict[str, Any]] = row._mapping["items"]  # `row.items` would be the method of a tuple-like row
    return items


def _read(lms: Lms, tool: tools.Tool, token: str) -> dict[str, Any]:
    """Moodle checks issuer, signature and times; not audience, nonce or deployment."""
    try:
        answer = lms.tool_keys.read(token, tool.client_id, tool.jwks_url)
    except Untrusted as error:
        raise Refused("signature") from error
    if answer.get("iss") != tool.client_id or lms.untimely(answer):
        raise Refused("signature")
    return answer
