"""Access tokens: asked for once, kept sealed for all, renewed early and after a 401."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from sqlalchemy import select, update

from book import Book
from diklat_lti.database import Database
from diklat_lti.lti import ags, http, keys, tokens
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import AccessToken
from tiny_lms import Planned
from world import NOW


@pytest.fixture
def channel(book: Book) -> Channel:
    return channel_of(book)


def channel_of(book: Book, seconds: float = 30, db: Database | None = None, later: int = 0) -> Channel:
    client = Client(book.registration_id, "client-7", book.lms.token_url)
    now = NOW + timedelta(seconds=later)
    return Channel(db or book.db, book.settings, client, time.monotonic() + seconds, now)


def test_it_is_asked_for_with_a_signed_assertion_that_no_slow_clock_refuses(book: Book, channel: Channel) -> None:
    tokens.bearer(channel, ags.SCOPES)
    form = {name: values[0] for name, values in parse_qs(book.lms.asked[0].body).items()}
    with book.db.read() as session:
        published = {k["kid"]: jwt.PyJWK(k) for k in keys.public_jwks(session, NOW)["keys"]}
    unchecked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    signed_with = published[jwt.get_unverified_header(form["client_assertion"])["kid"]]
    claims = jwt.decode(
        form["client_assertion"], signed_with, ["RS256"], audience=book.lms.token_url, options=unchecked
    )
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["scope"] == " ".join(sorted(ags.SCOPES))
    assert claims["iss"] == claims["sub"] == "client-7"
    assert claims["iat"] == claims["nbf"] == NOW.timestamp() - 45
    assert claims["exp"] == NOW.timestamp() + 300
    assert claims["jti"]


def test_another_process_uses_the_one_that_is_kept_and_nobody_can_read_it(book: Book, channel: Channel) -> None:
    first = tokens.bearer(channel, ags.SCOPES)
    other = Database(book.settings.database_url)
    again = tokens.bearer(channel_of(book, db=other), tuple(reversed(ags.SCOPES)))
    other.dispose()
    with book.db.read() as session:
        [row] = session.scalars(select(AccessToken)).all()
    assert again == first
    assert book.lms.count("token") == 1
    assert b"token-0" not in row.token
    assert row.expires_at == NOW + timedelta(hours=1)


def test_other_scopes_have_a_token_of_their_own(book: Book, channel: Channel) -> None:
    tokens.bearer(channel, (ags.SCORE,))
    tokens.bearer(channel, (ags.RESULT,))
    assert book.lms.count("token") == 2


def test_it_is_renewed_a_minute_before_its_end(book: Book, channel: Channel) -> None:
    tokens.bearer(channel, ags.SCOPES)
    assert tokens.bearer(channel_of(book, later=3539), ags.SCOPES).value == "token-0"
    assert tokens.bearer(channel_of(book, later=3540), ags.SCOPES).value == "token-1"
    with book.db.read() as session:
        assert len(session.scalars(select(AccessToken)).all()) == 1


def test_eight_threads_that_need_one_ask_once(book: Book) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: tokens.bearer(channel_of(book), ags.SCOPES).value, range(8)))
    assert got == ["token-0"] * 8
    assert book.lms.count("token") == 1


def test_whoever_waits_too_long_for_the_other_thread_gives_up(book: Book) -> None:
    with tokens._alone(channel_of(book), " ".join(sorted(ags.SCOPES))), pytest.raises(http.Unreachable) as gave_up:
        tokens.bearer(channel_of(book, seconds=0.05), ags.SCOPES)
    assert not gave_up.value.maybe_sent
    assert book.lms.asked == []


def test_whoever_has_no_time_left_does_not_wait_for_the_other_thread_at_all(book: Book) -> None:
    asked = " ".join(sorted(ags.SCOPES))
    with tokens._alone(channel_of(book), asked):
        began = time.monotonic()
        with pytest.raises(http.Unreachable):
            tokens.bearer(channel_of(book, seconds=-5), ags.SCOPES)
        assert time.monotonic() - began < 0.8


def test_after_a_401_a_fresh_one_is_tried_once(book: Book, channel: Channel) -> None:
    tokens.bearer(channel, ags.SCOPES)
    book.lms.tokens.clear()
    assert ags.results(channel, book.lms.items[0]["id"]) == []
    assert (book.lms.count("token"), book.lms.count("results")) == (2, 2)


def test_a_401_that_lasts_is_an_answer(book: Book, channel: Channel) -> None:
    book.lms.planned["results"].extend([Planned(401)] * 3)
    with pytest.raises(ags.Refused) as refused:
        ags.results(channel, book.lms.items[0]["id"])
    assert refused.value.answer.status == 401
    assert (book.lms.count("token"), book.lms.count("results")) == (2, 2)


def test_forgetting_an_old_one_leaves_the_one_that_another_fetched(book: Book, channel: Channel) -> None:
    old = tokens.bearer(channel, ags.SCOPES)
    tokens.forget(channel, ags.SCOPES, old)
    new = tokens.bearer(channel, ags.SCOPES)
    tokens.forget(channel, ags.SCOPES, old)
    assert tokens.bearer(channel, ags.SCOPES) == new
    assert book.lms.count("token") == 2


def test_a_partial_grant_is_kept_and_what_it_lacks_is_not_tried(book: Book, channel: Channel) -> None:
    book.lms.scopes = [ags.SCORE, ags.LINEITEM_READ]
    for _ in range(2):
        with pytest.raises(tokens.NotGranted):
            ags.results(channel, book.lms.items[0]["id"])
    assert ags.line_items(channel, book.lms.container) != []
    assert (book.lms.count("token"), book.lms.count("results")) == (1, 0)


def test_an_answer_without_scope_and_end_grants_what_was_asked_for_an_hour(book: Book, channel: Channel) -> None:
    book.lms.planned["token"].append(Planned(200, '{"access_token":"bare"}'))
    assert tokens.bearer(channel, ags.SCOPES).granted == frozenset(ags.SCOPES)
    assert tokens.bearer(channel, ags.SCOPES).value == "bare"
    with book.db.read() as session:
        assert session.scalars(select(AccessToken.expires_at)).one() == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("status", "taken"), [(200, True), (201, True), (202, False), (199, False)])
def test_a_token_is_taken_from_a_200_or_a_201_alone(book: Book, channel: Channel, status: int, taken: bool) -> None:
    answer = http.Answer(status, "", {}, b'{"access_token":"x"}')
    if taken:
        assert tokens._keep(channel, "s", answer).value == "x"
        return
    with pytest.raises(tokens.TokenRefused):
        tokens._keep(channel, "s", answer)


@pytest.mark.parametrize(
    ("planned", "error"),
    [
        (Planned(400, '{"error": "invalid_scope"}'), "invalid_scope"),
        (Planned(400, '{"error": "invalid_client: "kid" empty"}'), "invalid_client"),
        (Planned(400, '{"error":"Cannot handle token"}'), "not_json"),
        (Planned(502, "<html>"), "not_json"),
        (Planned(200, "[]"), "not_json"),
        (Planned(200, '{"access_token":"x","expires_in":"soon"}'), "not_json"),
        (Planned(403, '{"access_token":"x"}'), "not_json"),
    ],
)
def test_a_refusal_keeps_the_platforms_word_and_body(
    book: Book, channel: Channel, planned: Planned, error: str
) -> None:
    book.lms.planned["token"].append(planned)
    with pytest.raises(tokens.TokenRefused) as refused:
        tokens.bearer(channel, ags.SCOPES)
    assert refused.value.error == error
    assert refused.value.answer.body == planned.body.encode()
    with book.db.read() as session:
        assert session.scalars(select(AccessToken)).all() == []


def test_a_token_request_that_was_cut_means_that_nothing_else_was_sent(book: Book, channel: Channel) -> None:
    book.lms.planned["token"].append(Planned(cut=True))
    with pytest.raises(http.Unreachable) as cut:
        tokens.bearer(channel, ags.SCOPES)
    assert not cut.value.maybe_sent


def test_an_address_that_may_not_be_called_is_said_so(book: Book) -> None:
    client = Client(book.registration_id, "client-7", "ftp://lms.example.id/token")
    with pytest.raises(http.Unreachable) as forbidden:
        tokens.bearer(Channel(book.db, book.settings, client, time.monotonic() + 30, NOW), ags.SCOPES)
    assert forbidden.value.why == "forbidden"


def test_a_row_stored_meanwhile_by_another_process_is_replaced(book: Book, channel: Channel) -> None:
    tokens.bearer(channel, ags.SCOPES)
    with book.db.write() as session:
        session.execute(update(AccessToken).values(expires_at=NOW))
    assert tokens.bearer(channel, ags.SCOPES).value == "token-1"
    assert tokens.bearer(channel, ags.SCOPES).value == "token-1"


def test_a_call_may_take_what_is_left_of_the_work_and_never_more_than_its_own_limit(book: Book) -> None:
    short, long = (tokens._limits(channel_of(book, seconds=seconds)).seconds for seconds in (5, 300))
    with pytest.raises(http.Unreachable):
        tokens._limits(channel_of(book, seconds=-0.5))
    assert 4 < short <= 5
    assert long == http.Limits.seconds
