"""Floods: whoever sends without end fills neither the database nor the memory, and keeps nobody else out."""

from concurrent.futures import ThreadPoolExecutor

import requests

from diklat_lti.lti import known, refusals
from diklat_lti.lti.registration import invites
from diklat_lti.models import Invite, KeptForm, Launch, Person, Refusal, Registration, SpentTicket
from door import Door
from registering import invited

ROWS = (SpentTicket, Launch, Person, KeptForm)


def many(door: Door, number: int, path: str, **changes: str) -> set[int]:
    """So many posts of strangers, each a little different."""
    with ThreadPoolExecutor(8) as threads:
        posted = threads.map(
            lambda n: door.visitor().ask(
                "POST", path, door.login_fields() | {k: v.format(n) for k, v in changes.items()}
            ),
            range(number),
        )
        return {answer.status_code for answer in posted}


def test_abuse_186_200_logins_that_are_never_finished(door: Door) -> None:
    assert many(door, 200, "/lti/login", login_hint="person {}") == {303}
    assert [door.count(table) for table in (*ROWS, Refusal)] == [0] * 5
    door.assert_let_in(door.launch())


def test_abuse_187_400_logins_of_unknown_issuers(door: Door) -> None:
    assert many(door, 400, "/lti/login", iss="https://lms-{}.test") == {401}
    assert door.count(Refusal) <= 2 * refusals.MOST_A_MINUTE
    assert [door.count(table) for table in ROWS] == [0] * 4


def test_abuse_188_issuers_that_are_unknown_are_not_remembered(door: Door) -> None:
    many(door, 50, "/lti/login", iss="https://lms-{}.test")
    many(door, 50, "/lti/login", client_id="client {}")
    names = known._memory(door.db).by_name
    assert [name for name in names if name != (door.platform.issuer, "client-1")] == []


def test_abuse_189_a_login_hint_that_would_make_a_ticket_of_60_kib(door: Door) -> None:
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(login_hint="x" * 60_000))
    door.assert_refused(answer, "bad_login_hint")


def test_abuse_190_100_invites_are_guessed(door: Door) -> None:
    invited(door)
    assert many(door, 100, "/lti/register", invite="guess {}") == {404}
    assert (door.count(Invite), door.count(Registration)) == (1, 1)
    assert invites.LIFE.days == 7


def test_abuse_191_a_launch_in_chunks_without_end(door: Door) -> None:

    answer = requests.post(f"{door.origin}/lti/launch", data=(b"x" * 8192 for _ in range(40)), timeout=30)
    assert answer.status_code == 413
    assert [door.count(table) for table in ROWS] == [0] * 4


def test_abuse_192_a_browser_with_150_login_cookies_of_somebody_else(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    planted = {f"__Host-diklat-login-{n}": "0" * 40 for n in range(150)}
    visitor.cookies = planted | visitor.cookies
    token = door.platform.sign(door.claims(begun))
    landed = door.post(visitor, id_token=token, state=begun.state)
    door.assert_let_in(landed)
    assert visitor.ask("GET", landed.headers["location"]).status_code < 500
