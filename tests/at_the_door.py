"""What journeys and sweeps get: the tool's door with one LMS behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import trained
from diklat_lti.database import Database
from diklat_lti.models import Course, Deployment
from diklat_lti.settings import Settings
from diklat_lti.training import cohorts
from door import Door, open_door


@pytest.fixture
def door(db: Database, settings: Settings) -> Iterator[Door]:
    with open_door(db, settings) as opened:
        yield opened


@pytest.fixture
def link(door: Door, tmp_path: Path) -> str:
    """The uuid of a picked link in the course that the fake platform launches from."""
    with door.db.write() as session:
        deployment = session.scalars(select(Deployment)).one()
        context = door.platform.claims("n", door.clock.real_now(), door.target)[
            "https://purl.imsglobal.org/spec/lti/claim/context"
        ]["id"]
        course = Course(platform_id=1, centre_id=1, context_id=context, title="Diklat", created_at=trained.NOW)
        session.add(course)
        session.flush()
        cohort = trained.cohort(session, tmp_path, course)
        return cohorts.pick(session, cohort, deployment.id, None, cohort.created_by or 0, trained.NOW).uuid
