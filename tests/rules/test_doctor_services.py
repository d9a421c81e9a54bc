"""What the doctor makes of the services' answers: participants, a trial column, permissions asked one by one; and its limits."""

import time
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from requests.structures import CaseInsensitiveDict

from diklat_lti.lti import ags, http, tokens
from diklat_lti.lti.doctor import look as looking
from diklat_lti.lti.doctor import of_services, of_trust
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.site import Site
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.settings import Settings
from world import NOW

URL = "https://lms.example.id/2"


def look(url: str | None = URL, **more: Any) -> Look:
    addresses = dict.fromkeys(("auth_login_url", "token_url", "jwks_url"), URL)
    site = Site(7, 1, "abc", **addresses, disabled=False, admitted=1, held=0, keys_fetched_at=None,
                lineitems_url=url, memberships_url=url)  # fmt: skip
    return Look(cast(Any, None), Settings(_env_file=None), NOW, site, **more)


def answer(status: int, body: str = "") -> http.Answer:
    return http.Answer(status, "", CaseInsensitiveDict(), body.encode())


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> list[http.Answer | Exception]:
    """What `tokens.call` answers next; the last word stands."""
    given: list[http.Answer | Exception] = []

    def call(*_: Any) -> http.Answer:
        word = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(word, Exception):
            raise word
        return word

    monkeypatch.setattr(tokens, "call", call)
    return given


@pytest.mark.parametrize(
    ("status", "body", "seen"),
    [
        (200, '{"members": [1, 2]}', Seen("read", {"members": 2})),
        (200, '{"members": 5}', Seen("unreadable")),
        (200, "[]", Seen("unreadable")),
        (200, "[" * 99_999, Seen("unreadable")),
        (200, "<html>", Seen("unreadable")),
        (403, '{"members": []}', Seen("refused", {"status": 403})),
        (201, '{"members": []}', Seen("refused", {"status": 201})),
    ],
)
def test_participants_are_read_where_they_are_listed(
    says: list[http.Answer | Exception], status: int, body: str, seen: Seen
) -> None:
    says.append(answer(status, body))
    assert of_services.roster(look()) == seen


def test_more_participants_than_we_read_are_participants(says: list[http.Answer | Exception]) -> None:
    says.append(http.Unreachable("too_large", ""))
    assert of_services.roster(look()) == Seen("read")
    says[0] = http.Unreachable("maybe_sent", "")
    with pytest.raises(http.Unreachable):
        of_services.roster(look())


@pytest.mark.parametrize("link", ["path_info", "header", "line_items", "roster"])
def test_before_a_launch_has_told_of_a_course_there_is_nothing_to_ask(link: str) -> None:
    assert of_services.LINKS[link](look(None)) == Seen("no_course")


@pytest.mark.parametrize(
    ("statuses", "seen"),
    [
        ((200, 204), Seen("made")),
        ((200, 201), Seen("left_behind", {"status": 201})),
        ((203, 200), Seen("left_behind", {"status": 203})),
        ((205, 200), Seen("left_behind", {"status": 205})),
        ((199, 200), Seen("left_behind", {"status": 199})),
    ],
)
def test_a_trial_column_goes_again_and_whatever_an_earlier_look_left(
    says: list[http.Answer | Exception], monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, int], seen: Seen
) -> None:
    says += [answer(status) for status in statuses]
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(ags, "create_line_item", lambda channel, *said: made.append(said))
    monkeypatch.setattr(ags, "line_items", lambda *_, **__: [SimpleNamespace(url=f"{URL}/{n}") for n in (1, 2)])
    assert of_services.new_item(look()) == seen
    assert made == [(URL, of_services.LABEL, of_services.TRIAL, of_services.TAG)]


def error(status: int, said: str) -> tokens.TokenRefused:
    return tokens.TokenRefused(answer(status, f'{{"error": "{said}"}}'))


@pytest.mark.parametrize("refused", [(ags.SCORE,), (ags.SCORE, of_trust.ROSTER), ags.SCOPES])
def test_an_lms_that_refuses_the_whole_for_a_part_is_asked_for_each(
    monkeypatch: pytest.MonkeyPatch, refused: Sequence[str]
) -> None:
    def fresh(_: Any, scopes: Sequence[str]) -> Any:
        if not set(scopes).isdisjoint(refused):
            raise error(400, "invalid_scope")
        return SimpleNamespace(granted=frozenset({*scopes, "of_another"}))

    monkeypatch.setattr(tokens, "fresh", fresh)
    assert of_trust.granted(look()) == {*ags.SCOPES, of_trust.ROSTER} - {*refused}


def test_another_refusal_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []

    def fresh(_: Any, scopes: Sequence[str]) -> Any:
        asked.append(scopes)
        raise error(400, "invalid_client")

    monkeypatch.setattr(tokens, "fresh", fresh)
    seeing = look()
    assert of_trust.client(seeing) == Seen("unknown_client")
    assert of_trust.our_keys(seeing).reason == "never_fetched"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [(399, "not_a_token"), (401, "refused"), (402, "not_a_token"), (499, "not_a_token"), (500, "out_of_order")],
)
def test_a_refused_token_is_read_by_its_status(status: int, reason: str) -> None:
    assert of_trust.why_unknown(error(status, "other")).reason == reason


@pytest.mark.parametrize(
    ("left", "limit"), [(100.0, looking.ONE_CALL), (looking.ONE_CALL / 2, looking.ONE_CALL / 2), (-5.0, 0.2)]
)
def test_one_call_takes_no_longer_than_is_left_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, left: float, limit: float
) -> None:
    asked: list[http.Limits] = []

    def fetch(*_: Any, limits: http.Limits, **__: Any) -> http.Answer:
        asked.append(limits)
        return answer(200)

    monkeypatch.setattr(http, "fetch", fetch)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    seeing = look(began=1000.0 + left - 100.0, seconds=100.0)
    assert seeing.left == left
    assert seeing.moment == NOW + timedelta(seconds=100 - left)
    seeing.fetch(URL)
    assert [(one.seconds, one.bytes) for one in asked] == [(limit, looking.MOST_BYTES)]


def test_a_look_at_one_lms_takes_half_a_minute() -> None:
    seeing = look()
    assert (seeing.seconds, seeing.left <= 30) == (30, True)
