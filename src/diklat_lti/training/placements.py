"""Links of a course: which cohort each opens, and the grade item that belongs to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select, true, update

from diklat_lti.database import WriteSession
from diklat_lti.models.cohort import Cohort, PickedLink, Placement
from diklat_lti.models.grade import GradeDelivery, GradeItem
from diklat_lti.models.platform import Deployment
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
    return known.cohort_id is not None and arrival.lineitem_url in (None, known.item_url)


def place(session: WriteSession, arrival: Arrival, course_id: int, known: Row[Any], now: datetime) -> Placed:
    """The link's placement; made at its first launch, and given its cohort as soon as the picked link is recognised."""
    if known.cohort_id is not None:
        if arrival.lineitem_url and arrival.lineitem_url != known.item_url:
            _remember_item(session, known.placement_id, arrival.lineitem_url)
        return Placed(known.placement_id, known.cohort_id, known.module_key)
    picked = _picked(session, arrival, course_id)
    placement_id = known.placement_id or _new(session, arrival, course_id, now)
    if picked is None:
        return Placed(placement_id, None, None)
    session.execute(
        update(Placement)
        .where(Placement.id == placement_id)
        .values(cohort_id=picked.cohort_id, module_key=picked.module_key)
    )
    _own_item(session, arrival, placement_id, picked, now)
    return Placed(placement_id, picked.cohort_id, picked.module_key)


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


def _picked(session: WriteSession, arrival: Arrival, course_id: int) -> PickedLink | None:
    """What was picked in this very course and registration; a copied course's link is nobody's yet."""
    uuid = arrival.custom.get(CUSTOM)
    if not uuid:
        return None
    return session.scalars(
        select(PickedLink)
        .join(Cohort, Cohort.id == PickedLink.cohort_id)
        .join(Deployment, Deployment.id == PickedLink.deployment_id)
        .where(
            PickedLink.uuid == uuid,
            Cohort.course_id == course_id,
            Deployment.registration_id == arrival.registration_id,
        )
    ).one_or_none()


def expect_item(session: WriteSession, picked: PickedLink, label: str, now: datetime) -> None:
    """The grade item of a link that nobody has launched yet: the final score must arrive though learners only open the
    modules' links. A second link to the same gets its own at its first launch, since it may never be saved."""
    key = picked.module_key or verdict.FINAL
    known = select(GradeItem.id).where(GradeItem.cohort_id == picked.cohort_id, GradeItem.module_key == key).limit(1)
    if session.scalars(known).one_or_none() is None:
        session.add(_item(picked, picked.deployment_id, label, now))


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


def _own_item(session: WriteSession, arrival: Arrival, placement_id: int, picked: PickedLink, now: datetime) -> None:
    """The expected item becomes this link's; where it is another link's, as a copy opened first shows, this gets its own."""
    url, g = arrival.lineitem_url, GradeItem
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
        item = _item(picked, arrival.deployment_row, "", now)
        session.add(item)
    item.placement_id, item.deployment_id = placement_id, arrival.deployment_row
    item.lineitem_url = url or item.lineitem_url
    item.label = (arrival.link.title if arrival.link else None) or item.label or "Diklat"
    session.flush()
    if is_new:
        verdict.spread(session, item)


def _remember_item(session: WriteSession, placement_id: int, url: str) -> None:
    """The column's new address; what waited for a person because it had none goes out again by itself."""
    own = select(GradeItem.id).where(GradeItem.placement_id == placement_id)
    session.execute(update(GradeItem).where(GradeItem.placement_id == placement_id).values(lineitem_url=url))
    verdict.send_again(session, GradeDelivery.grade_item_id.in_(own), "no_item", "no_access")


def resource_id(cohort_id: int) -> str:
    """What our line items say of themselves; with `tag` it finds them again in the LMS."""
    return f"diklat-cohort-{cohort_id}"
