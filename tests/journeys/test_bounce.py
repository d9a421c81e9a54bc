"""How a login learns whether cookies work: the bounce, what makes it needless, the new tab, the honest page."""

import html
import re

import pytest

from diklat_lti.lti import keys
from door import Door, Visitor

COOKIE = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"


def posted(door: Door, visitor: Visitor) -> str:
    answer = visitor.ask("POST", "/lti/login", door.login_fields())
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_frame_that_sent_no_cookie_is_bounced_once(door: Door) -> None:
    visitor = door.visitor()
    bounce = posted(door, visitor)
    assert bounce.startswith(f"{door.origin}/lti/login?ticket=")
    begun = door.asked(visitor.ask("GET", bounce).headers["location"])
    token = door.platform.sign(door.claims(begun))
    launch = door.assert_let_in(door.post(visitor, id_token=token, state=begun.state))
    assert (launch.bounce, launch.framed, launch.browser_family) == ("bounced", True, "Chrome")


def test_a_frame_that_sent_one_of_our_cookies_is_not(door: Door) -> None:
    visitor = door.visitor(cookies={"__Host-diklat": "anything"})
    begun = door.asked(posted(door, visitor))
    launch = door.assert_let_in(door.post(visitor, id_token=door.platform.sign(door.claims(begun)), state=begun.state))
    assert (launch.bounce, launch.framed) == ("known", True)


def test_a_phone_whose_page_the_tool_replaces_is_not(door: Door) -> None:
    visitor = door.visitor(fetch_dest="document")
    begun = door.asked(posted(door, visitor))
    shown = {"document_target": "frame", "locale": "id"}
    token = door.platform.sign(door.claims(begun, lti__launch_presentation=shown))
    launch = door.assert_let_in(door.post(visitor, id_token=token, state=begun.state))
    assert (launch.bounce, launch.framed, launch.locale) == ("document", False, "id")


def test_the_cookie_is_the_one_kind_and_lives_ten_minutes(door: Door) -> None:
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields())
    name, rest = answer.headers["set-cookie"].split("=", 1)
    assert name.startswith("__Host-diklat-login-")
    assert rest.split("; ", 1)[1] == f"Max-Age=600; {COOKIE}"
    assert answer.headers["cache-control"] == "no-store"


def test_a_state_has_only_signs_that_moodle_lets_through(door: Door) -> None:
    begun = door.begin(door.visitor())
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", begun.state)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", begun.nonce)
    assert "ltilaunch" not in begun.state


def button(page: str) -> str:
    found = re.search(r'<a class="button" href="([^"]+)" target="_blank"', page)
    assert found is not None, page
    return html.unescape(found[1])


def test_a_frame_without_cookies_offers_a_new_tab_where_the_same_login_goes_on(door: Door) -> None:
    framed = door.visitor(keeps_cookies=False)
    page = framed.ask("GET", posted(door, framed))
    assert (page.status_code, "Buka di tab baru" in page.text) == (200, True)
    tab = door.visitor(fetch_dest="document")
    bounce = tab.ask("GET", button(page.text))
    begun = door.asked(tab.ask("GET", bounce.headers["location"]).headers["location"])
    assert begun.asked["lti_message_hint"] == door.login_fields()["lti_message_hint"]
    token = door.platform.sign(door.claims(begun))
    launch = door.assert_let_in(door.post(tab, id_token=token, state=begun.state))
    assert (launch.bounce, launch.framed) == ("new_tab", False)


def test_a_browser_without_any_cookies_gets_an_honest_page(door: Door) -> None:
    stubborn = door.visitor(keeps_cookies=False)
    page = stubborn.ask("GET", posted(door, stubborn))
    bounce = stubborn.ask("GET", button(page.text))
    honest = stubborn.ask("GET", bounce.headers["location"])
    assert (honest.status_code, "tidak menyimpan kuki" in honest.text) == (400, True)


def test_whoever_sees_the_address_of_the_new_tab_never_gets_the_cookie_of_another_browser(door: Door) -> None:
    framed = door.visitor()
    bounce = posted(door, framed)
    thief = door.visitor(fetch_dest="document")
    thief.ask("GET", bounce)
    thief.ask("GET", f"{bounce}&tab=1")
    assert not set(thief.cookies) & set(framed.cookies)


@pytest.mark.parametrize("ticket", ["", "x", "a.b.c"])
def test_a_ticket_that_is_none_of_ours_is_refused(door: Door, ticket: str) -> None:
    answer = door.visitor().ask("GET", f"/lti/login?ticket={ticket}")
    door.assert_refused(answer, "ticket_expired")


def test_a_page_in_english_for_a_browser_that_asks_for_english(door: Door) -> None:
    framed = door.visitor(keeps_cookies=False)
    page = framed.ask("GET", posted(door, framed), **{"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in page.text
    assert "Open in a new tab" in page.text


def test_the_tools_own_keys_are_public_and_may_be_kept_a_while(door: Door) -> None:
    assert door.visitor().ask("GET", "/lti/jwks").json() == {"keys": []}
    with door.db.write() as session:
        kid = keys.ensure(session, door.settings.secret_keys, door.clock.real_now()).kid
    answer = door.visitor().ask("GET", "/lti/jwks")
    assert [key["kid"] for key in answer.json()["keys"]] == [kid]
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("body", [b"state=%ff", b"\xff", b"&".join(b"a=b" for _ in range(200))])
def test_a_form_that_cannot_be_read_is_refused(door: Door, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = door.visitor().ask("POST", "/lti/launch", body, **headers)
    assert (answer.status_code, "<h1>" in answer.text) == (400, True)
