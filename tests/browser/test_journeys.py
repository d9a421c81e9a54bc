"""From the registration to the gradebook in a browser: only clicks and typing, with scripts and without, to the same end."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import select
from sqlalchemy.orm import Session

import chapter_centre
import chapter_copy
import chapters
import mishaps
from browser import ANDROID, DESKTOP, PHONE
from chapters import RUN
from clicking import Visitor
from diklat_lti.database import Database
from diklat_lti.models import (
    Attempt,
    Enrolment,
    GradeDecision,
    GradeDelivery,
    Grant,
    Judgement,
    LearnerEvent,
    Person,
    Ruling,
)
from diklat_lti.settings import Settings
from diklat_lti.web import pages
from stage import NOBODY, Stage, open_stage

FOR = {
    "account/left.html": {NOBODY},
    "centre/by_hand.html": {"Hendra"},
    "centre/by_hand_done.html": {"Hendra"},
    "centre/centres.html": {"Hendra"},
    "centre/code.html": {"Hendra"},
    "centre/code_confirm.html": {"Hendra"},
    "centre/courses.html": {"Hendra"},
    "centre/invite_made.html": {"Hendra"},
    "centre/invites.html": {"Hendra"},
    "centre/join.html": {"Hendra"},
    "centre/join_confirm.html": {"Hendra"},
    "centre/people.html": {"Hendra"},
    "centre/platforms.html": {"Hendra"},
    "errors/problem.html": {NOBODY},
    "help/guide.html": {NOBODY},
    "help/guides.html": {NOBODY},
    "learn/attempt.html": {"Siti"},
    "learn/home.html": {"Siti"},
    "learn/kept.html": {"Dewi"},
    "learn/kept_now.html": {NOBODY},
    "learn/lesson.html": {"Siti"},
    "learn/missing.html": {"Siti"},
    "learn/preview.html": {"Budi"},
    "learn/preview_lesson.html": {"Budi"},
    "learn/quiz.html": {"Siti"},
    "learn/result.html": {"Siti"},
    "learn/review.html": {"Siti"},
    "learn/start.html": {"Dewi"},
    "learn/welcome.html": {"Siti"},
    "lti/config.html": {NOBODY},
    "lti/no_cookies.html": {NOBODY},
    "lti/offer_tab.html": {NOBODY},
    "lti/register.html": {NOBODY},
    "lti/register_how.html": {NOBODY},
    "lti/registered.html": {NOBODY},
    "manage/copied.html": {"Hendra"},
    "manage/decide.html": {"Hendra"},
    "manage/doctor.html": {"Hendra"},
    "manage/extend.html": {"Hendra"},
    "manage/extend_preview.html": {"Hendra"},
    "manage/frames.html": {"Hendra"},
    "manage/learner.html": {"Hendra"},
    "manage/overview.html": {"Hendra", "Budi"},
    "manage/pick.html": {"Hendra"},
    "manage/pick_answer.html": {"Hendra"},
    "manage/pick_nothing.html": {"Hendra"},
    "manage/pick_preview.html": {"Hendra"},
    "manage/unplaced.html": {"Hendra"},
    "manage/waiting.html": {"Budi"},
}
"""Each page of the tool, and who must have reached it in a journey."""


ROOMS = ("account", "centre", "errors", "help", "learn", "lti", "manage")
AS_PHONE = {"size": PHONE, "user_agent": ANDROID, "has_touch": True, "is_mobile": True}


@pytest.fixture
def stage(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    with open_stage(db, settings, monkeypatch) as opened:
        yield opened


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_training_goes_from_the_registration_to_the_gradebook(
    stage: Stage, open_browser: Callable[..., BrowserContext], monkeypatch: pytest.MonkeyPatch, scripts: bool
) -> None:
    def visitor(**options: Any) -> Visitor:
        context = open_browser(scripts=scripts, **{"size": DESKTOP} | options)
        context.set_default_timeout(60_000)  # a machine that does other things as well is no failure
        return Visitor(context.pages[0], stage.lms.url, scripts, "is_mobile" not in options)

    ayu, hendra = visitor(), visitor()
    chapters.register(ayu, stage.invite())
    chapters.pick(hendra)

    siti = visitor()
    siti.log_in("Siti Rahmawati").open_activity(RUN)
    chapters.welcome(siti)
    chapters.learn(siti, lessons=2, fail_first=True)
    on_phone = visitor(**AS_PHONE)
    on_phone.log_in("Siti Rahmawati").open_activity(RUN)
    chapters.learn(on_phone, lessons=2)
    assert on_phone.shown(".notice.good")
    assert chapters.report(hendra, "Siti Rahmawati") == ""
    stage.work()
    assert chapters.report(hendra, "Siti Rahmawati") == "100.00"
    siti.open_activity(RUN)
    assert siti.shown("#main .grade .icon")

    budi = ayu.left().log_in("Budi Santoso")
    budi.open_activity(RUN)
    chapters.answer_request(hendra, "Budi Santoso", "supervisor")
    budi.press("#main a.button")
    hendra.press("tbody a")
    assert "Siti Rahmawati" in hendra.heading
    chapters.decide(hendra)
    chapters.look_at_the_chain(hendra)
    hendra.press("#main a[href$='/frames']")
    chapter_centre.lead(stage, hendra)
    chapters.read_guide(siti)
    chapters.leave(siti)

    with stage.db.read() as session:
        assert stored(session) == EXPECTED
    mishaps.no_content(stage, hendra, siti)
    mishaps.no_activity_wanted(hendra, monkeypatch)
    mishaps.no_teacher_any_more(stage, budi)
    mishaps.no_partitions(stage, budi.left())
    mishaps.no_cookies(stage, budi.left())
    assert chapter_copy.review(hendra) == "Siti Rahmawati"
    assert chapter_copy.copy_course(hendra) == "Angkatan salinan"
    assert chapter_copy.other_content(hendra, "Angkatan kedua") == "Angkatan kedua"
    assert unreached(stage) == {}


def test_every_page_is_one_that_somebody_must_reach() -> None:
    files = [file for room in ROOMS for file in (pages.FOLDER / room).iterdir() if is_page(file)]
    found = {str(file.relative_to(pages.FOLDER)) for file in files}
    assert found == set(FOR)


def is_page(file: Path) -> bool:
    """Others are pieces of pages, or frames around them."""
    return "{% extends" in file.read_text() and file.name != "frame.html"


def unreached(stage: Stage) -> dict[str, set[str]]:
    missing = {template: people - stage.shown.get(template, set()) for template, people in FOR.items()}
    return {template: people for template, people in missing.items() if people}


def stored(session: Session) -> dict[str, Any]:
    """What the tool knows in the end, without numbers and times."""
    siti = session.scalars(select(Enrolment)).one()
    work = session.scalars(select(LearnerEvent).where(LearnerEvent.kind != "answered").order_by(LearnerEvent.id))
    judged = session.execute(
        select(Attempt.lesson_key, Judgement.cause, Judgement.score)
        .join(Judgement, Judgement.attempt_id == Attempt.id)
        .order_by(Judgement.id)
    )
    given = session.execute(select(Person.given_name, Grant.role).join(Grant, Grant.person_id == Person.id))
    return {
        "done": siti.done_keys,
        "score": siti.score,
        "passed": siti.passed_at is not None,
        "region": siti.region_code,
        "work": [(event.kind, event.lesson_key) for event in work],
        "judged": [tuple(row) for row in judged],
        "decided": [(d.score, d.reason) for d in session.scalars(select(GradeDecision).order_by(GradeDecision.id))],
        "delivered": [(d.outcome, d.delivered_id == d.wanted_id) for d in session.scalars(select(GradeDelivery))],
        "roles": sorted(tuple(row) for row in given),
        "ruled": [r.kind for r in session.scalars(select(Ruling).where(Ruling.kind != "rules").order_by(Ruling.id))],
    }


EXPECTED: dict[str, Any] = {
    "done": ["sesi-keuangan", "sesi-meminjam-menabung", "sesi-orang-tua", "sesi-perilaku-anak"],
    "score": Decimal(100),
    "passed": True,
    "region": "18.03.22",
    "work": [
        ("confirmed", "sesi-orang-tua"),
        ("attempt_started", "sesi-perilaku-anak"),
        ("submitted", "sesi-perilaku-anak"),
        ("attempt_started", "sesi-perilaku-anak"),
        ("submitted", "sesi-perilaku-anak"),
        ("confirmed", "sesi-keuangan"),
        ("attempt_started", "sesi-meminjam-menabung"),
        ("submitted", "sesi-meminjam-menabung"),
    ],
    "judged": [
        ("sesi-perilaku-anak", "submitted", Decimal(0)),
        ("sesi-perilaku-anak", "submitted", Decimal(100)),
        ("sesi-meminjam-menabung", "submitted", Decimal(100)),
    ],
    "decided": [(Decimal(100), "passed")],
    "delivered": [("delivered", True)],
    "roles": [
        ("Budi", "author"),
        ("Budi", "supervisor"),
        ("Hendra", "centre_admin"),
        ("Hendra", "centre_admin"),
        ("Hendra", "cohort_admin"),
    ],
    "ruled": ["attempts_added", "extended"],
}
