"""Centre admins: whom the operator can name, what that opens, and what stays when it is taken back."""

from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

import world
from diklat_lti.cli import main
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, Centre, Grant, Member, Person
from diklat_lti.training import access, centre_roles, centre_staff
from world import NOW


class Here:
    """A centre with two courses; Rina, who teaches in the first; a centre beside it on the same LMS."""

    def __init__(self, session: Session) -> None:
        self.platform = world.platform(session)
        self.centre = session.get_one(Centre, self.platform.centre_id)
        self.course, self.other = world.course(session, self.platform), world.course(session, self.platform)
        self.beside = world.centre(session, name="BBPPKS Makassar")
        self.abroad = world.course(session, self.platform, centre_id=self.beside.id)
        self.rina = self.seen(session, "Rina Marlina", instructor_at=NOW)

    def seen(self, session: Session, name: str | None, **columns: Any) -> Person:
        person = world.person(session, self.platform, name=name)
        session.add(Member(course_id=self.course.id, person_id=person.id, **columns))
        session.flush()
        return person

    def administers(self, session: Session) -> list[bool]:
        return [access.is_admin(session, self.rina.id, c, NOW) for c in (self.course, self.other, self.abroad)]


def test_whom_the_operator_names_administers_every_course_of_that_centre_and_none_of_another(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        assert here.administers(session) == [False, False, False]
        for _ in range(2):
            centre_roles.name_admin(session, here.centre.id, here.rina.id, NOW)
        assert here.administers(session) == [True, True, False]
        (grant,) = session.scalars(select(Grant))
        assert (grant.source, grant.granted_by, grant.course_id) == ("operator", None, None)
        (noted,) = session.scalars(select(AuditRow))
        assert (noted.action, noted.centre_id, noted.subject_id) == ("role.granted", here.centre.id, here.rina.id)


def test_what_is_taken_back_ends_at_once_and_leaves_roles_in_single_courses(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        kept = world.grant(session, here.rina, "cohort_admin", here.course)
        centre_roles.name_admin(session, here.centre.id, here.rina.id, NOW)
        centre_roles.dismiss_admin(session, here.centre.id, here.rina.id, NOW)
        assert here.administers(session) == [True, False, False]
        assert kept.revoked_at is None
        noted = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
        assert noted == ["role.granted", "role.revoked"]
        with pytest.raises(Problem, match="is no admin of centre"):
            centre_roles.dismiss_admin(session, here.centre.id, here.rina.id, NOW)
        centre_roles.name_admin(session, here.centre.id, here.rina.id, NOW)
        assert here.administers(session) == [True, True, False]


def test_an_admin_of_all_courses_in_another_centre_is_none_here(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        world.grant(session, here.rina, "centre_admin", here.beside)
        world.grant(session, here.rina, "centre_admin", here.course)
        with pytest.raises(Problem, match="is no admin of centre"):
            centre_roles.dismiss_admin(session, here.centre.id, here.rina.id, NOW)
        centre_roles.name_admin(session, here.centre.id, here.rina.id, NOW)
        assert here.administers(session) == [True, True, True]


def test_the_centres_that_somebody_leads_stand_by_name(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        first = world.centre(session, name="BBPPKS Aceh")
        for centre in (here.centre, first):
            world.grant(session, here.rina, "centre_admin", centre)
        world.grant(session, here.rina, "centre_admin", here.beside, revoked_at=NOW)
        assert [centre.id for centre in access.led(session, here.rina.id, NOW)] == [first.id, here.centre.id]


@pytest.mark.parametrize("columns", [{}, {"learner_at": NOW}, {"instructor_at": NOW, "marked": "learner"}])
def test_a_learners_number_makes_nobody_an_admin(db: Database, columns: dict[str, Any]) -> None:
    with db.write() as session:
        here = Here(session)
        siti = here.seen(session, "Siti Aminah", **columns)
        with pytest.raises(Problem, match="Nobody with the number"):
            centre_roles.name_admin(session, here.centre.id, siti.id, NOW)
        with pytest.raises(Problem, match="Nobody with the number"):
            centre_roles.name_admin(session, here.beside.id, here.rina.id, NOW)
        assert session.scalars(select(Grant)).all() == []


def test_the_staff_of_a_centre_are_its_teachers_and_whoever_holds_a_role_there_now(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        here.seen(session, "Siti Aminah", learner_at=NOW)
        both = here.seen(session, None, instructor_at=NOW, learner_at=NOW, marked="staff")
        budi, past, foreign = (world.person(session, here.platform, name=name) for name in ("Budi", "Dewi", "Agus"))
        world.grant(session, budi, "supervisor", here.course)
        world.grant(session, budi, "author", here.centre)
        world.grant(session, budi, "supervisor", here.other)
        world.grant(session, budi, "dinas", here.course, revoked_at=NOW)
        world.grant(session, past, "korkab", here.course, ends_at=NOW - timedelta(days=1))
        world.grant(session, foreign, "centre_admin", here.beside)
        assert [(line.id, line.name, line.roles) for line in centre_staff.people(session, here.centre.id, NOW)] == [
            (here.rina.id, "Rina Marlina", ()),
            (both.id, None, ()),
            (budi.id, "Budi", ("author", "supervisor")),
        ]
        assert [line.id for line in centre_staff.people(session, here.beside.id, NOW)] == [foreign.id]


def test_the_operator_names_lists_and_dismisses(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIKLAT_DATABASE_URL", database_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", "k" * 40)
    with db.write() as session:
        here = Here(session)
        centre, rina = here.centre.id, here.rina.id

    def typed(*words: object) -> Result:
        return CliRunner().invoke(main, ["centre", *map(str, words)])

    assert typed("staff", centre).stdout == f"{rina}  Rina Marlina  –  no role\n"
    assert (typed("grant", centre, rina).stdout, typed("grant", centre, rina).exit_code) == ("", 0)
    assert typed("staff", centre).stdout == f"{rina}  Rina Marlina  –  centre_admin\n"
    assert f'"id": {rina}' in typed("staff", centre, "--json").stdout
    assert typed("revoke", centre, rina).exit_code == 0
    assert typed("staff", centre).stdout.endswith("no role\n")
    for words in (("staff", 77), ("grant", 77, rina), ("revoke", 77, rina)):
        assert typed(*words).stderr == "Error: There is no centre 77. See: diklat-lti centre list\n"
    wrong = typed("grant", centre, rina + 1)
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (1, 1)
    assert f"diklat-lti centre staff {centre}" in wrong.stderr
