"""Looks through a course's line items for the activities that were picked: each that arrived has one with its names."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.database import Database
from diklat_lti.gradebook.delivery import TROUBLES
from diklat_lti.lti import ags
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import Cohort, Course, Deployment, PickedLink, Registration
from diklat_lti.settings import Settings
from diklat_lti.training import arrivals, placements

SECONDS = 20.0


@dataclass(frozen=True)
class Where:
    """Where to ask, and as whom."""

    container_url: str
    client: Client


def look(db: Database, settings: Settings, cohort_id: int, real_now: datetime, now: datetime) -> bool:
    """False: the LMS did not say. No session is open while it is asked."""
    with db.read() as session:
        where = _where(session, cohort_id)
    if where is None:
        return False
    channel = Channel(db, settings, where.client, time.monotonic() + SECONDS, real_now)
    try:
        listed = ags.line_items(channel, where.container_url, resource_id=placements.resource_id(cohort_id))
    except TROUBLES:
        return False
    with db.write() as session:
        return _note(arrivals.picked_for(session, cohort_id), Counter(_coupled_tags(listed)), now)


def _where(session: Session, cohort_id: int) -> Where | None:
    row = session.execute(
        select(Course.lineitems_url, Registration.id, Registration.client_id, Registration.token_url)
        .select_from(PickedLink)
        .join(Cohort, Cohort.id == PickedLink.cohort_id)
        .join(Course, Course.id == Cohort.course_id)
        .join(Deployment, Deployment.id == PickedLink.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(Cohort.id == cohort_id)
        .order_by(PickedLink.picked_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.lineitems_url is None:
        return None
    return Where(row.lineitems_url, Client(row.id, row.client_id, row.token_url))


def _coupled_tags(listed: list[ags.LineItem]) -> list[str]:
    """A line item without a link is one that we made ourselves."""
    return [item.tag for item in listed if item.tag is not None and item.resource_link_id is not None]


def _note(links: list[PickedLink], there: Counter[str], now: datetime) -> bool:
    """As many links of one tag arrived as there are line items with it. Where there is not one, the LMS made no columns or
    nothing was saved: nothing follows from it."""
    if not there:
        return False
    for link in (link for link in links if link.seen_at is not None):
        there[_tag(link)] -= 1
    for link in (link for link in links if link.seen_at is None):
        if there[_tag(link)] > 0:
            there[_tag(link)] -= 1
            link.seen_at = now
        else:
            link.looked_at = now
    return True


def _tag(link: PickedLink) -> str:
    return link.module_key or "final"
