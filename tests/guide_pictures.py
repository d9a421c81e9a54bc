"""The guides' pictures, drawn anew from a fresh demo by a real Chromium; a part of `make pictures`."""

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

import chapters
from browser import ANDROID, FLAGS, PHONE
from clicking import Visitor
from diklat_lti.content import samples
from diklat_lti.demo import learning, steps
from diklat_lti.demo.processes import Places, command, free_port, running
from diklat_lti.demo.steps import Journey
from diklat_lti.web import static_files

FOLDER = static_files.FOLDER / "guides"
DESK = {"width": 720, "height": 1400}
TIDY = """demo => {
  scrollTo(0, 0);
  document.activeElement.blur();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const said = words.currentNode;
    if (said.data.includes(demo)) said.data = said.data.replace("http://", "https://").replace(demo, "lms.example.id");
  }
}"""
"""From the top, no field in the middle of being typed, and the name that an LMS has in real life."""
SMALLEST, LARGEST = 5_000, 40_000
"""Bytes of one picture: less is an empty page, and people read the guides on a phone."""


@dataclass
class Demo(Journey):
    """`code` makes the first admin of its centre."""

    code: str = ""


class Artist:
    """People at browsers, whose pages become pictures."""

    def __init__(self, chromium: Any, journey: Demo, folder: Path, locale: str = "id-ID", quality: int = 60) -> None:
        self.chromium = chromium
        self.journey = journey
        self.folder = folder
        self.locale = locale
        self.quality = quality

    @contextmanager
    def person(self, name: str, size: Any, **options: Any) -> Iterator[Visitor]:
        """With an Android browser's name the tool has the whole window; the LMS shows it in a frame otherwise."""
        with tempfile.TemporaryDirectory() as profile:
            context: BrowserContext = self.chromium.launch_persistent_context(
                profile, executable_path=shutil.which("chromium"), args=list(FLAGS), viewport=size,
                locale=self.locale, timezone_id="Asia/Jakarta", color_scheme="light", **options,
            )  # fmt: skip
            context.set_default_timeout(60_000)
            yield Visitor(context.pages[0], self.journey.lms, True, "user_agent" not in options).log_in(name)
            context.close()

    def draw(self, name: str, page: Page, height: int, selector: str = "body") -> None:
        """The top of what `selector` shows, so high."""
        for frame in page.frames:
            frame.evaluate(TIDY, urlsplit(self.journey.lms).netloc)
        box = page.query_selector(selector).bounding_box()
        clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": min(height, box["height"]), "scale": 1}
        shot = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot",
            {"format": "webp", "quality": self.quality, "clip": clip},
        )
        image = base64.b64decode(shot["data"])
        assert SMALLEST < len(image) <= LARGEST, (name, len(image))
        (self.folder / f"{name}.webp").write_bytes(image)


def draw_all(artist: Artist) -> None:
    """In the order of the journey; what no picture shows is done over HTTP."""
    connect(artist)
    steps.activate(artist.journey)
    steps.offer(artist.journey)
    pick(artist)
    learn(artist)
    for name, lessons in (("Dewi Lestari", 4), ("Rina Marlina", 1), ("Yusuf Hidayat", 0)):
        work(artist.journey, name, lessons)
    watch(artist)
    lead(artist)


def connect(artist: Artist) -> None:
    with artist.person(steps.ADMIN, DESK) as ayu:
        ayu.page.goto(f"{ayu.lms}/mod/lti/toolconfigure.php")
        ayu.page.fill("#url", artist.journey.invite)
        ayu.click("form.add button")
        ayu.arrive()
        artist.draw("hubungkan", ayu.page, 470, "iframe.tool")
        ayu.press("#main form button")
        artist.draw("terhubung", ayu.page, 600, "iframe.tool")


def pick(artist: Artist) -> None:
    with artist.person(steps.TEACHER, DESK, user_agent=ANDROID) as hendra:
        hendra.course()
        hendra.click("button[name=editing][value='1']")
        hendra.framed = True  # the picker stands in the LMS's page also where activities do not
        chapters.open_picker(hendra)
        hendra.fill(name="Angkatan I 2026", starts_on=chapters.day())
        artist.draw("pilih-diklat", hendra.page, 1100, "iframe.tool")
        hendra.press(chapters.step("preview"))
        artist.draw("periksa-tanggal", hendra.page, 480, "iframe.tool")
        hendra.press(chapters.step("add"))
        hendra.arrive(at=chapters.SELECTED)
        hendra.press_out(chapters.SELECTED)


def learn(artist: Artist) -> None:
    with artist.person(steps.LEARNER, PHONE, user_agent=ANDROID, has_touch=True, is_mobile=True) as siti:
        siti.open_activity("Angkatan I 2026")
        chapters.welcome(siti)
        chapters.learn(siti, lessons=1)
        siti.press("#main .status .actions a.button")
        siti.press("#main a[href$='/quiz']")
        siti.press("#main form[data-work] button")
        right = [answer for answers in learning.right_answers().values() for answer in answers]
        for question in siti.tool.query_selector_all("[data-question]"):
            for option in question.query_selector_all("input[name^=q-]"):
                if option.get_attribute("value") in right:
                    option.check()
            question.wait_for_selector("[data-mark]:not([hidden])")
        artist.draw("kuis", siti.page, 640)
        siti.press("button[name=action][value=review]")
        siti.press("button[name=action][value=submit]")
        artist.draw("hasil", siti.page, 560)
        siti.press(".top nav a")
        artist.draw("beranda", siti.page, 700)


def work(journey: Journey, name: str, lessons: int) -> None:
    """Of so many lessons; a learner with all of them has passed."""
    home = steps.launch(journey, name)
    done = learning.learn(journey.browser(name), home)
    for _ in range(lessons):
        next(done)


def watch(artist: Artist) -> None:
    with artist.person(steps.TEACHER, DESK, user_agent=ANDROID) as hendra:
        hendra.open_activity("Angkatan I 2026")
        artist.draw("ringkasan", hendra.page, 940)


def lead(artist: Artist) -> None:
    """The teacher becomes admin of the centre by its code."""
    with artist.person(steps.TEACHER, DESK, user_agent=ANDROID) as hendra:
        hendra.open_activity("Angkatan I 2026")
        hendra.press("#main a[href='/centre/code']")
        hendra.fill(code=artist.journey.code)
        hendra.press("button[value=look]")
        hendra.press("button[value=confirm]")
        artist.draw("lembaga-lms", hendra.page, 620)
        hendra.press(".top nav a[href$='/people']")
        artist.draw("lembaga-peran", hendra.page, 620)


@contextmanager
def fresh_demo() -> Iterator[tuple[Any, Demo]]:
    """A browser, and a tool that has the sample and an invite, beside an LMS that knows nothing of it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        places = Places(Path(folder), free_port(), free_port(), f"sqlite:///{folder}/diklat.db")
        command(places, "migrate")
        command(places, "centre", "add", "BBPPKS contoh")
        command(places, "program", "import", str(samples.path("p2k2")))
        invite = command(places, "platform", "invite", "--name", "LMS contoh")
        code = command(places, "centre", "invite", "1")
        with running(places):
            yield playwright.chromium, Demo(places.tool, places.lms, invite, code=code)


def main(folder: Path = FOLDER) -> None:
    with fresh_demo() as (chromium, journey):
        draw_all(Artist(chromium, journey, folder))


if __name__ == "__main__":
    main()
