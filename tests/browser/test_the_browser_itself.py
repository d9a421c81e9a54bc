"""The test browser behaves as people's do, so that what passes in it passes in a Moodle's frame."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from playwright.sync_api import BrowserContext, Page

from browser import PHONE, faults, sideways
from live import free_port, live_app

COOKIES = {"plain": "SameSite=None; Secure", "parted": "SameSite=None; Secure; Partitioned"}


@pytest.fixture
def outside() -> Iterator[str]:
    """A page on 127.0.0.1 that frames a tool on localhost: two sites, as in real life."""
    lms, tool = FastAPI(), FastAPI()
    port = free_port()

    @lms.get("/")
    def course() -> HTMLResponse:
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>LMS</title><iframe title=tool src=http://localhost:{port}/>"
        )

    @tool.get("/")
    def enter() -> HTMLResponse:
        answer = HTMLResponse('<a href="/seen">on</a>')
        for name, kind in COOKIES.items():
            answer.headers.append("set-cookie", f"{name}=1; {kind}; HttpOnly; Path=/")
        return answer

    @tool.get("/seen")
    def seen(request: Request) -> HTMLResponse:
        return HTMLResponse(f"<p>{' '.join(sorted(request.cookies)) or 'none'}</p>")

    with live_app(tool, port=port), live_app(lms, host="127.0.0.1") as origin:
        yield origin


@pytest.mark.parametrize("scripts", [True, False])
def test_a_framed_tool_gets_back_its_partitioned_cookie_alone(
    open_browser: Callable[..., BrowserContext], outside: str, scripts: bool
) -> None:
    page = open_browser(scripts=scripts).pages[0]
    page.goto(outside)
    frame = page.frame_locator("iframe")
    frame.get_by_role("link").click()
    assert frame.locator("p").inner_text() == "parted"


def test_axe_names_a_planted_fault_and_a_wide_page_is_noticed(open_browser: Callable[..., BrowserContext]) -> None:
    page: Page = open_browser(size=PHONE).pages[0]
    page.set_content("<html lang=id><title>t</title><main><h1>h</h1><p>p</main>")
    assert (faults(page), sideways(page)) == ([], 0)
    page.set_content("<html lang=id><title>t</title><main><h1>h</h1><input><div style=width:400px>wide</div></main>")
    assert [fault.split(":")[0] for fault in faults(page)] == ["label"]
    assert sideways(page) == 400 + 8 - 360


def test_the_browser_reaches_nothing_outside_this_machine(page: Page) -> None:
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://192.0.2.1/")
