"""Who may see what: each role, each bound of a grant, and the neighbour who differs in that one thing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import Assignment, AuditRow, Centre, Cohort, Enrolment, Grant, GrantRegion
from diklat_lti.training import access
from world import NOW

HOUR = timedelta(hours=1)
SIGHTED = ("centre_admin", "cohort_admin", "korkab", "supervisor", "dinas")


class Here:
    """One centre with two courses and a second cohort in the first; Budi, who holds what a test gives him."""

    def __init__(self, session: Session) -> None:
        self.platform = world.platform(session)
        self.course = world.course(session, self.platform)
        self.cohort, self.second = world.cohort(session, self.course), world.cohort(session, self.course)
        self.other = world.course(session, self.platform)
        self.elsewhere = world.cohort(session, self.other)
        self.abroad = world.course(session, self.platform, centre_id=world.centre(session, name="Makassar").id)
        self.centre = session.get_one(Centre, self.course.centre_id)
        self.budi = world.person(session, self.platform, name="Budi")

    def grant(self, session: Session, role: str, of: Any = None, **columns: Any) -> Grant:
        return world.grant(session, self.budi, role, of or self.course, **columns)

    def learner(self, session: Session, region: str | None = None) -> Enrolment:
        return world.enrolment(session, self.cohort, region_code=region)

    def sees(self, session: Session, cohort: Cohort | None = None) -> list[int]:
        within = access.scope(session, self.budi.id, cohort or self.cohort, NOW)
        return list(session.scalars(select(Enrolment.id).where(within).order_by(Enrolment.id)))


@pytest.mark.parametrize("role", SIGHTED)
def test_each_role_watches_its_course_and_no_other(db: Database, role: str) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, role)
        watched = [
            access.watches(session, here.budi.id, course, None, NOW)
            for course in (here.course, here.other, here.abroad)
        ]
        assert watched == [True, False, False]
        assert access.is_admin(session, here.budi.id, here.course, NOW) is role.endswith("admin")


@pytest.mark.parametrize("role", ["author", "learner"])
def test_an_author_watches_nobody(db: Database, role: str) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, role)
        assert not access.watches(session, here.budi.id, here.course, here.cohort.id, NOW)
        here.learner(session)
        assert here.sees(session) == []
        assert str(access.scope(session, here.budi.id, here.cohort, NOW)) == "false"


def test_a_grant_of_the_centre_reaches_all_its_courses_and_no_other_centres(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "centre_admin", here.centre)
        admin = [access.is_admin(session, here.budi.id, c, NOW) for c in (here.course, here.other, here.abroad)]
        assert admin == [True, True, False]


def test_a_grant_of_one_cohort_reaches_no_other_of_the_course(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "supervisor", here.cohort)
        seen = [access.watches(session, here.budi.id, here.course, c.id, NOW) for c in (here.cohort, here.second)]
        assert seen == [True, False]
        assert not access.watches(session, here.budi.id, here.course, None, NOW)


def test_an_admin_of_one_cohort_administers_that_one_and_not_the_course(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "cohort_admin", here.cohort)
        assert access.administered(session, here.budi.id, here.cohort.id, NOW).id == here.cohort.id
        assert not access.is_admin(session, here.budi.id, here.course, NOW)
        with pytest.raises(Problem, match="does not exist"):
            access.administered(session, here.budi.id, here.second.id, NOW)


@pytest.mark.parametrize(
    ("columns", "holds"),
    [({}, True), ({"revoked_at": NOW - HOUR}, False), ({"ends_at": NOW + HOUR}, True), ({"ends_at": NOW}, False),
     ({"ends_at": NOW - HOUR}, False), ({"ends_at": NOW + HOUR, "revoked_at": NOW}, False)],
)  # fmt: skip
def test_a_grant_holds_until_it_ends_or_is_revoked(db: Database, columns: dict[str, Any], holds: bool) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "cohort_admin", **columns)
        one = here.learner(session)
        assert access.is_admin(session, here.budi.id, here.course, NOW) is holds
        assert access.watches(session, here.budi.id, here.course, here.cohort.id, NOW) is holds
        assert here.sees(session) == ([one.id] if holds else [])


def test_a_watcher_administers_nothing(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "supervisor")
        with pytest.raises(Problem) as refused:
            access.administered(session, here.budi.id, here.cohort.id, NOW)
        assert refused.value.reason == "not_found"


def test_an_admin_sees_all_of_the_cohort_and_nobody_of_another(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "cohort_admin")
        mine = [here.learner(session).id, here.learner(session, "18.03.01").id]
        world.enrolment(session, here.second)
        world.enrolment(session, here.elsewhere)
        assert here.sees(session) == mine


@pytest.mark.parametrize("role", ["korkab", "supervisor", "dinas"])
def test_a_watcher_sees_the_regions_below_a_prefix_and_no_neighbour_that_begins_like_it(
    db: Database, role: str
) -> None:
    with db.write() as session:
        here = Here(session)
        held = here.grant(session, role)
        session.add(GrantRegion(grant_id=held.id, prefix="18.03"))
        inside = [here.learner(session, code).id for code in ("18.03", "18.03.01", "18.03.23")]
        for code in ("18.031", "18.04.01", "18", None):
            here.learner(session, code)
        assert here.sees(session) == inside


def test_a_region_means_nothing_without_a_watching_grant_that_holds(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        ended = here.grant(session, "supervisor", ends_at=NOW)
        session.add(GrantRegion(grant_id=ended.id, prefix="18.03"))
        here.learner(session, "18.03.01")
        assert here.sees(session) == []
        here.grant(session, "supervisor")
        assert here.sees(session) == []


def test_a_supervisor_sees_the_people_assigned_to_them_and_nobody_elses(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "supervisor")
        own, others = here.learner(session), here.learner(session)
        ani = world.person(session, here.platform, name="Ani")
        session.add_all(
            Assignment(enrolment_id=who.id, person_id=by.id, assigned_at=NOW)
            for who, by in ((own, here.budi), (others, ani))
        )
        session.flush()
        assert here.sees(session) == [own.id]
        assert access.visible_enrolment(session, here.budi.id, here.cohort, own.id, NOW).id == own.id
        with pytest.raises(Problem) as refused:
            access.visible_enrolment(session, here.budi.id, here.cohort, others.id, NOW)
        assert refused.value.reason == "not_found"


def test_an_assignment_alone_shows_nobody(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        session.add(Assignment(enrolment_id=here.learner(session).id, person_id=here.budi.id, assigned_at=NOW))
        session.flush()
        assert here.sees(session) == []


def test_own_enrolments_are_the_persons_own(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        other = here.learner(session)
        world.enrolment(session, here.second, here.budi)
        mine = world.enrolment(session, here.cohort, here.budi)
        found = access.own_enrolment(session, here.budi.id, mine.id)
        assert (found[0].id, found[1].id) == (mine.id, here.cohort.id)
        with pytest.raises(Problem):
            access.own_enrolment(session, here.budi.id, other.id)


@pytest.mark.parametrize(
    ("role", "of", "led", "may"),
    [("centre_admin", "centre", True, True), ("author", "centre", True, True), ("author", "course", True, True),
     ("cohort_admin", "course", True, False), ("cohort_admin", "course", False, True),
     ("supervisor", "course", False, False), (None, "course", False, False)],
)  # fmt: skip
def test_who_installs_programs(db: Database, role: str | None, of: str, led: bool, may: bool) -> None:
    with db.write() as session:
        here = Here(session)
        if role:
            here.grant(session, role, getattr(here, of))
        if led:
            world.grant(session, world.person(session, here.platform), "centre_admin", here.centre)
        assert access.may_publish(session, here.budi.id, here.course, NOW) is may


def test_a_centre_whose_admin_was_revoked_is_led_by_nobody_and_another_centres_author_installs_nothing(
    db: Database,
) -> None:
    with db.write() as session:
        here = Here(session)
        world.grant(session, world.person(session, here.platform), "centre_admin", here.centre, revoked_at=NOW)
        abroad = session.get_one(Centre, here.abroad.centre_id)
        world.grant(session, here.budi, "author", abroad)
        assert not access.may_publish(session, here.budi.id, here.course, NOW)
        here.grant(session, "cohort_admin")
        assert access.may_publish(session, here.budi.id, here.course, NOW)


def test_deep_linking_makes_an_admin_once_and_never_again_after_a_revocation(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        for _ in range(2):
            access.grant_by_deep_linking(session, here.budi.id, here.course, NOW)
            session.flush()
        given = session.scalars(select(Grant)).one()
        assert (given.role, given.course_id, given.source, given.granted_by) == (
            "cohort_admin", here.course.id, "deep_linking", None,
        )  # fmt: skip
        given.revoked_at = NOW
        access.grant_by_deep_linking(session, here.budi.id, here.course, NOW + HOUR)
        session.flush()
        assert session.scalar(select(func.count()).select_from(Grant)) == 1
        access.grant_by_deep_linking(session, here.budi.id, here.other, NOW + HOUR)
        session.flush()
        assert access.is_admin(session, here.budi.id, here.other, NOW + HOUR)


@pytest.mark.parametrize(("columns", "grants"), [({}, 1), ({"revoked_at": NOW}, 2)])
def test_deep_linking_adds_nothing_to_a_role_that_an_admin_gave_and_that_holds(
    db: Database, columns: dict[str, Any], grants: int
) -> None:
    with db.write() as session:
        here = Here(session)
        here.grant(session, "cohort_admin", source="request", **columns)
        access.grant_by_deep_linking(session, here.budi.id, here.course, NOW)
        session.flush()
        assert session.scalar(select(func.count()).select_from(Grant)) == grants


@pytest.mark.parametrize(
    ("source", "granted_by", "actor"), [("admin", 0, 0), ("code", None, 1), ("operator", None, None)]
)
def test_a_role_that_is_given_and_taken_is_written_down_with_who_did_it(
    db: Database, source: str, granted_by: int | None, actor: int | None
) -> None:
    """Whoever entered a code did it themselves, and nobody granted it."""
    with db.write() as session:
        here = Here(session)
        people = {None: None, 0: world.person(session, here.platform, name="Rina").id, 1: here.budi.id}
        access.grant(
            session, here.budi.id, "author", here.centre.id, source, NOW, granted_by=people[granted_by], code=7
        )
        session.flush()
        held = session.scalars(select(Grant)).one()
        access.revoke(session, held, people[granted_by], NOW + HOUR)
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        assert [(row.action, row.actor_id, row.centre_id, row.subject_id, row.data) for row in rows] == [
            ("role.granted", people[actor], here.centre.id, here.budi.id,
             {"role": "author", "source": source, "course": None, "code": 7}),
            ("role.revoked", people[granted_by], here.centre.id, here.budi.id,
             {"role": "author", "source": source, "course": None, "cohort": None}),
        ]  # fmt: skip
        assert (held.granted_by, held.revoked_at, held.revoked_by) == (
            people[granted_by], NOW + HOUR, people[granted_by],
        )  # fmt: skip
