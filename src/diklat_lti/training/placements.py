"""Links of a course: which cohort each opens, and the grade item that belongs to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Row, and_, insert, or_, select, true, update

from diklat_lti.database import WriteSession
from diklat_lti.models.cohort import Cohort, PickedLink, Placement
from diklat_lti.models.grade import GradeDelivery, GradeItem
from diklat_lti.training import verdict
from diklat_lti.training.arrival import Arrival

ITEM = GradeItem
ITEM_URL = GradeItem.lineitem_url
CUSTOM = "diklat_link"
"""The custom value that carries a picked link's uuid. A hint only: teachers can edit it, copies of a course carry it."""


@dataclass(frozen=True)
class Placed:
    placement_id: int
    cohort_id: int | None
    module_key: str | None


def is_settled(arrival: Arrival, known: Row[Any]) -> bool:
    """Whether `place` would change nothing."""
    return (
        known.cohort_id is not None
        and arrival.lineitem_url in (None, known.item_url)
        and _named(arrival) in (None, known.picked_uuid)
    )


def place(session: WriteSession, arrival: Arrival, course_id: int, known: Row[Any], now: datetime) -> Placed:
    """The link's placement; made at its first launch, and led to what was picked for it, the first time or anew."""
    placement_id = known.placement_id or _new(session, arrival, course_id, now)
    picked = _picked(session, arrival, course_id, placement_id, known)
    if picked is not None:
        picked.seen_at = picked.seen_at or now
    if picked is None or (picked.cohort_id, picked.module_key) == (known.cohort_id, known.module_key):
        if known.cohort_id is not None and arrival.lineitem_url not in (None, known.item_url):
            _remember_item(session, placement_id, arrival.lineitem_url)
        return Placed(placement_id, known.cohort_id, known.module_key)
    title = arrival.link.title if arrival.link else None
    link = Link(placement_id, arrival.deployment_row, title, arrival.lineitem_url)
    lead(session, link, picked, now, inherits=known.cohort_id is not None or picked.uuid != _named(arrival))
    return Placed(placement_id, picked.cohort_id, picked.module_key)


def copied_uuid(uuid: str, course_id: int) -> str:
    """What a copy in another course becomes there, once somebody has said what it opens: all copies of one link the same."""
    return str(uuid5(NAMESPACE_URL, f"diklat-copy:{course_id}\n{uuid}"))


def _named(arrival: Arrival) -> str | None:
    return arrival.custom.get(CUSTOM, "")[:36] or None


def _new(session: WriteSession, arrival: Arrival, course_id: int, now: datetime) -> int:
    assert arrival.link is not None
    values = {
        "deployment_id": arrival.deployment_row,
        "course_id": course_id,
        "resource_link_id": arrival.link.resource_link_id,
        "title": arrival.link.title,
        "created_at": now,
    }
    return session.execute(insert(Placement).values(values).returning(Placement.id)).scalar_one()


def _picked(
    session: WriteSession, arrival: Arrival, course_id: int, placement_id: int, known: Row[Any]
) -> PickedLink | None:
    """What was picked in this very course, or said of its copies; any other copied course's link is nobody's yet.

    None, too, for a link that opens already what its custom values name: nothing has to be looked up.
    """
    named = _named(arrival)
    if named is None or (known.cohort_id is not None and named == known.picked_uuid):
        return None
    if named != known.picked_uuid:
        session.execute(update(Placement).where(Placement.id == placement_id).values(picked_uuid=named))
    p = PickedLink
    return session.scalars(
        select(p)
        .join(Cohort, Cohort.id == p.cohort_id)
        .where(or_(and_(p.uuid == named, Cohort.course_id == course_id), p.uuid == copied_uuid(named, course_id)))
        .limit(1)
    ).one_or_none()


@dataclass(frozen=True)
class Link:
    """A placed link as it is led somewhere: what its launch told of it, if one did just now."""

    placement_id: int
    deployment_row: int
    title: str | None
    lineitem_url: str | None = None


def lead(session: WriteSession, link: Link, picked: PickedLink, now: datetime, inherits: bool) -> None:
    """The link opens this from now on. What it opened before keeps its learners and all their work.

    The link's column goes with the link. The run before gets one of its own again once it has something to say.
    `inherits`: grades of another run may stand in that column.
    """
    leaving = update(GradeItem).where(GradeItem.placement_id == link.placement_id)
    session.execute(leaving.values(placement_id=None, lineitem_url=None))
    leads = update(Placement).where(Placement.id == link.placement_id)
    session.execute(leads.values(cohort_id=picked.cohort_id, module_key=picked.module_key))
    _own_item(session, link, picked, now, inherits)


def expect_item(
    session: WriteSession, picked: PickedLink, label: str, now: datetime, named_after: int | None = None
) -> None:
    """The grade item of a link that nobody has launched yet: the final score must arrive though learners only open the
    modules' links. A second link to the same gets its own at its first launch, since it may never be saved.

    `named_after`: the run whose copied columns bear its name still.
    """
    key = picked.module_key or verdict.FINAL
    known = select(GradeItem.id).where(GradeItem.cohort_id == picked.cohort_id, GradeItem.module_key == key).limit(1)
    if session.scalars(known).one_or_none() is None:
        item = _item(picked, picked.deployment_id, label, now)
        item.resource_id = resource_id(named_after or picked.cohort_id)
        item.inherits = named_after is not None
        session.add(item)
        session.flush()


def _item(picked: PickedLink, deployment_row: int, label: str, now: datetime) -> GradeItem:
    return GradeItem(
        cohort_id=picked.cohort_id,
        module_key=picked.module_key or verdict.FINAL,
        deployment_id=deployment_row,
        resource_id=resource_id(picked.cohort_id),
        tag=picked.module_key or "final",
        label=label,
        created_at=now,
    )


def _own_item(session: WriteSession, link: Link, picked: PickedLink, now: datetime, inherits: bool) -> None:
    """The expected item becomes this link's; where it is another link's, as a copy opened first shows, this gets its own."""
    url, g = link.lineitem_url, GradeItem
    item = session.scalars(
        select(g)
        .where(
            g.cohort_id == picked.cohort_id,
            g.module_key == (picked.module_key or verdict.FINAL),
            g.placement_id.is_(None),
            or_(g.lineitem_url.is_(None), g.lineitem_url == url) if url else true(),
        )
        .limit(1)
        .with_for_update()
    ).one_or_none()
    is_new = item is None
    if item is None:
        item = _item(picked, link.deployment_row, "", now)
        session.add(item)
    item.placement_id, item.deployment_id = link.placement_id, link.deployment_row
    item.lineitem_url = url or item.lineitem_url
    item.label = link.title or item.label or "Diklat"
    item.inherits = item.inherits or inherits
    session.flush()
    if is_new:
        verdict.spread(session, item)


def _remember_item(session: WriteSession, placement_id: int, url: str | None) -> None:
    """The column's new address; what waited for a person because it had none goes out again by itself."""
    own = select(GradeItem.id).where(GradeItem.placement_id == placement_id)
    session.execute(update(GradeItem).where(GradeItem.placement_id == placement_id).values(lineitem_url=url))
    verdict.send_again(session, GradeDelivery.grade_item_id.in_(own), "no_item", "no_access")


def resource_id(cohort_id: int) -> str:
    """What our line items say of themselves; with `tag` it finds them again in the LMS."""
    return f"diklat-cohort-{cohort_id}"
