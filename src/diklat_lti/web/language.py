"""Which language a reader gets."""

from collections.abc import Iterable

from diklat_lti.languages import LANGUAGES


def known(word: str | None) -> str | None:
    """`en-us`, `en_US` and `en` are English, `id` and `in` (its old code) Indonesian; anything else is neither."""
    main = (word or "").lower().replace("_", "-").split("-")[0]
    return {"en": "en", "id": "id", "in": "id"}.get(main)


def choose(chosen: Iterable[str | None], launch_locale: str | None) -> str:
    """The reader's own choice, the most particular first; then English if the launch says so; else Indonesian."""
    for choice in chosen:
        if (language := known(choice)) is not None:
            return language
    return known(launch_locale) or LANGUAGES[0]


def of_stranger(asked: str | None, accept_language: str | None) -> str:
    """For pages without a session: `?lang=`, else English only for a browser that asks for it first."""
    first = (accept_language or "").split(",")[0].split(";")[0].strip()
    return choose([asked], first)
