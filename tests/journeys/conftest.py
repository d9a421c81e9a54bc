"""For journeys: the tool's door with one LMS behind it."""

from collections.abc import Iterator

import pytest

from diklat_lti.database import Database
from diklat_lti.settings import Settings
from door import Door, open_door


@pytest.fixture
def door(db: Database, settings: Settings) -> Iterator[Door]:
    with open_door(db, settings) as opened:
        yield opened
