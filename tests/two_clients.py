"""One site that came to know the tool twice: courses, people and all that hangs on them, on both sides, by chance."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Base
from diklat_lti.models import (
    Assignment,
    BrowserSession,
    Course,
    Deployment,
    Enrolment,
    Finding,
    Grant,
    Launch,
    Member,
    Person,
    Platform,
    Refusal,
    RoleRequest,
)
from diklat_lti.models.cohort import PickedLink, Placement
from diklat_lti.models.grade import GradeItem
from diklat_lti.training import audit
from world import NOW

SITE = "https://lms.example.id"
SOON = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Side:
    platform: Platform
    deployment: Deployment


def side(session: Session, centre_id: int, client: str, **registration: Any) -> Side:
    """One client of the site, with one installation."""
    platform = world.stored(
        session, Platform(centre_id=centre_id, name=client, product="moodle", version="4.5", created_at=NOW)
    )
    columns = {"issuer": SITE, "client_id": client} | registration
    return Side(platform, world.deployment(session, world.registration(session, platform, **columns)))


def two(session: Session) -> tuple[Side, Side]:
    """New and old."""
    centre = world.centre(session)
    old, new = side(session, centre.id, "first"), side(session, centre.id, "second")
    return new, old


def fill(session: Session, of: Side, chance: Random) -> None:
    """People 1 to 6 and courses 1 to 4 of the site, as many as came to this side, and what they did there."""
    people = [
        world.person(session, of.platform, sub=str(n), name=f"Orang {n}", email=f"{n}@example.test")
        for n in range(1, 7)
        if chance.random() < 0.7
    ]
    for n in range(1, 5):
        if chance.random() < 0.7:
            context = {"context_id": str(n), "lineitems_url": f"{SITE}/{n}/lineitems?type_id={of.deployment.id}"}
            _course(session, of, world.course(session, of.platform, **context), people, chance)
    world.stored(session, Refusal(at=NOW, reason="no_sub", platform_id=of.platform.id, reference="1"))
    for link in ("tls", f"keys{of.platform.id}"):
        found = {"platform_id": of.platform.id, "light": "green", "reason": "fine", "data": {}, "looked_at": NOW}
        world.stored(session, Finding(link=link, **found))


def _course(session: Session, of: Side, course: Course, people: list[Person], chance: Random) -> None:
    cohort = world.cohort(session, course) if chance.random() < 0.6 else None
    for link in ("1", "2"):
        if chance.random() < 0.6:
            _link(session, of, course, cohort and cohort.id, link, chance)
    staff = [one for one in people if chance.random() < 0.3]
    for one in people:
        if chance.random() < 0.6:
            _comes(session, of, course, one, chance)
            if cohort is not None:
                enrolled = world.enrolment(session, cohort, one)
                for watcher in staff:
                    world.stored(session, Assignment(enrolment_id=enrolled.id, person_id=watcher.id, assigned_at=NOW))
    for one in staff:
        world.grant(session, one, "cohort_admin", cohort or course, granted_by=people[0].id)
        world.stored(session, RoleRequest(person_id=one.id, course_id=course.id, asked_at=NOW))
        audit.note(session, course.centre_id, one.id, "role.granted", "person", one.id, {}, NOW)  # type: ignore[arg-type]


def _link(session: Session, of: Side, course: Course, cohort_id: int | None, link: str, chance: Random) -> None:
    opens = cohort_id if chance.random() < 0.7 else None
    placed = world.stored(
        session,
        Placement(
            deployment_id=of.deployment.id, course_id=course.id, resource_link_id=link, cohort_id=opens, created_at=NOW
        ),
    )
    if opens is not None:
        item = {"cohort_id": opens, "placement_id": placed.id, "deployment_id": of.deployment.id, "label": "Nilai"}
        world.stored(session, GradeItem(module_key="", lineitem_url=f"{SITE}/{placed.id}", created_at=NOW, **item))


def _comes(session: Session, of: Side, course: Course, who: Person, chance: Random) -> None:
    at = NOW + timedelta(minutes=chance.randrange(100))
    seen = {chance.choice(("learner_at", "instructor_at")): at}
    world.stored(session, Member(course_id=course.id, person_id=who.id, **seen))
    name = str(next(world.numbers))
    browser = world.stored(session, BrowserSession(name_hash=name, person_id=who.id, created_at=NOW, expires_at=SOON))
    values = {"person_id": who.id, "deployment_id": of.deployment.id, "course_id": course.id, "session_id": browser.id}
    world.stored(
        session,
        Launch(
            ticket_id=name, message_type="LtiResourceLinkRequest", roles="learner", framed=True, bounce="known",
            led_to="/", at=NOW, expires_at=SOON, **values,
        ),
    )  # fmt: skip


def counts(session: Session) -> Counter[str]:
    """Rows of each table."""
    return Counter(
        {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    )


def named(session: Session, table: Table, ids: set[int]) -> set[str]:
    """Which columns of other tables name one of these rows of `table`."""
    keys = [key for other in Base.metadata.sorted_tables for key in other.foreign_keys if key.column.table is table]
    return {
        f"{key.parent.table.name}.{key.parent.name}"
        for key in keys
        if session.scalar(select(func.count()).select_from(key.parent.table).where(key.parent.in_(ids)))
    }


def whose(session: Session) -> dict[str, set[Any]]:
    """What each person did in which course, in the site's own numbers: these are the same before and after."""
    person, course = Person.sub, Course.context_id
    learnt = select(Enrolment.id, person, course).join(Person, Person.id == Enrolment.person_id)
    learnt = learnt.join(world.Cohort, world.Cohort.id == Enrolment.cohort_id)
    return {
        "enrolments": _rows(session, learnt.join(Course, Course.id == world.Cohort.course_id)),
        "launches": _rows(session, _by_both(select(Launch.id, person, course), Launch)),
        "requests": _rows(session, _by_both(select(RoleRequest.id, person, course), RoleRequest)),
        "members": _rows(session, _by_both(select(person, course), Member)),
        "sessions": _rows(
            session, select(BrowserSession.id, person).join(Person, Person.id == BrowserSession.person_id)
        ),
        "grants": _rows(session, select(Grant.id, person).join(Person, Person.id == Grant.person_id)),
        "watched": _rows(
            session, select(Assignment.enrolment_id, person).join(Person, Person.id == Assignment.person_id)
        ),
        "links": _rows(
            session, select(course, Placement.resource_link_id).join(Course, Course.id == Placement.course_id)
        ),
        "picked": _rows(session, select(PickedLink.uuid)),
    }


def _by_both(statement: Any, table: Any) -> Any:
    statement = statement.select_from(table)
    return statement.join(Person, Person.id == table.person_id).join(Course, Course.id == table.course_id)


def _rows(session: Session, statement: Any) -> set[Any]:
    return {tuple(row) for row in session.execute(statement)}
