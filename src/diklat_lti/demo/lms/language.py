"""Two languages, Moodle's own words in both: one template environment each, its words read at start."""

from importlib.resources import files
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, PackageLoader, StrictUndefined

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
DEFAULT = "id"


class Words:
    """`words.say("id", "Participants")`, and `words.page("id", "course.html", …)` for a template."""

    def __init__(self) -> None:
        self._said = {"id": _read("id"), "en": {}}
        self._pages = {language: self._environment(language) for language in LANGUAGES}

    def say(self, language: str, text: str) -> str:
        return self._said[language].get(text, text)

    def page(self, language: str, template: str, **values: Any) -> str:
        return self._pages[language].get_template(template).render(lang=language, **values)

    def _environment(self, language: str) -> Environment:
        # One environment a language: an overlay would change the words of its parent.
        pages = Environment(
            loader=PackageLoader("diklat_lti.demo.lms"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        pages.install_gettext_callables(  # type: ignore[attr-defined]
            lambda text: self.say(language, text),
            lambda one, many, number: self.say(language, one if number == 1 else many),
            newstyle=True,
        )
        pages.filters["number"] = lambda value: number(value, language)
        return pages


def number(value: Any, language: str) -> str:
    """Two decimals, as Moodle's gradebook shows them; `-` where there is no grade."""
    if value is None:
        return "-"
    shown = f"{value:.2f}"
    return shown.replace(".", ",") if language == "id" else shown


def _read(language: str) -> dict[str, str]:
    file = files("diklat_lti") / "translations" / language / "demo_lms.po"
    with file.open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id and entry.string}
