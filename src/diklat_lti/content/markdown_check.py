"""Looks through the tokens of a Markdown text: mistakes with their lines, links to assets, alignment as a class."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from markdown_it.token import Token

from diklat_lti.content.mistakes import Report
from diklat_lti.errors import say

RAW_HTML = re.compile(r"</?[a-zA-Z][^>\n]*>|<!--")
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
ABROAD = {"http", "https", "mailto", "tel"}


class Checker:
    def __init__(self, file: str, assets: Mapping[str, str], report: Report, first_line: int) -> None:
        self.file = file
        self.assets = assets
        self.report = report
        self.first_line = first_line
        self.line = first_line
        self.level = 1
        self.links: list[tuple[Token, str]] = []
        """Tokens that lead to a file of the folder, and its path."""

    def check(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            if token.map:
                self.line = self.first_line + token.map[0]
            if token.type == "heading_open":
                self.heading(int(token.tag[1:]))
            elif token.type == "inline":
                self.inline(token)
            elif token.type in ("th_open", "td_open"):
                self.align(token)

    def inline(self, token: Token) -> None:
        if token.content.startswith(":::"):
            what = say("This “:::” opens no box that is known.")
            self.report(self.line, what, say("Use “::: card”, note, warning or task, and close it with “:::”."))
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                self.line += 1
            elif child.type == "text" and RAW_HTML.search(child.content):
                self.report(self.line, say("HTML is not used in lessons."), say("Write it in Markdown."))
            elif child.type == "image":
                self.image(child)
            elif child.type == "link_open":
                self.link(child)

    def heading(self, level: int) -> None:
        if level == 1:
            self.report(self.line, say("The title stands above the lesson already."), say("Begin with ## here."))
        elif level > self.level + 1:
            self.report(self.line, say("This heading skips a level."), say("Use one # less, or add the one between."))
        self.level = max(level, 2)

    def align(self, token: Token) -> None:
        # A style attribute would be dropped by the sanitiser, and by the page's security policy.
        style = str(token.attrs.pop("style", ""))
        if style:
            token.attrSet("class", "align-" + style.removeprefix("text-align:"))

    def image(self, token: Token) -> None:
        if not token.content.strip():
            what = say("This picture says nothing to those who cannot see it.")
            self.report(self.line, what, say("Describe it between the square brackets: ![what is seen](file.png)."))
        path = self.asset(str(token.attrs.get("src", "")))
        if path and not self.assets[path].startswith("image/"):
            self.report(self.line, say("%(file)s is not a picture.", file=path), say("Use png, jpg, webp or gif."))
        if path:
            token.attrSet("loading", "lazy")
            self.links.append((token, path))

    def link(self, token: Token) -> None:
        target = str(token.attrs.get("href", ""))
        if _scheme(target) in ABROAD:
            token.attrSet("target", "_blank")
        elif path := self.asset(target):
            self.links.append((token, path))

    def asset(self, target: str) -> str | None:
        """The path below the program folder that a relative address leads to."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.file), unquote(target)))
        if target and not _scheme(target) and path in self.assets:
            return path
        if _scheme(target) or target.startswith("/") or path.startswith(".."):
            what = say("“%(target)s” leads out of the program folder.", target=target)
            self.report(self.line, what, say("Put the file beside the lesson and write its name only."))
        else:
            what = say("“%(target)s” is not in the program folder.", target=target)
            self.report(
                self.line, what, say("Put the file there, or correct its name; small and capital letters differ.")
            )
        return None


def _scheme(target: str) -> str:
    found = SCHEME.match(target)
    return found[1].lower() if found else ""
