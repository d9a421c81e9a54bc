"""The pages of those who run a training, of the LMS's administrator, and of whoever comes to a closed door."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import update

import gallery_lti
import trained
import world
from diklat_lti.lti import tickets
from diklat_lti.lti.doctor.chain import CHAIN
from diklat_lti.models import Cohort, Course, Enrolment, Finding, GradeDelivery, Member
from diklat_lti.training import cohorts, decisions, extensions, role_requests
from diklat_lti.training.extensions import Wish
from gallery import LONG, UNBROKEN, Gallery, Scene, all_done, press
from world import NOW

STATES = (
    {"done_count": 2, "score": Decimal("62.5"), "first_work_at": NOW - timedelta(hours=5)},
    {"done_count": 4, "all_done": True, "score": Decimal("45"), "first_work_at": NOW, "attempts_left": 1},
    {"done_count": 4, "all_done": True, "score": Decimal("88"), "first_work_at": NOW, "passed_at": NOW},
    {"withdrawn_at": NOW},
)


def scenes(gallery: Gallery) -> Iterator[Scene]:
    yield from picking(gallery)
    yield from missing(gallery)
    yield from copied(gallery)
    yield from overviews(gallery)
    yield from waiting(gallery)
    yield from gallery_lti.connecting(gallery)
    yield from doors(gallery)
    yield from doctoring(gallery)


def picking(gallery: Gallery) -> Iterator[Scene]:
    poor = gallery.stranger()
    yield Scene("pick-empty", poor.picker, poor)
    gallery.cohort()
    rich = gallery.picking()
    yield Scene("pick", rich.picker, rich)
    yield Scene("pick-wrong", rich.picker, rich, wrong)
    yield Scene("pick-preview", rich.picker, rich, preview)
    yield Scene("pick-answer", rich.picker, rich, lambda page: (preview(page), answer(page)))
    files = gallery.picking(asked={"accept_types": ["file"]})
    yield Scene("pick-nothing", files.picker, files)


def missing(gallery: Gallery) -> Iterator[Scene]:
    """Two of three activities did not arrive: on the overview, and in the next picker."""
    run = gallery.run()
    with gallery.db.write() as session:
        of = session.get_one(Cohort, run.id)
        for title, key in ((f"Modul 1: {LONG}", "modul-1"), ("Modul 2: Keuangan", "modul-2"), ("Nilai akhir", None)):
            more = {"title": title, "answer": "a" * 36}
            link = cohorts.pick(session, of, gallery.deployment.id, key, gallery.rina.id, NOW, **more)
            link.seen_at, link.looked_at = (NOW, None) if key is None else (None, NOW)
    with gallery.db.read() as session:
        course = session.get_one(Course, run.course_id)
    yield Scene("overview-missing", f"/manage/{run.id}", gallery.sign_in(gallery.rina, run))
    rina = gallery.picking(course=course)
    yield Scene("pick-missing", rina.picker, rina)


def copied(gallery: Gallery) -> Iterator[Scene]:
    """A link of a copied course: for its admin, who leads the old run, too; for another teacher; and from the picker."""
    old, new = gallery.run(name="Angkatan lama"), gallery.run()
    with gallery.db.write() as session:
        session.get_one(Cohort, new.id).name = "Angkatan baru"
        of = session.get_one(Cohort, old.id)
        picked = cohorts.pick(session, of, gallery.deployment.id, None, gallery.rina.id, NOW)
        where = {"course_id": new.course_id, "cohort_id": None, "deployment_id": gallery.deployment.id}
        link = world.placement(session, of, picked_uuid=picked.uuid, **where)
        course = session.get_one(Course, new.course_id)
    rina = gallery.sign_in(gallery.rina, new, placement_id=link.id)
    path = f"/manage/copied/{rina.launch_id}"
    yield Scene("copied", path, rina)
    yield Scene("copied-wrong", path, rina, wrong)
    yield Scene("copied-days", path, rina, lambda page: press(page, "button[value=preview]"))
    budi = gallery.sign_in(gallery.person("Budi Santoso"), new, placement_id=link.id)
    yield Scene("copied-other", f"/manage/copied/{budi.launch_id}", budi)
    picker = gallery.picking(course=course)
    yield Scene("pick-copied", picker.picker, picker)
    with gallery.db.read() as session:
        there = gallery.picking(course=session.get_one(Course, old.course_id))
    yield Scene("pick-led", f"{there.picker}?led=1", there)
    siti = gallery.sign_in(gallery.person("Siti Aminah"), new, "learner", message_type="LtiSubmissionReviewRequest")
    yield Scene("missing-review", f"/learn/missing/{siti.launch_id}", siti)


def wrong(page: Page) -> None:
    page.fill("[name=name]", "")
    page.fill("[name=length_days]", "lima belas")
    press(page, "button[value=preview]")


def preview(page: Page) -> None:
    page.check("[value=modules]")
    press(page, "button[value=preview]")


def answer(page: Page) -> None:
    """Without the script that sends it on at once."""
    page.route("**/answer.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    press(page, "button[value=add]")


def overviews(gallery: Gallery) -> Iterator[Scene]:
    empty = gallery.run(name=LONG)
    rina = gallery.sign_in(gallery.rina, empty)
    yield Scene("overview-empty", f"/manage/{empty.id}", rina)
    full = gallery.run()
    siti = crowd(gallery, full)
    rina = gallery.sign_in(gallery.rina, full)
    yield Scene("overview", f"/manage/{full.id}", rina)
    for family, bounce in (("Chrome", "bounced"), ("other", "document"), ("Firefox", "new_tab")):
        gallery.sign_in(gallery.rina, full, browser_family=family, bounce=bounce, framed=bounce == "bounced")
    yield Scene("frames", f"/manage/{full.id}/frames", rina)
    yield Scene("overview-second", f"/manage/{full.id}?page=2&sort=name", rina)
    yield Scene("overview-nobody", f"/manage/{full.id}?q=tidakada", rina)
    yield Scene("learner", f"/manage/{full.id}/people/{siti.id}", rina)
    yield Scene("learner-sent", f"/manage/{full.id}/people/{siti.id}?sent=1", rina)
    yield from deciding(gallery, full, siti, rina)
    over = gallery.run(ago=40)
    yield Scene("overview-over", f"/manage/{over.id}", gallery.sign_in(gallery.rina, over))
    budi = gallery.person("Budi Santoso")
    gallery.grant(budi, "supervisor", full)
    yield Scene("overview-supervisor", f"/manage/{full.id}", gallery.sign_in(budi, full))


def deciding(gallery: Gallery, run: Cohort, siti: Enrolment, rina: Any) -> Iterator[Scene]:
    """More time for all, looked at first and given before; about one learner, with late work, and withdrawn."""
    path = f"/manage/{run.id}/extend"
    yield Scene("extend-preview", path, rina, look_at_names)
    yield Scene("extend-wrong", path, rina, lambda page: press(page, "button[value=preview]"))
    with gallery.db.write() as session:
        of, whom = session.get_one(Cohort, run.id), Enrolment.passed_at.is_(None)
        wish = Wish((NOW + timedelta(days=40)).date(), f"Jaringan padam: {LONG}", "123/DIKLAT/2026")
        extensions.grant(session, of, whom, wish, gallery.rina.id, lambda: NOW)
        extensions.grant(session, of, Enrolment.id == siti.id, wish, gallery.rina.id, lambda: NOW)
        late = trained.enrolled(session, of, world.person(session, name=LONG))
        trained.reads(session, late, trained.lessons(session, of)[0][0], late.grace_end_at + timedelta(days=1))
    yield Scene("extend", path, rina)
    yield Scene("extend-given", f"{path}?given=57", rina)
    yield Scene("extend-one", f"{path}?of={siti.id}", rina)
    mine = f"/manage/{run.id}/people"
    yield Scene("decide", f"{mine}/{late.id}/decide", rina)
    yield Scene("decide-wrong", f"{mine}/{late.id}/decide", rina, lambda page: press(page, "button[value=admit]"))
    with gallery.db.write() as session:
        decisions.withdraw(session, late.id, "learner", "Pindah tugas", gallery.rina.id, lambda: NOW)
    yield Scene("decide-withdrawn", f"{mine}/{late.id}/decide", rina)
    yield Scene("learner-decided", f"{mine}/{late.id}?decided=1", rina)


def look_at_names(page: Page) -> None:
    page.select_option("[name=whom]", "everybody")
    page.fill("[name=last_day]", str((NOW + timedelta(days=30)).date()))
    page.fill("[name=reason]", "Jaringan padam")
    press(page, "button[value=preview]")


def crowd(gallery: Gallery, run: Cohort) -> Enrolment:
    """60 learners in every state, three who ask for a role, long names; returns one whose grade needs the admin."""
    siti = gallery.learner(run, LONG)
    with gallery.db.write() as session:
        of, mine = session.get_one(Cohort, run.id), session.get_one(Enrolment, siti.id)
        trained.grade_item(session, of)
        all_done(True)(session, of, mine)
        told = {"outcome": "stopped", "answer": "not_enrolled", "tried_at": NOW}
        session.execute(update(GradeDelivery).where(GradeDelivery.enrolment_id == siti.id).values(told))
    later = gallery.learner(run, UNBROKEN, **STATES[1])
    gallery.told(run, later, "later", "down", "45")
    done = gallery.learner(run, "Wayan Sudarma", **STATES[2])
    gallery.told(run, done, "delivered", "stored", "88")
    for number in range(57):
        gallery.learner(run, f"Peserta {number:02} dari Kotabumi", **STATES[number % 4] if number % 5 else {})
    for name in ("Dewi Lestari", LONG, UNBROKEN):
        ask(gallery, run, name)
    return siti


def ask(gallery: Gallery, run: Cohort, name: str) -> Any:
    who = gallery.person(name)
    with gallery.db.write() as session:
        session.add(Member(course_id=run.course_id, person_id=who.id, instructor_at=NOW))
        role_requests.ask(session, who.id, session.get_one(Course, run.course_id), NOW)
    return who


def waiting(gallery: Gallery) -> Iterator[Scene]:
    run = gallery.run()
    for answer in (None, "learner", "refused"):
        who = ask(gallery, run, "Budi Santoso")
        if answer:
            with gallery.db.write() as session:
                request = role_requests.waiting(session, run.course_id)[-1]
                course = session.get_one(Course, run.course_id)
                role_requests.answer(session, request.id, course, answer, gallery.rina.id, NOW)
        budi = gallery.sign_in(who, run)
        yield Scene(f"waiting-{answer or 'asked'}", f"/manage/waiting/{run.course_id}", budi)
    with gallery.db.write() as session:
        link = world.placement(session, session.get_one(Cohort, run.id), cohort_id=None)
    for name, person in (("admin", gallery.rina), ("other", gallery.person("Budi Santoso"))):
        who = gallery.sign_in(person, run, placement_id=link.id)
        yield Scene(f"unplaced-{name}", f"/manage/unplaced/{who.launch_id}", who)


def doors(gallery: Gallery) -> Iterator[Scene]:
    target = f"{gallery.origin}/lti/launch"
    registration = gallery.deployment.registration_id
    for name, bounce in (("offer-tab", ""), ("no-cookies", "new_tab")):
        ticket = tickets.new(registration, target, "7", None, bounce, gallery.clock.real_now())
        yield Scene(name, f"/lti/login?ticket={tickets.sign(gallery.settings.secret_keys, ticket)}")
    yield Scene("guides", "/help/guides")
    yield Scene("problem-launch", "/lti/login?iss=https://unknown.example.id")
    yield Scene("problem-not-found-at-all", "/tidak-ada")


def doctoring(gallery: Gallery) -> Iterator[Scene]:
    """Before anybody has looked; then with each light once, and links behind a broken one."""
    run = gallery.run()
    rina = gallery.sign_in(gallery.rina, run)
    yield Scene("doctor-never", f"/manage/{run.id}/doctor", rina)
    reasons = {"address": "private_allowed", "certificate": "not_us", "header": "stripped", "names": "nobody"}
    with gallery.db.write() as session:
        for link in CHAIN:
            green = next(reason for reason, word in link.words.items() if word.light == "green")
            reason = reasons.get(link.name, green)
            session.add(Finding(
                platform_id=None if link.own else gallery.platform.id, link=link.name, reason=reason,
                light=link.word(reason).light, looked_at=gallery.clock.real_now() - timedelta(hours=3),
                data={"refused": 2, "total": 1204, "framed": 1188} | ({"at": NOW.isoformat()} if link.name == "launch" else {}),
            ))  # fmt: skip
    yield Scene("doctor", f"/manage/{run.id}/doctor", rina)
