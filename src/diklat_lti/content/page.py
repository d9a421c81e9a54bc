"""The format `page`: a lesson to read, in Markdown with front matter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diklat_lti.content import fitting, markdown, yaml_text
from diklat_lti.content.format import AssetUrl, Body, Identity, Judged, Reading, Source
from diklat_lti.content.shapes import LessonShape
from diklat_lti.errors import say

SUFFIX = ".md"
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class PageView:
    html: str


def read(source: Source) -> Reading | None:
    front = FRONT_MATTER.match(source.text)
    if front is None:
        what = say("The lesson does not begin with its front matter.")
        source.report(1, what, say("Begin with a line “---”, then id and title, then “---” again."))
        return None
    document = yaml_text.read(front[1], source.report, first_line=2)
    if document is None:
        return None
    lesson = fitting.fit(LessonShape, document, source.report)
    text_line = source.text.count("\n", 0, front.end()) + 1
    text = source.text[front.end() :]
    if not text.strip():
        source.report(text_line, say("The lesson has no text."), say("Write it below the front matter."))
    where = markdown.Where(source.file, source.assets, source.report)
    rendered = markdown.page(text, where, text_line)
    return Reading(document, lesson, {"html": rendered.html, "assets": sorted(set(rendered.assets))}, _ids(document))


def show(body: Body, asset_url: AssetUrl) -> PageView:
    return PageView(markdown.with_assets(body["html"], body, asset_url))


def judge(_body: Body, _answers: Mapping[str, Any]) -> Judged | None:
    """A page asks nothing."""
    return None


def _ids(document: yaml_text.Document) -> tuple[Identity, ...]:
    key = document.data.get("id") if isinstance(document.data, dict) else None
    return (Identity(key, "lesson", document.line(("id",))),) if isinstance(key, str) else ()
