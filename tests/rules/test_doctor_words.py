"""What the doctor may say: every link has its words, docs/doctor.md tells them, and answers of platforms are read rightly."""

import re
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from diklat_lti.lti import http, tokens
from diklat_lti.lti.doctor import chain, of_network, of_service, of_services, of_trust
from diklat_lti.lti.doctor.chain import CHAIN
from diklat_lti.lti.doctor.word import Word
from diklat_lti.lti.doctor.words_history import EVERYWHERE

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
LIGHTS = ("green", "amber", "red", "grey")


def row(reason: str, word: Word) -> str:
    """A blank of the sentence stands as … in the table."""
    told = [re.sub(r"%\(\w+\)s", "…", text) for text in (word.sentence.text, word.advice.text if word.advice else "–")]
    return f"| {word.light} | `{reason}` | {' | '.join(text.replace('|', '/') for text in told)} |"


def section(heading: str, words: dict[str, Word]) -> str:
    ordered = sorted(words.items(), key=lambda pair: LIGHTS.index(pair[1].light))
    rows = "\n".join(row(*pair) for pair in ordered)
    return f"{heading}\n\n| light | reason | cause | what mends it |\n|---|---|---|---|\n{rows}\n"


def test_the_document_tells_every_light_with_its_cause_and_its_menu() -> None:
    for link in CHAIN:
        assert section(f"### {link.label}: `{link.name}`", chain.WORDS[link.name]) in PAGE, link.name
    assert section("### Any link", EVERYWHERE) in PAGE


def test_the_document_has_the_links_in_the_order_of_the_chain_and_what_each_waits_for() -> None:
    told = re.findall(r"^\| `(\w+)` \| (.*?) \|$", PAGE, re.MULTILINE)
    assert told == [(link.name, ", ".join(f"`{name}`" for name in link.needs) or "–") for link in CHAIN]


def test_every_link_has_words_and_no_word_is_without_a_link() -> None:
    assert {link.name for link in CHAIN} == set(chain.WORDS)


def test_every_light_that_is_not_green_says_what_mends_it() -> None:
    silent = [
        f"{link.name}: {reason}"
        for link in CHAIN
        for reason, word in chain.WORDS[link.name].items()
        if word.light == "red" and word.advice is None
    ]
    assert silent == []


def test_a_link_waits_only_for_links_in_front_of_it() -> None:
    seen: set[str] = set()
    for link in CHAIN:
        assert set(link.needs) <= seen
        seen.add(link.name)


def answer(status: int, body: str, reason: str = "") -> http.Answer:
    return http.Answer(status, reason, CaseInsensitiveDict(), body.encode())


PAGES = "<html><body>Log in</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "reason", "found"),
    [
        (200, "[]", "OK", None),
        (200, PAGES, "OK", ("path_info", "not_a_service")),
        (299, "{}", "Odd", ("line_items", "refused")),
        (300, "{}", "Multiple Choices", ("path_info", "not_a_service")),
        (399, "{}", "Odd", ("path_info", "not_a_service")),
        (400, '{"status": 400}', "No handler found for /", ("path_info", "lost")),
        (404, PAGES, "Not Found", ("path_info", "lost")),
        (403, PAGES, "Forbidden", ("path_info", "firewall")),
        (429, PAGES, "Too Many Requests", ("path_info", "out_of_order")),
        (499, "{}", "Odd", ("line_items", "refused")),
        (500, "{}", "Internal Server Error", ("path_info", "out_of_order")),
        (503, PAGES, "Service Unavailable", ("path_info", "out_of_order")),
        (401, '{"status": 401}', "Unauthorized", ("header", "stripped")),
        (403, '{"status": 403}', "Forbidden", ("line_items", "forbidden")),
        (404, '{"status": 404}', "Not Found", ("line_items", "gone")),
        (400, '{"status": 400}', "Bad Request", ("line_items", "refused")),
        (200, '{"status": 200}', "OK", ("line_items", "refused")),
    ],
)
def test_an_answer_of_the_services_breaks_one_link(
    status: int, body: str, reason: str, found: tuple[str, str] | None
) -> None:
    assert of_services.trouble(answer(status, body, reason)) == found


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, '{"error": "invalid_client"}', "unknown_client"),
        (400, '{"error": "Cannot handle token prior to 2026-11-24T03:00:00+0000"}', "clock"),
        (400, '{"error": "Expired token"}', "clock"),
        (400, '{"error": "The URL is blocked."}', "known"),
        (400, '{"error": "\\"kid\\" invalid, unable to lookup correct key"}', "known"),
        (400, '{"error": "Signature verification failed"}', "known"),
        (400, '{"error": "unsupported_grant_type"}', "refused"),
        (200, PAGES, "not_a_token"),
        (400, PAGES, "not_a_token"),
        (403, "Forbidden", "not_a_token"),
        (404, PAGES, "not_a_token"),
        (502, PAGES, "out_of_order"),
    ],
)
def test_a_token_endpoint_says_whether_it_knows_us(status: int, body: str, reason: str) -> None:
    assert of_trust.why_unknown(tokens.TokenRefused(answer(status, body))).reason == reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("certificate verify failed: certificate has expired (_ssl.c:1000)", "expired"),
        ("certificate verify failed: self-signed certificate", "unknown_authority"),
        ("certificate verify failed: unable to get local issuer certificate", "unknown_authority"),
        ("Hostname mismatch, certificate is not valid for 'lms.example.id'", "other_name"),
        ("wrong version number", "untrusted"),
    ],
)
def test_openssls_words_are_understood(said: str, reason: str) -> None:
    assert of_service.why_untrusted(caused(said)) == reason


@pytest.mark.parametrize(
    ("why", "said", "reason"),
    [
        ("forbidden", "", "forbidden"),
        ("not_sent", "Failed to resolve 'lms.example.id' ([Errno -2] Name or service not known)", "no_name"),
        ("not_sent", "Connection refused", "no_connection"),
        ("maybe_sent", "Read timed out.", "no_connection"),
    ],
)
def test_a_server_that_is_not_reached_is_told_apart_from_a_name_that_nobody_knows(
    why: http.Why, said: str, reason: str
) -> None:
    assert of_network.why_not(caused(said, why)) == reason


def caused(said: str, why: http.Why = "not_sent") -> http.Unreachable:
    made = http.Unreachable(why, "ConnectionError")
    made.__cause__ = OSError(said)
    return made
