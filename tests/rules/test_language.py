"""Which language a reader gets, and how the sentences of the areas come together."""

import pytest
from babel.support import Translations

from diklat_lti import languages
from diklat_lti.errors import say
from diklat_lti.web import language


@pytest.mark.parametrize(
    ("chosen", "locale", "expected"),
    [
        ([], None, "id"),
        ([], "id", "id"),
        ([], "en", "en"),
        ([], "en-us", "en"),
        ([], "en_US", "en"),
        ([], "fr", "id"),
        (["id"], "en", "id"),
        ([None, "en"], "id", "en"),
        (["en", "id"], "id", "en"),
        (["xx"], "en", "en"),
    ],
)
def test_own_choice_then_the_launch_then_indonesian(
    chosen: list[str | None], locale: str | None, expected: str
) -> None:
    assert language.choose(chosen, locale) == expected


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        (None, None, "id"),
        (None, "en-US,en;q=0.9,id;q=0.8", "en"),
        (None, "id-ID,id;q=0.9,en;q=0.8", "id"),
        (None, "de,en;q=0.5", "id"),
        ("id", "en", "id"),
        ("en", "id", "en"),
        ("<b>", "id", "id"),
    ],
)
def test_a_stranger_is_heard_by_address_then_by_browser(asked: str | None, accepted: str | None, expected: str) -> None:
    assert language.of_stranger(asked, accepted) == expected


def test_indonesian_has_one_form_for_any_number() -> None:
    """Babel would give it two, and the second one would be missing."""
    words = languages.translations("id")
    assert isinstance(words, Translations)
    assert [words.plural(n) for n in (0, 1, 5)] == [0, 0, 0]


def test_a_sentence_keeps_its_values_in_translation() -> None:
    sentence = say("The setting %(name)s %(why)s.", name="DIKLAT_X", why="is new")
    assert languages.translate(sentence, "en") == "The setting DIKLAT_X is new."
    assert "DIKLAT_X" in languages.translate(sentence, "id")
    assert languages.translate(say("Passed"), "id") == "Lulus"
