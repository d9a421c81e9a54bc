"""Abuse between login and session: look-alike issuers, states and nonces that change hands, cookies that were planted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

import recipes
from diklat_lti.lti import signed, tickets
from diklat_lti.models import BrowserSession, Launch, Person
from diklat_lti.training import placements
from diklat_lti.web import cookies, csrf
from diklat_lti.web.learn import device_token
from door import Door, Visitor, register
from fake_platform import FakePlatform


def refused_login(door: Door, reason: str = "unknown_registration", **changes: str) -> None:
    door.assert_refused(door.visitor().ask("POST", "/lti/login", door.login_fields(**changes)), reason)


def test_abuse_049_a_login_from_an_issuer_in_capital_letters(door: Door) -> None:
    refused_login(door, iss=door.platform.issuer.upper())


def test_abuse_050_a_login_from_an_issuer_with_a_cyrillic_letter(door: Door) -> None:
    refused_login(door, iss=door.platform.issuer.replace("p", "\u0440"))


def test_abuse_051_a_login_from_an_issuer_with_an_ideographic_stop(door: Door) -> None:
    refused_login(door, iss=door.platform.issuer.replace(".", "\u3002", 1))


def test_abuse_052_a_login_from_an_issuer_with_a_space_before_it(door: Door) -> None:
    refused_login(door, iss=" " + door.platform.issuer)


def test_abuse_053_a_login_that_names_the_client_of_another_lms(door: Door) -> None:
    register(door.db, FakePlatform("https://other.test", "client-2"))
    refused_login(door, client_id="client-2")


def at_once(door: Door) -> list[tuple[Visitor, recipes.Begun]]:
    """50 browsers whose logins are all under way."""
    visitors = [door.visitor() for _ in range(50)]
    with ThreadPoolExecutor(8) as threads:
        return list(zip(visitors, threads.map(door.begin, visitors), strict=True))


def all_refused(door: Door, forms: list[tuple[Visitor, dict[str, str]]], reason: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: door.post(one[0], **one[1]), forms))
    assert [answer.status_code for answer in answers] == [401] * 50
    assert door.reasons() == [reason] * 50
    assert [door.count(table) for table in (Person, Launch, BrowserSession)] == [0, 0, 0]


def test_abuse_054_nonces_swapped_among_50_parallel_logins(door: Door) -> None:
    begun = at_once(door)
    swapped = [(who, recipes.form(door, own, nonce=begun[n - 1][1].nonce)) for n, (who, own) in enumerate(begun)]
    all_refused(door, swapped, "wrong_nonce")


def test_abuse_055_a_nonce_in_capital_letters(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_refused(door.post(visitor, **recipes.form(door, begun, nonce=begun.nonce.swapcase())), "wrong_nonce")


def test_abuse_056_a_nonce_as_a_list_with_the_right_one(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_refused(door.post(visitor, **recipes.form(door, begun, nonce=[begun.nonce])), "wrong_nonce")


def test_abuse_057_a_nonce_with_a_space_behind_it(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_refused(door.post(visitor, **recipes.form(door, begun, nonce=begun.nonce + " ")), "wrong_nonce")


def test_abuse_058_states_swapped_among_50_parallel_logins(door: Door) -> None:
    begun = at_once(door)
    all_refused(
        door, [(who, recipes.form(door, begun[n - 1][1])) for n, (who, _) in enumerate(begun)], "no_ticket_cookie"
    )


def test_abuse_059_somebody_elses_login_is_finished_in_my_browser(door: Door) -> None:
    begun = door.begin(door.visitor())
    door.assert_refused(
        door.post(door.visitor(cookies={"other": "1"}), **recipes.form(door, begun)), "no_ticket_cookie"
    )


def with_cookie(door: Door, change: str) -> None:
    """A launch whose login cookie has another value, or comes under another name."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    [(name, value)] = visitor.cookies.items()
    visitor.cookies = {"tossed": {name: "0" * 40}, "cut": {name: value[:-1]}, "lower": {name.lower(): value}}[change]
    door.assert_refused(door.post(visitor, **recipes.form(door, begun)), "no_ticket_cookie")


def test_abuse_060_a_login_cookie_that_was_tossed_in(door: Door) -> None:
    with_cookie(door, "tossed")


def test_abuse_061_a_login_cookie_that_lacks_its_last_letter(door: Door) -> None:
    with_cookie(door, "cut")


def test_abuse_062_a_login_cookie_under_a_name_without_the_host_prefix(door: Door) -> None:
    with_cookie(door, "lower")


def with_state(door: Door, state: str) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    door.assert_refused(door.post(visitor, **recipes.form(door, begun) | {"state": state}), "unknown_state")


def test_abuse_063_a_form_token_as_state(door: Door) -> None:
    with_state(door, csrf.token(door.settings, "f" * 64))


def test_abuse_064_a_devices_token_as_state(door: Door) -> None:
    with_state(door, device_token.make(door.settings, 1, "f" * 64))


def test_abuse_065_a_state_whose_content_was_changed(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    content, signature = begun.state.rsplit(".", 1)
    other = "B" if content[5] != "B" else "C"
    changed = f"{content[:5]}{other}{content[6:]}.{signature}"
    door.assert_refused(door.post(visitor, **recipes.form(door, begun) | {"state": changed}), "unknown_state")


def test_abuse_066_a_state_that_lacks_its_signature(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    bare = begun.state.rsplit(".", 1)[0] + "."
    door.assert_refused(door.post(visitor, **recipes.form(door, begun) | {"state": bare}), "unknown_state")


def test_abuse_067_a_state_signed_for_another_purpose(door: Door) -> None:
    ticket = tickets.new(1, door.target, "7", None, "known", door.clock.real_now())
    with_state(door, signed.dumps(door.settings.secret_keys, "form", list(vars(ticket).values())))


def came_in(door: Door, link: str, visitor: Visitor, **claims: object) -> str:
    answer = door.launch(visitor, lti__custom={placements.CUSTOM: link}, **claims)
    assert answer.status_code == 303, answer.text
    assert visitor.ask("GET", answer.headers["location"]).status_code == 200
    return answer.headers["location"]


def test_abuse_068_a_session_name_planted_before_the_launch_is_not_taken(door: Door, link: str) -> None:
    visitor = door.visitor(cookies={cookies.SESSION: "chosen by somebody"})
    address = came_in(door, link, visitor)
    assert visitor.cookies[cookies.SESSION] != "chosen by somebody"
    assert Visitor(door.origin, cookies={cookies.SESSION: "chosen by somebody"}).ask("GET", address).status_code == 401


def test_abuse_069_somebodys_real_session_planted_before_the_launch_does_not_see_the_learner(
    door: Door, link: str
) -> None:
    attacker = door.visitor()
    came_in(door, link, attacker, sub="attacker")
    learner = door.visitor(cookies=dict(attacker.cookies))
    address = came_in(door, link, learner, sub="8")
    assert learner.cookies[cookies.SESSION] != attacker.cookies[cookies.SESSION]
    assert attacker.ask("GET", address).status_code in (401, 404)


def test_abuse_070_a_session_planted_between_launch_and_first_page_is_not_joined(door: Door, link: str) -> None:
    attacker, learner = door.visitor(), door.visitor()
    came_in(door, link, attacker, sub="attacker")
    launched = door.launch(learner, lti__custom={placements.CUSTOM: link}, sub="8")
    learner.cookies[cookies.SESSION] = attacker.cookies[cookies.SESSION]
    learner.ask("GET", launched.headers["location"])
    assert attacker.ask("GET", launched.headers["location"]).status_code in (401, 404)


def test_abuse_071_the_hash_of_a_session_is_no_session(door: Door, link: str) -> None:
    address = came_in(door, link, door.visitor())
    with door.db.read() as session:
        name_hash = session.scalars(select(BrowserSession.name_hash)).one()
    assert door.visitor(cookies={cookies.SESSION: name_hash}).ask("GET", address).status_code == 401


def test_abuse_072_a_session_cookie_without_the_host_prefix_is_not_read(door: Door, link: str) -> None:
    visitor = door.visitor()
    address = came_in(door, link, visitor)
    bare = door.visitor(cookies={"diklat": visitor.cookies[cookies.SESSION]})
    assert bare.ask("GET", address).status_code == 401


def test_abuse_073_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(door: Door, link: str) -> None:
    visitor = door.visitor()
    address = came_in(door, link, visitor)
    copied = door.visitor(cookies=dict(visitor.cookies))
    token = csrf.token(door.settings, cookies.name_hash(visitor.cookies[cookies.SESSION]))
    assert visitor.ask("POST", "/logout", {"csrf": token}).status_code == 200
    assert copied.ask("GET", address).status_code == 401


@pytest.mark.parametrize("field", ["state", "id_token"])
def test_abuse_074_a_nul_in_a_field_of_the_launch(door: Door, field: str) -> None:
    visitor = door.visitor()
    form = recipes.form(door, door.begin(visitor))
    assert door.post(visitor, **form | {field: form[field] + "\0"}).status_code == 400
    assert [door.count(table) for table in (Person, Launch, BrowserSession)] == [0, 0, 0]


def body(door: Door, change: str) -> None:
    """An honest launch as raw bytes, with something behind it."""
    visitor = door.visitor()
    raw = door.query(recipes.form(door, door.begin(visitor))) + change
    answer = visitor.ask("POST", "/lti/launch", raw.encode(), **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, "<h1>" in answer.text) == (400, True)
    assert [door.count(table) for table in (Person, Launch, BrowserSession)] == [0, 0, 0]


def test_abuse_075_a_launch_with_a_byte_that_is_no_text(door: Door) -> None:
    body(door, "&x=%ff")


def test_abuse_076_a_launch_of_more_than_100_fields(door: Door) -> None:
    body(door, "&a=1" * 100)


def test_abuse_077_a_launch_whose_fields_stand_in_the_address(door: Door) -> None:
    visitor = door.visitor()
    form = recipes.form(door, door.begin(visitor))
    answer = visitor.ask("POST", f"/lti/launch?{door.query(form)}", {})
    door.assert_refused(answer, "not_a_launch", 400)


def test_abuse_078_a_launch_by_get(door: Door) -> None:
    visitor = door.visitor()
    form = recipes.form(door, door.begin(visitor))
    assert visitor.ask("GET", f"/lti/launch?{door.query(form)}").status_code in (404, 405)
    assert [door.count(table) for table in (Person, Launch, BrowserSession)] == [0, 0, 0]
