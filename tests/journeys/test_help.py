"""The guides: public, whole, and speaking of buttons that are really there; docs and README lead nowhere that is not."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po

from diklat_lti.content.folder import check
from diklat_lti.languages import FOLDER as TRANSLATIONS
from diklat_lti.web import help as guides
from door import Door, Visitor

ROOT = Path(__file__).parents[2]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
BLANK = re.compile(r"%\(\w+\)s")
BOLD = re.compile(r"\*\*(.+?)\*\*")
QUOTED = re.compile(r"“(.+?)”")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
OURS = frozenset({"Diklat", "mendengarkan"})
"""The name of the tool in Moodle's chooser; an emphasis in an example."""
MOODLE = frozenset({"Grade to pass", "Passing grade", "Suspended", "More"})
"""Words of Moodle's English pages that the demo LMS does not have."""
LARGEST = 40_000
EXAMPLE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
PNG = b"\x89PNG\r\n\x1a\n"


def sentences() -> Iterator[str]:
    """What pages say, in Indonesian and in English: every message and its translation."""
    for file in sorted((TRANSLATIONS / "id").glob("*.po")):
        with file.open("rb") as source:
            for entry in read_po(source):
                for text in (entry.id, entry.string) if entry.id else ():
                    yield from [text] if isinstance(text, str) else text


def said_on_a_page() -> Callable[[str], bool]:
    every = [*sentences(), *OURS, *MOODLE]
    patterns = [re.compile(".+".join(re.escape(part) for part in BLANK.split(text))) for text in every]

    def said(words: str) -> bool:
        if words.endswith("…"):
            return any(text.startswith(words.removesuffix("…").strip()) for text in every)
        return any(pattern.fullmatch(words) for pattern in patterns)

    return said


def test_the_list_leads_to_every_guide_and_each_is_there_without_a_login(door: Door) -> None:
    listed = visitor(door).ask("GET", "/help/guides").text
    assert re.findall(r'href="/help/guides/([\w-]+)"', listed) == list(guides.ROLES)
    for role in guides.ROLES:
        answer = visitor(door).ask("GET", f"/help/guides/{role}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, max-age=600"
        assert f"<h1>{guides.GUIDES[role].title}</h1>" in answer.text


def test_a_guide_that_does_not_exist_is_not_found(door: Door) -> None:
    assert visitor(door).ask("GET", "/help/guides/dukun").status_code == 404


def test_around_a_guide_the_page_speaks_the_readers_language_and_says_that_the_guide_does_not(door: Door) -> None:
    english = visitor(door).ask("GET", "/help/guides/peserta?lang=en").text
    assert "The guides are in Indonesian." in english
    assert 'class="prose guide" lang="id"' in english
    assert "berbahasa Indonesia" not in visitor(door).ask("GET", "/help/guides/peserta?lang=id").text


@pytest.mark.parametrize("role", guides.ROLES)
def test_every_link_and_picture_of_a_guide_leads_somewhere(door: Door, role: str) -> None:
    page = visitor(door).ask("GET", f"/help/guides/{role}").text
    ids = set(re.findall(r' id="([^"]+)"', page))
    for target in re.findall(r' (?:href|src)="([^"]+)"', page):
        where = urlsplit(unescape(target))
        if where.path:
            assert visitor(door).ask("GET", where.path).status_code == 200, target
        elif where.fragment:
            assert where.fragment in ids, target


@pytest.mark.parametrize("role", guides.ROLES)
def test_a_guides_contents_name_each_of_its_parts_once(role: str) -> None:
    guide = guides.GUIDES[role]
    ids = [part.id for part in guide.parts]
    assert len(ids) == len(set(ids)) == guide.html.count("<h2 ")


@pytest.mark.parametrize("role", guides.ROLES)
def test_a_guide_names_only_buttons_and_sentences_that_pages_show(role: str) -> None:
    text = CODE.sub("", (guides.FOLDER / f"{role}.md").read_text())
    said = said_on_a_page()
    assert [words for words in [*BOLD.findall(text), *QUOTED.findall(text)] if not said(words)] == []


def test_a_button_that_no_page_has_would_be_seen() -> None:
    said = said_on_a_page()
    assert said("Lanjutkan Sesi 6")
    assert not said("Perpanjang sekarang")
    assert not said("Perpanjang sekarang …")


def test_a_guide_with_a_mistake_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "salah.md").write_text("# Salah\n\nTentang.\n\n## Isi\n\n![gambar](hilang.webp)\n")
    with pytest.raises(ValueError, match=r"salah\.md, line 7: “hilang\.webp” is not in the program folder\."):
        guides.read("salah", tmp_path)


def test_a_picture_says_its_size_so_that_nothing_moves_when_it_arrives() -> None:
    assert re.findall(
        r'<img src="asset:beranda\.webp" width="(\d+)" height="(\d+)"', guides.GUIDES["peserta"].text.html
    ) == [("360", "700")]


def test_pictures_are_small_and_each_is_shown_with_words() -> None:
    pictures = sorted((ROOT / "src/diklat_lti/web/static/guides").iterdir())
    shown = "".join(guide.text.html for guide in guides.GUIDES.values())
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST] == []
    assert [picture.name for picture in pictures if not re.search(rf'"asset:{picture.name}"[^>]* alt="\w', shown)] == []


@pytest.mark.parametrize(
    ("path", "guide"),
    [("/lti/config", "/help/guides/admin-lms"), ("/nowhere", "/help/guides"), ("/learn/7", "/help/guides/peserta")],
)
def test_pages_lead_to_the_guide_of_those_who_read_them(door: Door, path: str, guide: str) -> None:
    assert f'<a href="{guide}" target="_blank">' in visitor(door).ask("GET", path).text


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_link_and_picture_of_the_docs_leads_somewhere(file: Path) -> None:
    text = CODE.sub("", file.read_text())
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not urlsplit(target).scheme]
    assert [target for target in targets if not (file.parent / target.split("#")[0]).exists()] == []


@pytest.mark.parametrize(
    "file", [ROOT / "docs/program-folder.md", guides.FOLDER / "penyusun.md"], ids=["docs", "guide"]
)
def test_the_example_of_a_program_folder_has_no_mistake(file: Path, tmp_path: Path) -> None:
    examples = EXAMPLE.findall(file.read_text())
    for path, text in examples:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+\.png)\)", text):
            (tmp_path / path).with_name(picture).write_bytes(PNG)
    checked = check(tmp_path)
    assert checked.mistakes == ()
    assert checked.program is not None
    assert len(checked.program.outline.lessons) == 2


def visitor(door: Door) -> Visitor:
    return Visitor(door.origin)
