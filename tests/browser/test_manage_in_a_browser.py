"""The admins' pages in a real Chromium: the answer finds its way to the LMS, axe finds nothing, nothing scrolls sideways."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from browser import PHONE, faults, sideways
from diklat_lti.database import Database
from diklat_lti.models import Course, Member
from diklat_lti.settings import Settings
from diklat_lti.training import role_requests
from diklat_lti.web import cookies
from office import Browser, Office, open_office
from world import NOW

Opener = Callable[..., BrowserContext]


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


def signed_in(open_browser: Opener, browser: Browser, **options: Any) -> BrowserContext:
    """A browser in the session of a launch; how a session begins is another test's subject."""
    context = open_browser(**options)
    context.pages[0].goto(f"{browser.origin}/sign-in/{browser.cookies[cookies.SESSION]}")
    return context


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_picked_is_posted_to_the_lms(office: Office, open_browser: Opener, scripts: bool) -> None:
    picking, posted = office.picking(), []
    context = signed_in(open_browser, picking, scripts=scripts)

    def lms(route: Route) -> None:
        posted.append(route.request.post_data or "")
        route.fulfill(body="<h1>Kursus</h1>", content_type="text/html")

    context.route("https://lms.example.id/**", lms)
    page = context.pages[0]
    page.goto(office.origin + picking.picker)
    page.get_by_role("button", name="Pasang contoh P2K2").click()
    page.get_by_label("Nama angkatan").fill("Angkatan VII")
    page.get_by_role("button", name="Lihat tanggalnya").click()
    page.get_by_role("button", name="Tambahkan ke kursus").click()
    if not scripts:
        page.get_by_role("button", name="Kembali ke LMS").click()
    expect(page.get_by_role("heading", name="Kursus")).to_be_visible()
    assert [body.split("=")[0] for body in posted] == ["JWT"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(office: Office, open_browser: Opener, language: str) -> None:
    cohort = office.cohort()
    siti = office.learner(cohort, "Siti Aminah binti Abdurrahman Wahid Kusumaningrum Hadiprawira")
    office.told(cohort, siti, "stopped", "not_enrolled")
    asker = office.person("Dewi Lestari")
    with office.db.write() as session:
        session.add(Member(course_id=office.course.id, person_id=asker.id, instructor_at=NOW))
        role_requests.ask(session, asker.id, session.get_one(Course, office.course.id), NOW)
    picking, rina, dewi = office.picking(language=language), office.browser(language=language), office.browser(asker)
    pages = [
        (picking, [picking.picker]),
        (
            rina,
            [
                f"/manage/{cohort.id}",
                f"/manage/{cohort.id}?q=nobody",
                f"/manage/{cohort.id}/people/{siti.id}",
                f"/manage/unplaced/{rina.launch_id}",
            ],
        ),
        (dewi, [f"/manage/waiting/{office.course.id}"]),
    ]
    found = []
    for browser, paths in pages:
        page = signed_in(open_browser, browser, size={**PHONE, "width": 320}).pages[0]
        for path in paths:
            page.goto(office.origin + path)
            found += [f"{path}: {fault}" for fault in faults(page)]
            found += [f"{path} is {sideways(page)} px too wide"] if sideways(page) else []
    assert found == []
