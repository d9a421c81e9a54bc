"""What a join leaves as it was: a third platform, a client that was switched off before, the word of the newest link."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import office
import two_clients
import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import joining
from diklat_lti.models import (
    Deployment,
    Finding,
    GradeDelivery,
    GradeItem,
    Placement,
    Platform,
    Refusal,
    Registration,
)
from diklat_lti.training.verdict import AT_ONCE
from two_clients import Side
from world import NOW


def joined(db: Database, new: Side, old: Side) -> None:
    with db.write() as session:
        joining.join(session, new.platform.id, old.platform.id, None, NOW)


def test_a_third_platform_keeps_what_was_seen_of_it(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        third = two_clients.side(
            session, old.platform.centre_id, "third", issuer="https://third.example.id"
        ).platform.id
        finding = {"link": "tls", "light": "red", "reason": "x", "data": {}, "looked_at": NOW}
        world.stored(session, Finding(platform_id=third, **finding))
        world.stored(session, Refusal(at=NOW, reason="no_sub", platform_id=third, reference="1"))
    joined(db, new, old)
    with db.read() as session:
        assert session.scalars(select(Finding.platform_id)).all() == [third]
        assert session.scalars(select(Refusal.platform_id)).all() == [third]
        assert session.get_one(Platform, third).joined_to_id is None
        assert session.scalars(select(Registration.platform_id).where(Registration.client_id == "third")).all() == [
            third
        ]


@pytest.mark.parametrize("told", ["canvas", None])
def test_the_product_is_what_the_new_connection_says_or_else_what_was_known(db: Database, told: str | None) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        row = session.get_one(Platform, new.platform.id)
        row.product, row.version = told, None
    joined(db, new, old)
    with db.read() as session:
        stays = session.get_one(Platform, old.platform.id)
        assert (stays.product, stays.version) == (told or "moodle", "4.5")


def test_a_client_that_was_switched_off_before_keeps_its_day(db: Database) -> None:
    before = NOW - timedelta(days=9)
    with db.write() as session:
        new, old = two_clients.two(session)
        session.get_one(Registration, old.deployment.registration_id).disabled_at = before
    joined(db, new, old)
    with db.read() as session:
        assert session.get_one(Registration, old.deployment.registration_id).disabled_at == before


def test_where_two_old_installations_knew_a_link_the_newer_ones_word_counts(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        newer = world.deployment(session, session.get_one(Registration, old.deployment.registration_id))
        course = world.course(session, old.platform, context_id="2")
        first, second = world.cohort(session, course), world.cohort(session, course)
        link = {"resource_link_id": "7"}
        world.placement(session, second, deployment_id=newer.id, **link)
        world.placement(session, first, deployment_id=old.deployment.id, **link)
        last = second.id
    joined(db, new, old)
    with db.read() as session:
        of_new = select(Placement.cohort_id).where(Placement.deployment_id == new.deployment.id)
        assert session.scalars(of_new).all() == [last]


def test_before_a_join_its_page_already_refuses_what_the_join_would(db: Database) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        joining.check(session, new.platform, old.platform)
        session.get_one(Deployment, new.deployment.id).disabled_at = NOW
        with pytest.raises(Problem) as refused:
            joining.check(session, new.platform, old.platform)
        assert refused.value.reason == "not_one_deployment"


@pytest.mark.parametrize(("title", "named"), [("Diklat P2K2", "Diklat P2K2"), (None, "2")])
def test_a_course_of_two_centres_is_named_by_its_title_or_else_its_number(
    db: Database, title: str | None, named: str
) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        world.course(session, new.platform, context_id="9")
        world.course(session, old.platform, context_id="9", title=title, centre_id=world.centre(session).id)
    with pytest.raises(Problem, match=f"The course {named} belongs"):
        joined(db, new, old)


@pytest.mark.parametrize(
    ("answer", "goes_out"), [("no_item", True), ("no_access", True), ("refused", True), ("not_enrolled", False)]
)
def test_a_grade_that_had_no_way_goes_out_by_the_new_client_and_none_of_another_lms(
    db: Database, answer: str, goes_out: bool
) -> None:
    with db.write() as session:
        new, old = two_clients.two(session)
        third = two_clients.side(session, old.platform.centre_id, "third")
        for side in (old, third):
            enrolment = world.enrolment(session, world.cohort(session, world.course(session, side.platform)))
            item = {"cohort_id": enrolment.cohort_id, "deployment_id": side.deployment.id, "label": "N"}
            told = world.stored(session, GradeItem(module_key="", created_at=NOW, **item))
            stopped = {"outcome": "stopped", "answer": answer, "tries": 3}
            wanted = office.decided(session, enrolment, "85").id
            session.add(GradeDelivery(enrolment_id=enrolment.id, grade_item_id=told.id, wanted_id=wanted, **stopped))
    joined(db, new, old)
    with db.read() as session:
        d = GradeDelivery
        found = [tuple(row) for row in session.execute(select(d.outcome, d.next_try_at).order_by(d.id))]
    assert found == [("waiting", AT_ONCE) if goes_out else ("stopped", None), ("stopped", None)]
