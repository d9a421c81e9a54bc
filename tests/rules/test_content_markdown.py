"""Lessons come out as harmless HTML, whatever their author or somebody else wrote into them."""

import re

import pytest

from diklat_lti.content import markdown, page
from diklat_lti.content.format import Body, Source
from diklat_lti.content.mistakes import Mistakes

ASSETS = {"01-a/red dot.png": "image/png", "01-a/guide.pdf": "application/pdf"}

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<SCRIPT SRC=//evil.example></SCRIPT>",
    "javascript link": "[here](javascript:alert(1))",
    "javascript link with tab": "[here](java\tscript:alert(1))",
    "javascript link as entity": "[here](&#106;avascript:alert(1))",
    "data link": "[here](data:text/html;base64,PHNjcmlwdD4=)",
    "vbscript autolink": "<vbscript:msgbox(1)>",
    "javascript picture": "![x](javascript:alert(1))",
    "onerror": '<img src=x onerror="alert(1)">',
    "onerror in the words": '![x" onerror="alert(1)](red%20dot.png)',
    "onerror in the title": "![x](red%20dot.png 'a\" onerror=\"alert(1)')",
    "iframe": "<iframe src='https://evil.example'></iframe>",
    "style": "<p style='position:fixed'>over all</p>",
    "form": "<form action='https://evil.example'><input></form>",
    "svg": "<svg/onload=alert(1)>",
    "comment": "<!-- --><script>alert(1)</script>",
    "fence": "```<script>alert(1)</script>\nx\n```",
    "fence's language": '```"onmouseover="alert(1)\nx\n```',
    "code": "`<script>alert(1)</script>`",
    "box": "::: card onclick=alert(1)\nx\n:::",
    "footnote": "x[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    "table": "| <script> |\n|:-:|\n| [x](javascript:1) |",
    "reference": "[x][1]\n\n[1]: javascript:alert(1)",
    "null character": "<scr\0ipt>alert(1)</scr\0ipt>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_becomes_harmless(text: str) -> None:
    for render in (markdown.page, markdown.block, markdown.inline):
        made = render(text, where(Mistakes()), 1).html
        tags = re.findall(r"<[^>]*>", made)
        assert not any(re.search(r"<\s*/?\s*(script|iframe|form|input|svg|style)", tag, re.I) for tag in tags)
        assert not any(re.search(r"[\s\"'/]on\w+\s*=|style\s*=", without_texts(tag), re.I) for tag in tags)
        assert not re.search(r"(href|src)=\"\s*(javascript|data|vbscript):", made, re.I)


@pytest.mark.parametrize("name", ["script", "onerror", "comment", "style"])
def test_html_is_told_to_its_author(name: str) -> None:
    mistakes = Mistakes()
    markdown.page(HOSTILE[name], where(mistakes), 7)
    assert (mistakes.found[0].line, str(mistakes.found[0].what)) == (7, "HTML is not used in lessons.")


def test_alignment_is_a_class() -> None:
    made = markdown.page("| a | b | c |\n|:--|--:|---|\n| 1 | 2 | 3 |", where(Mistakes()), 1).html
    assert '<th class="align-left">a</th>' in made
    assert '<td class="align-right">2</td>' in made
    assert "<td>3</td>" in made
    assert "style" not in made


def test_boxes_definitions_and_footnotes_are_kept() -> None:
    text = "::: task\nDo it.\n:::\n\nWord\n: meaning\n\nSaid[^1].\n\n[^1]: By whom."
    made = markdown.page(text, where(Mistakes()), 1).html
    assert '<div class="task">' in made
    assert "<dt>Word</dt>" in made
    assert 'href="#fn1"' in made
    assert 'id="fn1"' in made


def test_a_link_abroad_opens_beside_and_tells_nothing() -> None:
    made = markdown.page("[x](https://kemensos.go.id/a?b=1&c=2) <mailto:a@b.id>", where(Mistakes()), 1).html
    assert 'href="https://kemensos.go.id/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"' in made
    assert 'href="mailto:a@b.id"' in made


def test_pictures_and_files_get_each_reader_s_own_address() -> None:
    mistakes = Mistakes()
    text = "---\nid: a\ntitle: A\n---\n![dot](red%20dot.png) and [guide](./guide.pdf)\n"
    reading = page.read(Source("01-a/01-a.md", text, ASSETS, mistakes.of("01-a/01-a.md")))
    assert reading is not None
    assert mistakes.found == []
    assert reading.body["assets"] == ["01-a/guide.pdf", "01-a/red dot.png"]
    shown = page.show(reading.body, lambda path: f'/learn/7/files/{path.replace(" ", "%20")}?"&').html
    assert '<img src="/learn/7/files/01-a/red%20dot.png?&quot;&amp;" alt="dot" loading="lazy">' in shown
    assert 'href="/learn/7/files/01-a/guide.pdf?&quot;&amp;"' in shown
    assert "asset:" not in shown


def test_a_page_asks_nothing() -> None:
    body: Body = {"html": "<p>x</p>", "assets": []}
    assert page.judge(body, {"q": "a"}) is None


def where(mistakes: Mistakes) -> markdown.Where:
    return markdown.Where("01-a/01-a.md", ASSETS, mistakes.of("01-a/01-a.md"))


def without_texts(tag: str) -> str:
    return re.sub(r'"[^"]*"', '""', tag)
