"""What the doctor makes of an LMS's answers: their status, the clock in them, its certificate and its keys."""

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from requests.structures import CaseInsensitiveDict

from diklat_lti.lti import http
from diklat_lti.lti.doctor import of_network
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.site import Site
from diklat_lti.lti.doctor.word import Seen
from diklat_lti.lti.keys import jwk_of
from world import NOW

KEYS, TOKEN, LOGIN = (f"https://lms.example.id/{name}" for name in ("certs.php", "token.php", "auth.php"))


def site(**changed: Any) -> Site:
    columns: dict[str, Any] = {
        "platform_id": 7, "registration_id": 1, "client_id": "abc", "auth_login_url": LOGIN, "token_url": TOKEN,
        "jwks_url": KEYS, "disabled": False, "admitted": 1, "held": 0, "keys_fetched_at": None, "lineitems_url": None,
        "memberships_url": None,
    }  # fmt: skip
    return Site(**columns | changed)


def look(answers: dict[str, http.Answer | Exception] | None = None, at: datetime = NOW, **changed: Any) -> Look:
    """At a site whose answers are known already; nothing is asked."""
    made = Look(cast(Any, None), cast(Any, None), NOW, site(**changed))
    for url, given in (answers or {}).items():
        made._kept[url] = (None, given) if isinstance(given, Exception) else ((given, at), None)
    return made


def answer(status: int = 200, body: str = "", **headers: str) -> http.Answer:
    return http.Answer(status, "", CaseInsensitiveDict(headers), body.encode())


def untrusted(said: str) -> http.Unreachable:
    made = http.Unreachable("not_sent", "SSLError")
    made.__cause__ = OSError(said)
    return made


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, "open"),
        ({"held": 1}, "one_held"),
        ({"held": 1, "admitted": 0}, "held"),
        ({"admitted": 0}, "open"),
        ({"held": 1, "disabled": True}, "disabled"),
    ],
)
def test_the_door_is_open_where_nothing_waits_at_it(changed: dict[str, Any], reason: str) -> None:
    assert of_network.door(look(**changed)) == Seen(reason, {} if reason == "open" else {"platform": 7})


def test_a_server_whose_certificate_is_refused_is_reached() -> None:
    refused, gone = untrusted("certificate has expired"), http.Unreachable("not_sent", "ConnectionError")
    assert of_network.reach(look({KEYS: refused, TOKEN: answer(), LOGIN: answer(500)})) == Seen("reached")
    assert of_network.tls(look({KEYS: answer(), TOKEN: refused})) == Seen("expired")
    assert of_network.reach(look({KEYS: refused, TOKEN: gone})) == Seen(
        "no_connection", {"host": "https://lms.example.id"}
    )


@pytest.mark.parametrize(
    ("urls", "reason"),
    [
        ((KEYS, TOKEN, LOGIN), "trusted"),
        ((KEYS, TOKEN, "http://lms.example.id/auth.php"), "plain_http"),
        ((KEYS, TOKEN, "http://localhost/auth.php"), "this_machine"),
        (("http://127.0.0.1/certs.php", "http://lms.example.id/token.php", LOGIN), "plain_http"),
    ],
)
def test_an_address_without_tls_is_only_right_on_this_machine(urls: tuple[str, str, str], reason: str) -> None:
    names: dict[str, Any] = dict(zip(("jwks_url", "token_url", "auth_login_url"), urls, strict=True))
    assert of_network.tls(look({url: answer() for url in urls}, **names)) == Seen(reason)


@pytest.mark.parametrize(
    ("url", "status", "is_well"),
    [(KEYS, 499, True), (KEYS, 500, False), (TOKEN, 499, True), (TOKEN, 500, False), (LOGIN, 501, True),
     (LOGIN, 502, False)],
)  # fmt: skip
def test_a_server_in_trouble_is_out_of_order(url: str, status: int, is_well: bool) -> None:
    """Moodle's auth.php answers a bare GET with 500."""
    answers: dict[str, http.Answer | Exception] = {
        KEYS: answer(),
        TOKEN: answer(),
        LOGIN: answer(),
        url: answer(status),
    }
    assert of_network.endpoints(look(answers)) == (
        Seen("answer") if is_well else Seen("out_of_order", {"status": status})
    )


def dated(seconds: float) -> http.Answer:
    return answer(Date=format_datetime(NOW + timedelta(seconds=seconds), usegmt=True))


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(14, "right"), (-14, "right"), (15, "slightly"), (-15, "slightly"), (59, "slightly"), (-59, "slightly"),
     (60, "ahead"), (-60, "behind")],
)  # fmt: skip
def test_the_furthest_clock_decides(seconds: int, reason: str) -> None:
    seen = of_network.clock(look({KEYS: dated(1), TOKEN: dated(seconds), LOGIN: dated(-2)}))
    assert seen == Seen(reason, {"seconds": abs(seconds)})


def test_an_answer_without_a_readable_date_tells_no_time() -> None:
    blind = {KEYS: answer(), TOKEN: answer(Date="yesterday"), LOGIN: answer(Date="")}
    assert of_network.clock(look({**blind})) == Seen("no_date")
    assert of_network.clock(look({**blind, LOGIN: dated(20)})) == Seen("slightly", {"seconds": 20})
    nameless = answer(Date=f"{NOW + timedelta(seconds=20):%a, %d %b %Y %H:%M:%S} -0000")
    assert of_network.clock(look({**blind, LOGIN: nameless})) == Seen("slightly", {"seconds": 20})


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, '{"keys": []}'), (200, "not json"), (200, "[]"), (200, '{"keys": []}'), (200, "[" * 99_999)],
)
def test_a_key_set_without_a_readable_key_is_told_with_its_address(status: int, body: str) -> None:
    assert of_network.keyset(look({KEYS: answer(status, body)})) == Seen("no_keys", {"status": status, "url": KEYS})


@pytest.mark.parametrize(("status", "seen"), [(200, "readable"), (199, "no_keys"), (201, "no_keys")])
def test_a_key_set_is_readable_where_it_was_found(status: int, seen: str) -> None:
    key = jwk_of(generate_private_key(65537, 2048).public_key())
    assert of_network.keyset(look({KEYS: answer(status, json.dumps({"keys": [key]}))})).reason == seen
