"""What a token endpoint grants is noted whenever a token is fetched, for the scopes that were asked for and no others."""

import time
from datetime import timedelta

import pytest

from book import Book
from diklat_lti.lti import ags, tokens
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import Registration
from tiny_lms import Planned
from world import NOW

ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


def channel(book: Book, later: int = 0) -> Channel:
    client = Client(book.registration_id, "client-7", book.lms.token_url)
    return Channel(book.db, book.settings, client, time.monotonic() + 30, NOW + timedelta(seconds=later))


def noted(book: Book) -> tuple[list[str], list[str]]:
    with book.db.read() as session:
        found = session.get_one(Registration, book.registration_id)
        return found.scopes_granted or [], found.scopes_refused or []


def test_what_comes_with_a_token_is_noted_with_its_time(book: Book) -> None:
    book.lms.scopes = [ags.SCORE, ags.RESULT]
    tokens.bearer(channel(book), ags.SCOPES)
    assert noted(book) == (sorted([ags.SCORE, ags.RESULT]), sorted([ags.LINEITEM, ags.LINEITEM_READ]))
    with book.db.read() as session:
        assert session.get_one(Registration, book.registration_id).scopes_granted_at == NOW


def test_a_kept_token_says_nothing_new(book: Book) -> None:
    tokens.bearer(channel(book), ags.SCOPES)
    tokens.bearer(channel(book, later=60), ags.SCOPES)
    with book.db.read() as session:
        assert session.get_one(Registration, book.registration_id).scopes_granted_at == NOW


def test_a_word_about_one_scope_leaves_the_others(book: Book) -> None:
    tokens.bearer(channel(book), (ags.SCORE, ags.RESULT))
    book.lms.planned["token"].append(Planned(400, '{"error" : "invalid_scope"}'))
    with pytest.raises(tokens.TokenRefused):
        tokens.bearer(channel(book), (ROSTER, ags.RESULT))
    assert noted(book) == ([ags.LINEITEM, ags.LINEITEM_READ, ags.SCORE], sorted([ags.RESULT, ROSTER]))


def test_a_refusal_for_another_reason_says_nothing_about_scopes(book: Book) -> None:
    book.lms.planned["token"].append(Planned(400, '{"error" : "invalid_client"}'))
    with pytest.raises(tokens.TokenRefused):
        tokens.bearer(channel(book), ags.SCOPES)
    assert noted(book) == ([], [])
