"""Where a score goes: the link's own line item, else one found by its names, else one made by us without a link."""

import threading
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select, update

from diklat_lti.database import Database
from diklat_lti.lti import ags
from diklat_lti.lti.tokens import Channel
from diklat_lti.models import GradeItem


@dataclass(frozen=True)
class Item:
    """A grade item as plain data, with what helps to find it in the LMS."""

    id: int
    url: str | None
    """As a launch claimed it, or as it was found."""
    container_url: str | None
    """All line items of the course."""
    resource_link_id: str | None
    """None: no link leads to it; it is ours to make."""
    resource_id: str | None
    tag: str | None
    label: str


class Nowhere(Exception):  # noqa: N818
    """No line item can be found. `reason` is a word of `reasons.py`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def place(channel: Channel, item: Item) -> str:
    """The line item's URL: as known, found, or made."""
    url = item.url or find(channel, item)
    if url is None and item.resource_link_id is None:
        return _make(channel, item)
    if url is None:
        raise Nowhere("no_item")
    return url


def find(channel: Channel, item: Item) -> str | None:
    """Asks the course's container, and remembers the answer."""
    if item.container_url is None:
        raise Nowhere("no_gradebook")
    found = _of_link(channel, item.container_url, item) or _by_names(channel, item.container_url, item)
    if found is not None:
        _remember(channel.db, item, found.url)
    return found.url if found else None


def _of_link(channel: Channel, container_url: str, item: Item) -> ags.LineItem | None:
    if item.resource_link_id is None:
        return None
    listed = ags.line_items(channel, container_url, resource_link_id=item.resource_link_id)
    named = [one for one in listed if (one.resource_id, one.tag) == (item.resource_id, item.tag)]
    return named[0] if named else listed[0] if len(listed) == 1 else None


def _by_names(channel: Channel, container_url: str, item: Item) -> ags.LineItem | None:
    """After *Duplicate* or an import other links' items bear the same names (Moodle 4.5.6, 5.1.3): not those."""
    if item.resource_id is None or item.tag is None:
        return None
    listed = ags.line_items(channel, container_url, resource_id=item.resource_id, tag=item.tag)
    if item.resource_link_id is not None:
        return next((one for one in listed if one.resource_link_id in (None, item.resource_link_id)), None)
    # A picked link that nobody has launched yet: its item is there, coupled to a link whose number we do not know.
    with channel.db.read() as session:
        others = set(session.scalars(select(GradeItem.lineitem_url).where(GradeItem.id != item.id)))
    return next((one for one in listed if one.url not in others), None)


_making: defaultdict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)


def _make(channel: Channel, item: Item) -> str:
    """Once for all threads: whoever comes second finds what the first one made."""
    if item.container_url is None or item.resource_id is None or item.tag is None:
        raise Nowhere("no_gradebook")
    with _making[str(channel.db.engine.url), item.id]:
        with channel.db.read() as session:
            known = session.scalar(select(GradeItem.lineitem_url).where(GradeItem.id == item.id))
        if known:
            return known
        made = ags.create_line_item(channel, item.container_url, item.label, item.resource_id, item.tag)
        _remember(channel.db, item, made.url)
        return made.url


def _remember(db: Database, item: Item, url: str) -> None:
    # A launch may have told a newer one meanwhile: that stays.
    with db.write() as session:
        session.execute(
            update(GradeItem)
            .where(GradeItem.id == item.id, GradeItem.lineitem_url.is_not_distinct_from(item.url))
            .values(lineitem_url=url)
        )
