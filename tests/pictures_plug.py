"""The pictures of docs/plug-into-moodle.md: the whole way in the demo LMS, in English; a part of `make pictures`."""

from pathlib import Path

import chapters
from clicking import SELECTED, Visitor
from diklat_lti.demo import steps
from guide_pictures import Artist, fresh_demo, work

FOLDER = Path(__file__).parents[1] / "docs" / "plug"
DESK = {"width": 640, "height": 1000}
QUALITY = 30
"""Sharp enough to read, small enough to keep."""
RUN = "Batch I 2026"
INVITE = "https://diklat.example.id/lti/register?invite=4pJ1yVw"


def draw_all(artist: Artist) -> None:
    """In the order of the page. Each picture shows the LMS's own page, which says that it is a demo."""
    connect(artist)
    offer(artist)
    pick(artist)
    learn(artist)
    look(artist)


def english(visitor: Visitor) -> Visitor:
    """In the LMS; the tool follows it, and where nobody has come through the LMS yet, the browser."""
    visitor.click("button[name=language][value=en]")
    return visitor


def connect(artist: Artist) -> None:
    with artist.person(steps.ADMIN, DESK) as ayu:
        english(ayu).page.goto(f"{ayu.lms}/mod/lti/toolconfigure.php")
        ayu.page.fill("#url", INVITE)
        artist.draw("paste", ayu.page, 420)
        ayu.page.fill("#url", artist.journey.invite)
        ayu.click("form.add button")
        ayu.arrive()
        artist.draw("connect", ayu.page, 745)
        ayu.press("#main form button")
        artist.draw("connected", ayu.page, 860)
        ayu.press_out("[data-lti-close]")
        artist.draw("pending", ayu.page, 640)
        ayu.click("button[value=activate]")


def offer(artist: Artist) -> None:
    with artist.person(steps.TEACHER, DESK) as hendra:
        english(hendra).course()
        hendra.click(".tabs a[href*=coursetools]")
        artist.draw("offer", hendra.page, 480)
        hendra.click("button[name=shown][value='1']")


def pick(artist: Artist) -> None:
    with artist.person(steps.TEACHER, DESK) as hendra:
        english(hendra).course()
        hendra.click("button[name=editing][value='1']")
        hendra.click("a[href*='chooser.php']")
        artist.draw("chooser", hendra.page, 420)
        hendra.click(".cards a")
        artist.draw("select", hendra.page, 320)
        hendra.click("a[href*='select=1']")
        hendra.arrive()
        hendra.fill(name=RUN, starts_on=chapters.day())
        artist.draw("pick", hendra.page, 905)
        hendra.press(chapters.step("preview"))
        artist.draw("preview", hendra.page, 720)
        hendra.press(chapters.step("add"))
        hendra.arrive(at=SELECTED)
        artist.draw("add", hendra.page, 475)
        hendra.press_out(SELECTED)
        artist.draw("course", hendra.page, 500)
        hendra.open_activity(RUN)
        artist.draw("overview", hendra.page, 690)


def learn(artist: Artist) -> None:
    with artist.person(steps.LEARNER, DESK) as siti:
        english(siti).open_activity(RUN)
        chapters.welcome(siti)
        chapters.learn(siti, lessons=1)
        artist.draw("learner", siti.page, 800)
    work(artist.journey, "Dewi Lestari", lessons=4)


def look(artist: Artist) -> None:
    """Into the gradebook, once what was learnt has arrived there."""
    with artist.person(steps.TEACHER, DESK) as hendra:
        english(hendra)
        while not chapters.report(hendra, "Dewi Lestari"):
            hendra.page.wait_for_timeout(500)
        artist.draw("grades", hendra.page, 560)


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    with fresh_demo() as (chromium, journey):
        draw_all(Artist(chromium, journey, folder, "en-GB", QUALITY))


if __name__ == "__main__":
    main()
