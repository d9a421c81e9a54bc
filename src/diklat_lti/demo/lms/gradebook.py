"""The gradebook: what a tool's score, a teacher's word and a lock leave behind. Times are whole seconds."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import grade, grade_item

STEP = Decimal("0.00001")
"""Moodle keeps five decimals."""


@dataclass(frozen=True)
class Score:
    """What a tool says of one learner. `given` None writes "nothing": it erases."""

    given: Decimal | None
    maximum: Decimal | None
    comment: str | None
    at: int


def find(db: Connection, item_id: int, person_id: int) -> Row[Any] | None:
    mine = (grade.c.item_id == item_id) & (grade.c.person_id == person_id)
    return db.execute(select(grade).where(mine)).first()


def is_newer(kept: Row[Any] | None, at: int) -> bool:
    """A stored grade of the same second, or a later one, refuses the score."""
    return kept is not None and kept.modified is not None and kept.modified >= at


def is_locked(item: Row[Any], kept: Row[Any] | None) -> bool:
    return bool(item.locked or (kept is not None and kept.locked))


def take(db: Connection, item: Row[Any], person_id: int, score: Score, now: int) -> None:
    """Writes a tool's score. A coupled column obeys a teacher's override; one that the tool made knows none."""
    kept = find(db, item.id, person_id)
    raw = scaled(score, item.maximum)
    empty = raw is None and score.comment is None
    if item.manual:
        # Moodle puts its own time where the score has none to give.
        values = {"feedback": score.comment, "modified": now if raw is None else score.at}
        put(db, item.id, person_id, raw=raw, final=bounded(raw, item.maximum), **values)
    elif kept is not None and kept.overridden:
        put(db, item.id, person_id, raw=raw)
    else:
        when = None if empty else score.at if raw is not None else now
        final = bounded(raw, item.maximum)
        put(db, item.id, person_id, raw=raw, final=final, feedback=score.comment, modified=when)


def scaled(score: Score, maximum: Decimal) -> Decimal | None:
    """40 of 50 is 80 of 100."""
    if score.given is None:
        return None
    top = Decimal(1) if score.maximum is None else score.maximum
    if top in (maximum, 0):
        return score.given
    return (score.given * maximum / top).quantize(STEP, ROUND_HALF_UP)


def bounded(value: Decimal | None, maximum: Decimal) -> Decimal | None:
    """120 of 100 is cut to 100."""
    return None if value is None else min(max(value, Decimal(0)), maximum)


def override(db: Connection, item: Row[Any], person_id: int, final: Decimal | None, feedback: str, now: int) -> None:
    """A teacher's own grade. From now on a coupled column shows it, whatever the tool sends."""
    shown = {"final": bounded(final, item.maximum), "feedback": feedback or None, "modified": now}
    put(db, item.id, person_id, overridden=not item.manual, **shown)


def release(db: Connection, item: Row[Any], person_id: int) -> None:
    """The override is taken back: the grade that the tool sent stands again."""
    kept = find(db, item.id, person_id)
    if kept is not None and kept.overridden:
        put(db, item.id, person_id, overridden=False, final=bounded(kept.raw, item.maximum))


def lock(db: Connection, item_id: int, person_id: int | None, locked: bool) -> None:
    """A grade, or with `person_id` None the whole column."""
    if person_id is None:
        db.execute(update(grade_item).where(grade_item.c.id == item_id).values(locked=locked))
    else:
        put(db, item_id, person_id, locked=locked)


def rescale(db: Connection, item_id: int, factor: Decimal) -> None:
    for row in db.execute(select(grade).where(grade.c.item_id == item_id)).all():
        raw, final = (None if value is None else (value * factor).quantize(STEP) for value in (row.raw, row.final))
        put(db, item_id, row.person_id, raw=raw, final=final)


def put(db: Connection, item_id: int, person_id: int, **values: Any) -> None:
    row = insert(grade).values(item_id=item_id, person_id=person_id, **values)
    db.execute(row.on_conflict_do_update(index_elements=["item_id", "person_id"], set_=values))


def forget(db: Connection, person_id: int, course_id: int) -> None:
    """What unenrolling does to the grades of a learner."""
    items = select(grade_item.c.id).where(grade_item.c.course_id == course_id)
    db.execute(delete(grade).where(grade.c.person_id == person_id, grade.c.item_id.in_(items)))


def plain(value: Decimal) -> int | float:
    """A number as PHP writes it in JSON: 85, not 85.0."""
    return int(value) if value == value.to_integral_value() else float(value)
