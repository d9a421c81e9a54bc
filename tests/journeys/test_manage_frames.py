"""The page that tells an admin in which browsers the LMS's frame works, over real HTTP."""

from collections.abc import Iterator

import pytest

from diklat_lti.database import Database
from diklat_lti.settings import Settings
from office import Office, open_office


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


def test_an_admin_reads_how_many_launches_were_inside_the_frame(office: Office) -> None:
    cohort, rina = office.cohort(), office.browser(browser_family="Chrome")
    office.browser(office.person("Siti"), browser_family="Firefox", bounce="new_tab", framed=False)
    assert f'href="/manage/{cohort.id}/frames"' in rina.get(f"/manage/{cohort.id}")
    page = rina.get(f"/manage/{cohort.id}/frames")
    assert "50% dari 2 peluncuran di dalam bingkai LMS dalam 30 hari terakhir." in page
    assert "tab baru dibuka" in page
    assert page.index("Chrome") < page.index("Firefox")


def test_a_supervisor_does_not_find_the_page(office: Office) -> None:
    cohort, budi = office.cohort(), office.person("Budi")
    office.grant(budi, "supervisor", cohort)
    browser = office.browser(budi)
    assert "/frames" not in browser.get(f"/manage/{cohort.id}")
    browser.get(f"/manage/{cohort.id}/frames", 404)
