"""A language that nobody speaks: every sentence of the house in circled letters. What stays plain was never translated."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest

from diklat_lti import languages
from diklat_lti.web import figures, pages

KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]*>)")
"""Blanks, and the few tags that stand in sentences."""
CIRCLED = {ord(c): 0x24D0 + n for n, c in enumerate("abcdefghijklmnopqrstuvwxyz")} | {
    ord(c): 0x24B6 + n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
READ_OUT = ("aria-label", "title", "alt", "placeholder")
SILENT = {"script", "style", "code", "svg"}
"""What is no sentence: addresses, codes and drawings."""
VOID = {"meta", "link", "input", "img", "br", "hr", "use", "path", "source", "col", "wbr"}
WORD = re.compile(r"[A-Za-z]{2,}")
ADDRESS = re.compile(r"https?://\S+|[\w-]+(\.[\w-]+)+")


def circled(text: str) -> str:
    return "".join(part if KEPT.fullmatch(part) else part.translate(CIRCLED) for part in KEPT.split(text))


class Circled(NullTranslations):
    """Another catalogue's sentences, circled."""

    def __init__(self, of: NullTranslations) -> None:
        super().__init__()
        self.of = of

    def gettext(self, message: str) -> str:
        return circled(self.of.gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return circled(self.of.ngettext(msgid1, msgid2, n))


@contextmanager
def spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For the length of the block every page and sentence is circled; dates and figures too, which Babel writes."""
    real = languages.translations
    monkeypatch.setattr(languages, "translations", lambda language: Circled(real(language)))
    for name in ("day", "plain_day", "clock", "moment", "until", "until_clock", "number", "percent", "ago"):
        monkeypatch.setattr(figures, name, _circling(getattr(figures, name)))
    pages.environment.cache_clear()
    yield
    monkeypatch.undo()
    pages.environment.cache_clear()


def _circling(figure: Any) -> Any:
    @wraps(figure)
    def circling(*values: Any, **named: Any) -> str:
        return circled(figure(*values, **named))

    return circling


class Visible(HTMLParser):
    """What a reader sees or hears of a page, but for what says that it is in a language of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        hidden = tag in SILENT or ("lang" in had and tag != "html")
        if tag not in VOID:
            self.open.append(hidden)
        if not hidden and not any(self.open):
            self.texts += [had[name] or "" for name in READ_OUT if name in had]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self.open):
            self.texts.append(" ".join(data.split()))


def plain_words(page: str, known: Iterable[str]) -> list[str]:
    """Texts in which a word stayed plain that is no name out of the database."""
    found = []
    for text in Visible(page).texts:
        rest = ADDRESS.sub("", text)
        for name in known:
            rest = rest.replace(name, "")
        if WORD.search(rest):
            found.append(text)
    return found
