"""Conformance 26 to 29: nonce and state belong to one login of one browser, once; addresses of others; unasked posts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from diklat_lti.lti import tickets
from diklat_lti.models import Launch, Person, Refusal, SpentTicket
from diklat_lti.web import cookies, session
from door import Begun, Door, Visitor
from fake_platform import GONE


def sent(door: Door, visitor: Visitor, begun: Begun, state: str | None = None, **changes: object) -> requests.Response:
    token = door.platform.sign(door.claims(begun, **changes))
    return door.post(visitor, id_token=token, state=begun.state if state is None else state)


def test_case_26a_a_nonce_that_was_used_is_refused_under_a_fresh_state(door: Door) -> None:
    visitor = door.visitor()
    first = door.begin(visitor)
    door.assert_let_in(sent(door, visitor, first))
    answer = sent(door, visitor, door.begin(visitor), nonce=first.nonce)
    assert (answer.status_code, door.reasons(), door.count(Launch)) == (401, ["wrong_nonce"], 1)


def test_case_26b_the_nonce_of_another_login_is_refused(door: Door) -> None:
    other = door.begin(door.visitor())
    visitor = door.visitor()
    door.assert_refused(sent(door, visitor, door.begin(visitor), nonce=other.nonce), "wrong_nonce")


@pytest.mark.parametrize(("nonce", "reason"), [(GONE, "no_nonce"), ("x" * 32, "wrong_nonce"), (None, "wrong_nonce")])
def test_case_26c_a_nonce_that_is_absent_or_invented_is_refused(door: Door, nonce: object, reason: str) -> None:
    visitor = door.visitor()
    door.assert_refused(sent(door, visitor, door.begin(visitor), nonce=nonce), reason)


def test_case_26d_a_repeated_post_is_refused_and_offers_its_own_browser_the_page_it_led_to(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    launch = door.assert_let_in(sent(door, visitor, begun))
    again = sent(door, visitor, begun)
    assert (again.status_code, door.reasons()) == (409, ["ticket_spent"])
    assert f'href="{launch.led_to}"' in again.text
    assert door.count(Launch) == 1


def test_case_26d_a_repeated_post_is_offered_its_own_page_and_not_that_of_an_earlier_launch(door: Door) -> None:
    earlier = door.assert_let_in(door.launch(sub="another learner"))
    visitor = door.visitor()
    begun = door.begin(visitor)
    sent(door, visitor, begun)
    again = sent(door, visitor, begun)
    mine = door.launches()[-1]
    assert mine.led_to != earlier.led_to
    assert f'href="{mine.led_to}"' in again.text


def test_case_26e_a_repeated_post_after_the_first_page_still_offers_it(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    launch = door.assert_let_in(sent(door, visitor, begun))
    with door.db.write() as writing:
        joined = session.join(writing, visitor.cookies, door.settings.secret_keys, None, door.clock.real_now())
    assert joined is not None
    assert joined.name is not None
    visitor.cookies = {cookies.SESSION: joined.name}
    again = sent(door, visitor, begun)
    assert (again.status_code, door.reasons()) == (409, ["ticket_spent"])
    assert f'href="{launch.led_to}"' in again.text


def test_case_26f_a_repeated_post_from_another_browser_offers_nothing(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    launch = door.assert_let_in(sent(door, visitor, begun))
    stranger = door.visitor(cookies={"__Host-diklat": "invented"})
    answer = sent(door, stranger, begun)
    assert (answer.status_code, door.reasons()) == (401, ["no_ticket_cookie"])
    assert launch.led_to not in answer.text


def test_case_26g_of_eight_posts_at_once_one_comes_in(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: sent(door, visitor, begun).status_code, range(8)))
    assert sorted(answers) == [303, *[409] * 7]
    assert (door.count(Launch), door.count(Person), door.count(SpentTicket)) == (1, 1, 1)


def test_case_27a_no_state_is_refused(door: Door) -> None:
    visitor = door.visitor()
    token = door.platform.sign(door.claims(door.begin(visitor)))
    door.assert_refused(door.post(visitor, id_token=token), "unsolicited")


@pytest.mark.parametrize("state", ["s" * 40, "a.b", "..", "\u00e9.\u00e9", "x" * 5000])
def test_case_27b_an_unknown_state_is_refused(door: Door, state: str) -> None:
    visitor = door.visitor()
    door.assert_refused(sent(door, visitor, door.begin(visitor), state=state), "unknown_state")


def test_case_27c_a_state_older_than_ten_minutes_is_refused(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.clock.move(timedelta(minutes=10, seconds=2))
    door.assert_refused(sent(door, visitor, begun), "ticket_expired")


def test_case_27d_a_state_from_another_browser_is_refused(door: Door) -> None:
    begun = door.begin(door.visitor())
    door.assert_refused(sent(door, door.visitor(), begun), "no_ticket_cookie")
    stranger = door.visitor()
    door.begin(stranger)
    door.assert_refused(sent(door, stranger, begun), "no_ticket_cookie")


def test_case_27e_the_cookie_of_another_login_does_not_stand_in(door: Door) -> None:
    begun = door.begin(door.visitor())
    stranger = door.visitor()
    door.begin(stranger)
    (value,) = stranger.cookies.values()
    ticket = tickets.read(door.settings.secret_keys, begun.state)
    assert ticket is not None
    stranger.cookies = {tickets.COOKIE + ticket.id: value}
    door.assert_refused(sent(door, stranger, begun), "no_ticket_cookie")


def test_case_27f_a_state_used_twice_is_refused_though_the_second_token_is_new(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_let_in(sent(door, visitor, begun))
    assert sent(door, visitor, begun, sub="8").status_code == 409
    assert door.count(Person) == 1


def test_case_27g_a_launch_refused_after_its_ticket_was_spent_cannot_be_mended_with_it(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_refused(sent(door, visitor, begun, lti__version="1.1"), "wrong_version")
    door.assert_refused(sent(door, visitor, begun), "ticket_spent", 409)


def test_case_27h_the_ticket_of_the_bounce_is_no_state(door: Door) -> None:
    visitor = door.visitor()
    bounce = visitor.ask("POST", "/lti/login", door.login_fields()).headers["location"].split("ticket=")[1]
    begun = door.asked(visitor.ask("GET", f"/lti/login?ticket={bounce}").headers["location"])
    door.assert_refused(sent(door, visitor, begun, state=bounce), "unknown_state")


def test_case_27i_a_state_of_another_secret_key_is_refused(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    ticket = tickets.read(door.settings.secret_keys, begun.state)
    assert ticket is not None
    forged = tickets.sign(("another key, forty characters long, oh yes",), ticket)
    door.assert_refused(sent(door, visitor, begun, state=forged), "unknown_state")


def test_case_27j_a_ticket_of_a_registration_that_is_not_here_is_refused(door: Door) -> None:
    made = tickets.new(99, door.target, "7", None, "known", door.clock.real_now())
    signed = tickets.sign(door.settings.secret_keys, made)
    visitor = door.visitor()
    door.assert_refused(visitor.ask("GET", f"/lti/login?ticket={signed}"), "unknown_registration")
    door.assert_refused(door.post(visitor, id_token="x", state=signed), "unknown_registration")


FOREIGN = [
    "https://evil.test/lti/launch",
    "//evil.test/",
    "/lti/launch",
    "javascript:alert(1)",
    "{origin}.evil.test/",
    "{origin}@evil.test/",
    "http://user@{host}/lti/launch",
    "https://{host}/lti/launch",
    "{origin}\\.evil.test/",
    " {origin}/lti/launch",
    "http://[",
    "http://localhost:99999/",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_case_28a_a_target_outside_our_host_is_refused_at_login(door: Door, address: str) -> None:
    target = address.format(origin=door.origin, host=door.origin.removeprefix("http://"))
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(target_link_uri=target))
    door.assert_refused(answer, "foreign_target")


@pytest.mark.parametrize("address", FOREIGN)
def test_case_28b_a_target_outside_our_host_is_refused_in_the_token(door: Door, address: str) -> None:
    target = address.format(origin=door.origin, host=door.origin.removeprefix("http://"))
    door.assert_refused(door.launch(lti__target_link_uri=target), "foreign_target")


def test_case_29a_an_error_of_the_platform_gets_a_calm_page_with_the_way_back(door: Door) -> None:
    visitor = door.visitor()
    state = door.begin(visitor).state
    description = "<b>not you</b>"
    answer = door.post(visitor, error="access_denied", error_description=description, state=state)
    door.assert_refused(answer, "platform_error")
    assert "LMS Anda tidak mengizinkan akun ini membuka aktivitas." in answer.text
    assert f'href="{door.platform.issuer}"' in answer.text
    assert description not in answer.text


@pytest.mark.parametrize("state", [{}, {"state": "unknown"}])
def test_case_29b_an_error_without_a_state_of_ours_gets_no_way_anywhere(door: Door, state: dict[str, str]) -> None:
    answer = door.post(door.visitor(), error="login_required", **state)
    door.assert_refused(answer, "unknown_state" if state else "platform_error")
    assert door.platform.issuer not in answer.text


def test_case_29c_the_moodle_apps_own_token_gets_a_page_that_names_the_browser(door: Door) -> None:
    token = door.platform.sign(door.platform.claims("made by Moodle", door.clock.real_now(), door.target))
    answer = door.post(door.visitor(fetch_dest="document"), id_token=token)
    door.assert_refused(answer, "unsolicited")
    assert "Buka kursus Anda di peramban HP" in answer.text


def test_a_flood_of_logins_stores_nothing(door: Door) -> None:
    for _ in range(20):
        assert door.visitor().ask("POST", "/lti/login", door.login_fields()).status_code == 303
    assert [door.count(table) for table in (SpentTicket, Launch, Person, Refusal)] == [0, 0, 0, 0]


@pytest.mark.parametrize("path", ["/lti/launch", "/lti/login"])
def test_a_body_beyond_64_kib_is_refused_with_413(door: Door, path: str) -> None:
    answer = door.visitor().ask("POST", path, {"state": "x" * 70_000})
    assert (answer.status_code, "<h1>" in answer.text) == (413, True)


@pytest.mark.parametrize("hint", ["", "x" * 4000])
def test_a_login_without_a_usable_hint_is_refused(door: Door, hint: str) -> None:
    door.assert_refused(door.visitor().ask("POST", "/lti/login", door.login_fields(login_hint=hint)), "bad_login_hint")


def test_a_ticket_says_how_old_it_is() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    ticket = tickets.new(1, "x", "7", None, "known", now)
    assert replace(ticket, at=ticket.at - 60).age(now) == timedelta(minutes=1)
