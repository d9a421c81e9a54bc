"""Learners' pages in a real Chromium: answers saved as they are given, one voice, a wrong clock named, nothing sideways."""

import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page

from browser import PHONE, faults, sideways
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import cookies, static_files
from school import PAGE_AND_QUIZ, READ, Pupil, School, open_school
from trained import END, START

NARROW = {"width": 320, "height": 640}
Open = Callable[..., BrowserContext]


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


def enter(school: School, open_browser: Open, language: str = "id", **options: object) -> Page:
    """A browser that Siti has already launched from."""
    context, pupil = open_browser(**options), school.browser(language=language)
    assert pupil.cookie is not None
    cookie = {
        "name": cookies.SESSION, "value": pupil.cookie, "domain": "localhost", "path": "/", "secure": True,
        "httpOnly": True, "sameSite": "None",
    }  # fmt: skip
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.pages[0]


def begin(school: School, page: Page) -> None:
    page.goto(f"{school.origin}{school.base}/lessons/{PAGE_AND_QUIZ}/quiz")
    page.get_by_role("button", name="Mulai").click()


def test_each_answer_is_saved_as_it_is_given_and_said_once(school: School, open_browser: Open) -> None:
    page = enter(school, open_browser, size=PHONE)
    begin(school, page)
    first, second = page.locator("fieldset").nth(0), page.locator("fieldset").nth(1)
    voice = page.locator("[data-status]")
    first.locator(".choice input").first.check()
    first.locator("[data-mark]").wait_for()
    assert voice.inner_text() == "tersimpan"
    page.evaluate("document.querySelector('[data-status]').textContent = 'heard'")
    second.locator(".choice input").first.check()
    second.locator("[data-mark]").wait_for()
    assert voice.inner_text() == "heard", "said once, and no more"
    stored = school.events("answered")
    assert len(stored) == 2
    assert all(row.offset_ms is not None and row.elapsed_ms is not None and row.device_id for row in stored)
    page.reload()
    assert page.locator("fieldset input:checked").count() == 2


def test_an_answer_that_could_not_be_saved_says_so_and_goes_later(school: School, open_browser: Open) -> None:
    page = enter(school, open_browser)
    begin(school, page)
    page.route("**/events", lambda route: route.abort())
    page.locator(".choice input").first.check()
    page.get_by_text("Belum tersimpan.").wait_for()
    page.unroute("**/events")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator("[data-mark]").first.wait_for()
    assert len(school.events("answered")) == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_the_whole_way_comes_to_the_same_with_and_without_scripts(
    school: School, open_browser: Open, scripts: bool
) -> None:
    page = enter(school, open_browser, scripts=scripts, size=PHONE)
    page.goto(school.origin + school.base)
    page.get_by_role("link", name="Pilih kecamatan").click()
    page.get_by_role("button", name="Kotabumi", exact=True).click()
    page.get_by_role("link", name="Mulai Sesi 1").click()
    page.get_by_role("button", name="Selesai, lanjut").click()
    page.get_by_role("link", name="Kerjakan kuis").click()
    page.get_by_role("button", name="Mulai").click()
    for key, value in school.answers().items():
        for one in [value] if isinstance(value, str) else value:
            page.locator(f'[name="q-{key}"][value="{one}"]').check()
    page.get_by_role("button", name="Periksa dan kirim").click()
    page.get_by_role("button", name="Kirim jawaban").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nilai Anda: 100"
    row = school.row()
    assert (row.done_keys, row.score, row.region_code) == ([READ, PAGE_AND_QUIZ], 50, "18.03.02")
    assert len(school.events("confirmed")) == 1
    assert (school.events("confirmed")[0].made_at is not None) is scripts


def test_a_clock_that_is_hours_off_is_named(school: School, open_browser: Open) -> None:
    page = enter(school, open_browser)
    page.goto(school.origin + school.base)
    page.wait_for_load_state("networkidle")
    assert page.locator("#clock-differs").is_hidden(), "the shift of a demo is no fault of the device"
    school.clock.shift_unsaid(timedelta(hours=8))
    page.reload()
    page.get_by_text("Jam ponsel Anda berbeda 8 jam dari jam kami.").wait_for()
    school.clock.shift_unsaid(timedelta(minutes=20))
    page.reload()
    page.get_by_text("Jam ponsel Anda berbeda 20 menit dari jam kami.").wait_for()


def test_a_form_goes_out_once_however_often_it_is_pressed(school: School, open_browser: Open) -> None:
    page = enter(school, open_browser)
    page.goto(f"{school.origin}{school.base}/lessons/{READ}")
    page.get_by_role("button", name="Selesai, lanjut").dblclick()
    page.wait_for_url(f"**/lessons/{PAGE_AND_QUIZ}")
    assert len(school.events("confirmed")) == 1


def test_a_timer_speaks_at_its_minutes(school: School, open_browser: Open) -> None:
    school.lesson_is(time_limit_s=62)
    page = enter(school, open_browser)
    begin(school, page)
    page.get_by_text("Sisa waktu 1 menit").wait_for()


def test_axe_finds_nothing_in_the_dark_and_nothing_scrolls_sideways(school: School, open_browser: Open) -> None:
    """By daylight and in English `test_every_page.py` looks at the same pages."""
    page = enter(school, open_browser, size=NARROW, color_scheme="dark")
    found: list[object] = []

    def look(path: str) -> None:
        answer = page.goto(f"{school.origin}{school.base}{path}")
        assert answer is not None
        assert answer.status == 200, path
        found.extend([path, fault] for fault in faults(page))
        found.extend([path, "sideways"] for _ in range(sideways(page)))

    for path in ("", "/welcome", f"/lessons/{READ}", f"/lessons/{PAGE_AND_QUIZ}", f"/lessons/{PAGE_AND_QUIZ}/quiz"):
        look(path)
    pupil = Pupil(school.origin, page.context.cookies()[0]["value"])
    attempt = school.begin(pupil).removeprefix(school.base)
    done = school.sits(PAGE_AND_QUIZ, right=False)
    for path in (attempt, f"{attempt}/review", f"/attempts/{done}/result"):
        look(path)
    for instant in (START - timedelta(days=1), END - timedelta(hours=1), END, END + timedelta(days=4)):
        school.clock.set(instant)
        look("")
    assert found == []


def test_the_first_page_and_its_files_keep_the_budget(school: School) -> None:
    pupil = school.browser()
    page = pupil.ask("GET", school.base).content
    static = static_files.files()
    scripts = sum(len(file.compressed) for name, file in static.items() if name.startswith("learn"))
    critical = (
        len(static["app.css"].compressed) + len(static["logo.svg"].compressed) + len(static["icons.svg"].compressed)
    )
    assert len(gzip.compress(page)) + critical + scripts < 60 * 1024
    assert scripts < 20 * 1024
