"""Roles of a centre: who may be given one, who may be dismissed, and that somebody is always left."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, Centre, Grant, Member, Person
from diklat_lti.training import access, centre_roles, centre_staff
from world import NOW


class Here:
    """A centre with a course and its admin Rina; Budi was seen in the course; a centre beside it on the same LMS."""

    def __init__(self, session: Session) -> None:
        self.platform = world.platform(session)
        self.centre = session.get_one(Centre, self.platform.centre_id)
        self.course = world.course(session, self.platform, title="Diklat P2K2")
        self.beside = world.centre(session, name="BBPPKS Makassar")
        self.abroad = world.course(session, self.platform, centre_id=self.beside.id)
        self.rina = world.person(session, self.platform, name="Rina")
        self.lead = world.grant(session, self.rina, "centre_admin", self.centre)
        self.budi = self.seen(session, "Budi Santoso", email="budi@example.test")

    def seen(self, session: Session, name: str, course: Any = None, **columns: Any) -> Person:
        person = world.person(session, self.platform, name=name, **columns)
        session.add(Member(course_id=(course or self.course).id, person_id=person.id, instructor_at=NOW))
        session.flush()
        return person

    def give(self, session: Any, who: Person, role: str) -> None:
        centre_roles.give(session, self.centre.id, who.id, role, self.rina.id, NOW)
        session.flush()

    def revoke(self, session: Any, grant: Grant) -> None:
        centre_roles.revoke(session, self.centre.id, grant.id, self.rina.id, NOW)


@pytest.mark.parametrize("role", centre_roles.GIVEN)
def test_a_role_of_the_whole_centre_is_given_once_and_written_down(db: Database, role: str) -> None:
    with db.write() as session:
        here = Here(session)
        here.give(session, here.budi, role)
        here.give(session, here.budi, role)
        given = session.scalars(select(Grant).where(Grant.person_id == here.budi.id)).one()
        assert (given.role, given.centre_id, given.course_id, given.source, given.granted_by) == (
            role, here.centre.id, None, "admin", here.rina.id,
        )  # fmt: skip
        note = session.scalars(select(AuditRow)).one()
        assert (note.action, note.actor_id, note.subject_id) == ("role.granted", here.rina.id, here.budi.id)
        assert access.may_publish(session, here.budi.id, here.course, NOW)
        assert access.leads(session, here.budi.id, here.centre.id, NOW) is (role == "centre_admin")
        assert not access.leads(session, here.budi.id, here.beside.id, NOW)


@pytest.mark.parametrize("role", ["", "cohort_admin", "supervisor", "operator"])
def test_other_roles_are_not_given_here(db: Database, role: str) -> None:
    with db.write() as session:
        here = Here(session)
        with pytest.raises(Problem, match="does not exist"):
            here.give(session, here.budi, role)


def test_only_people_who_were_seen_in_a_course_of_the_centre_are_found_and_named(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        stranger = here.seen(session, "Budi dari Makassar", here.abroad)
        assert [found.id for found in centre_staff.find(session, here.centre.id, "budi", NOW)] == [here.budi.id]
        with pytest.raises(Problem) as refused:
            here.give(session, stranger, "author")
        assert refused.value.reason == "not_found"


@pytest.mark.parametrize(
    ("text", "found"), [("SANTOSO", 1), ("@example.test", 1), ("", 0), ("  ", 0), ("%", 0), ("_", 0), ("nobody", 0)]
)
def test_people_are_found_by_a_part_of_their_name_or_address(db: Database, text: str, found: int) -> None:
    with db.write() as session:
        here = Here(session)
        assert len(centre_staff.find(session, here.centre.id, text, NOW)) == found


def test_twenty_are_found_at_most_by_their_names_and_then_as_they_came(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        later, first = here.seen(session, "Wayan B"), here.seen(session, "Wayan A")
        same = here.seen(session, "Wayan A")
        assert [line.id for line in centre_staff.find(session, here.centre.id, "wayan", NOW)] == [
            first.id, same.id, later.id,
        ]  # fmt: skip
        for number in range(21):
            here.seen(session, f"Ketut {number}")
        assert len(centre_staff.find(session, here.centre.id, "ketut", NOW)) == 20


def test_who_was_erased_is_not_found_and_who_is_found_stands_with_their_roles(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.seen(session, "Budi lama", erased_at=NOW)
        here.give(session, here.budi, "author")
        world.grant(session, here.budi, "supervisor", here.course)
        (found,) = centre_staff.find(session, here.centre.id, "budi", NOW)
        assert (found.name, found.roles) == ("Budi Santoso", ("author",))


def test_roles_are_listed_those_of_the_centre_first_and_those_that_ended_or_lie_elsewhere_not(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        run = world.cohort(session, here.course, name="Angkatan I")
        world.grant(session, here.budi, "cohort_admin", here.course, source="deep_linking")
        world.grant(session, here.budi, "supervisor", run)
        world.grant(session, here.budi, "author", here.centre)
        world.grant(session, here.budi, "korkab", here.course, revoked_at=NOW)
        world.grant(session, here.budi, "korkab", here.course, ends_at=NOW)
        world.grant(session, here.budi, "author", here.beside)
        lines = centre_staff.roles(session, here.centre.id, NOW)
        assert [(line.role, line.name, line.course, line.run) for line in lines] == [
            ("centre_admin", "Rina", None, None),
            ("author", "Budi Santoso", None, None),
            ("cohort_admin", "Budi Santoso", "Diklat P2K2", None),
            ("supervisor", "Budi Santoso", "Diklat P2K2", "Angkatan I"),
        ]


def test_a_role_is_taken_back_once_and_written_down(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        held = world.grant(session, here.budi, "cohort_admin", here.course, source="deep_linking")
        here.revoke(session, held)
        here.revoke(session, held)
        assert (held.revoked_at, held.revoked_by) == (NOW, here.rina.id)
        assert not access.is_admin(session, here.budi.id, here.course, NOW)
        note = session.scalars(select(AuditRow)).one()
        assert (note.action, note.data["course"]) == ("role.revoked", here.course.id)
        access.grant_by_deep_linking(session, here.budi.id, here.course, NOW)
        assert not access.is_admin(session, here.budi.id, here.course, NOW)


def test_the_last_admin_of_a_centre_stays_and_one_of_two_may_go(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        world.grant(session, here.rina, "centre_admin", here.centre)
        world.grant(session, here.budi, "centre_admin", here.centre, ends_at=NOW)
        world.grant(session, here.budi, "centre_admin", here.course)
        with pytest.raises(Problem, match="last admin"):
            here.revoke(session, here.lead)
        here.give(session, here.budi, "centre_admin")
        here.revoke(session, here.lead)
        assert here.lead.revoked_at == NOW


def test_a_role_of_another_centre_is_not_found(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        with pytest.raises(Problem) as refused:
            here.revoke(session, world.grant(session, here.budi, "author", here.beside))
        assert refused.value.reason == "not_found"


def test_two_admins_who_dismiss_each_other_at_once_leave_one(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        other = world.grant(session, here.budi, "centre_admin", here.centre)
        both = [(here.budi.id, here.lead.id), (here.rina.id, other.id)]

    def dismiss(pair: tuple[int, int]) -> str:
        try:
            with db.write() as session:
                centre_roles.revoke(session, here.centre.id, pair[1], pair[0], NOW)
        except Problem as problem:
            return problem.reason
        return "gone"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(dismiss, both)) == ["gone", "last_centre_admin"]


def test_a_role_given_by_two_at_once_is_one(db: Database) -> None:
    with db.write() as session:
        here = Here(session)

    def give(_: int) -> None:
        with db.write() as session:
            here.give(session, here.budi, "author")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(give, range(4)))
    with db.read() as session:
        assert session.scalars(select(Grant.role).where(Grant.person_id == here.budi.id)).all() == ["author"]
