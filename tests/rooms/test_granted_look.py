"""A look at what is granted, pressed by anybody who has the page: how often the platform hears of it, what it may answer."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from book import Book
from diklat_lti.errors import Problem
from diklat_lti.lti.registration import granted_look
from tiny_lms import Planned
from world import NOW

TEN, BIT = timedelta(seconds=10), timedelta(microseconds=1)
WHOLE = Planned(400, '{"error" : "invalid_scope"}')


def asked(book: Book, moments: Sequence[timedelta]) -> list[int]:
    """How often the token endpoint was asked, after each look."""
    counts = []
    for moment in moments:
        granted_look.look(book.db, book.settings, book.registration_id, NOW + moment)
        counts.append(book.lms.count("token"))
    return counts


def test_the_platform_is_asked_again_after_ten_seconds_or_when_the_clock_went_back(book: Book) -> None:
    zero = timedelta(0)
    assert asked(book, (zero, zero, TEN - BIT, TEN, TEN + BIT, zero)) == [1, 1, 1, 2, 2, 3]


def test_a_refusal_of_one_scope_for_another_reason_is_told(book: Book) -> None:
    book.lms.planned["token"] += [WHOLE, Planned(400, '{"error" : "invalid_client"}')]
    with pytest.raises(Problem) as refused:
        asked(book, [timedelta(0)])
    assert (refused.value.reason, book.lms.count("token")) == ("token_refused", 2)
