"""The demo LMS's own pages: axe finds nothing in them either, whoever looks, in both its languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import select

from clicking import Visitor
from diklat_lti.database import Database
from diklat_lti.demo import steps
from diklat_lti.demo.lms import groups, tables
from diklat_lti.settings import Settings
from sight import faults
from stage import Stage, open_stage

COURSE = "/course/view.php?id=2"
ADMIN = (
    "/mod/lti/toolconfigure.php",
    "/mod/lti/typessettings.php?id={tool}",
    "/mod/lti/view.php?id=999",
    "/demo/faults",
)
TEACHER = (
    "/my/",
    COURSE,
    "/course/chooser.php?id=2",
    "/course/modedit.php?course=2&typeid={tool}",
    "/mod/lti/coursetools.php?id=2",
    "/mod/lti/view.php?id={activity}",
    "/user/index.php?id=2",
    "/group/index.php?id=2",
    "/backup/copy.php?id=2",
    "/course/settings.php?id={activity}",
    "/course/settings.php?id={activity}&select=1",
    "/grade/report/grader/index.php?id=2",
    "/grade/edit/tree/grade.php?courseid=2&itemid=1&userid=5",
)
LEARNER = (COURSE, "/grade/report/user/index.php?id=2", "/user/index.php?id=2", "/mod/lti/toolconfigure.php")
PEOPLE = {steps.ADMIN: ADMIN, steps.TEACHER: TEACHER, steps.LEARNER: LEARNER}


def plugged_in(stage: Stage) -> dict[str, int]:
    """Registered, active, shown and added, over HTTP; returns the numbers that addresses name."""
    journey = steps.Journey(stage.tool, stage.lms.url, stage.invite())
    for step in (steps.register, steps.activate, steps.offer, steps.add):
        step(journey)
    with stage.lms.lms.store.write() as lms:
        activity = lms.scalars(select(tables.link.c.cmid)).one()
        groups.make(lms, stage.lms.course, "Kelompok 1")
        return {"tool": lms.scalars(select(tables.tool.c.id)).one(), "activity": activity}


def test_axe_finds_nothing_in_the_demo_lms(
    db: Database, settings: Settings, open_browser: Callable[..., BrowserContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stage(db, settings, monkeypatch) as stage:
        numbers = plugged_in(stage)
        page = open_browser().pages[0]
        visitor = Visitor(page, stage.lms.url, scripts=True)
        page.goto(f"{stage.lms.url}/login/index.php")
        found = [f"login: {fault}" for fault in faults(page)]
        for who, addresses in PEOPLE.items():
            visitor.left().log_in(who)
            for english in (False, True):
                page.goto(f"{stage.lms.url}/my/")
                if english:
                    visitor.click("button[name=language][value=en]")
                for address in addresses:
                    page.goto(stage.lms.url + address.format(**numbers))
                    found += [f"{who} {address}: {fault}" for fault in faults(page)]
        assert not found, "\n".join(found)
