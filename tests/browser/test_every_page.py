"""Every page of the tool in every state: axe finds nothing, nothing is cut or scrolls sideways, thumbs find their targets."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

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
@pytest.mark.parametrize("room", [gallery_learn, gallery_manage], ids=["learn", "manage"])
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
