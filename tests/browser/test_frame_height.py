"""In the LMS's frame of 600 px, which never grows: every page scrolls within, and its main button can be reached."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import BrowserContext, Frame

import gallery_learn
import gallery_manage
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import cookies
from gallery import Gallery, Scene, open_gallery
from live import live_app

WIDTH, HEIGHT = 883, 600
"""Moodle's frame on a desktop, before its script has looked at the window, and for ever without scripts."""
PAGES = {
    gallery_learn.homes: ("home-new", "home-active", "home-last-day"),
    gallery_learn.lessons: ("lesson", "lesson-with-quiz", "lesson-money"),
    gallery_learn.quizzes: ("quiz", "attempt", "review-unanswered", "result-wrong"),
    gallery_learn.beginnings: ("welcome",),
    gallery_learn.left_over: ("kept",),
    gallery_manage.picking: ("pick",),
    gallery_manage.overviews: ("overview", "learner", "frames"),
}
REACHED = """() => {
  const primary = "main button:not(.second):not(.link):not(.danger), main a.button:not(.second):not(.link)";
  const hidden = (el) => !el.getClientRects().length || getComputedStyle(el).visibility === "hidden";
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) found.push("scrolls sideways");
  for (const el of document.querySelectorAll(primary)) {
    if (hidden(el)) continue;
    el.scrollIntoView({ block: "center", behavior: "instant" });
    const box = el.getBoundingClientRect();
    const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (box.top < 0 || box.bottom > innerHeight || !el.contains(there)) found.push("cut: " + el.outerHTML.slice(0, 160));
  }
  const stuck = [root, document.body].some((el) => ["hidden", "clip"].includes(getComputedStyle(el).overflowY));
  if (stuck && root.scrollHeight > innerHeight) found.push("nobody can scroll here");
  root.scrollTo({ top: root.scrollHeight, behavior: "instant" });
  const last = document.querySelector("footer").getBoundingClientRect();
  if (last.bottom > innerHeight + 1) found.push("the end cannot be reached: " + last.bottom);
  return found;
}"""


@pytest.fixture
def lms() -> Iterator[str]:
    """A page of another site with an empty frame in it."""
    app = FastAPI()

    @app.get("/")
    def course() -> HTMLResponse:
        frame = f'<iframe title="tool" name="tool" width="{WIDTH}" height="{HEIGHT}" scrolling="auto"></iframe>'
        return HTMLResponse(f"<!doctype html><html lang=en><title>LMS</title>{frame}")

    with live_app(app, host="127.0.0.1") as origin:
        yield origin


def scenes(gallery: Gallery) -> Iterator[Scene]:
    for room, wanted in PAGES.items():
        found = [scene for scene in room(gallery) if scene.name in wanted]
        assert {scene.name for scene in found} == set(wanted)
        yield from found


def opened(frame: Frame, gallery: Gallery, scene: Scene) -> Frame:
    assert scene.who is not None
    frame.goto(f"{gallery.origin}/sign-in/{scene.who.cookies[cookies.SESSION]}")
    frame.goto(gallery.origin + scene.path)
    return frame


def test_nothing_is_cut_in_a_frame_of_600_pixels(
    db: Database, settings: Settings, open_browser: Callable[..., BrowserContext], lms: str
) -> None:
    framed: Any = settings.model_copy(update={"frame_ancestors": (lms,)})
    with open_gallery(db, framed) as gallery:
        page = open_browser().pages[0]
        page.goto(lms)
        frame = page.frame(name="tool")
        assert frame is not None
        found = {}
        for scene in scenes(gallery):
            seen = opened(frame, gallery, scene)
            assert seen.evaluate("innerHeight") == HEIGHT
            found[scene.name] = seen.evaluate(REACHED)
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("style", "fault"),
    [
        ("html { overflow: hidden }", "nobody can scroll"),
        ("main { position: fixed; top: 0; height: 100px; overflow: clip }", "cut"),
        ("main { width: 2000px }", "scrolls sideways"),
    ],
)
def test_what_is_planted_is_seen(open_browser: Callable[..., BrowserContext], style: str, fault: str) -> None:
    page = open_browser(size={"width": WIDTH, "height": HEIGHT}).pages[0]
    tall = "<div style='height: 900px'></div>"
    page.set_content(
        f"<!doctype html><html lang=en><style>{style}</style><main>{tall}<button>On</button></main><footer>end</footer>"
    )
    assert any(line.startswith(fault) for line in page.evaluate(REACHED))
