"""Every word of every page, error and form is translated: in a language of circled letters none stays plain."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import forms
import forms_centre  # noqa: F401 - its forms are in the list then
import forms_decisions  # noqa: F401
import forms_doctor  # noqa: F401
import gallery_centre
import gallery_learn
import gallery_manage
import pseudo
from diklat_lti.database import Database
from diklat_lti.languages import LANGUAGES
from diklat_lti.models import (
    BrowserSession,
    Centre,
    Cohort,
    Course,
    Enrolment,
    GradeItem,
    Invite,
    Launch,
    Person,
    Placement,
    Platform,
    ProgramVersion,
    Region,
    Ruling,
)
from diklat_lti.settings import Settings
from diklat_lti.web import help
from door import Visitor
from gallery import Gallery, open_gallery
from house import open_house

OURS = ["Jaringan padam", "Diklat", "WIB", "WITA", "WIT", *(help.read(role).title for role in help.ROLES)]
"""Our own name; what a form of ours says; the names of the zones, the same in every language, and of the guides."""
COURSES = (Course.title, Course.label, Cohort.name, Platform.name, Centre.name, Placement.title, GradeItem.label)
PROGRAMS = (ProgramVersion.title, ProgramVersion.outline, Region.name)
NAMES = (
    Person.name,
    Person.email,
    Invite.name,
    Platform.product,
    Platform.version,
    Platform.keys_fetched_by,
    Launch.browser_family,
    Enrolment.help_code,
    Ruling.reason,
    Ruling.letter_number,
    *COURSES,
    *PROGRAMS,
)
both = pytest.mark.parametrize("language", LANGUAGES)


def known(session: Session) -> list[str]:
    """What people and programs are called; the longest first, so that no part of a name is left over."""
    found = set(OURS)
    for column in NAMES:
        for value in session.scalars(select(column)):
            found |= set(_texts(value))
    return sorted(filter(None, found), key=len, reverse=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    for inside in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inside)


@both
@pytest.mark.parametrize("room", [gallery_learn, gallery_manage, gallery_centre], ids=["learn", "manage", "centre"])
def test_no_word_of_a_page_stays_plain(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, room: Any, language: str
) -> None:
    found: dict[str, list[str]] = {}
    with pseudo.spoken(monkeypatch), open_gallery(db, settings) as gallery:
        for scene in room.scenes(gallery):
            page = seen(gallery, scene.path, scene.who, language)
            with db.read() as session:
                if plain := pseudo.plain_words(page, known(session)):
                    found[scene.name] = plain
    assert not found, str(found)


def seen(gallery: Gallery, path: str, who: Visitor | None, language: str) -> str:
    """A page as its reader gets it, after whatever it leads on to."""
    with gallery.db.write() as session:
        session.execute(update(BrowserSession).values(locale=language, ended_at=None))
    visitor = who or Visitor(gallery.origin)
    for _ in range(4):
        answer = visitor.ask("GET", path, **{"Accept-Language": language})
        if answer.status_code != 303:
            break
        path = answer.headers["location"]
    return answer.text


@both
def test_no_word_of_an_answer_to_a_form_stays_plain(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    found = []
    with pseudo.spoken(monkeypatch), open_house(db, settings) as house:
        for route, good in forms.every(house, language):
            tried = [{}, good.fields, *({**good.fields, name: "?" * 400} for name in good.fields)]
            with db.read() as session:
                names = known(session)
            for fields in tried:
                answer = good.send_all(language, fields)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    found += [f"{route}: {text}" for text in pseudo.plain_words(answer.text, names)]
                elif answer.status_code >= 400:
                    told = f"<p>{answer.json()['sentence']} {answer.json()['advice']}</p>"
                    found += [f"{route}: {text}" for text in pseudo.plain_words(told, names)]
    assert sorted(set(found)) == []


@pytest.mark.parametrize(
    ("page", "plain"),
    [
        ("<p>Send</p>", ["Send"]),
        ('<p title="Send">Ⓢⓔⓝⓓ</p>', ["Send"]),
        ("<p>Ⓢⓔⓝⓓ <b>now</b> Siti</p>", ["now"]),
        ('<p lang="id">Kirim</p><code>send</code> <script>send()</script> https://lms.example.id/send', []),
    ],
)
def test_a_word_that_stayed_plain_is_seen(page: str, plain: list[str]) -> None:
    assert pseudo.plain_words(page, ["Siti"]) == plain
