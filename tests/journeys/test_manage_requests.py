"""Instructors without a role over real HTTP: their waiting page, an admin's answer, and a link without a content."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

import trained
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Course, Grant, Member, Person, Placement, RoleRequest
from diklat_lti.settings import Settings
from diklat_lti.training import role_requests
from office import Browser, Office, open_office
from world import NOW


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return office.cohort()


@pytest.fixture
def budi(office: Office) -> Person:
    """Known to the course as an instructor; asked for a role by coming."""
    who = office.person("Budi Santoso")
    with office.db.write() as session:
        session.add(Member(course_id=office.course.id, person_id=who.id, instructor_at=NOW))
        role_requests.ask(session, who.id, session.get_one(Course, office.course.id), NOW)
    return who


@pytest.fixture
def rina(office: Office, cohort: Cohort, budi: Person) -> Browser:
    browser = office.browser()
    browser.get(f"/manage/{cohort.id}")
    return browser


def request_of(office: Office) -> RoleRequest:
    with office.db.read() as session:
        return session.scalars(select(RoleRequest)).one()


def roles(office: Office, who: Person) -> list[str]:
    with office.db.read() as session:
        return list(session.scalars(select(Grant.role).where(Grant.person_id == who.id)))


def test_a_request_stands_on_top_of_the_overview_with_five_buttons(
    office: Office, rina: Browser, cohort: Cohort
) -> None:
    page = rina.get(f"/manage/{cohort.id}")
    assert "Budi Santoso meminta peran" in page
    assert "Selasa 24 Nov 2026 pukul 10.00 WIB" in page
    for label in ("Admin", "Korkab", "Supervisor", "Peserta", "Tolak"):
        assert f">{label}</button>" in page


@pytest.mark.parametrize("role", ["cohort_admin", "korkab", "supervisor"])
def test_a_role_is_given_in_one_tap(office: Office, rina: Browser, cohort: Cohort, budi: Person, role: str) -> None:
    address = f"/manage/{cohort.id}/requests/{request_of(office).id}"
    assert rina.send(address, answer=role).headers["location"] == f"/manage/{cohort.id}"
    assert roles(office, budi) == [role]
    assert "meminta peran" not in rina.get(f"/manage/{cohort.id}")
    waiting = office.browser(budi).ask("GET", f"/manage/waiting/{office.course.id}")
    assert (waiting.status_code, waiting.headers["location"]) == (303, f"/manage/{cohort.id}")


def test_an_author_is_made_by_an_admin_of_the_centre_alone_and_does_not_ask_again(
    office: Office, rina: Browser, cohort: Cohort, budi: Person
) -> None:
    address = f"/manage/{cohort.id}/requests/{request_of(office).id}"
    assert ">Penyusun materi</button>" not in rina.get(f"/manage/{cohort.id}")
    assert rina.send(address, answer="author").status_code == 400
    assert roles(office, budi) == []
    office.grant(office.rina, "centre_admin", office.centre)
    assert ">Penyusun materi</button>" in rina.get(f"/manage/{cohort.id}")
    assert rina.send(address, answer="author").status_code == 303
    with office.db.write() as session:
        given = session.scalars(select(Grant).where(Grant.person_id == budi.id)).one()
        assert (given.role, given.course_id, given.source, given.granted_by) == (
            "author", None, "request", office.rina.id,
        )  # fmt: skip
        course = session.get_one(Course, office.course.id)
        role_requests.ask(session, budi.id, course, NOW)
        assert role_requests.waiting(session, course.id) == []
        given.revoked_at = NOW
        role_requests.ask(session, budi.id, course, NOW)
        session.flush()
        assert [asked.person_id for asked in role_requests.waiting(session, course.id)] == [budi.id]


@pytest.mark.parametrize(
    ("language", "words"), [("id", "Anda sekarang penyusun materi"), ("en", "You are an author of this centre now")]
)
def test_who_was_made_an_author_is_told_where_programs_are_installed(
    office: Office, rina: Browser, cohort: Cohort, budi: Person, language: str, words: str
) -> None:
    office.grant(office.rina, "centre_admin", office.centre)
    rina.send(f"/manage/{cohort.id}/requests/{request_of(office).id}", answer="author")
    browser = office.browser(budi)
    browser.get(f"/manage/waiting/{office.course.id}")
    browser.send("/language", language=language, here="/")
    page = browser.get(f"/manage/waiting/{office.course.id}")
    assert words in page
    assert "Select content" in page


def test_learner_marks_the_person_and_gives_no_role(
    office: Office, rina: Browser, cohort: Cohort, budi: Person
) -> None:
    rina.send(f"/manage/{cohort.id}/requests/{request_of(office).id}", answer="learner")
    with office.db.read() as session:
        assert session.get_one(Member, (office.course.id, budi.id)).marked == "learner"
    assert roles(office, budi) == []
    assert "Anda ikut sebagai peserta" in office.browser(budi).get(f"/manage/waiting/{office.course.id}")


def test_a_refusal_is_told_to_the_one_who_asked(office: Office, rina: Browser, cohort: Cohort, budi: Person) -> None:
    rina.send(f"/manage/{cohort.id}/requests/{request_of(office).id}", answer="refused")
    assert roles(office, budi) == []
    browser = office.browser(budi)
    assert "Anda tidak punya peran" in browser.get(f"/manage/waiting/{office.course.id}")
    browser.send("/language", language="en", here="/")
    assert "You have no role in this training" in browser.get(f"/manage/waiting/{office.course.id}")


def test_a_second_answer_changes_nothing(office: Office, rina: Browser, cohort: Cohort, budi: Person) -> None:
    address = f"/manage/{cohort.id}/requests/{request_of(office).id}"
    rina.send(address, answer="supervisor")
    assert rina.send(address, answer="cohort_admin").status_code == 303
    assert roles(office, budi) == ["supervisor"]


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("answer", ["", "centre_admin", "a" * 5000, "dinas", "learner refused"])
def test_an_answer_that_is_none_is_refused(
    office: Office, rina: Browser, cohort: Cohort, budi: Person, answer: str, language: str
) -> None:
    rina.send("/language", language=language, here="/")
    sent = rina.send(f"/manage/{cohort.id}/requests/{request_of(office).id}", answer=answer)
    assert sent.status_code == 400
    assert ("Peran ini tidak ada" if language == "id" else "This role does not exist") in sent.text
    assert request_of(office).answered_at is None


def test_another_centres_admin_answers_nothing_here(
    office: Office, rina: Browser, cohort: Cohort, budi: Person
) -> None:
    candra, course = office.candra()
    candra.get(candra.picker)
    asked = request_of(office).id
    assert candra.send(f"/manage/{cohort.id}/requests/{asked}", answer="cohort_admin").status_code == 404
    with office.db.write() as session:
        own = trained.cohort(session, office.settings.storage_folder, session.get_one(Course, course.id))
    candra.get(f"/manage/{own.id}")
    assert candra.send(f"/manage/{own.id}/requests/{asked}", answer="cohort_admin").status_code == 404
    assert request_of(office).answered_at is None


@pytest.mark.parametrize("foreign", ["0", "99", "x", str(2**63)])
def test_a_request_that_never_was_is_not_found(rina: Browser, cohort: Cohort, foreign: str) -> None:
    assert rina.send(f"/manage/{cohort.id}/requests/{foreign}", answer="refused").status_code == 404


def test_a_supervisor_sees_no_requests_and_answers_none(office: Office, cohort: Cohort, budi: Person) -> None:
    who = office.person("Yanti")
    office.grant(who, "supervisor", cohort)
    browser = office.browser(who)
    assert "meminta peran" not in browser.get(f"/manage/{cohort.id}")
    sent = browser.send(f"/manage/{cohort.id}/requests/{request_of(office).id}", answer="cohort_admin")
    assert sent.status_code == 404
    assert roles(office, budi) == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_after_the_session_ended_nothing_is_answered(
    office: Office, rina: Browser, cohort: Cohort, language: str
) -> None:
    office.sign_out(rina)
    address = f"/manage/{cohort.id}/requests/{request_of(office).id}?lang={language}"
    sent = rina.send(address, answer="supervisor")
    assert sent.status_code == 401
    assert ("dari kursus" if language == "id" else "from your course") in sent.text
    assert request_of(office).answered_at is None


def test_without_its_token_nothing_is_answered(office: Office, rina: Browser, cohort: Cohort) -> None:
    rina.csrf = "forged"
    address = f"/manage/{cohort.id}/requests/{request_of(office).id}"
    assert rina.send(address, answer="supervisor").status_code == 403
    assert request_of(office).answered_at is None


def test_who_waits_is_told_what_happens_next(office: Office, budi: Person) -> None:
    page = office.browser(budi).get(f"/manage/waiting/{office.course.id}")
    assert "Anda belum diberi peran di diklat ini" in page
    assert f'href="/manage/waiting/{office.course.id}">Lihat lagi' in page


def test_a_role_without_a_run_is_told(office: Office, budi: Person) -> None:
    with office.db.write() as session:
        request = session.scalars(select(RoleRequest)).one()
        course = session.get_one(Course, office.course.id)
        role_requests.answer(session, request.id, course, "supervisor", office.rina.id, NOW)
    assert "Anda sudah diberi peran" in office.browser(budi).get(f"/manage/waiting/{office.course.id}")


def test_only_instructors_of_that_course_wait_there(office: Office, budi: Person) -> None:
    candra, _ = office.candra()
    candra.get(f"/manage/waiting/{office.course.id}", 404)
    office.browser(budi, roles="learner").get(f"/manage/waiting/{office.course.id}", 404)
    candra.get("/manage/waiting/99", 404)


def unplaced(office: Office, who: Person, of: Cohort | None = None, roles: str = "instructor") -> Browser:
    with office.db.write() as session:
        row = Placement(
            deployment_id=office.deployment.id, course_id=office.course.id, resource_link_id="77",
            cohort_id=of and of.id, created_at=NOW,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return office.browser(who, placement_id=row.id, roles=roles)


def test_a_link_without_a_content_tells_an_admin_how_to_choose_one(office: Office, cohort: Cohort) -> None:
    browser = unplaced(office, office.rina)
    page = browser.get(f"/manage/unplaced/{browser.launch_id}")
    assert "Aktivitas ini belum berisi" in page
    assert "Pilih konten" in page
    assert f'href="/manage/{cohort.id}"' in page
    assert "Hanya pengajar yang boleh mengubah kursus" not in page


def test_who_may_not_edit_is_told_who_may(office: Office, cohort: Cohort, budi: Person) -> None:
    browser = unplaced(office, budi)
    page = browser.get(f"/manage/unplaced/{browser.launch_id}")
    assert "Hanya pengajar yang boleh mengubah kursus" in page
    assert f'href="/manage/{cohort.id}"' not in page


def test_once_its_content_is_chosen_the_page_leads_on(office: Office, cohort: Cohort) -> None:
    browser = unplaced(office, office.rina, cohort)
    answer = browser.ask("GET", f"/manage/unplaced/{browser.launch_id}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/manage/{cohort.id}")


def test_the_page_is_for_the_one_who_came_by_that_link(office: Office, budi: Person) -> None:
    browser = unplaced(office, office.rina)
    candra, _ = office.candra()
    candra.get(f"/manage/unplaced/{browser.launch_id}", 404)
    learner = office.browser(budi, roles="learner")
    learner.get(f"/manage/unplaced/{learner.launch_id}", 404)
