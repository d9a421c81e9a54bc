"""The copy buttons in a browser: in a frame of another site they copy the whole value; without scripts there are none."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from fake_platform import fake_platform
from live import live_app


@pytest.fixture
def tool(settings: Settings, db: Database) -> Iterator[str]:
    with live_app(create_app(settings, db=db)) as address:
        yield address


def test_a_press_copies_the_whole_value_also_in_the_frame_of_an_lms(page: Page, tool: str) -> None:
    with fake_platform() as lms:
        framed = f'<title>LMS</title><iframe src="{tool}/lti/config"></iframe><textarea></textarea>'
        lms.pages["/course"] = lambda *_: (200, "text/html", framed.encode())
        page.goto(f"{lms.issuer}/course")
        frame = page.wait_for_selector("iframe").content_frame()
        assert frame is not None
        button = frame.wait_for_selector("[data-copy='standard-8']")
        frame.click("h1")  # only a frame that has the focus may copy, and it comes to a frame by way of the browser
        frame.wait_for_function("document.hasFocus()")
        button.click()
        assert button.inner_text().startswith("Tersalin")
        assert frame.inner_text("[data-copy-status]") == "Tersalin"
        page.focus("textarea")
        page.keyboard.press("Control+V")
        assert page.input_value("textarea").split() == frame.inner_text("#standard-8").split()
        assert len(page.input_value("textarea").split()) == 5


def test_without_scripts_there_is_no_button_and_the_value_can_be_selected(
    open_browser: Callable[..., BrowserContext], tool: str
) -> None:
    page = open_browser(scripts=False).pages[0]
    page.goto(f"{tool}/lti/config")
    assert page.locator("[data-copy]:visible").count() == 0
    assert page.inner_text("#field-1") == "Diklat"
