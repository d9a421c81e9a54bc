"""Links and grade items of a connection that is no more, handed over to the one that took its place."""

from dataclasses import dataclass

from sqlalchemy import select, update

from diklat_lti.database import WriteSession
from diklat_lti.models.cohort import PickedLink, Placement
from diklat_lti.models.grade import GradeDelivery, GradeItem
from diklat_lti.training import verdict


@dataclass(frozen=True)
class Deployments:
    """Ids of rows, the newest first; all that hung on `before` hangs on `after` then."""

    before: tuple[int, ...]
    after: int


def hand_over(session: WriteSession, deployments: Deployments) -> None:
    """After courses and people. A link that the new connection was launched by already, and that opens nothing yet, opens
    what it opened before. One that was given something else meanwhile goes on with that.

    The line items have other addresses for another client (Moodle: `type_id`), so they are found anew.
    """
    for placement in _placements(session, deployments.before):
        _hand_over(session, placement, deployments.after)
    session.flush()
    items = GradeItem.deployment_id.in_(deployments.before)
    moved = list(session.scalars(select(GradeItem.id).where(items)))
    session.execute(update(GradeItem).where(items).values(deployment_id=deployments.after, lineitem_url=None))
    picked = update(PickedLink).where(PickedLink.deployment_id.in_(deployments.before))
    session.execute(picked.values(deployment_id=deployments.after))
    verdict.send_again(session, GradeDelivery.grade_item_id.in_(moved), "no_item", "no_access", "refused")


def _placements(session: WriteSession, deployments: tuple[int, ...]) -> list[Placement]:
    """The newest connection's first: where several led through one link, its word counts."""
    found = session.scalars(select(Placement).where(Placement.deployment_id.in_(deployments)))
    return sorted(found, key=lambda placement: (deployments.index(placement.deployment_id), -placement.id))


def _hand_over(session: WriteSession, placement: Placement, after: int) -> None:
    there = session.scalar(
        select(Placement).where(
            Placement.deployment_id == after,
            Placement.course_id == placement.course_id,
            Placement.resource_link_id == placement.resource_link_id,
        )
    )
    items = update(GradeItem).where(GradeItem.placement_id == placement.id)
    if there is None:
        placement.deployment_id = after
    elif there.cohort_id is None:
        there.cohort_id, there.module_key = placement.cohort_id, placement.module_key
        session.execute(items.values(placement_id=there.id))
    elif (there.cohort_id, there.module_key) != (placement.cohort_id, placement.module_key):
        session.execute(items.values(placement_id=None))  # as where a link is led elsewhere: its column goes with it
    session.flush()
