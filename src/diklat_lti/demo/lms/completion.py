"""Activity completion by grade: done with any grade, or with a passing one. It follows the grade, downwards too."""

from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from sqlalchemy import Row, select, update

from diklat_lti.demo.lms import gradebook
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import grade_item, link
from diklat_lti.demo.lms.trouble import Refused

RULES = ("", "grade", "pass")


class State(Enum):
    """Moodle's numbers."""

    TO_DO, DONE, PASSED, FAILED = range(4)

    @property
    def ticked(self) -> bool:
        return self in (State.DONE, State.PASSED)


def state(db: Connection, activity: Activity, person_id: int) -> State | None:
    """None where the activity has no such condition. Only the coupled column counts."""
    item = _coupled(db, activity.id)
    if not activity.completion or item is None:
        return None
    kept = gradebook.find(db, item.id, person_id)
    return judged(activity.completion, item.pass_mark, kept.final if kept else None)


def judged(rule: str, pass_mark: Decimal | None, final: Decimal | None) -> State:
    """60 after 80 takes the tick away; 0 of 100 is a grade."""
    if final is None:
        return State.TO_DO
    if rule == "grade" or not pass_mark:
        return State.DONE
    return State.PASSED if final >= pass_mark else State.FAILED


def asked(form: dict[str, str]) -> tuple[str, Decimal | None]:
    """The condition and the grade to pass, as an activity's form has them."""
    rule = form.get("completion", "")
    return rule if rule in RULES else "", _mark(form.get("pass_mark", "").strip().replace(",", "."))


def _mark(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        raise Refused("number") from None
    if found is not None and not (found.is_finite() and found >= 0):
        raise Refused("number")
    return found


def require(db: Connection, activity: Activity, rule: str, pass_mark: Decimal | None) -> None:
    """The teacher's setting: the condition is the activity's, the grade to pass the column's."""
    db.execute(update(link).where(link.c.id == activity.id).values(completion=rule))
    db.execute(update(grade_item).where(own_column(activity.id)).values(pass_mark=pass_mark))


def pass_mark(db: Connection, activity: Activity) -> Decimal | None:
    item = _coupled(db, activity.id)
    return item.pass_mark if item else None


def own_column(link_id: int) -> Any:
    """The activity's own; a tool may have made others beside it."""
    return (grade_item.c.link_id == link_id) & grade_item.c.manual.is_(False)


def _coupled(db: Connection, link_id: int) -> Row[Any] | None:
    return db.execute(select(grade_item).where(own_column(link_id))).first()
