"""For the rooms: a tiny LMS, and a gradebook in it to deliver into."""

from collections.abc import Iterator

import pytest

import book as books
import tiny_lms
from diklat_lti.database import Database
from diklat_lti.settings import Settings


@pytest.fixture
def tiny() -> Iterator[tiny_lms.TinyLms]:
    with tiny_lms.running() as lms:
        yield lms


@pytest.fixture
def book(db: Database, settings: Settings, tiny: tiny_lms.TinyLms) -> books.Book:
    return books.opened(db, settings, tiny)
