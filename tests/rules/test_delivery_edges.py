"""Where one band of an LMS's answers ends and the next begins: the first and the last status of each."""

from datetime import UTC, datetime

import pytest

from diklat_lti.gradebook import answers
from diklat_lti.gradebook.answers import Meaning
from diklat_lti.lti import ags, http

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><title>Log in</title>"


def told(status: int, body: bytes) -> http.Answer:
    return http.Answer(status, "", {}, body)


@pytest.mark.parametrize(
    ("status", "body", "meaning", "reason"),
    [
        (0, b"x", Meaning.UNKNOWN, "unclear"),
        (199, PAGE, Meaning.UNKNOWN, "unclear"),
        (200, PAGE, Meaning.LATER, "login_page"),
        (299, PAGE, Meaning.LATER, "login_page"),
        (299, b"x", Meaning.UNKNOWN, "unclear"),
        (300, PAGE, Meaning.LATER, "redirected"),
        (399, b"", Meaning.LATER, "redirected"),
        (400, b"x", Meaning.STOPPED, "refused"),
        (499, b"", Meaning.STOPPED, "refused"),
        (500, b"x", Meaning.LATER, "down"),
        (599, b"", Meaning.LATER, "down"),
        (600, b"", Meaning.UNKNOWN, "unclear"),
        (999, b"", Meaning.UNKNOWN, "unclear"),
    ],
)
def test_of_a_score(status: int, body: bytes, meaning: Meaning, reason: str) -> None:
    found = answers.of_score(told(status, body), NOW)
    assert (found.meaning, found.reason, found.status) == (meaning, reason, status)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (0, PAGE, "unreadable"),
        (199, PAGE, "unreadable"),
        (200, PAGE, "login_page"),
        (299, PAGE, "login_page"),
        (299, b"{}", "unreadable"),
        (300, b"", "redirected"),
        (399, b"", "redirected"),
        (400, b"", "unreadable"),
        (499, b"", "unreadable"),
        (500, b"", "down"),
        (599, PAGE, "down"),
        (600, b"", "unreadable"),
        (999, b"", "unreadable"),
    ],
)
def test_of_a_question(status: int, body: bytes, reason: str) -> None:
    found = answers.of_trouble(ags.Refused(told(status, body)), NOW)
    assert (found.meaning, found.reason) == (Meaning.LATER, reason)
