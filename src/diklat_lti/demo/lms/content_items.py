"""A content item of a deep linking answer: what Moodle keeps of it, and when its form refuses it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from diklat_lti.demo.lms import courses
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import grade_item
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


def save(db: Connection, course_id: int, tool: Tool, item: dict[str, Any]) -> Activity:
    """Title, text, url, icon and custom are kept; windows, frames, label and dates are not."""
    icon = item.get("icon") or {}
    made = courses.add(
        db,
        {
            "course_id": course_id,
            "tool_id": tool.id,
            "name": _title(item, tool),
            "intro": str(item.get("text") or ""),
            "url": str(item.get("url") or ""),
            "icon": str(icon.get("url") or ""),
            "custom": {str(key): str(value) for key, value in (item.get("custom") or {}).items()},
        },
    )
    highest = maximum(item, tool)
    if highest is not None:
        _column(db, course_id, tool.id, made.id, made.name, {**(item.get("lineItem") or {}), "scoreMaximum": highest})
    return made


def _column(db: Connection, course_id: int, tool_id: int, link_id: int, title: str, column: dict[str, Any]) -> None:
    # The column takes the activity's title: `lineItem.label` is dropped.
    review = column.get("submissionReview") or {}
    db.execute(
        insert(grade_item).values(
            course_id=course_id,
            tool_id=tool_id,
            link_id=link_id,
            manual=False,
            label=title,
            maximum=Decimal(str(column["scoreMaximum"])),
            resource_id=str(column.get("resourceId") or ""),
            tag=str(column.get("tag") or ""),
            review_url=review.get("url"),
            review_custom=review.get("custom"),
        )
    )


def _title(item: dict[str, Any], tool: Tool) -> str:
    return str(item.get("title") or tool.name)
