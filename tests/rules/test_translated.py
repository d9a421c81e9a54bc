"""Every sentence that the code says stands in every language but English, once and with the same blanks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from diklat_lti.languages import FOLDER, LANGUAGES

HOUSE = FOLDER.parent
LMS = HOUSE / "demo" / "lms"
OTHERS = [language for language in LANGUAGES if language != "en"]
METHODS = [("**/translations/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2")]
PAGES = {"**.html": {"silent": "false", "newstyle_gettext": "true"}}
BLANK = re.compile(r"%\(\w+\)[a-z]|%%")


def entries(language: str) -> Iterator[tuple[Path, Message]]:
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as source:
            yield from ((file, entry) for entry in read_po(source, locale=language) if entry.id)


def forms(text: Any) -> list[str]:
    """One sentence, or all forms of a plural."""
    return [str(form) for form in ([text] if isinstance(text, str) else text or [""])]


def first(text: Any) -> str:
    """The singular of a message with plural forms, which is its key."""
    return forms(text)[0]


def said() -> dict[str, str]:
    """Sentence → the file that says it. The demo LMS's `say` takes the language first."""
    found = {}
    for folder, say, apart in ((HOUSE, (1,), LMS), (LMS, (2,), None)):
        words: Any = {"_": None, "gettext": None, "ngettext": (1, 2), "say": say}
        skipped = None if apart is None else lambda path: not Path(path).is_relative_to(LMS)
        for file, _line, text, _comments, _context in extract_from_dir(
            folder, METHODS, PAGES, keywords=words, directory_filter=skipped
        ):
            found[first(text)] = file
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_code_is_translated(language: str) -> None:
    known = {first(entry.id) for _, entry in entries(language)}
    assert len(known) > 0
    bad = [f"{file}: {text}" for text, file in said().items() if text and text not in known]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("language", OTHERS)
def test_no_entry_is_empty_or_fuzzy(language: str) -> None:
    bad = [
        f"{file.name}: {first(entry.id)}"
        for file, entry in entries(language)
        if entry.fuzzy or not all(forms(entry.string))
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("language", OTHERS)
def test_two_areas_do_not_translate_one_sentence_differently(language: str) -> None:
    seen: dict[str, tuple[str, Any]] = {}
    bad = []
    for file, entry in entries(language):
        name, before = seen.setdefault(first(entry.id), (file.name, entry.string))
        if before != entry.string:
            bad.append(f"{name} and {file.name}: {first(entry.id)}")
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_blanks_of_its_sentence(language: str) -> None:
    bad = [
        f"{file.name}: {first(entry.id)}"
        for file, entry in entries(language)
        for string in forms(entry.string)
        if sorted(BLANK.findall(string)) != sorted(BLANK.findall(forms(entry.id)[-1]))
    ]
    assert not bad, "\n".join(bad)
