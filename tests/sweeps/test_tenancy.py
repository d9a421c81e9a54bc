"""Two centres on one LMS see nothing of each other: every page and file of the app, with the other one's rows in its address."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.models import (
    Asset,
    BrowserSession,
    Centre,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    GradeItem,
    Grant,
    Invite,
    Launch,
    Person,
    Platform,
    ProgramVersion,
    Registration,
)
from diklat_lti.settings import Settings
from diklat_lti.web.learn import routes as learn
from diklat_lti.web.lti import routes as lti
from estate import Estate, estate
from house import Guest, open_house
from school import PAGE_AND_QUIZ

WORD = "tanahwajo"
"""It stands in everything that Candra's centre calls its own, and nowhere else; too long to turn up in a random token."""
NAMED = (
    (Centre, Centre.name), (Course, Course.title), (Course, Course.label), (Cohort, Cohort.name),
    (Platform, Platform.name), (Registration, Registration.issuer), (Registration, Registration.client_id),
    (Deployment, Deployment.deployment_id), (Invite, Invite.name), (Person, Person.name), (Person, Person.email),
    (Enrolment, Enrolment.help_code), (GradeItem, GradeItem.label), (ProgramVersion, ProgramVersion.title),
)  # fmt: skip
PLAIN = {"key": PAGE_AND_QUIZ, "asked_version": "x", "name": "app.css", "role": "peserta"}
"""Blanks that name no row."""
QUERIES = ("", "?q=joko", "?q=candra&state=active&sort=name&page=1&grade=stopped")
BLANK = re.compile(r"{(\w+)(?::\w+)?}")


@pytest.fixture
def mine(db: Database, settings: Settings) -> Iterator[Estate]:
    """Rina's. The LMS that both centres come from is hers."""
    with open_house(db, settings) as house:
        own = estate(house, house.siti)
        with db.write() as session:
            session.get_one(Platform, house.siti.course.platform_id).centre_id = own.centre.id
        yield own


@pytest.fixture
def theirs(mine: Estate) -> Estate:
    other = estate(mine.house, mine.house.candra)
    rows = numbers(mine, other)
    with mine.house.door.db.write() as session:
        session.get_one(Person, other.wing.admin.id).email = f"candra@{WORD}.example.id"
        for table, column in NAMED:
            ids = rows[table.__tablename__]
            word = {"issuer": f"https://{WORD}.example.id", "email": f"{WORD}@example.id"}.get(column.key, WORD)
            assert ids, table
            session.execute(update(table).where(table.id.in_(ids)).values({column.key: word}))
    return other


def numbers(mine: Estate, of: Estate) -> dict[str, list[int]]:
    """The rows of a centre, by table: what it holds itself, and what lies in its courses."""
    wing = of.wing
    with mine.house.door.db.read() as session:
        return {
            "centres": [of.centre.id], "courses": [wing.course.id], "cohorts": [wing.cohort.id],
            "platforms": [of.platform.id], "registrations": [of.registration.id],
            "deployments": [of.held.id], "invites": [of.invite.id], "people": [wing.admin.id, wing.learner.id],
            "enrolments": [wing.enrolment.id], "program_versions": [wing.cohort.version_id],
            "grade_items": list(session.scalars(select(GradeItem.id).where(GradeItem.cohort_id == wing.cohort.id))),
        }  # fmt: skip


def blanks(of: Estate) -> dict[str, str]:
    """What stands in an address for each blank, of this centre's rows. A new kind of blank needs a line here."""
    wing = of.wing
    with of.house.door.db.read() as session:
        launch = session.scalars(select(Launch.id).where(Launch.person_id == wing.admin.id)).first()
        file = session.scalars(select(Asset.path).where(Asset.version_id == wing.cohort.version_id)).first()
        grant = session.scalars(select(Grant.id).where(Grant.centre_id == of.centre.id)).first()
    found = {
        "enrolment": wing.enrolment.id, "cohort": wing.cohort.id, "course": wing.course.id, "uuid": wing.attempt,
        "version": wing.cohort.version_id, "path": file, "launch": launch, "centre": of.centre.id,
        "platform": of.platform.id, "registration": of.registration.id, "deployment": of.held.id,
        "invite": of.invite.id, "person": wing.learner.id, "grant": grant, "request": wing.request,
    }  # fmt: skip
    return {name: str(value) for name, value in found.items()}


def pages(app: FastAPI) -> list[str]:
    """The app's own list of what can be opened, routers within routers too."""
    found = []
    for route in [*lti.HOT_ROUTES, *learn.HOT_ROUTES, *app.routes]:
        inside = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        found += [r.path for r in inside if "GET" in (getattr(r, "methods", None) or ())]
    return list(dict.fromkeys(found))


def addresses(path: str, own: dict[str, str], foreign: dict[str, str]) -> list[tuple[str, bool]]:
    """The page with each mixture of own and foreign rows, and whether a foreign one is among them."""
    names = [name for name in BLANK.findall(path) if name not in PLAIN]
    unknown = [name for name in names if name not in own]
    assert not unknown, f"{path}: say in `blanks` what row {unknown} names, or in PLAIN that it names none"
    found = []
    for choice in product((own, foreign), repeat=len(names)):
        values = PLAIN | {name: of[name] for name, of in zip(names, choice, strict=True)}
        is_foreign = any(values[name] != own[name] for name in names)
        found.append((BLANK.sub(lambda m, v=values: v[m[1]], path), is_foreign))
    return found


def signed_in(mine: Estate) -> list[Guest]:
    """Rina as admin with a picker open, and Siti, who learns."""
    rina = mine.house.picking(mine.wing)
    with mine.house.door.db.write() as session:
        session.execute(update(Launch).where(Launch.person_id == mine.wing.admin.id).values(session_id=rina.session_id))
        session.execute(update(Launch).where(Launch.id == rina.launch_id).values(roles="instructor"))
    siti = mine.house.browser(mine.wing.learner, mine.wing)
    return [rina, siti]


def test_a_centre_sees_nothing_of_another_on_the_same_lms(mine: Estate, theirs: Estate, settings: Settings) -> None:
    mine.boss(), theirs.boss()
    own, foreign = blanks(mine), blanks(theirs)
    seen = []
    for who in signed_in(mine):
        for path in pages(create_app(settings)):
            for address, is_foreign in addresses(path, own, foreign):
                for query in QUERIES:
                    answer = who.ask("GET", address + query)
                    told = answer.text + answer.headers.get("location", "")
                    if WORD in told.lower() or answer.status_code >= 500:
                        seen.append(f"{address}{query}: {answer.status_code} tells of the other centre")
                    elif is_foreign and answer.status_code != 404:
                        seen.append(f"{address}{query}: {answer.status_code}, not 404")
    assert not seen, "\n".join(seen)


def test_the_walk_would_see_what_is_told(mine: Estate, theirs: Estate, settings: Settings) -> None:
    """The other centre's own admin reads that word on each of these pages."""
    candra = theirs.boss()
    rows = blanks(theirs)
    telling = set()
    for path in pages(create_app(settings)):
        for address, _ in addresses(path, rows, rows)[:1]:
            if WORD in candra.ask("GET", address).text.lower():
                telling.add(path)
    assert telling >= {
        "/centre/code", "/centre/{centre}", "/centre/{centre}/invites", "/centre/{centre}/courses",
        "/centre/{centre}/people", "/centre/{centre}/platforms/new", "/manage/{cohort}",
        "/manage/{cohort}/people/{enrolment}",
    }  # fmt: skip


def test_a_course_that_goes_to_another_centre_takes_its_pages_along(mine: Estate, theirs: Estate) -> None:
    rina, candra = mine.boss(), theirs.boss()
    cohort = mine.wing.cohort.id
    rina.get(f"/manage/{cohort}")
    candra.get(f"/manage/{cohort}", 404)
    with mine.house.door.db.write() as session:
        grants = update(Grant).where(Grant.person_id == mine.wing.admin.id, Grant.course_id == mine.wing.course.id)
        session.execute(grants.values(revoked_at=mine.grant.granted_at))
        second = session.get_one(Centre, theirs.centre.id)
        session.add(
            Grant(person_id=mine.wing.admin.id, role="centre_admin", centre_id=second.id, source="operator",
                  granted_at=mine.grant.granted_at)
        )  # fmt: skip
    rina.get(f"{mine.base}/courses")
    form = rina.form()
    sent = rina.send(f"{mine.base}/courses/{mine.wing.course.id}", {**form, "to": str(theirs.centre.id)})
    assert sent.status_code == 303
    assert f"/manage/{cohort}" in candra.ask("GET", f"{theirs.base}/courses").text
    candra.get(f"/manage/{cohort}")
    with mine.house.door.db.write() as session:
        led = update(Grant).where(Grant.person_id == mine.wing.admin.id, Grant.centre_id == theirs.centre.id)
        session.execute(led.values(revoked_at=mine.grant.granted_at))
    rina.get(f"/manage/{cohort}", 404)


def test_an_admin_of_a_centre_opens_all_its_runs_from_any_of_its_courses_and_a_learners_launch_opens_none(
    mine: Estate, theirs: Estate
) -> None:
    with mine.house.door.db.write() as session:
        session.get_one(Course, theirs.wing.course.id).centre_id = mine.centre.id
    rina = mine.boss()
    rina.get(f"/manage/{theirs.wing.cohort.id}")
    rina.get(f"/manage/{theirs.wing.cohort.id}/people/{theirs.wing.enrolment.id}")
    with mine.house.door.db.write() as session:
        session.execute(update(Launch).where(Launch.session_id == rina.session_id).values(roles="learner"))
    rina.get(f"/manage/{theirs.wing.cohort.id}", 401)
    rina.get(f"/manage/{mine.wing.cohort.id}")


def test_an_admin_of_one_course_still_needs_a_launch_into_it(mine: Estate, theirs: Estate) -> None:
    with mine.house.door.db.write() as session:
        session.get_one(Grant, mine.grant.id).revoked_at = mine.grant.granted_at
        other = session.get_one(Course, theirs.wing.course.id)
        other.centre_id = mine.centre.id
        session.add(
            Grant(person_id=mine.wing.admin.id, role="cohort_admin", centre_id=mine.centre.id, course_id=other.id,
                  source="request", granted_at=mine.grant.granted_at)
        )  # fmt: skip
    rina = mine.house.browser(mine.wing.admin, mine.wing)
    rina.get(f"/manage/{theirs.wing.cohort.id}", 401)


def test_a_deployment_that_a_launch_shows_first_is_held_until_the_centre_lets_it_in(mine: Estate) -> None:
    """From the LMS's signed message to the button of its centre's admin."""
    door = mine.house.door
    claim = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
    for _ in range(2):
        assert door.launch(**{claim: "9"}).status_code == 403
        assert door.reasons()[-1] == "deployment_held"
    rina = mine.boss()
    assert "Ditahan" in rina.get(mine.base)
    with door.db.read() as session:
        held = session.scalars(select(Deployment.id).where(Deployment.deployment_id == "9")).one()
    sent = rina.send(f"{mine.base}/deployments/{held}", {"csrf": rina.form()["csrf"], "state": "admitted"})
    assert sent.status_code == 303
    door.assert_let_in(door.launch(**{claim: "9"}))
    with door.db.read() as session:
        assert session.scalars(select(BrowserSession.id)).first()
