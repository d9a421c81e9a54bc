"""The sentences of each language: every `translations/<language>/*.po`, merged in memory when a process first needs them."""

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from diklat_lti.errors import Sentence

FOLDER = Path(__file__).parent / "translations"
LANGUAGES = ("id", "en")
"""The first is what a reader gets who says nothing, and what is written into gradebooks."""


@cache
def translations(language: str) -> NullTranslations:
    """English is what the code is written in; other languages are read once in a process, without .mo files."""
    merged = NullTranslations()
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as source, BytesIO() as compiled:
            write_mo(compiled, read_po(source, locale=language))
            compiled.seek(0)
            part = Translations(compiled)
        merged = merged.merge(part) if isinstance(merged, Translations) else part
    return merged


def translate(sentence: Sentence, language: str) -> str:
    text = translations(language).gettext(sentence.text)
    return text % sentence.values if sentence.values else text
