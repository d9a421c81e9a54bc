"""The logo, which an LMS shows beside every link of a course page and fetches from us: small, and kept by browsers."""

import pytest

from diklat_lti.web import static_files
from door import Door

SMALL = 2048


def test_the_logo_is_small(door: Door) -> None:
    answer = door.visitor().ask("GET", static_files.address("logo.svg"), None, **{"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert len(answer.content) <= SMALL
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (static_files.address("logo.svg"), "public, max-age=31536000, immutable"),
        ("/static/0123456789ab/logo.svg", "public, max-age=604800"),
        ("/static/0123456789ab/app.css", "no-cache"),
    ],
    ids=["now", "as told before an update", "another file of then"],
)
def test_browsers_keep_it_for_long_also_at_the_address_that_the_lms_was_told_long_ago(
    door: Door, address: str, kept: str
) -> None:
    answer = door.visitor().ask("GET", address)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, kept)
