"""Every page of the tool in every state: axe finds nothing, nothing is cut or scrolls sideways, thumbs find their targets."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

import gallery_centre
import gallery_learn
import gallery_manage
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from gallery import Gallery, Scene, open_gallery
from sight import faults, layout

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1200, "height": 800}


BY_LAYOUT = ("color-contrast", "scrollable-region-focusable", "target-size")
"""What axe may find in one width or colour scheme and not in another."""


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("room", [gallery_learn, gallery_manage, gallery_centre], ids=["learn", "manage", "centre"])
def test_everybody_can_use_every_page(
    db: Database, settings: Settings, open_browser: Callable[..., BrowserContext], room: Any, language: str
) -> None:
    with open_gallery(db, settings) as gallery:
        page = open_browser(size=NARROW, locale=language).pages[0]
        found = [line for scene in room.scenes(gallery) for line in look(page, gallery, scene, language)]
        assert not found, "\n".join(found)


def look(page: Page, gallery: Gallery, scene: Scene, language: str) -> list[str]:
    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    gallery.visit(page, scene, language)
    assert page.evaluate("document.documentElement.lang") == language
    seen = [*layout(page), *faults(page)]
    if language == "id":
        seen += look_further(page)
    return [f"{scene.name}: {line}" for line in dict.fromkeys(seen)]


def look_further(page: Page) -> list[str]:
    """The same words on a desktop, in the dark: colours do not hang on the width."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(WIDE)
    return [*layout(page), *faults(page, *BY_LAYOUT)]


PLANTED = {
    "scrolls sideways": "<div style='width: 400px'>wide</div>",
    "outside": "<p style='position: relative; left: -50px'>gone</p>",
    "cut": "<p style='width: 80px; overflow: hidden; white-space: nowrap'>a sentence that does not fit</p>",
    "too small": "<p><a href='/'>alone on its line</a></p>",
    "image-alt": "<img src='data:,'>",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_what_is_planted_is_seen(open_browser: Callable[..., BrowserContext], fault: str) -> None:
    page = open_browser(size=NARROW).pages[0]
    page.set_content(f"<!doctype html><html lang=en><title>t</title><main><h1>h</h1>{PLANTED[fault]}</main></html>")
    assert any(line.startswith(fault) for line in [*layout(page), *faults(page)])


def test_a_link_in_a_sentence_may_be_as_low_as_its_line(open_browser: Callable[..., BrowserContext]) -> None:
    page = open_browser(size=NARROW).pages[0]
    page.set_content(
        "<!doctype html><html lang=en><title>t</title><main><h1>h</h1><p>Go <a href='/'>on</a>.</p></main>"
    )
    assert [*layout(page), *faults(page)] == []
