"""From a template to a page in the reader's language. One Jinja environment for each language."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from diklat_lti import languages
from diklat_lti.errors import Sentence
from diklat_lti.web import csrf, figures, language, static_files
from diklat_lti.web.compiled import Compiling, Known

FOLDER = Path(__file__).parent / "templates"
PIECES = {"c": "components.html", "parts": "learn/parts.html"}
"""Macros that every template finds under a short name."""


@cache
def environment(lang: str) -> Environment:
    """Never an overlay of another: installing translations there would change the parent's too."""
    known: Known = {"_": languages.translations(lang).gettext, "static": static_files.address}
    env = Environment(
        loader=Compiling(str(FOLDER), known),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_translations(languages.translations(lang), newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(figures.filters(lang))
    env.filters["icon"] = icon
    env.filters["said"] = lambda sentence: said(sentence, lang)
    env.globals.update({"_": spoken(lang), "static": static_files.address, "language": lang})
    for name, template in PIECES.items():  # here once: an `import` in each template costs more than what it brings
        env.globals[name] = env.get_template(template).module
    return env


@cache
def icon(name: str) -> Markup:
    """A filter, not a macro: a name that stands in the template becomes its picture when that is compiled."""
    address = static_files.address("icons.svg")
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        address, name
    )


def spoken(lang: str) -> Callable[..., Markup]:
    """`_(…)` of templates where `Compiling` could not call it: the sentence is not known before."""

    @cache
    def translated(text: str) -> Markup:
        return Markup(languages.translations(lang).gettext(text))  # noqa: S704 - our own sentences; values are escaped

    def gettext(text: str, **values: Any) -> Markup:
        return translated(text) % values

    return gettext


def said(sentence: Sentence | str | None, lang: str) -> str:
    """A sentence of a rule in the reader's language; a plain text stays as it is."""
    return languages.translate(sentence, lang) if isinstance(sentence, Sentence) else sentence or ""


def language_of(request: Request) -> str:
    """The viewer's, where a session is known; what a route put into `request.state.language`; else a stranger's."""
    viewer = viewer_of(request)
    if viewer is not None:
        return str(viewer.language)
    if (said_before := getattr(request.state, "language", None)) is not None:
        return str(said_before)
    return language.of_stranger(request.query_params.get("lang"), request.headers.get("accept-language"))


def viewer_of(request: Request) -> Any:
    """Set by `deps.Visit` as soon as it knows who is looking."""
    return getattr(request.state, "viewer", None)


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page. Templates find here, beside `values`: `viewer` (or none), `here` (this address), `csrf_field()`,
    and for strangers `this_page_in(language)`."""
    viewer = viewer_of(request)

    @cache
    def csrf_field() -> Markup:
        return csrf.field(request) if viewer is not None else Markup("")

    def this_page_in(lang: str) -> str | None:
        return address_in(request, lang)

    page = environment(language_of(request)).get_template(template)
    here = request.url.path
    html = page.render(viewer=viewer, here=here, csrf_field=csrf_field, this_page_in=this_page_in, **values)
    return HTMLResponse(html, status_code=status)


def address_in(request: Request, lang: str) -> str | None:
    """The same page in another language, with all else that its address says; none for the answer to a form."""
    if request.method != "GET":
        return None
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*rest, ("lang", lang)])
