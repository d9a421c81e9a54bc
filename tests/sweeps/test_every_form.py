"""Every POST route: whatever is sent, the answer is calm and in the reader's language, and what is refused stores nothing."""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import requests
from sqlalchemy import Connection, event, select, update

import forms
import forms_centre  # noqa: F401 - its forms are in the list then
import forms_decisions  # noqa: F401
import forms_doctor  # noqa: F401
from diklat_lti.app import create_app
from diklat_lti.database import Base, Database
from diklat_lti.languages import LANGUAGES, translations
from diklat_lti.models import BrowserSession
from diklat_lti.settings import Settings
from forms import Good
from house import Guest, House, open_house

both = pytest.mark.parametrize("language", LANGUAGES)
LONG = "x" * 100_000
SCRIPT = "<script>alert(1)</script>"
WRONG = [
    "abc",
    "2026-13-45",
    "-1",
    "9" * 25,
    "1e999",
    "[]",
    "a\0b",
    "٣",
    "' OR 1=1 --",
    SCRIPT,
    "../../etc/passwd",
    "\ud7ff",
]
WRONG_JSON = [*WRONG, None, True, -1, 10**30, 1.5, [], [1, [2]], {}, {"a": {"b": 1}}]
OWN_MEMORY = re.compile(
    r"INSERT INTO (refusals|spent_tickets|kept_forms)|"
    r"UPDATE (registrations SET jwks|invites SET spent_at|centre_codes SET tries_left)"
)
"""What the door notes of whom it refused, the keys it fetched to see that it must, an invite that was held and let go,
a wrong try at a code, a form that waits for its person (`test_learn_kept.py`)."""


class Written:
    """The statements that changed something and were committed."""

    def __init__(self, db: Database) -> None:
        self.kept: list[str] = []
        event.listen(db.writer, "after_cursor_execute", self._note)
        event.listen(db.writer, "commit", lambda connection: self.kept.extend(connection.info.pop("written", [])))
        event.listen(db.writer, "rollback", lambda connection: connection.info.pop("written", None))

    def _note(self, connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and not OWN_MEMORY.match(statement):
            connection.info.setdefault("written", []).append(statement[:120])


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        yield opened


@pytest.fixture
def written(house: House) -> Written:
    return Written(house.door.db)


def stored(house: House) -> dict[str, str]:
    """Every table as one number."""
    found = {}
    with house.door.db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = sorted(map(repr, connection.execute(select(table)))) if table.name != "refusals" else []
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@cache
def sentences(language: str) -> re.Pattern[str]:
    """All that the house can say in a language."""
    texts = [text for known in LANGUAGES for text in _catalog(known, language)]
    return re.compile(
        "|".join(re.sub(r"%\\\(\w+\\\)[sd]|%\(\w+\)[sd]", ".+", re.escape(text)) for text in texts if text)
    )


def _catalog(known: str, language: str) -> list[str]:
    messages = getattr(translations(known), "_catalog", {})
    keys = [key if isinstance(key, str) else key[0] for key in messages]
    return [key for key in keys if key] if language == "en" else [text for key, text in messages.items() if key]


def trouble(answer: requests.Response, language: str, written: Written) -> str | None:
    """What is wrong with an answer; None: it is calm, and stored nothing where it refused."""
    if answer.status_code >= 500 or "Traceback" in answer.text:
        return f"{answer.status_code} {answer.text[:300]}"
    if SCRIPT in answer.text:
        return "what was typed stands in the page as it was typed"
    if answer.status_code < 400:
        return None
    if unsaid := [text for text in spoken(answer) if not sentences(language).fullmatch(text)]:
        return f"{answer.status_code} not said in {language}: {unsaid}"
    return f"{answer.status_code} and yet stored: {written.kept}" if written.kept else None


def spoken(answer: requests.Response) -> list[str]:
    """The sentences of a refusal: of JSON, of the calm page, or beside the fields of a form that is shown again."""
    if answer.headers["content-type"].startswith("application/json"):
        return [text for text in (answer.json()["sentence"], answer.json()["advice"]) if text]
    heads, told = (
        [" ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split()) for text in re.findall(mark, answer.text, re.S)]
        for mark in (r"<h1>(.*?)</h1>", r'(?:<p class="wrong"|<p class="lead"|role="alert")(.*?)</p>')
    )
    return [*heads, *(text.split(">", 1)[-1].strip() for text in told or ["nothing of what was wrong"])]


def broken(good: Good, value: Any) -> Iterator[dict[str, Any]]:
    """The form with one field after the other broken in this one way; the token of the form stays."""
    yield from ({**good.fields, name: value} for name in good.fields if name != "csrf")


def tried(house: House, written: Written, language: str, bad: Callable[[Good], Iterable[Any]]) -> list[str]:
    """Sends each route all that `bad(good)` makes of its form."""
    found = []
    for route, good in forms.every(house, language):
        for fields in bad(good):
            written.kept.clear()
            if problem := trouble(good.send_all(language, fields), language, written):
                found.append(f"{route} {str(fields)[:200]}: {problem}")
    return found


def test_every_post_route_of_the_app_is_tried(settings: Settings) -> None:
    assert forms.post_routes(create_app(settings)) == set(forms.MAKERS)


@both
def test_an_empty_form_is_answered_calmly(house: House, written: Written, language: str) -> None:
    def empty(good: Good) -> Iterator[Any]:
        yield {} if good.is_json else b""
        yield {name: value if name == "csrf" else "" for name, value in good.fields.items()}
        yield from ({n: v for n, v in good.fields.items() if n != left_out} for left_out in good.fields)

    assert tried(house, written, language, empty) == []


@both
def test_a_field_of_100_000_characters_is_answered_calmly(house: House, written: Written, language: str) -> None:
    assert tried(house, written, language, lambda good: [*broken(good, LONG), {**good.fields, LONG: "x"}]) == []


@both
def test_a_field_of_another_type_is_answered_calmly(house: House, written: Written, language: str) -> None:
    def other(good: Good) -> Iterator[Any]:
        for value in WRONG_JSON if good.is_json else WRONG:
            yield from broken(good, value)

    assert tried(house, written, language, other) == []


@both
def test_a_field_that_comes_several_times_is_answered_calmly(house: House, written: Written, language: str) -> None:
    def several(good: Good) -> Iterator[Any]:
        for name, value in good.fields.items():
            yield {**good.fields, name: [value, "a", "b"]}
            yield {**good.fields, f"{name}[]": ["a", "b"]}

    assert tried(house, written, language, several) == []


@both
def test_a_foreign_number_in_the_address_is_not_found_and_stores_nothing(
    house: House, written: Written, language: str
) -> None:
    found = []
    for route, good in forms.every(house, language):
        if good.foreign is None or good.foreign == good.path:
            continue
        written.kept.clear()
        answer = good.send(language, good.foreign)
        problem = trouble(answer, language, written)
        if answer.status_code != 404 or problem:
            found.append(f"{route}: {answer.status_code} {problem}")
        if (right := good.send(language)).status_code >= 400:
            found.append(f"{route}: its own is refused too: {right.status_code} {right.text[:300]}")
    assert found == []


@both
def test_a_form_sent_twice_is_stored_once(house: House, written: Written, language: str) -> None:
    found = []
    for route, good in forms.every(house, language):
        if (first := good.send(language)).status_code >= 400:
            found.append(f"{route}: {first.status_code} {first.text[:300]}")
        before = stored(house)
        written.kept.clear()
        if problem := trouble(good.send(language), language, written):
            found.append(f"{route}: {problem}")
        if changed := [name for name, digest in stored(house).items() if before[name] != digest]:
            found.append(f"{route}: the second one stored {changed}")
    assert found == []


@both
def test_after_the_session_ended_nothing_is_taken(house: House, written: Written, language: str) -> None:
    """For the door, which knows no session yet: after its ticket or invite is over. A login begins anew each time,
    and the page of what an invite made is there for later."""
    found = []
    for route, good in forms.every(house, language):
        if isinstance(good.browser, Guest):
            with house.door.db.write() as session:
                of_it = BrowserSession.id == good.browser.session_id
                session.execute(update(BrowserSession).where(of_it).values(ended_at=house.door.clock.real_now()))
        else:
            house.door.clock.move(timedelta(days=2))
        written.kept.clear()
        answer = good.send(language)
        house.door.clock.move(timedelta(0))
        problem = trouble(answer, language, written)
        if problem or (answer.status_code < 400 and route not in ("/lti/login", "/lti/register/look")):
            found.append(f"{route}: {answer.status_code} {problem}")
    assert found == []


QUERIES = [
    "q=%00", "page=abc", "page=-1", f"page={'9' * 25}", "lang=%00", f"q={'x' * 5000}", "state=%27", "grade=%FF",
    "iss=%00&login_hint=%00", "invite=%00&openid_configuration=%00", "openid_configuration=http://[", "sort[]=1",
]  # fmt: skip


@both
def test_a_strange_query_is_answered_calmly(house: House, written: Written, language: str) -> None:
    rina, siti = (
        house.browser(house.siti.admin, house.siti, language),
        house.browser(house.siti.learner, house.siti, language),
    )
    places = [(rina, f"/manage/{house.siti.cohort.id}"), (siti, f"/learn/{house.siti.enrolment.id}"),
              (house.door.visitor(), "/lti/register"), (house.door.visitor(), "/lti/login"),
              (house.door.visitor(), "/lti/config"), (house.door.visitor(), "/help/guides"),
              (rina, f"/manage/{house.siti.cohort.id}/people/{house.siti.enrolment.id}")]  # fmt: skip
    found = []
    for browser, path in places:
        for query in QUERIES:
            written.kept.clear()
            answer = browser.ask("GET", f"{path}?{query}", None, **{"Accept-Language": language})
            if problem := trouble(answer, language, written):
                found.append(f"{path}?{query[:60]}: {problem}")
    assert found == []
