"""Chapters of the journey where something is amiss: what the LMS or its people do first, then what people see and press."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import TimeoutError
from sqlalchemy import insert, select, update

import chapters
from chapters import RUN, step
from clicking import Visitor
from diklat_lti.demo.lms import claims, courses, seed, tables
from diklat_lti.models import BrowserSession, Cohort, Ruling
from diklat_lti.training import cohorts, rules
from stage import Stage

EMPTY = "Tanpa isi"


def no_content(stage: Stage, hendra: Visitor, siti: Visitor) -> None:
    """The activity was saved without Select content: the teacher is told how it gets some, the learner that it has none."""
    with stage.lms.lms.store.write() as lms:
        tool = lms.execute(select(tables.tool.c.id)).scalar_one()
        courses.add(lms, {"course_id": stage.lms.course, "tool_id": tool, "name": EMPTY, "custom": {}})
    hendra.open_activity(EMPTY)
    assert hendra.shown(f"#main a:text-is('{RUN}')")
    siti.open_activity(EMPTY)


def no_activity_wanted(hendra: Visitor, watching: pytest.MonkeyPatch) -> None:
    """The LMS opens the picker and takes only files."""
    real = claims.deep_linking

    def files_only(*asked: Any) -> dict[str, Any]:
        made = real(*asked)
        made["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]["accept_types"] = ["file"]
        return made

    with watching.context() as meanwhile:
        meanwhile.setattr(claims, "deep_linking", files_only)
        chapters.open_picker(hendra)
    hendra.press(step("cancel"))
    hendra.arrive("main.popup h1")


def no_teacher_any_more(stage: Stage, budi: Visitor) -> None:
    """Whoever once taught here and comes as a learner sees the training, and nothing counts."""
    one = tables.enrolment.c.person_id == seed.SUPERVISOR
    with stage.lms.lms.store.write() as lms:
        lms.execute(update(tables.enrolment).where(one).values(role="student"))
    budi.open_activity(RUN)
    budi.press("#main .list a")
    with stage.lms.lms.store.write() as lms:
        lms.execute(update(tables.enrolment).where(one).values(role="teacher"))


def no_partitions(stage: Stage, dewi: Visitor) -> None:
    """A browser of 2021 keeps no cookie in the frame: everything goes on in a tab of its own. Day 1 is when Dewi says so."""
    rolling(stage)
    stage.stripped.add("Partitioned")
    dewi.log_in("Dewi Lestari").open_activity(RUN)
    alone = in_a_tab(dewi)
    alone.arrive()
    alone.press("#main .status a.button")
    alone.press("#main form button")
    alone = session_over(stage, dewi, alone)
    chapters.learn(alone, lessons=1)
    assert alone.tool.get_attribute("progress", "value") == "2"
    stage.stripped.clear()


def session_over(stage: Stage, dewi: Visitor, alone: Visitor) -> Visitor:
    """Somebody signs out while a lesson is open in another tab: what is sent there waits until she comes again."""
    alone.press("#main .status .actions a.button")
    stage.change(BrowserSession, ended_at=stage.clock.real_now())
    alone.press("#main form[data-work] button")
    assert not alone.shown("#main form")
    dewi.open_activity(RUN)
    again = in_a_tab(dewi)
    again.arrive()
    again.press("#main .notice a.button")
    again.press("button[name=action][value=save]")
    return again


def no_cookies(stage: Stage, agus: Visitor) -> None:
    """No cookie comes back, in the frame or alone: a page says what to switch on."""
    stage.stripped.add("all")
    agus.log_in("Agus Setiawan").open_activity(RUN)
    alone = in_a_tab(agus)
    assert alone.arrive()
    assert not alone.shown("#main a.button")
    stage.stripped.clear()


def in_a_tab(framed: Visitor, presses: int = 3) -> Visitor:
    """Chromium now and then loses a press into a frame that has only just come; a person presses again."""
    framed.tool.wait_for_load_state("load")
    try:
        with framed.page.context.expect_page(timeout=10_000) as opened:
            framed.tool.click("#main a.button")
    except TimeoutError:
        if presses == 1:
            raise
        return in_a_tab(framed, presses - 1)
    return Visitor(opened.value, framed.lms, framed.scripts, framed=False)


def rolling(stage: Stage) -> None:
    """No picker of this version makes such a run; its learners' page is there."""
    with stage.db.write() as session:
        cohort = session.scalars(select(Cohort)).one()
        ruled = cohorts.rules_of(session, cohort.id)
        body = rules.dump(replace(ruled, window=replace(ruled.window, mode="rolling", starts_on=None)))
        cohort.mode, cohort.starts_on, cohort.rules_seq = "rolling", None, 2
        session.execute(
            insert(Ruling).values(
                cohort_id=cohort.id, seq=2, kind="rules", body=body, made_at=stage.clock.training_now()
            )
        )
