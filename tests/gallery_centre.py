"""The pages of a centre's admin: LMSs, invites, courses, people, and the way to become one."""

from collections.abc import Iterator
from datetime import timedelta
from secrets import token_hex

from playwright.sync_api import Page

import world
from diklat_lti.lti.registration import invites
from diklat_lti.models import Centre, Member, Person, Platform, Registration
from diklat_lti.training import centre_codes
from estate import lms
from gallery import LONG, UNBROKEN, Gallery, Scene, press
from office import Browser
from world import NOW


def scenes(gallery: Gallery) -> Iterator[Scene]:
    rina = lead(gallery)
    base = f"/centre/{gallery.course.centre_id}"
    yield from codes(gallery)
    yield Scene("platforms", base, rina)
    join = f"{base}/platforms/{again(gallery)}/join"
    yield Scene("join", join, rina)
    yield Scene("join-wrong", join, rina, lambda page: look(page, f"LMS {UNBROKEN}"))
    yield Scene("join-confirm", join, rina, lambda page: look(page, gallery.platform.name))
    yield Scene("platforms-open", base, rina, lambda page: page.click("details >> nth=0"))
    yield Scene("by-hand", f"{base}/platforms/new", rina)
    yield Scene("by-hand-wrong", f"{base}/platforms/new", rina, lambda page: press(page, "#main form button"))
    yield Scene("by-hand-done", f"{base}/platforms/new", rina, lambda page: type_all(page, gallery.origin))
    yield Scene("invites", f"{base}/invites", rina)
    yield Scene("invites-wrong", f"{base}/invites", rina, no_days)
    yield Scene("invite-made", f"{base}/invites", rina, lambda page: press(page, "#main form[novalidate] button"))
    yield Scene("courses", f"{base}/courses", rina)
    yield Scene("people", f"{base}/people", rina)
    yield Scene("people-found", f"{base}/people?q=Budi", rina)
    yield Scene("people-nobody", f"{base}/people?q=tidakada", rina)
    yield from two_centres(gallery, rina)


def lead(gallery: Gallery) -> Browser:
    """Rina leads the centre of the gallery's LMS; beside it stand one that is off, and one whose history went over."""
    now = gallery.clock.real_now()
    gallery.run(name=LONG)
    cohort = gallery.run()
    gallery.learner(cohort)
    with gallery.db.write() as session:
        centre = session.get_one(Centre, gallery.course.centre_id)
        centre.name = "BBPPKS Bandung"
        rina = session.get_one(Person, gallery.rina.id)
        world.grant(session, rina, "centre_admin", centre)
        mine = session.get_one(Platform, gallery.platform.id)
        mine.keys_fetched_at, mine.keys_fetched_by = now, "Moodle"
        world.deployment(session, registration_id=gallery.deployment.registration_id, admitted_at=None)
        world.deployment(session, registration_id=gallery.deployment.registration_id, disabled_at=NOW)
        off = world.platform(session, centre, name=f"LMS {UNBROKEN}", disabled_at=NOW)
        world.registration(session, off)
        world.platform(session, centre, name="LMS lama", joined_to_id=mine.id)
        for name in ("LMS Lampung", None):
            invites.invite(session, name, centre.id, timedelta(days=7), now)
        for name in ("Budi Santoso", f"Budi {LONG}", UNBROKEN):
            who = world.person(session, mine, name=name, email="budi.santoso@bbppks.example.id")
            session.add(Member(course_id=gallery.course.id, person_id=who.id, instructor_at=NOW))
            world.grant(session, who, "supervisor", session.merge(cohort, load=False), source="request")
    return gallery.sign_in(gallery.rina, cohort)


def again(gallery: Gallery) -> int:
    """A new client of the gallery's LMS, as after the tool was deleted there."""
    with gallery.db.write() as session:
        issuer = session.get_one(Registration, gallery.deployment.registration_id).issuer
        new = world.platform(session, session.get_one(Centre, gallery.course.centre_id), name="E-Learning (baru)")
        world.deployment(session, world.registration(session, new, issuer=issuer))
        return new.id


def look(page: Page, old: str) -> None:
    page.select_option("[name=old]", label=old)
    press(page, "button[value=look]")


def type_all(page: Page, site: str) -> None:
    """Nothing of an LMS is there. Each time another client: one that is registered already is refused."""
    for name, value in (lms(site) | {"client_id": token_hex(4)}).items():
        page.fill(f"[name={name}]", value)
    press(page, "#main form button")


def no_days(page: Page) -> None:
    page.fill("[name=days]", "tujuh")
    press(page, "#main form[novalidate] button")


def codes(gallery: Gallery) -> Iterator[Scene]:
    run = gallery.run()
    budi = gallery.sign_in(gallery.person("Budi Santoso"), run)
    with gallery.db.write() as session:
        keys, now = gallery.settings.secret_keys, gallery.clock.real_now()
        code = centre_codes.make(session, keys, gallery.course.centre_id, now)

    def type_in(text: str, page: Page) -> None:
        page.fill("[name=code]", text)
        press(page, "button[value=look]")

    yield Scene("code", "/centre/code", budi)
    yield Scene("code-wrong", "/centre/code", budi, lambda page: type_in("tidak tahu", page))
    yield Scene("code-confirm", "/centre/code", budi, lambda page: type_in(code, page))


def two_centres(gallery: Gallery, rina: Browser) -> Iterator[Scene]:
    """The second one has nothing yet."""
    with gallery.db.write() as session:
        empty = session.get_one(Centre, gallery.centre.id)
        world.grant(session, session.get_one(Person, gallery.rina.id), "centre_admin", empty)
    yield Scene("centres", "/centre", rina)
    yield Scene("code-led", "/centre/code", rina)
    yield Scene("platforms-none", f"/centre/{empty.id}", rina)
    yield Scene("courses-none", f"/centre/{empty.id}/courses", rina)
    open_move = "details >> nth=0"
    yield Scene("courses-move", f"/centre/{gallery.course.centre_id}/courses", rina, lambda page: page.click(open_move))
