"""Markdown to harmless HTML: no raw HTML, pictures and files from the program folder only, mistakes with their line."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from diklat_lti.content import markdown_check
from diklat_lti.content.format import AssetUrl, Body
from diklat_lti.content.mistakes import Report

CONTAINERS = ("card", "note", "warning", "task")
"""`::: card` … `:::` becomes `<div class="card">`."""

TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "hr", "br"),
    *("em", "strong", "s", "a", "img", "sup", "table", "thead", "tbody", "tr", "th", "td", "div", "section"),
}
ATTRIBUTES = {
    "a": {"href", "title", "target", "class", "id"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    **{tag: {"class"} for tag in ("td", "th", "div", "section", "sup", "hr")},
}
SCHEMES = {"http", "https", "mailto", "tel", "asset"}


@dataclass(frozen=True)
class Where:
    """The file that a piece of Markdown stands in, for its pictures and its mistakes."""

    file: str
    assets: Mapping[str, str]
    report: Report


@dataclass(frozen=True)
class Rendered:
    html: str
    assets: tuple[str, ...]
    """Paths in the program folder that it shows or links to."""


def _page() -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False}).use(deflist_plugin).use(footnote_plugin)
    for name in CONTAINERS:
        parser.use(container_plugin, name)
    return parser


PAGE = _page()
SHORT = MarkdownIt("js-default", {"html": False}).disable(["heading", "lheading"])
"""For questions and answers: several stand on one page, so no headings and no footnotes with their ids."""


def page(text: str, where: Where, first_line: int) -> Rendered:
    return _render(PAGE, text, where, first_line, inline=False)


def block(text: str, where: Where, line: int) -> Rendered:
    return _render(SHORT, text, where, line, inline=False)


def inline(text: str, where: Where, line: int) -> Rendered:
    return _render(SHORT, text, where, line, inline=True)


def with_assets(fragment: str, body: Body, asset_url: AssetUrl) -> str:
    """Puts this reader's addresses in place of the assets' paths."""
    for path in body["assets"]:
        fragment = fragment.replace(f'="{_placeholder(path)}"', f'="{html.escape(asset_url(path))}"')
    return fragment


def _render(parser: MarkdownIt, text: str, where: Where, first_line: int, inline: bool) -> Rendered:
    tokens = parser.parseInline(text) if inline else parser.parse(text)
    checker = markdown_check.Checker(where.file, where.assets, where.report, first_line)
    checker.check(tokens)
    for token, path in checker.links:
        token.attrSet("src" if token.type == "image" else "href", _placeholder(path))
    dirty = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(dirty, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")
    return Rendered(clean, tuple(path for _token, path in checker.links))


def _placeholder(path: str) -> str:
    return f"asset:{quote(path)}"
