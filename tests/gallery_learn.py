"""The learner's pages in their states."""

from collections.abc import Iterator
from urllib.parse import urlencode

from playwright.sync_api import Page

import trained
from diklat_lti.models import BrowserSession, KeptForm, Member
from diklat_lti.training import attempts, progress
from diklat_lti.web.learn import stamps
from gallery import LONG, Gallery, Scene, Seat, all_done, one_read, press
from world import NOW

READ, QUIZ = "sesi-orang-tua", "sesi-perilaku-anak"


def scenes(gallery: Gallery) -> Iterator[Scene]:
    yield from homes(gallery)
    yield from graded(gallery)
    yield from lessons(gallery)
    yield from quizzes(gallery)
    yield from beginnings(gallery)
    yield from beside(gallery)


def homes(gallery: Gallery) -> Iterator[Scene]:
    yield gallery.seat(welcomed_at=None, region_code=None, name=LONG).scene("home-new")
    yield gallery.seat(ago=5, work=one_read()).scene("home-active")
    yield gallery.seat(ago=14, work=one_read()).scene("home-last-day")
    yield gallery.seat(ago=-6).scene("home-scheduled")
    rolling = gallery.seat()
    gallery.roll(rolling.cohort)
    yield rolling.scene("home-rolling")
    yield rolling.scene("start", "/start")
    yield gallery.seat(ago=16, work=one_read(days_ago=10)).scene("home-syncing")
    yield gallery.seat(ago=40).scene("home-expired-never")
    yield gallery.seat(ago=40, work=one_read(days_ago=35)).scene("home-expired")
    yield gallery.seat(ago=40, work=all_done(False, days_ago=35)).scene("home-failed")
    yield gallery.seat(work=one_read(), withdrawn_at=NOW, withdrawn_by="admin").scene("home-withdrawn")
    yield gallery.seat(work=all_done(False)).scene("home-below")
    yield gallery.seat(work=all_done(False, times=3)).scene("home-no-attempts")


def graded(gallery: Gallery) -> Iterator[Scene]:
    for outcome, answer in (("delivered", "stored"), ("later", "down"), ("stopped", "not_enrolled")):
        seat = gallery.seat(work=all_done(True))
        gallery.told(seat.cohort, seat.enrolment, outcome, answer, "100")
        yield seat.scene(f"home-passed-{outcome}")


def lessons(gallery: Gallery) -> Iterator[Scene]:
    yield gallery.seat().scene("lesson", f"/lessons/{READ}")
    done = gallery.seat(work=one_read())
    yield done.scene("lesson-done", f"/lessons/{READ}")
    yield done.scene("lesson-with-quiz", f"/lessons/{QUIZ}")
    yield done.scene("lesson-money", "/lessons/sesi-keuangan")
    yield gallery.seat(ago=40).scene("lesson-after-the-end", f"/lessons/{READ}")


def quizzes(gallery: Gallery) -> Iterator[Scene]:
    begun = gallery.seat()
    yield begun.scene("quiz", f"/lessons/{QUIZ}/quiz")
    attempt = f"/attempts/{begin(gallery, begun)}"
    yield begun.scene("quiz-under-way", f"/lessons/{QUIZ}/quiz")
    yield begun.scene("attempt", attempt)
    yield begun.scene("attempt-saved", attempt, lambda page: choose(page))
    yield begun.scene("review-unanswered", f"{attempt}/review")
    for right in (False, True):
        uuids: list[str] = []
        seat = gallery.seat(work=lambda s, c, e, r=right, u=uuids: u.append(trained.sits(s, c, e, QUIZ, NOW, r)))
        yield seat.scene("result-right" if right else "result-wrong", f"/attempts/{uuids[0]}/result")
        yield seat.scene("quiz-right" if right else "quiz-wrong", f"/lessons/{QUIZ}/quiz")
    yield gallery.seat(work=all_done(False, times=3)).scene("quiz-no-attempts", f"/lessons/{QUIZ}/quiz")
    yield gallery.seat(ago=40).scene("quiz-after-the-end", f"/lessons/{QUIZ}/quiz")
    yield full(gallery)


def begin(gallery: Gallery, seat: Seat, answered: bool = False) -> str:
    uuid = attempts.new_uuid()
    with gallery.db.write() as session:
        begun = [trained.event("attempt_started", QUIZ, NOW, uuid, seed=7)]
        if answered:
            given = trained.answers(session, seat.cohort, QUIZ)
            begun.append(trained.event("answered", QUIZ, NOW, uuid, answers=given))
        progress.record(session, seat.enrolment.id, begun, NOW)
    return uuid


def full(gallery: Gallery) -> Scene:
    seat = gallery.seat()
    return seat.scene("review-complete", f"/attempts/{begin(gallery, seat, answered=True)}/review")


def choose(page: Page) -> None:
    page.click(".choice:has(input:not(:checked))")
    page.wait_for_selector("[data-mark]:not([hidden])")


def beginnings(gallery: Gallery) -> Iterator[Scene]:
    new = gallery.seat(welcomed_at=None, region_code=None)
    yield new.scene("welcome", "/welcome")
    nameless = gallery.seat(name=None, welcomed_at=None, region_code=None)
    yield nameless.scene("welcome-nameless", "/welcome")
    yield nameless.scene("welcome-wrong", "/welcome", too_long)


def too_long(page: Page) -> None:
    """A name that no field of ours lets anybody type."""
    page.eval_on_selector(
        "[name=name]", "field => { field.removeAttribute('maxlength'); field.value = 'Siti '.repeat(80) }"
    )
    press(page, ".taps button")


def beside(gallery: Gallery) -> Iterator[Scene]:
    """Preview, what is not set up, and the end of a session."""
    run = gallery.run()
    budi = gallery.person("Budi Santoso")
    with gallery.db.write() as session:
        session.add(Member(course_id=run.course_id, person_id=budi.id, instructor_at=NOW, learner_at=NOW))
    his = gallery.sign_in(budi, run, "learner")
    yield Scene("preview", f"/learn/preview/{run.id}", his)
    yield Scene("preview-lesson", f"/learn/preview/{run.id}/lessons/{READ}", his)
    for name, columns in (("course", {"course_id": None}), ("role", {"roles": "none"}), ("content", {})):
        lost = gallery.browser(gallery.person("Siti Aminah"), **{"roles": "learner"} | columns)
        yield Scene(f"missing-{name}", f"/learn/missing/{lost.launch_id}", lost)
    leaving = gallery.seat()
    yield leaving.scene("problem-not-found", "/lessons/tidak-ada")
    yield leaving.scene("left", "", lambda page: press(page, "form[action='/logout'] button"))
    yield Scene("problem-signed-out", leaving.base)
    yield from left_over(gallery)


def left_over(gallery: Gallery) -> Iterator[Scene]:
    """What was sent after the session's end: a lesson and a quiz wait; another lesson is sent while one looks."""
    seat = gallery.seat(work=one_read())
    attempt = begin(gallery, seat)
    with gallery.db.write() as session:
        stamp = stamps.sign(gallery.settings, stamps.new(NOW))
        form = {"event": "0f0e0d0c-0001", "stamp": stamp}
        given = {f"q-{key}": value for key, value in trained.answers(session, seat.cohort, QUIZ).items()}
        quiz = form | {"action": "submit", "asked": [name[2:] for name in given]} | given
        for path, body in ((f"/lessons/{READ}", form), (f"/attempts/{attempt}", quiz)):
            row = {"session_id": seat.browser.session_id, "path": seat.base + path, "body": urlencode(body, doseq=True)}
            session.add(KeptForm(**row, received_at=gallery.clock.real_now()))
    yield seat.scene("home-left-over")
    yield seat.scene("kept", "/kept")

    def too_late(page: Page) -> None:
        with gallery.db.write() as session:
            session.get_one(BrowserSession, seat.browser.session_id).ended_at = gallery.clock.real_now()
        press(page, "form[data-work] button")

    yield seat.scene("kept-now", "/lessons/sesi-keuangan", too_late)
