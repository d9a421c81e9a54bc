"""Select content: the tool's picker in a frame, its signed answer, and the list that the teacher saves."""

import json
from secrets import randbelow, token_hex
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import delete, insert, select

from diklat_lti.demo.lms import completion, content_items, courses, tools
from diklat_lti.demo.lms.courses import Activity, Course
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
def open_picker(lms: ThisLms, visit: ThisVisit, id: int, course: int, update: int = 0) -> Response:
    where, found = editing(lms, visit, course, id)
    changed = _changed(lms, where, found, update)
    name = f"ltilaunch_ContentItemSelectionRequest{randbelow(2**31)}"
    with lms.store.write() as db:
        row = {"session_id": visit.id, "tool_id": found.id, "course_id": where.id, "changed_id": changed and changed.id}
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
    changed = _changed(lms, course, found, number(request.query_params.get("update")))
    answer = _read(lms, found, form.get("JWT", ""))
    said = {name: str(answer[claim]) for name, claim in MESSAGES.items() if answer.get(claim)}
    items = [item for item in answer.get(ITEMS) or [] if item.get("type") == "ltiResourceLink"]
    name = token_hex(16)
    with lms.store.write() as db:
        row = {"session_id": visit.id, "course_id": course.id, "tool_id": found.id, "items": items}
        db.execute(insert(selection).values(id=name, changed_id=changed and changed.id, **row))
        mark = completion.pass_mark(db, changed) if changed else None
    return show(
        lms, visit, "selected.html", course=course, tool=found, selection=name, said=said, activity=changed, mark=mark,
        items=[content_items.listed(item, found) for item in items],
    )  # fmt: skip


@router.post("/course/modedit.php")
def save(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """One activity per item, or all over the one whose content is selected anew, so that the last one stays. Several are
    saved as they are, and what Moodle's form would refuse is silently missing; a single one fills the form, in which the
    teacher sets the grade to pass and the condition."""
    visit.check(form)
    course, found = editing(lms, visit, number(form.get("course")), number(form.get("typeid")))
    with lms.store.write() as db:
        items, changed_id = _take(db, visit, form.get("selection", ""))
        for item in items:
            changed = _known(db, changed_id) if changed_id else None
            refused = _refusal(db, item, found, changed)
            if refused and len(items) == 1:
                raise Refused(refused)
            if not refused:
                saved = content_items.save(db, course.id, found, item, changed)
                if len(items) == 1 and content_items.maximum(item, found) is not None:
                    completion.require(db, saved, *completion.asked(form))
    return go(f"/course/view.php?id={course.id}")


def _refusal(db: Connection, item: dict[str, Any], tool: tools.Tool, changed: Activity | None) -> str | None:
    if content_items.refusal(item, tool):
        return "maximum"
    return "rescale" if changed and content_items.rescales(db, changed, tool, item) else None


def _changed(lms: Lms, course: Course, tool: tools.Tool, cmid: int) -> Activity | None:
    """The activity whose content is selected anew: one of this tool in this course."""
    if not cmid:
        return None
    with lms.store.read() as db:
        found = courses.of_module(db, cmid)
    if found is None or (found.course_id, found.tool_id) != (course.id, tool.id):
        raise Refused("notfound")
    return found


def _known(db: Connection, link_id: int) -> Activity:
    """It may have been deleted since."""
    found = courses.activity(db, link_id)
    if found is None:
        raise Refused("notfound")
    return found


def _take(db: Connection, visit: Visit, name: str) -> tuple[list[dict[str, Any]], int | None]:
    mine = (selection.c.id == name) & (selection.c.session_id == visit.id)
    row = db.execute(select(selection).where(mine)).first()
    if row is None:
        raise Refused("sesskey")
    db.execute(delete(selection).where(mine))
    kept = row._mapping  # `row.items` would be the method of a tuple-like row
    return kept["items"], kept["changed_id"]


def _read(lms: Lms, tool: tools.Tool, token: str) -> dict[str, Any]:
    """Moodle checks issuer, signature and times; not audience, nonce or deployment."""
    try:
        answer = lms.tool_keys.read(token, tool.client_id, tool.jwks_url)
    except Untrusted as error:
        raise Refused("signature") from error
    if answer.get("iss") != tool.client_id or lms.untimely(answer):
        raise Refused("signature")
    return answer
