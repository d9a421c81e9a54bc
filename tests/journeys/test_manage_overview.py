"""The overview over real HTTP: the counts, the list, its filters, and who may see it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import (
    Assignment,
    Cohort,
    Course,
    GradeDelivery,
    GrantRegion,
    Person,
    Platform,
)
from diklat_lti.settings import Settings
from office import Browser, Office, decided, open_office
from world import NOW


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return office.cohort()


@pytest.fixture
def rina(office: Office) -> Browser:
    return office.browser()


def names(page: str) -> list[str]:
    return re.findall(r'/people/\d+">([^<]+)</a>', page)


def counts(page: str) -> dict[str, int]:
    found = re.findall(r"</svg>([^<]+)</span> <strong>(\d+)</strong>", page)
    return {word: int(number) for word, number in found}


def test_a_new_run_says_that_nobody_has_come_and_opens_the_last_steps(rina: Browser, cohort: Cohort) -> None:
    page = rina.get(f"/manage/{cohort.id}")
    assert "Belum ada peserta" in page
    assert '<details class="card" open>' in page
    assert "Nilai kelulusan: 70." in page
    assert sum(counts(page).values()) == 0


def test_the_head_names_the_day_and_the_window(rina: Browser, cohort: Cohort) -> None:
    page = rina.get(f"/manage/{cohort.id}")
    assert "Hari ke-2 dari 15" in page
    assert "Senin 23 Nov 2026 pukul 00.00 WIB sampai Senin 7 Des 2026 pukul 23.59 WIB" in page
    assert "Data per 10.00 WIB" in page


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), "Dimulai 3 hari lagi"),
        (datetime(2026, 12, 7, 12, tzinfo=UTC), "HARI TERAKHIR"),
        (datetime(2026, 12, 7, 17, tzinfo=UTC), "Masa belajar sudah berakhir"),
    ],
)
def test_the_head_knows_the_day(office: Office, rina: Browser, cohort: Cohort, at: datetime, words: str) -> None:
    office.clock.set(at)
    assert words in rina.get(f"/manage/{cohort.id}")


def test_a_run_in_which_everybody_begins_on_a_day_of_their_own_says_so(
    office: Office, rina: Browser, cohort: Cohort
) -> None:
    with office.db.write() as session:
        row = session.get_one(Cohort, cohort.id)
        row.mode, row.starts_on, row.opens_on = "rolling", None, row.starts_on
    assert "tiap peserta mulai pada harinya sendiri" in rina.get(f"/manage/{cohort.id}")


def test_the_eight_states_add_up_to_the_enrolled(office: Office, rina: Browser, cohort: Cohort) -> None:
    first = NOW - timedelta(hours=1)
    office.learner(cohort, "Lulus", passed_at=NOW, first_work_at=first)
    office.learner(cohort, "Aktif", first_work_at=first)
    office.learner(cohort, "Belum")
    office.learner(cohort, "Nanti", opens_at=NOW + timedelta(days=1))
    office.learner(cohort, "Tenggang", end_at=first)
    office.learner(cohort, "Gagal", end_at=first, grace_end_at=first, all_done=True)
    office.learner(cohort, "Habis", end_at=first, grace_end_at=first)
    office.learner(cohort, "Mundur", withdrawn_at=NOW)
    office.learner(cohort, "Percobaan", is_trial=True)
    page = rina.get(f"/manage/{cohort.id}")
    assert list(counts(page).values()) == [1] * 8
    assert "<h2>8 peserta</h2>" in page
    assert names(page) == ["Gagal", "Habis", "Belum", "Tenggang", "Aktif", "Nanti", "Lulus", "Mundur"]


def test_the_list_is_filtered_by_state_and_says_how_many(office: Office, rina: Browser, cohort: Cohort) -> None:
    office.learner(cohort, "Lulus", passed_at=NOW)
    office.learner(cohort, "Belum")
    page = rina.get(f"/manage/{cohort.id}?state=passed")
    assert names(page) == ["Lulus"]
    assert "1 peserta ditemukan." in page
    assert names(rina.get(f"/manage/{cohort.id}?state=failed")) == []
    assert len(names(rina.get(f"/manage/{cohort.id}?state=nonsense"))) == 2


@pytest.mark.parametrize("text", ["siti", "AMINAH", "siti@example.id", "abcd 2345", "abcd-2345"])
def test_one_is_found_by_name_e_mail_or_help_code(office: Office, rina: Browser, cohort: Cohort, text: str) -> None:
    siti = office.learner(cohort, "Siti Aminah", help_code="ABCD2345")
    with office.db.write() as session:
        session.get_one(Person, siti.person_id).email = "siti@example.id"
    office.learner(cohort, "Budi_Santoso")
    answer = rina.ask("GET", f"/manage/{cohort.id}?q={text}")
    assert names(answer.text) == ["Siti Aminah"]
    assert f'value="{text}"' in answer.text


@pytest.mark.parametrize("text", ["%", "_a", "\\", "%00", "x" * 5000, "'"])
def test_a_search_for_signs_finds_nobody_and_breaks_nothing(
    office: Office, rina: Browser, cohort: Cohort, text: str
) -> None:
    office.learner(cohort, "Siti Aminah", help_code="ABCD2345")
    page = rina.get(f"/manage/{cohort.id}?q={text.replace('%', '%25')}")
    assert names(page) == []
    assert "Tidak ditemukan" in page
    assert "Siti Aminah" in rina.get(f"/manage/{cohort.id}?q=%00")


def test_the_list_is_cut_into_pages_and_sorted_by_the_database(office: Office, rina: Browser, cohort: Cohort) -> None:
    for number in range(52):
        office.learner(cohort, f"Orang {number:02}")
    first = rina.get(f"/manage/{cohort.id}?sort=name")
    assert names(first) == [f"Orang {number:02}" for number in range(50)]
    assert "Halaman 1 dari 2" in first
    second = rina.get(f"/manage/{cohort.id}?sort=name&page=2")
    assert names(second) == ["Orang 50", "Orang 51"]
    assert f'/manage/{cohort.id}?sort=name&amp;page=1"' in second
    assert names(rina.get(f"/manage/{cohort.id}?sort=name&page=99999999")) == names(first)
    assert names(rina.get(f"/manage/{cohort.id}?sort=name&page=99")) == names(second)
    assert names(rina.get(f"/manage/{cohort.id}?sort=name&page=x")) == names(first)


def test_whoever_has_no_name_is_called_by_e_mail_or_number(office: Office, rina: Browser, cohort: Cohort) -> None:
    mail, bare = office.learner(cohort, None), office.learner(cohort, None)
    with office.db.write() as session:
        session.get_one(Person, mail.person_id).email = "x@example.id"
    assert sorted(names(rina.get(f"/manage/{cohort.id}"))) == sorted(["x@example.id", f"Orang #{bare.person_id}"])


def test_a_name_with_marks_in_it_stays_text(office: Office, rina: Browser, cohort: Cohort) -> None:
    office.learner(cohort, "<script>alert(1)</script>")
    page = rina.get(f"/manage/{cohort.id}")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_progress_and_score_are_said_in_words(office: Office, rina: Browser, cohort: Cohort) -> None:
    office.learner(cohort, "A", first_work_at=NOW, done_count=4, all_done=True, attempts_left=1, score=Decimal("62.5"))
    office.learner(cohort, "B", first_work_at=NOW, done_count=4, all_done=True, attempts_left=0, score=Decimal("50"))
    over = NOW - timedelta(days=1)
    office.learner(cohort, "C", end_at=over, grace_end_at=over)
    page = rina.get(f"/manage/{cohort.id}")
    assert "4 dari 4 sesi" in page
    assert ">62,5<" in page
    assert "Selesai, belum lulus, sisa 1 kesempatan" in page
    assert "Selesai, belum lulus, kesempatan habis" in page
    assert "belum pernah menyelesaikan sesi" in page
    rina.send("/language", language="en", here="/")
    english = rina.get(f"/manage/{cohort.id}")
    assert ">62.5<" in english
    assert "4 of 4 lessons" in english
    assert "All done, not passed yet: 1 attempt left" in english


def test_the_grades_line_counts_learners_and_filters(office: Office, rina: Browser, cohort: Cohort) -> None:
    for name, outcome, answer in (
        ("Ada", "delivered", "stored"), ("Tunggu", "later", "down"), ("Macet", "stopped", "not_enrolled"),
    ):  # fmt: skip
        office.told(cohort, office.learner(cohort, name), outcome, answer)
    office.learner(cohort, "Tanpa nilai")
    page = rina.get(f"/manage/{cohort.id}")
    for words in ("1 tercatat", "1 menunggu", "1 perlu ditangani"):
        assert words in page
    assert "LMS belum menerima nilai untuk orang ini di kursus ini." in page
    assert names(rina.get(f"/manage/{cohort.id}?grade=stopped")) == ["Macet"]
    assert names(rina.get(f"/manage/{cohort.id}?grade=waiting")) == ["Tunggu"]
    assert names(rina.get(f"/manage/{cohort.id}?grade=recorded&q=ada")) == ["Ada"]


def test_the_worst_of_two_gradebook_items_counts(office: Office, rina: Browser, cohort: Cohort) -> None:
    siti = office.learner(cohort)
    office.told(cohort, siti, "delivered", "stored")
    with office.db.write() as session:
        second = trained.grade_item(session, session.get_one(Cohort, cohort.id))
        first = session.scalars(select(GradeDelivery)).one()
        row = GradeDelivery(
            enrolment_id=siti.id, grade_item_id=second.id, wanted_id=first.wanted_id, tries=5, outcome="stopped",
            answer="no_item",
        )  # fmt: skip
        world.stored(session, row)
    page = rina.get(f"/manage/{cohort.id}")
    assert "0 tercatat" in page
    assert "1 perlu ditangani" in page


def test_nothing_to_send_is_not_counted_as_waiting(office: Office, rina: Browser, cohort: Cohort) -> None:
    siti = office.learner(cohort)
    with office.db.write() as session:
        item = trained.grade_item(session, session.get_one(Cohort, cohort.id))
        decision = decided(session, siti, None)
        row = GradeDelivery(
            enrolment_id=siti.id, grade_item_id=item.id, wanted_id=decision.id, tries=0, outcome="waiting"
        )
        world.stored(session, row)
    page = rina.get(f"/manage/{cohort.id}")
    assert "0 menunggu" in page
    assert "belum ada nilai" in page


def test_a_cohort_of_another_centre_is_not_found(office: Office, cohort: Cohort) -> None:
    candra, course = office.candra()
    candra.get(f"/manage/{cohort.id}", 404)
    with office.db.write() as session:
        own = trained.cohort(session, office.settings.storage_folder, session.get_one(Course, course.id))
    assert "Kursus lain" in candra.get(f"/manage/{own.id}")
    office.browser().get(f"/manage/{own.id}", 404)


@pytest.mark.parametrize("address", ["/manage/0", "/manage/99", f"/manage/{10**40}", "/manage/x"])
def test_a_cohort_that_never_was_is_not_found(rina: Browser, address: str) -> None:
    rina.get(address, 404)


def test_a_learner_of_the_cohort_sees_no_overview(office: Office, cohort: Cohort) -> None:
    siti = office.learner(cohort)
    with office.db.read() as session:
        who = session.get_one(Person, siti.person_id)
    office.browser(who, roles="learner").get(f"/manage/{cohort.id}", 404)


def test_a_role_alone_is_not_enough_without_a_launch_into_the_course(office: Office, cohort: Cohort) -> None:
    with office.db.write() as session:
        other = world.course(session, session.get_one(Platform, office.platform.id))
    answer = office.browser(course=other).ask("GET", f"/manage/{cohort.id}")
    assert answer.status_code == 401


def test_without_a_session_the_page_asks_to_be_opened_from_the_course(
    office: Office, cohort: Cohort, rina: Browser
) -> None:
    office.sign_out(rina)
    assert rina.ask("GET", f"/manage/{cohort.id}").status_code == 401


def test_a_supervisor_sees_the_regions_and_people_given_to_them_and_no_more(office: Office, cohort: Cohort) -> None:
    budi = office.person("Budi")
    granted = office.grant(budi, "supervisor", cohort)
    with office.db.write() as session:
        session.add(GrantRegion(grant_id=granted, prefix="18.03.01"))
    office.learner(cohort, "Dalam", region_code="18.03.01")
    office.learner(cohort, "Luar", region_code="18.03.02")
    mine = office.learner(cohort, "Ditugaskan", region_code="18.03.09")
    with office.db.write() as session:
        session.add(Assignment(enrolment_id=mine.id, person_id=budi.id, assigned_at=NOW))
    office.told(cohort, mine, "stopped", "no_item")
    browser = office.browser(budi)
    page = browser.get(f"/manage/{cohort.id}")
    assert sorted(names(page)) == ["Dalam", "Ditugaskan"]
    assert "<h2>2 peserta</h2>" in page
    assert sum(counts(page).values()) == 2
    assert "Tiga langkah" not in page
    assert "Luar" not in browser.get(f"/manage/{cohort.id}?q=luar&state=not_started")


def test_a_supervisor_without_regions_is_told_what_is_missing(office: Office, cohort: Cohort) -> None:
    budi = office.person("Budi")
    office.grant(budi, "supervisor", cohort)
    office.learner(cohort, "Siti")
    page = office.browser(budi).get(f"/manage/{cohort.id}")
    assert "Belum ada peserta yang Anda pantau" in page
    assert "Siti" not in page


def test_the_last_steps_are_moodles_alone(office: Office, cohort: Cohort, rina: Browser) -> None:
    with office.db.write() as session:
        session.get_one(Platform, office.platform.id).product = "canvas"
    assert "Moodle" not in rina.get(f"/manage/{cohort.id}")
