"""A proof: Firefox as it is installed, its protection switched on, in the LMS's frame; and one that refuses cookies there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bidi import Firefox, firefox
from diklat_lti.database import Database
from diklat_lti.demo import steps
from diklat_lti.demo.lms import tables
from diklat_lti.models import Launch, LearnerEvent
from diklat_lti.settings import Settings
from stage import Stage, open_stage

FIRST, DONE = "#main .status .actions a.button", "#main form[data-work] button"


@pytest.fixture
def stage(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with open_stage(db, settings, monkeypatch) as opened:
        journey = steps.Journey(opened.tool, opened.lms.url, opened.invite())
        for step in (steps.register, steps.activate, steps.offer, steps.add):
            step(journey)
        yield opened


def opened(stage: Stage, fox: Firefox) -> str:
    """Siti opens the activity; returns its address in the LMS."""
    with stage.lms.lms.store.write() as lms:
        activity = lms.scalars(select(tables.link.c.cmid)).one()
    address = f"{stage.lms.url}/mod/lti/view.php?id={activity}"
    fox.open(f"{stage.lms.url}/login/index.php")
    fox.run(fox.tab, "[...document.querySelectorAll('button')].find(b => b.innerText == 'Siti Rahmawati').id = 'siti'")
    fox.press(fox.tab, "#siti")
    fox.until(lambda: "login" not in fox.tabs()[0]["url"])
    fox.open(address)
    return address


def launches(stage: Stage) -> list[tuple[Any, ...]]:
    with stage.db.read() as session:
        columns = select(Launch.bounce, Launch.framed, Launch.browser_family).where(Launch.roles == "learner")
        return [tuple(row) for row in session.execute(columns.order_by(Launch.id))]


def confirmed(stage: Stage) -> int:
    with stage.db.read() as session:
        return len(session.scalars(select(LearnerEvent.id).where(LearnerEvent.kind == "confirmed")).all())


def learns(stage: Stage, fox: Firefox, context: str) -> None:
    """One lesson, from the first page."""
    fox.press(context, FIRST)
    fox.press(fox.arrive(lambda: context, "Sesi 1"), DONE)
    fox.arrive(lambda: context, "Sesi 2")
    assert confirmed(stage) == 1


def test_firefox_keeps_our_cookie_in_the_frame_and_for_that_lms_alone(stage: Stage, tmp_path: Path) -> None:
    with firefox(tmp_path) as fox:
        address = opened(stage, fox)
        tool = fox.arrive(fox.frame, "Siti Rahmawati")
        learns(stage, fox, tool)
        fox.open(address)
        fox.arrive(fox.frame, "Siti Rahmawati")
        assert launches(stage) == [("bounced", True, "Firefox"), ("known", True, "Firefox")]
        fox.open(f"{stage.tool}/learn/1")
        fox.arrive(lambda: fox.tab, "Silakan buka halaman ini dari kursus Anda")


def test_firefox_that_refuses_cookies_of_other_sites_goes_on_in_a_tab(stage: Stage, tmp_path: Path) -> None:
    with firefox(tmp_path, network__cookie__cookieBehavior=1) as fox:
        opened(stage, fox)
        fox.press(fox.arrive(fox.frame, "Satu ketukan lagi"), "#main a.button")
        fox.until(lambda: len(fox.tabs()) == 2)
        alone = fox.arrive(lambda: fox.tabs()[1]["context"], "Siti Rahmawati")
        learns(stage, fox, alone)
        assert launches(stage) == [("new_tab", False, "Firefox")]
