"""From the launch to the first page: in its browser's session at once, from memory where it can, in a line of its own."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from diklat_lti.database import OUTSIDE, Database
from diklat_lti.models import BrowserSession, Launch, Registration
from diklat_lti.training import placements
from diklat_lti.web import cookies
from door import Door, Visitor, change
from fake_platform import OTHER_KEY


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """What the database is asked within the block, BEGIN and COMMIT left out."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement.split()[0])

    engines = {db.engine, db.writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield said
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def sessions(door: Door) -> list[BrowserSession]:
    with door.db.read() as session:
        return list(session.scalars(select(BrowserSession).order_by(BrowserSession.id)))


def arrives(door: Door, link: str, visitor: Visitor, **claims: Any) -> Launch:
    """A launch by a visitor, without its first page."""
    return door.assert_let_in(door.launch(visitor, lti__custom={placements.CUSTOM: link}, **claims))


def test_a_launch_that_comes_alone_founds_its_session_and_the_first_page_only_reads(door: Door, link: str) -> None:
    other = door.visitor()
    other.ask("GET", arrives(door, link, other, sub="6").led_to)  # from here on the program is remembered
    visitor = door.visitor()
    launch = arrives(door, link, visitor)
    assert launch.session_id == sessions(door)[1].id
    assert cookies.SESSION not in visitor.cookies, "whose browser it is shows at the first page"
    with statements(door.db) as said:
        page = visitor.ask("GET", launch.led_to)
    assert (page.status_code, said) == (200, ["SELECT", "SELECT"])
    assert list(visitor.cookies) == [cookies.SESSION], "the login is over"
    assert cookies.name_hash(visitor.cookies[cookies.SESSION]) == sessions(door)[1].name_hash


def test_somebody_new_takes_seven_statements_and_somebody_known_four(door: Door, link: str) -> None:
    arrives(door, link, door.visitor(), sub="6")  # makes the placement, and what is remembered of the cohort
    for most in (7, 4):
        visitor = door.visitor()
        begun = door.begin(visitor)
        token = door.platform.sign(door.claims(begun, lti__custom={placements.CUSTOM: link}))
        with statements(door.db) as said:
            answer = door.post(visitor, id_token=token, state=begun.state)
        assert (answer.status_code, len(said)) == (303, most), said


def test_a_second_launch_is_in_the_session_that_the_browser_brings_and_makes_it_last(door: Door, link: str) -> None:
    visitor = door.visitor()
    first = arrives(door, link, visitor)
    visitor.ask("GET", first.led_to)
    arrives(door, link, door.visitor(), sub="6")
    ends, other_ends = (row.expires_at for row in sessions(door))
    door.clock.move(timedelta(hours=2))
    second = arrives(door, link, visitor)
    assert (first.session_id, len(sessions(door))) == (second.session_id, 2)
    assert sessions(door)[0].expires_at == second.expires_at > ends
    assert sessions(door)[1].expires_at == other_ends
    with statements(door.db) as said:
        assert visitor.ask("GET", second.led_to).status_code == 200
    assert said == ["SELECT", "SELECT"]
    assert list(visitor.cookies) == [cookies.SESSION]


@pytest.mark.parametrize("how", ["ended", "of somebody else"])
def test_a_session_that_is_over_or_another_persons_takes_no_launch(door: Door, link: str, how: str) -> None:
    visitor = door.visitor()
    first = arrives(door, link, visitor)
    visitor.ask("GET", first.led_to)
    before = visitor.cookies[cookies.SESSION]
    if how == "ended":
        with door.db.write() as session:
            session.execute(update(BrowserSession).values(ended_at=door.clock.real_now()))
    second = arrives(door, link, visitor, **({} if how == "ended" else {"sub": "99"}))
    assert second.session_id is None, "the first page decides"
    assert visitor.ask("GET", second.led_to).status_code == 200
    assert visitor.cookies[cookies.SESSION] != before
    assert [row.ended_at is None for row in sessions(door)] == [False, True]


def test_launches_side_by_side_end_in_one_session(door: Door, link: str) -> None:
    visitor = door.visitor()
    begun = [door.begin(visitor) for _ in range(2)]
    tokens = [door.platform.sign(door.claims(b, lti__custom={placements.CUSTOM: link})) for b in begun]
    launches = [
        door.assert_let_in(door.post(visitor, id_token=token, state=b.state))
        for b, token in zip(begun, tokens, strict=True)
    ]
    assert [launch.session_id for launch in launches] == [None, None]
    assert visitor.ask("GET", launches[0].led_to).status_code == 200
    assert len(sessions(door)) == 1
    assert {launch.session_id for launch in door.launches()} == {sessions(door)[0].id}


def test_a_login_cookie_without_its_proof_opens_nobodys_session(door: Door, link: str) -> None:
    visitor = door.visitor()
    launch = arrives(door, link, visitor)
    thief = door.visitor(cookies=dict.fromkeys(visitor.cookies, "invented"))
    assert thief.ask("GET", launch.led_to).status_code == 401


def test_a_login_asks_the_database_once_in_five_seconds(door: Door) -> None:
    def asked() -> int:
        with statements(door.db) as said:
            door.begin(door.visitor())
        return len([word for word in said if word == "SELECT"])

    asked()
    assert asked() == 0
    door.clock.move(timedelta(seconds=6))
    assert asked() == 1


def test_a_login_from_memory_is_refused_as_any_other(door: Door) -> None:
    door.begin(door.visitor())
    answer = door.visitor().ask("POST", "/lti/login", door.login_fields(target_link_uri="https://elsewhere.example/"))
    door.assert_refused(answer, "foreign_target")


def test_a_platform_that_takes_its_time_holds_up_no_launch_of_another(door: Door, link: str) -> None:
    """Everybody waits for the key set of an LMS that does not answer; who needs none comes in."""
    arrives(door, link, door.visitor(), sub="6")
    answered, asked = threading.Event(), threading.Event()

    def key_set(*_: Any) -> tuple[int, str, bytes]:
        asked.set()
        answered.wait(20)
        return 200, "application/json", door.platform.key_set()

    door.platform.pages["/slow"] = key_set
    waiting = [(visitor, door.begin(visitor)) for visitor in (door.visitor() for _ in range(OUTSIDE + 2))]
    ready = door.visitor()
    good = door.begin(ready)
    change(door, Registration, jwks_url=f"{door.platform.issuer}/slow", jwks_tried_at=None)
    door.platform.keys["key-2"] = OTHER_KEY
    with ThreadPoolExecutor(len(waiting)) as crowd:
        held = [
            crowd.submit(
                door.post,
                visitor,
                id_token=door.platform.sign(door.claims(begun, sub="8"), OTHER_KEY, kid="key-2"),
                state=begun.state,
            )
            for visitor, begun in waiting
        ]
        assert asked.wait(20)
        token = door.platform.sign(door.claims(good, lti__custom={placements.CUSTOM: link}))
        try:
            door.assert_let_in(door.post(ready, id_token=token, state=good.state))
        finally:
            answered.set()
        assert [post.result().status_code for post in held] == [303] * len(held)


@pytest.mark.parametrize("path", ["/lti/launch", "/lti/login", "/learn/1"])
def test_a_way_of_asking_that_does_not_exist_gets_a_page_too(door: Door, path: str) -> None:
    answer = door.visitor().ask("DELETE", path)
    assert (answer.status_code, "<h1>" in answer.text) == (405, True)
    assert answer.headers["content-security-policy"]


def test_an_error_of_ours_on_the_way_of_a_launch_gets_the_calm_page(
    door: Door, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = door.platform.sign(door.claims(begun, lti__custom={placements.CUSTOM: link}))
    with monkeypatch.context() as broken:
        broken.setattr("diklat_lti.training.landing._launch_values", lambda *_: {})
        answer = door.post(visitor, id_token=token, state=begun.state)
    assert (answer.status_code, "<h1>" in answer.text, door.count(Launch)) == (500, True, 0)
    door.assert_let_in(door.post(visitor, id_token=token, state=begun.state))


def test_the_first_page_is_compressed_for_whoever_can_read_it(door: Door, link: str, tmp_path: Path) -> None:
    visitor = door.visitor()
    launch = arrives(door, link, visitor)
    page = visitor.ask("GET", launch.led_to, None, **{"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["vary"]


def test_a_message_that_was_refused_is_refused_again_for_its_ticket(door: Door) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = door.platform.sign(door.claims(begun, lti__version="1.1"))
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), "wrong_version")
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), "ticket_spent", 409)
