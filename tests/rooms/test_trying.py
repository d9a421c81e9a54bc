"""Addresses typed by hand are tried: what answers is told, and only what is malformed or may not be called is refused."""

from collections.abc import Iterator

import pytest

from diklat_lti.errors import Problem
from diklat_lti.lti import platforms, trying
from diklat_lti.lti.platforms import Endpoints
from diklat_lti.settings import Settings
from fake_platform import FakePlatform, fake_platform


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    with fake_platform() as platform:
        platform.pages |= {
            "/auth": lambda *_: (400, "text/html", b"Bad request"),
            "/token": lambda *_: (400, "text/html", b'{"error" : "invalid_request"}'),
            "/broken": lambda *_: (503, "text/html", b""),
            "/error": lambda *_: (500, "text/html", b""),
            "/odd": lambda *_: (499, "text/html", b""),
            "/moved": lambda *_: (302, "text/html", b""),
            "/long": lambda *_: (200, "text/html", b"x" * 70_000),
            "/html": lambda *_: (200, "text/html", b"<html>"),
        }
        yield platform


def endpoints(lms: FakePlatform, **changes: str) -> Endpoints:
    told = {"auth_login_url": "auth", "token_url": "token", "jwks_url": "jwks"} | changes
    addresses = {name: path if "://" in path else f"{lms.issuer}/{path}" for name, path in told.items()}
    return Endpoints(issuer=lms.issuer, client_id="abc", **addresses)


def test_what_answers_as_it_should_is_said_so(settings: Settings, lms: FakePlatform) -> None:
    tried = platforms.try_addresses(settings, endpoints(lms))
    assert [(one.field, one.works, str(one.said)) for one in tried] == [
        ("auth_login_url", True, "The LMS answers."),
        ("token_url", True, "The LMS answers."),
        ("jwks_url", True, "The LMS answers with its keys."),
    ]


@pytest.mark.parametrize(
    ("field", "path", "said"),
    [
        ("token_url", "nothing", "There is nothing at this address (404)."),
        ("token_url", "broken", "The LMS answers that it is out of order (503)."),
        ("token_url", "error", "The LMS answers that it is out of order (500)."),
        ("auth_login_url", "long", "The answer of the LMS was far too long."),
        ("jwks_url", "html", "The LMS answers, but with no keys."),
        ("jwks_url", "nothing", "There is nothing at this address (404)."),
        ("jwks_url", "http://127.0.0.1:9/jwks", "Nothing answers at this address."),
    ],
)
def test_what_does_not_work_is_told_and_not_refused(
    settings: Settings, lms: FakePlatform, field: str, path: str, said: str
) -> None:
    tried = {one.field: one for one in platforms.try_addresses(settings, endpoints(lms, **{field: path}))}
    assert (tried[field].works, str(tried[field].said)) == (False, said)
    assert [one.works for name, one in tried.items() if name != field] == [True, True]


@pytest.mark.parametrize("path", ["moved", "odd"])
def test_a_redirect_or_an_odd_word_is_an_answer_and_nobody_goes_there(
    settings: Settings, lms: FakePlatform, path: str
) -> None:
    assert all(one.works for one in platforms.try_addresses(settings, endpoints(lms, auth_login_url=path)))


@pytest.mark.parametrize("address", ["ftp://lms.example.id/", "https://a:b@lms.example.id/", "https://x y/"])
def test_a_malformed_address_is_refused_before_anything_is_called(
    settings: Settings, lms: FakePlatform, address: str
) -> None:
    with pytest.raises(Problem) as refused:
        platforms.try_addresses(settings, endpoints(lms, token_url=address))
    assert (refused.value.reason, lms.key_sets_served) == ("forbidden_address", 0)


def test_a_name_that_leads_into_a_private_network_is_refused(settings: Settings) -> None:
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    private = Endpoints("https://lms.example.id", "abc", *["https://localhost:9/x"] * 3)
    with pytest.raises(Problem) as refused:
        platforms.try_addresses(public_only, private)
    assert refused.value.reason == "forbidden_address"


def test_a_long_address_is_cut_in_the_sentence(settings: Settings) -> None:
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    address = "https://localhost:9/" + "x" * 200
    with pytest.raises(Problem) as refused:
        trying.every(public_only, {"jwks_url": address})
    assert str(refused.value.sentence).endswith(f": {address[:200]}")
