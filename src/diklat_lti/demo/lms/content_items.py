"""A content item of a deep linking answer: what Moodle keeps of it, and when its form refuses it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from diklat_lti.demo.lms import courses
from diklat_lti.demo.lms.completion import own_column
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import grade, grade_item
from diklat_lti.demo.lms.tools import Tool

HIGHEST = 100
"""The site's `gradepointmax`."""


def maximum(item: dict[str, Any], tool: Tool) -> Any:
    """The maximum grade, or None where the activity is not graded. *Always* grades what asks for no column, too."""
    column = item.get("lineItem")
    if column and tool.accept_grades:
        return column.get("scoreMaximum")
    return HIGHEST if tool.always_graded else None


def refusal(item: dict[str, Any], tool: Tool) -> bool:
    """Moodle's form takes whole numbers from 1 to the site's highest grade."""
    found = maximum(item, tool)
    whole = isinstance(found, int | float) and not isinstance(found, bool) and float(found).is_integer()
    return found is not None and not (whole and 1 <= found <= HIGHEST)


def listed(item: dict[str, Any], tool: Tool) -> dict[str, Any]:
    """A line of the list that the teacher sees."""
    return {"title": _title(item, tool), "maximum": maximum(item, tool)}


def save(db: Connection, course_id: int, tool: Tool, item: dict[str, Any], changed: Activity | None = None) -> Activity:
    """Title, text, url, icon and custom are kept; windows, frames, label and dates are not. An activity that is there keeps
    its number, place, group and condition, and its column the grades and what it takes to pass."""
    kept = _kept(item, tool)
    if changed:
        courses.change(db, changed.id, kept)
    saved = changed or courses.add(db, {"course_id": course_id, "tool_id": tool.id, **kept})
    column = own_column(saved.id)
    if maximum(item, tool) is None:
        db.execute(delete(grade_item).where(column))
    elif not db.execute(update(grade_item).where(column).values(_column(item, tool))).rowcount:
        row = {"course_id": course_id, "tool_id": tool.id, "link_id": saved.id, "manual": False}
        db.execute(insert(grade_item).values(row | _column(item, tool)))
    return saved


def rescales(db: Connection, found: Activity, tool: Tool, item: dict[str, Any]) -> bool:
    """Another maximum over grades that are there: Moodle's form wants a choice first, which no item can bring."""
    there = select(grade_item.c.maximum).join(grade, grade.c.item_id == grade_item.c.id).where(own_column(found.id))
    highest = maximum(item, tool)
    return highest is not None and any(Decimal(str(highest)) != one for one in db.scalars(there))


def _kept(item: dict[str, Any], tool: Tool) -> dict[str, Any]:
    """An item without a text leaves the one that is there."""
    icon = item.get("icon") or {}
    return {
        "name": _title(item, tool),
        "url": str(item.get("url") or ""),
        "icon": str(icon.get("url") or ""),
        "custom": {str(key): str(value) for key, value in (item.get("custom") or {}).items()},
        **({"intro": str(item["text"])} if item.get("text") else {}),
    }


def _column(item: dict[str, Any], tool: Tool) -> dict[str, Any]:
    # The column takes the activity's title: `lineItem.label` is dropped.
    column = item.get("lineItem") or {}
    review = column.get("submissionReview") or {}
    return {
        "label": _title(item, tool),
        "maximum": Decimal(str(maximum(item, tool))),
        "resource_id": str(column.get("resourceId") or ""),
        "tag": str(column.get("tag") or ""),
        "review_url": review.get("url"),
        "review_custom": review.get("custom"),
    }


def _title(item: dict[str, Any], tool: Tool) -> str:
    return str(item.get("title") or tool.name)
