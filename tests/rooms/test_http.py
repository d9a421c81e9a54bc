"""The door to platforms: bounded in time and size, nothing followed, nothing private, and it knows whether it may have sent."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from diklat_lti.lti import guard, http
from diklat_lti.settings import Settings
from fake_platform import FakePlatform, fake_platform


@pytest.fixture
def lms() -> Iterator[FakePlatform]:
    with fake_platform() as platform:
        yield platform


@pytest.fixture
def hanging() -> Iterator[str]:
    """Takes a request, then drips one byte of a header a moment, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(timeout=10)


def why(settings: Settings, address: str, **limits: float) -> http.Why:
    with pytest.raises(http.Unreachable) as failed:
        http.fetch(settings, "GET", address, limits=http.Limits(**limits))  # type: ignore[arg-type]
    return failed.value.why


def test_an_answer_comes_whole_with_its_status_line(settings: Settings, lms: FakePlatform) -> None:
    lms.pages["/x"] = lambda method, headers, body: (201, "text/plain", f"{method} {body.decode()}".encode())
    answer = http.fetch(settings, "POST", f"{lms.issuer}/x", data=b"hello")
    assert (answer.status, answer.reason, answer.body) == (201, "Created", b"POST hello")
    assert answer.headers["content-type"] == "text/plain"


def test_the_tool_says_who_it_is_and_keeps_no_cookie(settings: Settings, lms: FakePlatform) -> None:
    seen: list[dict[str, str]] = []
    lms.pages["/x"] = lambda method, headers, body: (seen.append(headers) or 200, "text/plain", b"")
    for _ in range(2):
        http.fetch(settings, "GET", f"{lms.issuer}/x", headers={"Authorization": "Bearer t"})
    assert seen[1]["User-Agent"].startswith("Diklat-LTI/")
    assert settings.public_url in seen[1]["User-Agent"]
    assert seen[1]["Authorization"] == "Bearer t"
    assert "Cookie" not in seen[1]


def test_a_platform_that_drips_cannot_hold_us_beyond_the_whole_time(settings: Settings, hanging: str) -> None:
    began = time.monotonic()
    assert why(settings, hanging, seconds=0.4) == "maybe_sent"
    assert time.monotonic() - began < 2


def test_an_answer_that_is_too_long_is_given_up(settings: Settings, lms: FakePlatform) -> None:
    lms.pages["/x"] = lambda method, headers, body: (200, "text/plain", b"x" * 100_000)
    assert why(settings, f"{lms.issuer}/x", bytes=50_000) == "too_large"


def test_what_was_never_sent_is_known_as_such(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    assert why(settings, address) == "not_sent"


def test_a_platform_that_closes_without_a_word_may_have_got_it(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.close()

        thread = threading.Thread(target=close)
        thread.start()
        with pytest.raises(http.Unreachable) as failed:
            http.fetch(settings, "POST", f"http://127.0.0.1:{server.getsockname()[1]}/", data=b"score")
        thread.join()
    assert (failed.value.why, failed.value.maybe_sent) == ("maybe_sent", True)


def test_what_speaks_no_tls_got_nothing(settings: Settings, lms: FakePlatform) -> None:
    assert why(settings, lms.issuer.replace("http:", "https:")) == "not_sent"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_private_address_is_not_called_unless_allowed(settings: Settings, host: str) -> None:
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    assert why(public_only, f"https://{host}:1/") == "forbidden"
    assert why(public_only, f"http://{host}:1/") == "forbidden"
    assert guard.call.sent is False


def test_a_name_with_a_dead_address_first_is_reached_at_its_next_one(
    settings: Settings, lms: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    twice = lambda host, port, *rest, **more: [  # noqa: E731
        *real("127.0.0.9" if host == "lms.localhost" else host, port, *rest, **more),
        *real("127.0.0.1" if host == "lms.localhost" else host, port, *rest, **more),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", twice)
    address = lms.issuer.replace("127.0.0.1", "lms.localhost")
    assert http.fetch(settings, "GET", f"{address}/jwks").status == 200


def test_a_redirect_is_an_answer_and_is_not_followed(settings: Settings, lms: FakePlatform) -> None:
    lms.pages["/x"] = lambda method, headers, body: (302, "text/plain", b"")
    assert http.fetch(settings, "GET", f"{lms.issuer}/x").status == 302
    assert lms.key_sets_served == 0


@pytest.mark.parametrize("ago", [0.0, 0.5, 30.0])
def test_a_read_after_the_whole_time_ends_as_a_time_out(ago: float) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 200 OK")
        guard.call.deadline = time.monotonic() - ago
        with pytest.raises(TimeoutError, match="whole time"):
            guard._BoundedReader(ours, "r").readinto(bytearray(8))


def test_a_connection_is_open_until_its_answer_is_read_and_no_longer() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        guard.call.deadline = time.monotonic() + 5
        answer = guard._BoundedResponse(ours)
        ours.close()
        theirs.sendall(b"x")
        assert answer.fp.read(1) == b"x"
        answer.fp.close()
        theirs.settimeout(2)
        assert theirs.recv(1) == b""


def test_an_answer_may_be_just_as_long_as_its_limit(settings: Settings, lms: FakePlatform) -> None:
    lms.pages["/x"] = lambda method, headers, body: (200, "text/plain", b"x" * 100)
    assert len(http.fetch(settings, "GET", f"{lms.issuer}/x", limits=http.Limits(bytes=100)).body) == 100
    assert why(settings, f"{lms.issuer}/x", bytes=99) == "too_large"


@pytest.mark.parametrize(("seconds", "asked"), [(30, (5, 20)), (12, (5, 12)), (2, (2, 2))])
def test_no_wait_on_the_line_is_longer_than_the_whole_call_may_take(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, seconds: float, asked: tuple[float, float]
) -> None:
    seen: list[object] = []

    def refuse(*_: object, timeout: object, **__: object) -> None:
        seen.append(timeout)
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", refuse)
    assert why(settings, "http://127.0.0.1:9/", seconds=seconds) == "not_sent"
    assert seen == [asked]


@pytest.mark.parametrize(("line", "whole"), [(30.0, 0.1), (0.1, 30.0), (None, 0.1)])
def test_silence_is_borne_as_long_as_the_line_and_the_whole_call_both_allow(line: float | None, whole: float) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(line)
        began = time.monotonic()
        guard.call.deadline = began + whole
        with pytest.raises(TimeoutError):
            guard._BoundedReader(ours, "r").readinto(bytearray(8))
        assert 0.05 < time.monotonic() - began < 5


def test_a_name_that_leads_both_outside_and_inside_is_not_called(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    assert why(public_only, "https://lms.example.id/") == "forbidden"


def test_a_call_that_failed_is_not_made_a_second_time(settings: Settings) -> None:
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def close() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    taken.append(connection.recv(1000))
                    connection.close()
                    server.settimeout(0.5)
            except TimeoutError:
                pass

        thread = threading.Thread(target=close)
        thread.start()
        assert why(settings, f"http://127.0.0.1:{server.getsockname()[1]}/") == "maybe_sent"
        thread.join()
    assert len(taken) == 1


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_the_one_that_is_called(
    settings: Settings, lms: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = int(lms.issuer.rsplit(":", 1)[1]), []
    real = socket.getaddrinfo

    def answer(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        if host != "lms.localhost":
            return real(host, *rest, **more)  # type: ignore[arg-type]
        dead, alive = "127.0.0.9", "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in (dead, alive, "127.0.0.8")]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    fresh = settings.model_copy(update={"public_url": "https://once.example"})
    assert http.fetch(fresh, "GET", f"http://lms.localhost:{port}/jwks").status == 200
    assert asked.count("lms.localhost") == 1


def test_a_netrc_of_the_machine_never_replaces_our_token(
    settings: Settings, lms: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen: list[dict[str, str]] = []
    lms.pages["/x"] = lambda method, headers, body: (seen.append(headers) or 200, "text/plain", b"")
    http.fetch(settings, "GET", f"{lms.issuer}/x", headers={"Authorization": "Bearer t"})
    assert seen[0]["Authorization"] == "Bearer t"


def test_each_call_is_judged_by_itself(settings: Settings, lms: FakePlatform) -> None:
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    assert http.fetch(settings, "GET", f"{lms.issuer}/jwks").status == 200
    assert why(settings, "http://127.0.0.1:9/") == "not_sent"
    assert why(public_only, "https://127.0.0.1:9/") == "forbidden"
    assert why(settings, "http://127.0.0.1:9/") == "not_sent"


def test_an_answer_without_an_end_is_given_up_at_its_limit_and_not_at_the_end_of_the_time(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def pour() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    connection.sendall(b"x" * 1024)
                    time.sleep(0.01)

        thread = threading.Thread(target=pour)
        thread.start()
        began = time.monotonic()
        assert why(settings, f"http://127.0.0.1:{server.getsockname()[1]}/", seconds=8, bytes=5000) == "too_large"
        assert time.monotonic() - began < 7
        thread.join()
