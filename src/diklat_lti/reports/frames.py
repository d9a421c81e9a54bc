"""How launches came in: inside the LMS's frame or beside it, by which way and in which kind of browser. Nobody is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti.models import Course, Deployment, Launch, Registration

WAYS = ("known", "bounced", "document", "new_tab")
"""How a login learnt that cookies work, from the quickest to the one that costs its reader a tap."""


@dataclass(frozen=True)
class Group:
    """Launches of one kind. `name` is a browser's family or a way; None where nothing was said."""

    name: str | None
    launches: int
    framed: int
    """Inside the LMS's frame."""
    new_tab: int
    """In a tab of their own, since the browser kept no cookie in the frame."""

    @property
    def share(self) -> Decimal | None:
        """Of a hundred, how many were inside the frame, rounded down: 100 is all. None where nobody came."""
        if not self.launches:
            return None
        return (Decimal(100 * self.framed) / self.launches).quantize(Decimal("0.1"), ROUND_DOWN)


@dataclass(frozen=True)
class Frames:
    """All of them, and the same by browser (most launches first) and by way (in the order of `WAYS`)."""

    whole: Group
    families: tuple[Group, ...]
    ways: tuple[Group, ...]


def figures(session: Session, platform_id: int, since: datetime, centre_id: int | None = None) -> Frames:
    """Of one platform from `since` on; with a centre, of its own courses alone."""
    rows = _counted(session, platform_id, since, centre_id)
    names = dict.fromkeys(row.browser_family for row in rows)
    families = [_group(name, (row for row in rows if row.browser_family == name)) for name in names]
    ways = [_group(way, (row for row in rows if row.bounce == way)) for way in WAYS]
    return Frames(
        _group(None, rows),
        tuple(sorted(families, key=lambda group: (-group.launches, group.name or ""))),
        tuple(way for way in ways if way.launches),
    )


def _counted(session: Session, platform_id: int, since: datetime, centre_id: int | None) -> list[Any]:
    kind = (Launch.browser_family, Launch.bounce, Launch.framed)
    asked = (
        select(*kind, func.count().label("launches"))
        .join(Deployment, Deployment.id == Launch.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(Registration.platform_id == platform_id, Launch.at >= since)
        .group_by(*kind)
    )
    if centre_id is not None:
        asked = asked.join(Course, Course.id == Launch.course_id).where(Course.centre_id == centre_id)
    return list(session.execute(asked))


def _group(name: str | None, rows: Iterable[Any]) -> Group:
    rows = list(rows)
    return Group(
        name,
        sum(row.launches for row in rows),
        sum(row.launches for row in rows if row.framed),
        sum(row.launches for row in rows if row.bounce == "new_tab"),
    )
