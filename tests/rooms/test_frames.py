"""How launches came in: counted by browser and by way, for one platform or one centre on it, and nobody is named."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.models import Deployment, Launch
from diklat_lti.reports import frames
from diklat_lti.reports.frames import Group
from world import NOW

MONTH = NOW - timedelta(days=30)


def came(session: Session, through: Deployment, times: int, **columns: Any) -> None:
    who = world.person(session)
    for _ in range(times):
        values = {
            "ticket_id": f"frames-{next(world.numbers)}", "person_id": who.id, "deployment_id": through.id,
            "message_type": "LtiResourceLinkRequest", "roles": "learner", "framed": True, "bounce": "known",
            "browser_family": "Chrome", "led_to": "/", "at": NOW, "expires_at": NOW,
        }  # fmt: skip
        world.stored(session, Launch(**values | columns))


def test_launches_are_counted_by_browser_and_by_way(db: Database) -> None:
    with db.write() as session:
        platform = world.platform(session)
        through = world.deployment(session, world.registration(session, platform))
        came(session, through, 3)
        came(session, through, 2, bounce="bounced", browser_family="Firefox")
        came(session, through, 1, bounce="new_tab", framed=False, browser_family="Firefox")
        came(session, through, 1, bounce="document", framed=False, browser_family=None)
        came(session, through, 1, at=MONTH - timedelta(seconds=1))
        came(session, world.deployment(session), 5)
    with db.read() as session:
        found = frames.figures(session, platform.id, MONTH)
    assert found.whole == Group(None, 7, 5, 1)
    assert found.whole.share == Decimal("71.4")
    assert found.families == (Group("Chrome", 3, 3, 0), Group("Firefox", 3, 2, 1), Group(None, 1, 0, 0))
    assert [(way.name, way.launches) for way in found.ways] == [
        ("known", 3), ("bounced", 2), ("document", 1), ("new_tab", 1),
    ]  # fmt: skip


def test_a_centre_counts_its_own_courses_alone(db: Database) -> None:
    with db.write() as session:
        platform = world.platform(session)
        through = world.deployment(session, world.registration(session, platform))
        mine, other = (
            world.course(session, platform),
            world.course(session, platform, centre_id=world.centre(session).id),
        )
        came(session, through, 2, course_id=mine.id)
        came(session, through, 4, course_id=other.id)
        came(session, through, 1, course_id=None)
    with db.read() as session:
        assert frames.figures(session, platform.id, MONTH, mine.centre_id).whole.launches == 2
        assert frames.figures(session, platform.id, MONTH).whole.launches == 7


@pytest.mark.parametrize(
    ("framed", "of", "share"), [(9_999, 10_000, "99.9"), (1, 3, "33.3"), (2, 2, "100"), (0, 4, "0")]
)
def test_a_share_is_rounded_down_so_that_all_means_all(framed: int, of: int, share: str) -> None:
    assert Group(None, of, framed, 0).share == Decimal(share)


def test_where_nobody_came_there_is_no_share(db: Database) -> None:
    with db.write() as session:
        platform = world.platform(session)
    with db.read() as session:
        found = frames.figures(session, platform.id, MONTH)
    assert (found.whole.launches, found.whole.share, found.families, found.ways) == (0, None, (), ())
