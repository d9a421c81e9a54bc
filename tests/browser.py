"""A real Chromium as people have it: partitioned storage, third-party cookies blocked; nothing leaves this machine."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Frame, Page, Playwright, sync_playwright

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1200, "height": 800}
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36"
)
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    # The last one wins: playwright's own list would switch the partitioning of third-party storage off.
    "--disable-features=HttpsUpgrades,MediaRouter,OptimizationHints",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--headless",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-sandbox",
)
Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def open_browser(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """`open_browser(size=PHONE, scripts=True, **options)`: a browser with its own profile, closed after the test.

    `no_cookies="http://tool,http://lms"` is Chromium's own setting: that tool's cookies are refused inside that LMS."""
    chromium = shutil.which("chromium") or pytest.fail("Chromium is missing. On Debian: apt-get install chromium")
    with ExitStack() as closing:

        def start(
            size: Any = DESKTOP, scripts: bool = True, no_cookies: str | None = None, **options: Any
        ) -> BrowserContext:
            profile = tmp_path / f"profile{len(list(tmp_path.iterdir()))}"
            if no_cookies:
                refuse(profile, no_cookies)
            context = playwright.chromium.launch_persistent_context(
                profile,
                executable_path=chromium,
                args=list(FLAGS),
                viewport=size,
                java_script_enabled=scripts,
                **{"locale": "id-ID", "timezone_id": "Asia/Jakarta"} | options,
            )
            context.set_default_timeout(15_000)
            closing.callback(context.close)
            return context

        yield start


def refuse(profile: Path, sites: str) -> None:
    """As somebody sets it under "Sites that can never use cookies"."""
    (profile / "Default").mkdir(parents=True)
    exceptions = {"cookies": {sites: {"setting": 2}}}
    settings = {"profile": {"content_settings": {"exceptions": exceptions}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    """A page of a desktop browser with scripts."""
    return open_browser().pages[0]


@pytest.fixture
def phone(open_browser: Callable[..., BrowserContext]) -> Page:
    """A page of a phone's size, with touch and an Android browser's name."""
    return open_browser(size=PHONE, user_agent=ANDROID, has_touch=True, is_mobile=True).pages[0]


def faults(page: Page | Frame) -> list[str]:
    """What axe finds: one line for each rule and element. It does not look into frames: give it each frame as well."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html']} ({fault['help']})" for fault in found for node in fault["nodes"]]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 is right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
