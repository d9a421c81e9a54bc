"""The guides in a real Chromium: reached from a page, read on the narrowest phone and a wide screen, with axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from browser import faults, sideways
from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import help as guides
from live import live_app

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1200, "height": 800}


def test_the_help_link_opens_the_guide_beside_what_is_half_done(page: Page, settings: Settings, db: Database) -> None:
    with live_app(create_app(settings, db=db)) as tool:
        page.goto(f"{tool}/lti/config")
        with page.expect_popup() as opened:
            page.click("footer a[href^='/help']")
        guide = opened.value
        assert guide.inner_text("h1") == "Panduan administrator LMS"
        guide.click(".contents a >> nth=2")
        assert guide.url.endswith("#menampilkan-di-pemilih-aktivitas")
        with guide.expect_navigation():
            guide.click(".top nav a")
        assert [link.inner_text() for link in guide.query_selector_all("h2 a")] == [
            one.title for one in guides.GUIDES.values()
        ]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_everybody_can_read_every_guide(
    open_browser: Callable[..., BrowserContext], settings: Settings, db: Database, size: dict[str, int]
) -> None:
    page = open_browser(size=size).pages[0]
    found = []
    with live_app(create_app(settings, db=db)) as tool:
        for path in ("", *(f"/{role}" for role in guides.ROLES)):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.goto(f"{tool}/help/guides{path}")
                found += [f"{path} {scheme}: {fault}" for fault in faults(page)]
            if beyond := sideways(page):
                found.append(f"{path} scrolls sideways by {beyond} pixels")
    assert found == []
