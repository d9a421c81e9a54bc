"""Line items: which exist, which a link is coupled to, and what a tool may make, replace and delete."""

from decimal import Decimal, InvalidOperation
from html import escape
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row, delete, insert, select, update

from diklat_lti.demo.lms import courses, gradebook
from diklat_lti.demo.lms.forms import number
from diklat_lti.demo.lms.services import Answer, Call, course_of, holds
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import grade_item
from diklat_lti.demo.lms.tools import LINEITEM, LINEITEM_READ, Tool
from diklat_lti.demo.lms.trouble import Declined

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
FILTERS = {"resource_id": "resource_id", "tag": "tag", "resource_link_id": "link_id"}


def coupled(db: Connection, link_id: int) -> int | None:
    """The link's line item, where it has exactly one: a second one makes the claim vanish."""
    found = list(db.execute(select(grade_item.c.id).where(grade_item.c.link_id == link_id)).scalars())
    return int(found[0]) if len(found) == 1 else None


def in_container(call: Call, course_id: int) -> Answer:
    if call.method == "GET":
        with call.lms.store.read() as db:
            return _listed(db, call, course_id)
    with call.lms.store.write() as db:
        return _made(db, call, course_id)


def single(call: Call, course_id: int, item_id: int) -> Answer:
    scopes = (LINEITEM, LINEITEM_READ) if call.method == "GET" else (LINEITEM,)
    with call.lms.store.read() if call.method == "GET" else call.lms.store.write() as db:
        tool = holds(db, call, *scopes)
        course_of(db, course_id)
        item = owned(db, course_id, item_id, tool)
        if call.method == "DELETE":
            # The coupled column goes too, as in Moodle.
            db.execute(delete(grade_item).where(grade_item.c.id == item_id))
            return Answer(status=204)
        if call.method == "PUT":
            _replace(db, call, item)
            item = owned(db, course_id, item_id, tool)
        return Answer(told(call, item))


def find(db: Connection, item_id: int) -> Row[Any] | None:
    return db.execute(select(grade_item).where(grade_item.c.id == item_id)).first()


def owned(db: Connection, course_id: int, item_id: int, tool: Tool) -> Row[Any]:
    """The item, if it is in this course and of this tool."""
    item = find(db, item_id)
    if item is None:
        raise Declined(404, f"Not Found: Grade item {item_id} doesn't exist")
    if item.course_id != course_id or item.tool_id != tool.id:
        raise Declined(403, "Line item does not exist")
    return item


def url_of(call: Call, course_id: int, item_id: int, tool_id: int) -> str:
    return f"{call.lms.url}/mod/lti/services.php/{course_id}/lineitems/{item_id}/lineitem?type_id={tool_id}"


def told(call: Call, item: Row[Any]) -> dict[str, Any]:
    """A line item in Moodle's JSON."""
    found: dict[str, Any] = {
        "id": url_of(call, item.course_id, item.id, item.tool_id),
        "label": item.label,
        "scoreMaximum": gradebook.plain(item.maximum),
        "resourceId": item.resource_id,
        "tag": item.tag,
    }
    if item.link_id:
        found |= {"resourceLinkId": str(item.link_id), "ltiLinkId": str(item.link_id)}
    if item.review_url or item.review_custom:
        review = {"url": item.review_url, "custom": item.review_custom}
        found["submissionReview"] = {key: value for key, value in review.items() if value}
    return found


def _listed(db: Connection, call: Call, course_id: int) -> Answer:
    tool = holds(db, call, LINEITEM, LINEITEM_READ)
    course_of(db, course_id)
    if call.media not in ("", CONTAINER):  # also `*/*`, which every other address takes
        raise Declined(400, "No context or unsupported content type")
    wanted = select(grade_item).where(grade_item.c.course_id == course_id, grade_item.c.tool_id == tool.id)
    for name, column in FILTERS.items():
        if call.query.get(name):
            wanted = wanted.where(grade_item.c[column] == call.query[name])
    items = db.execute(wanted.order_by(grade_item.c.id)).all()
    limit = number(call.query.get("limit"))
    if not limit:
        return Answer([told(call, item) for item in items])
    start = number(call.query.get("from"))
    page = [told(call, item) for item in items[start : start + limit]]
    return Answer(page, link=_pages(call, course_id, len(items), limit, start))


def _pages(call: Call, course_id: int, total: int, limit: int, start: int) -> str:
    """Moodle's Link header: typographic quotes, ampersands as in HTML, a last page that is off by one."""
    kept = {name: call.query[name] for name in (*FILTERS, "type_id") if call.query.get(name)}

    def page(at: int, rel: str) -> str:
        query = escape(urlencode({**kept, "limit": limit, "from": at}))
        return f"<{call.lms.url}/mod/lti/services.php/{course_id}/lineitems?{query}>; rel=“{rel}”"

    links = [page(0, "first")]
    links += [page(max(start - limit, 0), "prev")] if start > 0 else []
    links += [page(start, "canonical")]
    links += [page(start + limit, "next")] if start + limit <= total - 1 else []
    return ", ".join([*links, page(max(total - limit + 1, 0), "last")])


def _made(db: Connection, call: Call, course_id: int) -> Answer:
    tool = holds(db, call, LINEITEM)
    course_of(db, course_id)
    if call.media != ITEM:
        raise Declined(400, "No context or unsupported content type")
    asked = call.json()
    values = _values(asked)
    link_id = number(str(asked.get("resourceLinkId") or ""))
    if link_id:
        link = courses.activity(db, link_id)
        if link is None or link.tool_id != tool.id:
            raise Declined(403, "Invalid resource link")
    row = {**values, "course_id": course_id, "tool_id": tool.id, "link_id": link_id or None, "manual": True}
    made = db.execute(insert(grade_item).values(row).returning(grade_item.c.id)).scalar_one()
    return Answer({**asked, "id": url_of(call, course_id, made, tool.id)}, 201)


def _replace(db: Connection, call: Call, item: Row[Any]) -> None:
    """A full replacement: what is left out becomes empty. Another maximum rescales the grades that are there."""
    asked = call.json()
    values = _values(asked)
    if item.manual:
        values["link_id"] = number(str(asked.get("resourceLinkId") or "")) or None
    db.execute(update(grade_item).where(grade_item.c.id == item.id).values(values))
    if values["maximum"] != item.maximum:
        gradebook.rescale(db, item.id, values["maximum"] / item.maximum)


def _values(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        maximum = Decimal(str(asked["scoreMaximum"]))
    except (KeyError, InvalidOperation) as error:
        raise Declined(400, "No label or Score Maximum") from error
    if not asked.get("label") or not maximum.is_finite():
        raise Declined(400, "No label or Score Maximum")
    review = asked.get("submissionReview") or {}
    return {
        "label": str(asked["label"]),
        "maximum": maximum,
        "resource_id": str(asked.get("resourceId") or ""),
        "tag": str(asked.get("tag") or ""),
        "review_url": review.get("url"),
        "review_custom": review.get("custom"),
    }
