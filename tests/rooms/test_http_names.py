"""A name that changes its mind: what was checked is what is called, each call is checked anew, and a private answer ends it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from diklat_lti.lti import guard, http, platform_keys, trying
from diklat_lti.lti.registration import theirs
from diklat_lti.settings import Settings
from fake_platform import FakePlatform, fake_platform

PUBLIC, PRIVATE = "93.184.216.34", ("10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.5", "fd00::1")
HOST = "lms.example.id"


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    with fake_platform() as platform:
        yield platform


@pytest.fixture
def strict(settings: Settings) -> Settings:
    return settings.model_copy(update={"allow_private_platforms": False, "public_url": "https://names.example"})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The name system of the machine says these addresses, one at each question; the last one for ever."""

    def say(*told: str) -> list[str]:
        left, asked = list(told), []

        def answer(host: str, port: int, *_: object, **__: object) -> list[Any]:
            asked.append(host)
            address = host
            if host == HOST:
                address = left.pop(0) if len(left) > 1 else left[0]
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return say


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a socket is really opened to; nobody is there."""
    opened = []

    def refuse(self: socket.socket, address: tuple[Any, ...]) -> None:
        opened.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return opened


def why(settings: Settings, address: str) -> http.Why:
    with pytest.raises(http.Unreachable) as failed:
        http.fetch(settings, "GET", address)
    return failed.value.why


@pytest.mark.parametrize("private", PRIVATE)
def test_a_name_that_turns_private_between_two_calls_is_not_called_again(
    strict: Settings, names: Any, dialled: list[str], private: str
) -> None:
    names(PUBLIC, private)
    assert why(strict, f"https://{HOST}/config") == "not_sent"
    assert why(strict, f"https://{HOST}/token") == "forbidden"
    assert dialled == [PUBLIC]


def test_a_name_that_turns_private_after_it_was_checked_is_called_where_it_was_checked(
    strict: Settings, names: Any, dialled: list[str]
) -> None:
    asked = names(PUBLIC, "10.0.0.5")
    assert why(strict, f"https://{HOST}/config") == "not_sent"
    assert (dialled, asked.count(HOST)) == ([PUBLIC], 1)


def test_every_call_to_a_platform_goes_through_the_same_door(strict: Settings, names: Any, dialled: list[str]) -> None:
    """Configuration, registration, key set and what is typed by hand; services and tokens have no other `fetch`."""
    names("10.0.0.5")
    at = f"https://{HOST}/x"
    site = theirs.Site(f"https://{HOST}", at, at, at, at, None, None)
    for call in (
        lambda: theirs.read(strict, at),
        lambda: theirs.held(strict, site, "t"),
        lambda: theirs.send(strict, site, "t", {}),
        lambda: trying.every(strict, {"token_url": at}),
    ):
        with pytest.raises(Exception, match=r"may not call|private network"):
            call()
    assert platform_keys.read(strict, at) is None
    assert dialled == []


def test_an_open_connection_is_one_to_the_address_that_was_checked(
    settings: Settings, lms: FakePlatform, names: Any
) -> None:
    """What stays open is used again without a question; it cannot lead anywhere else."""
    port = lms.issuer.rsplit(":", 1)[1]
    asked = names("127.0.0.1", "127.0.0.9")
    fresh = settings.model_copy(update={"public_url": "https://open.example"})
    for _ in range(2):
        assert http.fetch(fresh, "GET", f"http://{HOST}:{port}/jwks").status == 200
    assert (asked.count(HOST), lms.key_sets_served) == (1, 2)


@pytest.mark.parametrize(
    "address",
    [*PRIVATE, "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "2002:0a00:0005::", "fe80::1%eth0"],
)
def test_what_is_no_address_of_the_public_internet_is_known(address: str) -> None:
    assert not guard.is_public(address)
