"""Guides for people, public: one Markdown file for each role, read once at start, shown with its table of contents."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from diklat_lti.content import markdown
from diklat_lti.content.markdown import Rendered, Where
from diklat_lti.errors import Sentence, not_found
from diklat_lti.web import static_files
from diklat_lti.web.deps import Visit, Visiting

router = APIRouter(prefix="/help")

LANGUAGE = "id"
FOLDER = Path(__file__).parent / "guides" / LANGUAGE
PICTURES = "guides/"
ROLES = ("peserta", "admin-kursus", "admin-lembaga", "admin-lms", "penyusun", "operator")
"""In the order of the list; a guide is `guides/id/<role>.md`."""
HEADING = re.compile(r"<h2>(.*?)</h2>")
PICTURE = re.compile(r'<img src="asset:([^"]+)"')
MARKUP = re.compile(r"<[^>]+>")
KEPT = "private, max-age=600"
"""A phone need not fetch a guide twice in ten minutes."""


@dataclass(frozen=True)
class Part:
    """One entry of the table of contents."""

    id: str
    title: str


@dataclass(frozen=True)
class Guide:
    role: str
    title: str
    about: str
    parts: tuple[Part, ...]
    text: Rendered

    @property
    def html(self) -> str:
        return markdown.with_assets(self.text.html, {"assets": self.text.assets}, address)


def read(role: str, folder: Path = FOLDER) -> Guide:
    """The first line is the title, the first paragraph says what the guide is about; below it stands the text."""
    head, about, text = (folder / f"{role}.md").read_text(encoding="utf-8").split("\n\n", 2)
    above = head.count("\n") + about.count("\n") + 5
    rendered = markdown.page(text, Where(f"{role}.md", _files(), _refuse(role)), above)
    parts: list[Part] = []

    def anchored(heading: re.Match[str]) -> str:
        title = html.unescape(MARKUP.sub("", heading[1]))
        parts.append(Part(re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"), title))
        return f'<h2 id="{parts[-1].id}">{heading[1]}</h2>'

    marked = PICTURE.sub(sized, HEADING.sub(anchored, rendered.html))
    marked = marked.replace("<pre>", '<pre tabindex="0">')  # wide ones scroll, by keyboard as well
    return Guide(role, head.removeprefix("# "), about, tuple(parts), Rendered(marked, rendered.assets))


def sized(picture: re.Match[str]) -> str:
    """With its width and height, so that nothing moves when it arrives. Both are in the header of a browser's WebP."""
    data = static_files.files()[PICTURES + picture[1]].plain
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    return f'{picture[0]} width="{width}" height="{height}"'


def _files() -> dict[str, str]:
    """What a guide may show or link to: its pictures, and the other guides by the names of their files."""
    names = [name.removeprefix(PICTURES) for name in static_files.files() if name.startswith(PICTURES)]
    return dict.fromkeys(names, "image/webp") | {f"{role}.md": "text/markdown" for role in ROLES}


def _refuse(role: str) -> Callable[[int, Sentence, Sentence], None]:
    """A mistake in a guide is ours: the tool does not start with it."""

    def report(line: int, what: Sentence, _mend: Sentence) -> None:
        raise ValueError(f"{role}.md, line {line}: {what.text % what.values}")

    return report


def address(name: str) -> str:
    """Where a reader finds what a guide names."""
    if name.endswith(".md"):
        return f"/help/guides/{name.removesuffix('.md')}"
    return static_files.address(PICTURES + name)


GUIDES = {role: read(role) for role in ROLES}


@router.get("/guides")
def every(visit: Visiting) -> Response:
    return _kept(visit, "help/guides.html", guides=GUIDES.values())


@router.get("/guides/{role}")
def one(visit: Visiting, role: str) -> Response:
    if role not in GUIDES:
        raise not_found()
    return _kept(visit, "help/guide.html", guide=GUIDES[role])


def _kept(visit: Visit, template: str, **values: Any) -> Response:
    """In the reader's language around the guide; a browser says which, so no other cache may keep it."""
    page = visit.page(template, guide_language=LANGUAGE, **values)
    page.headers["Cache-Control"] = KEPT
    return page
