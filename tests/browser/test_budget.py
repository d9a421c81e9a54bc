"""What a page costs on a phone's connection, measured at real responses: screens.md, budgets."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

import gallery_manage
from browser import PHONE
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import static_files
from gallery import Gallery, Scene, open_gallery
from gallery_learn import QUIZ, READ, begin

KB = 1024


@dataclass
class Load:
    """What came over the wire, headers and compression included."""

    sizes: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)

    def bytes(self, without: str = "") -> int:
        """Of what was asked for meanwhile; what a page before still waited for is not counted."""
        return sum(size for one, size in self.sizes.items() if one in self.kinds and self.kinds[one] != without)


@contextmanager
def weighing(page: Page) -> Iterator[Load]:
    """`data:` addresses are part of the page that holds them."""
    load, wire = Load(), page.context.new_cdp_session(page)

    def asked(event: Any) -> None:
        load.kinds[event["requestId"]] = event.get("type", "Other")
        if not event["request"]["url"].startswith("data:"):
            load.hosts.add(urlsplit(event["request"]["url"]).netloc)

    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.loadingFinished", lambda e: load.sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
    wire.send("Network.enable")
    yield load
    page.wait_for_load_state("networkidle")
    wire.detach()


@pytest.fixture
def gallery(db: Database, settings: Settings) -> Iterator[Gallery]:
    with open_gallery(db, settings) as opened:
        yield opened


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    return open_browser(size=PHONE).pages[0]


def load_of(page: Page, gallery: Gallery, scene: Scene) -> Load:
    gallery.visit(page, Scene("", "/healthz", scene.who), "id")
    with weighing(page) as load:
        page.goto(gallery.origin + scene.path)
    assert load.hosts == {urlsplit(gallery.origin).netloc}
    assert load.bytes() > KB
    return load


def test_the_first_page_after_a_launch_costs_at_most_60_kb(gallery: Gallery, page: Page) -> None:
    """On a phone that never saw the tool: home, style, scripts, icons."""
    load = load_of(page, gallery, gallery.seat(welcomed_at=None, region_code=None).scene("home"))
    assert {"Document", "Stylesheet", "Script"} <= set(load.kinds.values())
    print(f"{load.bytes() / KB:.1f} KB")
    assert load.bytes() <= 60 * KB


def test_every_later_page_costs_at_most_25_kb_without_its_pictures(gallery: Gallery, page: Page) -> None:
    seat = gallery.seat()
    run = gallery.run()
    gallery_manage.crowd(gallery, run)
    rina = gallery.sign_in(gallery.rina, run)
    load_of(page, gallery, seat.scene("home"))
    load_of(page, gallery, seat.scene("", f"/attempts/{begin(gallery, seat)}"))
    load_of(page, gallery, Scene("", f"/manage/{run.id}", rina))
    uuid = begin(gallery, seat, answered=True)
    later = [
        seat.scene("lesson", f"/lessons/{READ}"),
        seat.scene("quiz", f"/lessons/{QUIZ}/quiz"),
        seat.scene("questions", f"/attempts/{uuid}"),
        seat.scene("review", f"/attempts/{uuid}/review"),
        seat.scene("home"),
        Scene("overview", f"/manage/{run.id}", rina),
    ]
    heavy = {scene.name: load_of(page, gallery, scene).bytes(without="Image") for scene in later}
    assert {name: size for name, size in heavy.items() if size > 25 * KB} == {}


def test_all_scripts_together_cost_at_most_20_kb() -> None:
    scripts = [file for name, file in static_files.files().items() if name.endswith(".js")]
    assert scripts
    assert sum(len(gzip.compress(file.plain)) for file in scripts) <= 20 * KB
