"""Results: what the gradebook shows, in the site's time zone. `limit` runs into a bug of Moodle."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from diklat_lti.demo.lms import gradebook, line_items
from diklat_lti.demo.lms.forms import number
from diklat_lti.demo.lms.services import Answer, Call, course_of, holds
from diklat_lti.demo.lms.tables import grade
from diklat_lti.demo.lms.tools import RESULT
from diklat_lti.demo.lms.trouble import Refused

FORMATS = ("application/vnd.ims.lis.v2.resultcontainer+json",)


def listed(call: Call, course_id: int, item_id: int) -> Answer:
    with call.lms.store.read() as db:
        tool = holds(db, call, RESULT)
        course_of(db, course_id)
        item = line_items.owned(db, course_id, item_id, tool)
        if call.query.get("limit"):
            raise Refused("limit")
        # Moodle lists only grades that have a time: an erased one of a coupled column has none.
        wanted = select(grade).where(grade.c.item_id == item_id, grade.c.modified.is_not(None))
        if call.query.get("user_id"):
            wanted = wanted.where(grade.c.person_id == number(call.query["user_id"]))
        rows = db.execute(wanted.order_by(grade.c.person_id)).all()
    url = line_items.url_of(call, course_id, item_id, tool.id)
    return Answer([_told(call, item, row, url) for row in rows])


def _told(call: Call, item: Row[Any], row: Row[Any], url: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"{url.replace('/lineitem?', '/lineitem/results?')}&user_id={row.person_id}",
        "userId": str(row.person_id),
    }
    if row.final is not None:
        found["resultScore"] = gradebook.plain(row.final)
        found["resultMaximum"] = gradebook.plain(item.maximum)
    if row.feedback:
        found["comment"] = row.feedback
    when = datetime.fromtimestamp(row.modified, call.lms.zone).isoformat()
    return {**found, "scoreOf": url, "timestamp": when}
