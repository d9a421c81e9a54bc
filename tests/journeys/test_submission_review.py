"""Submission review: from a grade in the LMS to the work behind it, by the learner, by who watches over them, by others."""

from typing import Any

import pytest
from sqlalchemy import select

import world
from diklat_lti.lti import claims
from diklat_lti.models import Course, Enrolment, Launch, Person, PickedLink, Placement, RoleRequest
from diklat_lti.training import placements
from door import Door, Visitor
from fake_platform import GONE, ROLE

REVIEW = "LtiSubmissionReviewRequest"


def arrives(door: Door, link: str, sub: str, role: str = "Learner", **more: Any) -> tuple[Visitor, Launch]:
    visitor = door.visitor()
    values = {"sub": sub, "lti__roles": [ROLE + role], "lti__custom": {placements.CUSTOM: link}} | more
    return visitor, door.assert_let_in(door.launch(visitor, **values))


def reviews(door: Door, link: str, of: str, sub: str, role: str = "Learner", **more: Any) -> tuple[Visitor, Launch]:
    values = {"lti__message_type": REVIEW, "lti__for_user": {"user_id": of}} | more
    return arrives(door, link, sub, role, **values)


def enrolments(door: Door) -> list[Enrolment]:
    with door.db.read() as session:
        return list(session.scalars(select(Enrolment).order_by(Enrolment.id)))


def makes_admin(door: Door, sub: str) -> None:
    with door.db.write() as session:
        who = session.scalars(select(Person).where(Person.sub == sub)).one()
        world.grant(session, who, "cohort_admin", session.scalars(select(Course)).one())


def test_a_learner_comes_to_the_own_work(door: Door, link: str) -> None:
    arrives(door, link, "7")
    visitor, launch = reviews(door, link, of="7", sub="7")
    (mine,) = enrolments(door)
    assert (launch.led_to, launch.message_type) == (f"/learn/{mine.id}", REVIEW)
    assert visitor.ask("GET", launch.led_to).status_code == 200


def test_an_admin_comes_to_the_learners_story(door: Door, link: str) -> None:
    arrives(door, link, "7", name="Siti Aminah")
    reviews(door, link, of="7", sub="3", role="Instructor")
    makes_admin(door, "3")
    visitor, launch = reviews(door, link, of="7", sub="3", role="Instructor")
    (theirs,) = enrolments(door)
    assert launch.led_to == f"/manage/{theirs.cohort_id}/people/{theirs.id}"
    page = visitor.ask("GET", launch.led_to)
    assert (page.status_code, "Siti Aminah" in page.text) == (200, True)


def test_a_teacher_without_a_role_asks_for_one_and_waits(door: Door, link: str) -> None:
    arrives(door, link, "7")
    visitor, launch = reviews(door, link, of="7", sub="3", role="Instructor")
    assert launch.led_to.startswith("/manage/waiting/")
    assert door.count(RoleRequest) == 1
    assert visitor.ask("GET", launch.led_to).status_code == 200


@pytest.mark.parametrize("role", ["Learner", "Mentor"])
@pytest.mark.parametrize("of", ["7", "nobody"])
def test_others_work_is_not_shown_and_not_even_said_to_be_there(door: Door, link: str, role: str, of: str) -> None:
    arrives(door, link, "7")
    visitor, launch = reviews(door, link, of=of, sub="8", role=role)
    page = visitor.ask("GET", launch.led_to)
    assert (launch.led_to, page.status_code) == (f"/learn/missing/{launch.id}", 404)
    assert "<h1>Nothing to look at yet</h1>" in page.text
    assert len(enrolments(door)) == 1, "a look enrols nobody"


def test_who_has_not_begun_has_nothing_to_be_looked_at(door: Door, link: str) -> None:
    visitor, launch = reviews(door, link, of="7", sub="7")
    assert visitor.ask("GET", launch.led_to).status_code == 404
    reviews(door, link, of="7", sub="3", role="Instructor")
    makes_admin(door, "3")
    visitor, launch = reviews(door, link, of="7", sub="3", role="Instructor")
    page = visitor.ask("GET", launch.led_to, None, **{"Accept-Language": "id"})
    assert (page.status_code, "Belum ada yang dapat dilihat" in page.text or "Nothing to look at" in page.text) == (
        404,
        True,
    )
    assert enrolments(door) == []


def test_a_supervisor_sees_the_own_people_alone(door: Door, link: str) -> None:
    arrives(door, link, "7")
    reviews(door, link, of="7", sub="3", role="Instructor")
    with door.db.write() as session:
        who = session.scalars(select(Person).where(Person.sub == "3")).one()
        world.grant(session, who, "supervisor", session.scalars(select(Course)).one())
    visitor, launch = reviews(door, link, of="7", sub="3", role="Instructor")
    assert launch.led_to.startswith("/manage/")
    assert visitor.ask("GET", launch.led_to).status_code == 404


def test_the_same_number_on_another_lms_is_somebody_else(door: Door, link: str) -> None:
    with door.db.write() as session:
        world.person(session, sub="9")
    arrives(door, link, "7")
    reviews(door, link, of="9", sub="3", role="Instructor")
    makes_admin(door, "3")
    _, launch = reviews(door, link, of="9", sub="3", role="Instructor")
    assert launch.led_to == f"/learn/missing/{launch.id}"


def test_a_link_without_content_has_no_work_behind_it(door: Door, link: str) -> None:
    _, launch = reviews(door, "", of="7", sub="3", role="Instructor")
    assert launch.led_to == f"/learn/missing/{launch.id}"
    assert door.count(RoleRequest) == 0


def test_a_review_is_seen_as_a_launch_of_its_link(door: Door, link: str) -> None:
    _, launch = reviews(door, link, of="7", sub="7")
    with door.db.read() as session:
        assert session.get_one(Placement, launch.placement_id).picked_uuid == link
        assert session.get_one(PickedLink, link).seen_at is not None


@pytest.mark.parametrize("said", [GONE, {}, {"user_id": ""}, {"user_id": 7}, "7", {"user_id": "x" * 256}])
def test_a_review_of_nobody_is_refused(door: Door, said: object) -> None:
    answer = door.launch(lti__message_type=REVIEW, lti__for_user=said)
    door.assert_refused(answer, "no_for_user")


def test_a_review_without_its_link_is_refused(door: Door) -> None:
    answer = door.launch(lti__message_type=REVIEW, lti__for_user={"user_id": "7"}, lti__resource_link=GONE)
    door.assert_refused(answer, "no_resource_link")


def test_whose_work_is_said_in_a_usual_launch_means_nothing(door: Door, link: str) -> None:
    _, launch = arrives(door, link, "8", lti__for_user={"user_id": "7"})
    assert launch.message_type == claims.RESOURCE_LINK_REQUEST
    assert launch.led_to == f"/learn/{enrolments(door)[0].id}"
