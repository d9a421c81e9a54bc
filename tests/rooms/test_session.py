"""Launches join the browser's session: by the login's cookie, at the first page, and parallel pages in one session."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import tickets
from diklat_lti.models import BrowserSession, Course, Deployment, Launch, Person, Platform, Registration
from diklat_lti.web import cookies, session, viewer
from diklat_lti.web.errors import Signpost

KEYS = ("the tests' own key, forty characters long",)
NOW = world.NOW


def launch(writing: Session, ticket: str, who: Person, of: Deployment, course: Course | None, **columns: Any) -> Launch:
    defaults = {
        "ticket_id": ticket,
        "person_id": who.id,
        "deployment_id": of.id,
        "course_id": course and course.id,
        "message_type": "LtiResourceLinkRequest",
        "roles": "learner",
        "framed": True,
        "bounce": "bounced",
        "locale": "id",
        "return_url": "https://lms.example.id/mod/lti/return.php?course=1",
        "led_to": "/learn/1",
        "at": NOW,
        "expires_at": NOW + timedelta(hours=24),
    }
    return world.stored(writing, Launch(**defaults | columns))


class Scene:
    """One LMS with two courses, where Siti and Budi have accounts."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.write() as s:
            self.platform: Platform = world.platform(s)
            self.registration: Registration = world.registration(s, self.platform)
            self.deployment = world.deployment(s, self.registration)
            self.course, self.other = world.course(s, self.platform), world.course(s, self.platform)
            self.siti, self.budi = world.person(s, self.platform), world.person(s, self.platform)

    def launch(self, ticket: str, who: Person | None = None, course: Course | None = None, **columns: Any) -> str:
        """Returns the name of the login's cookie."""
        with self.db.write() as s:
            launch(s, ticket, who or self.siti, self.deployment, course or self.course, **columns)
        return tickets.COOKIE + ticket

    def join(self, sent: dict[str, str], later: timedelta = timedelta(0)) -> session.Joined | None:
        with self.db.write() as s:
            return session.join(s, sent, KEYS, "Chrome, Android", NOW + later)

    def look(self, name: str | None, later: timedelta = timedelta(0)) -> viewer.Viewer | None:
        with self.db.read() as s:
            return viewer.look(s, name, NOW + later)

    def sessions(self) -> list[BrowserSession]:
        with self.db.read() as s:
            return list(s.scalars(select(BrowserSession).order_by(BrowserSession.id)))


@pytest.fixture
def scene(db: Database) -> Scene:
    return Scene(db)


def sent(*ticket_ids: str) -> dict[str, str]:
    return {tickets.COOKIE + t: tickets.proof(KEYS, t) for t in ticket_ids}


def name_of(joined: session.Joined | None) -> str:
    assert joined is not None
    assert joined.name is not None
    return joined.name


def test_the_first_page_founds_a_session_and_ends_the_login(scene: Scene) -> None:
    cookie = scene.launch("a")
    joined = scene.join(sent("a"))
    assert joined is not None
    assert joined.set_cookies() == [
        cookies.set_cookie(cookies.SESSION, name_of(joined), 24 * 3600),
        f"{cookie}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
    ]
    who = scene.look(joined.name)
    assert who is not None
    assert (who.person_id, who.current.course_id, who.framed) == (scene.siti.id, scene.course.id, True)
    assert scene.sessions()[0].device == "Chrome, Android"
    assert name_of(joined) not in repr([vars(row) for row in scene.sessions()])


def test_a_cookie_that_does_not_prove_the_login_joins_nothing(scene: Scene) -> None:
    scene.launch("a")
    assert scene.join({tickets.COOKIE + "a": tickets.proof(KEYS, "b")}) is None
    assert scene.sessions() == []


def test_a_login_under_way_keeps_its_cookie(scene: Scene) -> None:
    scene.launch("a")
    joined = scene.join(sent("a", "not launched yet"))
    assert joined is not None
    assert joined.spent == (tickets.COOKIE + "a",)


def test_a_launch_that_is_over_founds_no_session(scene: Scene) -> None:
    scene.launch("a", expires_at=NOW)
    assert scene.join(sent("a")) is None


def test_the_same_page_twice_ends_in_the_same_session(scene: Scene) -> None:
    """The first answer was lost on the way: the browser still sends the login's cookie and no session's."""
    scene.launch("a")
    assert name_of(scene.join(sent("a"))) == name_of(scene.join(sent("a")))
    assert len(scene.sessions()) == 1


def test_two_launches_whose_first_pages_come_at_once_end_in_one_session(scene: Scene) -> None:
    """Both parties stand at the barrier, the one with both cookies, the other with the earlier one."""
    scene.launch("a")
    scene.launch("b", course=scene.other)
    barrier, names = threading.Barrier(4), []

    def first_page(sent_now: dict[str, str]) -> None:
        barrier.wait()
        names.append(name_of(scene.join(sent_now)))

    pages = [threading.Thread(target=first_page, args=(sent(*ids),)) for ids in ("ab", "ab", "a", "ba")]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert len(set(names)) == 1
    assert len(scene.sessions()) == 1
    who = scene.look(names[0])
    assert who is not None
    assert {entry.course_id for entry in who.entries} == {scene.course.id, scene.other.id}


def test_a_second_launch_joins_the_session_that_is_there(scene: Scene) -> None:
    scene.launch("a")
    name = name_of(scene.join(sent("a")))
    scene.launch("b", course=scene.other, expires_at=NOW + timedelta(days=15), framed=False)
    joined = scene.join({cookies.SESSION: name, **sent("b")}, later=timedelta(hours=1))
    assert name_of(joined) == name
    assert joined is not None
    assert joined.max_age == 15 * 86400 - 3600
    assert scene.look(name, later=timedelta(days=14)) is not None


def test_another_person_gets_another_session_and_the_first_is_over(scene: Scene) -> None:
    scene.launch("a")
    name = name_of(scene.join(sent("a")))
    scene.launch("b", who=scene.budi)
    other = name_of(scene.join({cookies.SESSION: name, **sent("b")}))
    assert other != name
    assert scene.look(name) is None
    who = scene.look(other)
    assert who is not None
    assert who.person_id == scene.budi.id


def test_of_two_people_in_one_browser_the_last_one_stays(scene: Scene) -> None:
    scene.launch("a")
    scene.launch("b", who=scene.budi)
    who = scene.look(name_of(scene.join(sent("a", "b"))))
    assert who is not None
    assert who.person_id == scene.budi.id
    assert len(who.entries) == 1


def test_nothing_brings_an_ended_session_back(scene: Scene) -> None:
    scene.launch("a")
    name = name_of(scene.join(sent("a")))
    with scene.db.write() as s:
        session.end(s, scene.sessions()[0].id, NOW)
    joined = scene.join({cookies.SESSION: name, **sent("a")})
    assert joined is not None
    assert joined.name is None
    assert joined.set_cookies() == [cookies.delete_cookie(tickets.COOKIE + "a")]
    assert scene.look(name) is None


def test_a_session_ends_with_the_last_of_its_launches(scene: Scene) -> None:
    scene.launch("a")
    scene.launch("b", course=scene.other, expires_at=NOW + timedelta(hours=12))
    name = name_of(scene.join(sent("a", "b")))
    late = scene.look(name, later=timedelta(hours=13))
    assert late is not None
    assert [entry.course_id for entry in late.entries] == [scene.course.id]
    assert scene.look(name, later=timedelta(hours=24)) is None
    assert scene.look("another name") is None
    assert scene.look(None) is None


def test_the_readers_choice_beats_the_launch(scene: Scene) -> None:
    scene.launch("a", locale="en-us")
    name = name_of(scene.join(sent("a")))
    who = scene.look(name)
    assert who is not None
    assert who.language == "en"
    with scene.db.write() as s:
        s.get_one(BrowserSession, who.session_id).locale = "id"
    again = scene.look(name)
    assert again is not None
    assert again.language == "id"


def test_only_the_platforms_own_origins_may_frame(scene: Scene) -> None:
    scene.launch("a", return_url="https://lms.example.id:8443/mod/lti/return.php")
    scene.launch("b", return_url="javascript:alert(1)")
    who = scene.look(name_of(scene.join(sent("a", "b"))))
    assert who is not None
    assert set(who.origins) == {scene.registration.issuer, "https://lms.example.id:8443"}
    assert who.return_url is None


def test_a_page_of_a_course_wants_a_launch_into_it(scene: Scene) -> None:
    with scene.db.write() as s:
        cohort = world.cohort(s, scene.other)
        world.placement(s, cohort, deployment_id=scene.deployment.id, resource_link_id="77")
        empty = world.course(s, scene.platform)
    scene.launch("a")
    who = scene.look(name_of(scene.join(sent("a"))))
    assert who is not None
    with scene.db.read() as s:
        assert who.enter(s, scene.course.id).course_id == scene.course.id
        with pytest.raises(Signpost) as elsewhere:
            who.enter(s, scene.other.id)
        assert elsewhere.value.address == f"{scene.registration.issuer}/mod/lti/view.php?l=77"
        with pytest.raises(Problem) as nowhere:
            who.enter(s, empty.id)
    assert not isinstance(nowhere.value, Signpost)


def test_an_address_of_ours_leads_into_the_lms_where_its_addresses_are_known(scene: Scene) -> None:
    with scene.db.write() as s:
        cohort = world.cohort(s, scene.course)
        enrolment = world.enrolment(s, cohort, scene.siti)
        link = world.placement(s, cohort, deployment_id=scene.deployment.id, resource_link_id="5", module_key="m1")
        world.placement(s, cohort, deployment_id=scene.deployment.id, resource_link_id="9")
    whole = f"{scene.registration.issuer}/mod/lti/view.php?l=9"
    with scene.db.write() as s:
        assert viewer.way_to_address(s, {"enrolment": enrolment.id}) == whole
        assert viewer.way_to_address(s, {"cohort": cohort.id}) == whole
        assert viewer.way_to_address(s, {"cohort": cohort.id + 1}) is None
        assert viewer.way_to_address(s, {}) is None
        s.get_one(type(link), link.id + 1).resource_link_id = "course-v1:x"
        s.flush()
        assert viewer.way_to_address(s, {"cohort": cohort.id}) is None
        s.get_one(Platform, scene.platform.id).product = "canvas"
        s.flush()
        assert viewer.way_to_address(s, {"enrolment": enrolment.id}) is None
