"""A learner's home over real HTTP, in each state; whose it is; and how few statements it takes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Extension, GradeDelivery, Ruling
from diklat_lti.settings import Settings
from diklat_lti.training import cohorts, progress, rules
from school import PAGE_AND_QUIZ, READ, Pupil, School, open_school, quizzes
from trained import END, START
from world import NOW


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


@pytest.fixture
def siti(school: School) -> Pupil:
    return school.browser()


def test_the_first_page_greets_by_name_and_says_where_siti_stands(school: School, siti: Pupil) -> None:
    page = siti.get(school.base)
    assert "Selamat datang, Siti Aminah" in page
    assert "Hari ke-2 dari 15 sisa 13 hari sampai Senin 7 Des 2026 pukul 23.59 WIB" in page
    assert "0 dari 4 sesi" in page
    assert "Mulai Sesi 1" in page
    assert "Hari ini: sesi 1, ± 25 menit." in page
    assert "Contoh, bukan modul resmi Kemensos" in page
    assert f"Kode bantuan: {school.enrolment.help_code}" in page
    assert "Nilai" not in page
    assert siti.last.count('class="button"') == 1, "one primary button on a screen"


def test_the_reader_may_choose_english(school: School) -> None:
    page = school.browser(language="en").get(school.base)
    assert "Welcome, Siti Aminah" in page
    assert "Day 2 of 15 13 days left until Monday 7 Dec 2026 at 23:59 WIB" in page
    assert "Begin with lesson 1" in page


def test_somebody_without_a_name_is_greeted_all_the_same(school: School) -> None:
    nameless = school.person(None)
    page = school.browser(nameless).get(f"/learn/{school.enrol(nameless).id}")
    assert "Selamat datang" in page
    assert "None" not in page


def test_the_way_back_to_the_course_is_shown_outside_a_frame_alone(school: School) -> None:
    back = "https://lms.example.id/course/view.php?id=2"
    assert "Kembali ke kursus" in school.browser(framed=False, return_url=back).get(school.base)
    assert "Kembali ke kursus" not in school.browser(framed=True, return_url=back).get(school.base)


def test_nobody_sees_another_ones_home(school: School, siti: Pupil) -> None:
    candra = school.person("Candra")
    foreign = school.enrol(candra)
    assert "bukan untuk Anda" in siti.get(f"/learn/{foreign.id}", 404)
    assert "bukan untuk Anda" in siti.get("/learn/999999", 404)
    siti.get(f"/learn/{2**60}", 404)
    siti.get("/learn/none", 404)


def test_without_a_session_or_a_launch_into_this_course_one_is_sent_to_the_course(school: School) -> None:
    assert "buka halaman ini dari kursus" in Pupil(school.origin).get(school.base, 401)
    with school.db.write() as session:
        elsewhere = world.course(session, school.platform)
    assert "buka halaman ini dari kursus" in school.browser(course=elsewhere).get(school.base, 401)


def test_a_launch_that_is_over_opens_nothing(school: School) -> None:
    past = school.clock.real_now() - timedelta(minutes=1)
    assert "kursus" in school.browser(expires_at=past).get(school.base, 401)


def test_what_is_done_moves_the_button_on(school: School, siti: Pupil) -> None:
    school.reads(READ)
    page = siti.get(school.base)
    assert "1 dari 4 sesi" in page
    assert "Lanjutkan Sesi 2" in page
    assert "Bagian hari ini sudah selesai. Anda lebih cepat dari rencana." in page


def test_the_last_day_says_so_and_never_zero_days(school: School, siti: Pupil) -> None:
    school.clock.set(END - timedelta(hours=20))
    page = siti.get(school.base)
    assert "HARI TERAKHIR tutup malam ini pukul 23.59 WIB" in page
    assert "sisa 0" not in page


def test_an_extension_until_noon_closes_today_not_tonight(school: School, siti: Pupil) -> None:
    noon = END + timedelta(days=2, hours=12)
    with school.db.write() as session:
        ruling = Ruling(
            cohort_id=school.cohort.id, enrolment_id=school.enrolment.id, kind="extended", body={}, made_at=NOW
        )
        session.add(ruling)
        session.flush()
        session.add(Extension(enrolment_id=school.enrolment.id, ruling_id=ruling.id, until=noon, granted_at=NOW))
        session.flush()
        progress.freshen(session, school.enrolment.id, NOW)
    assert "Hari ke-2 dari 18 sisa 16 hari" in siti.get(school.base)
    school.clock.set(noon - timedelta(hours=2))
    assert "HARI TERAKHIR tutup hari ini pukul 11.59 WIB" in siti.get(school.base)


def test_before_the_start_nothing_can_be_opened(school: School, siti: Pupil) -> None:
    school.clock.set(START - timedelta(seconds=1))
    page = siti.get(school.base)
    assert "Dibuka Senin 23 Nov 2026 pukul 00.00 WIB" in page
    assert "Mulai Sesi" not in page
    assert "/lessons/" not in siti.last
    for address in (f"/lessons/{READ}", f"/lessons/{PAGE_AND_QUIZ}/quiz"):
        answer = siti.ask("GET", school.base + address)
        assert (answer.status_code, answer.headers["location"]) == (303, school.base)


def test_in_the_grace_it_says_what_still_counts(school: School, siti: Pupil) -> None:
    school.clock.set(END)
    page = siti.get(school.base)
    assert "Masa tenggang sampai Kamis 10 Des 2026 pukul 23.59 WIB" in page
    assert "Mulai Sesi" not in page
    assert f"/lessons/{READ}" in siti.last, "reading stays open"


def test_after_the_end_it_says_what_was_reached_and_who_decides(school: School, siti: Pupil) -> None:
    school.clock.set(END + timedelta(days=4))
    assert "Anda tidak pernah mulai." in siti.get(school.base)
    school.reads(READ, at=NOW)
    page = siti.get(school.base)
    assert "1 dari 4 sesi selesai." in page
    assert "Admin kursus Anda menentukan langkah berikutnya." in page


def all_quizzes(school: School, right: bool) -> None:
    with school.db.read() as session:
        keys = quizzes(session, school.cohort)
    for key in keys:
        school.sits(key, right, NOW)


def test_all_done_below_the_mark_offers_the_weakest_quiz_again(school: School, siti: Pupil) -> None:
    school.reads(READ, "sesi-keuangan")
    all_quizzes(school, right=False)
    school.sits("sesi-meminjam-menabung", right=True)
    page = siti.get(school.base)
    assert "Selesai, belum lulus" in page
    assert "Ulangi kuis Sesi 2" in page
    assert "Nilai akhir: 50 (nilai kelulusan 70)" in page


def test_with_no_attempts_left_it_says_whom_to_ask(school: School, siti: Pupil) -> None:
    school.reads(READ, "sesi-keuangan")
    for _ in range(3):
        all_quizzes(school, right=False)
    page = siti.get(school.base)
    assert "Kesempatan habis." in page
    assert "Ulangi kuis" not in page


def test_passed_and_failed_have_their_own_words(school: School, siti: Pupil) -> None:
    school.reads(READ, "sesi-keuangan", at=NOW)
    all_quizzes(school, right=False)
    school.clock.set(END + timedelta(days=4))
    page = siti.get(school.base)
    assert "Semua sesi selesai, tetapi nilai akhir di bawah nilai kelulusan." in page
    school.clock.set(NOW)
    all_quizzes(school, right=True)
    page = siti.get(school.base)
    assert "Anda lulus. Lulus pada Selasa 24 Nov 2026 pukul 10.00 WIB." in page
    assert "Nilai akhir: 100" in page


@pytest.mark.parametrize(("by", "said"), [("learner", "mengundurkan diri"), ("admin", "dibatalkan oleh admin")])
def test_who_withdrew_is_told_so_and_opens_nothing(school: School, siti: Pupil, by: str, said: str) -> None:
    school.set(withdrawn_at=NOW, withdrawn_by=by)
    assert said in siti.get(school.base)
    assert "/lessons/" not in siti.last
    assert siti.ask("GET", f"{school.base}/lessons/{READ}").status_code == 303


class Grade:
    """Siti's final score on its way."""

    def __init__(self, school: School) -> None:
        self.school = school
        with school.db.write() as session:
            trained.grade_item(session, session.get_one(Cohort, school.cohort.id))
        school.reads(READ, "sesi-keuangan", at=NOW)
        all_quizzes(school, right=True)

    def set(self, **columns: Any) -> None:
        with self.school.db.write() as session:
            row = session.query(GradeDelivery).filter_by(enrolment_id=self.school.enrolment.id).one()
            for name, value in columns.items():
                setattr(row, name, row.wanted_id if value == "wanted" else value)


def test_the_grade_line_says_how_far_the_score_has_come(school: School, siti: Pupil) -> None:
    grade = Grade(school)
    assert "Belum terkirim ke buku nilai E-Learning Kemensos. Kami coba lagi" in siti.get(school.base)
    grade.set(outcome="stopped")
    page = siti.get(school.base)
    assert (
        f"tidak dapat kami kirim. Silakan beri tahu admin kursus Anda dan sebutkan kode bantuan {school.enrolment.help_code}"
        in page
    )
    grade.set(outcome="delivered", delivered_id="wanted", delivered_at=school.clock.real_now())
    assert "tercatat di buku nilai E-Learning Kemensos ✓ hari ini" in siti.get(school.base)
    grade.set(delivered_at=NOW.replace(year=2025))
    assert "tercatat di buku nilai E-Learning Kemensos ✓ Senin 24 Nov 2025 pukul 10.00 WIB" in siti.get(school.base)


def test_what_is_due_is_done_before_it_is_shown(school: School, siti: Pupil) -> None:
    """An attempt that nobody handed in is judged by whoever opens the page first after the grace."""
    address = school.begin(siti)
    uuid = address.rsplit("/", 1)[1]
    with school.db.write() as session:
        given = school.answers()
        event_ = trained.event("answered", PAGE_AND_QUIZ, NOW, uuid, answers=given)
        progress.record(session, school.enrolment.id, [event_], NOW)
    school.clock.set(END + timedelta(days=4))
    assert school.row().score is None
    page = siti.get(school.base)
    assert "1 dari 4 sesi selesai." in page
    assert school.row().score == Decimal(50)


def test_new_rules_are_applied_before_the_page_is_shown(school: School, siti: Pupil) -> None:
    with school.db.write() as session:
        cohort = session.get_one(Cohort, school.cohort.id)
        ruled = cohorts.rules_of(session, cohort.id)
        longer = replace(ruled, window=replace(ruled.window, length_days=20))
        cohort.rules_seq, cohort.length_days = 2, 20
        session.add(Ruling(cohort_id=cohort.id, seq=2, kind="rules", body=rules.dump(longer), made_at=NOW))
    assert "Hari ke-2 dari 20" in siti.get(school.base)


def test_the_first_page_takes_few_statements_and_writes_nothing(school: School, siti: Pupil) -> None:
    siti.get(school.base)
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engines = {school.db.engine, school.db.writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    siti.get(school.base)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    assert len(said) <= 2, said
    assert all(statement.startswith("SELECT") for statement in said)


def rolling(school: School, **columns: Any) -> None:
    with school.db.write() as session:
        cohort = session.get_one(Cohort, school.cohort.id)
        ruled = cohorts.rules_of(session, cohort.id)
        window = replace(ruled.window, mode="rolling", starts_on=None, **columns)
        cohort.mode, cohort.starts_on, cohort.rules_seq = "rolling", None, 2
        for name, value in columns.items():
            setattr(cohort, name, value)
        body = rules.dump(replace(ruled, window=window))
        session.add(Ruling(cohort_id=cohort.id, seq=2, kind="rules", body=body, made_at=NOW))


def test_a_rolling_window_begins_on_the_page_that_shows_its_end(school: School, siti: Pupil) -> None:
    rolling(school, opens_on=date(2026, 11, 20), last_start_on=date(2026, 12, 1))
    page = siti.get(school.base)
    assert "Anda belum mulai" in page
    assert "Hari terakhir untuk mulai: Selasa 1 Des 2026." in page
    assert "/lessons/" not in siti.last
    assert "Mulai sekarang" in siti.get(f"{school.base}/lessons/{PAGE_AND_QUIZ}/quiz")
    page = siti.get(f"{school.base}/start")
    assert "Anda punya waktu sampai Selasa 8 Des 2026 pukul 23.59 WIB." in page
    assert "tinggal" not in page
    fields = siti.form()
    for _ in range(2):
        assert siti.send(f"{school.base}/start", fields).headers["location"] == school.base
    assert len(school.events("started")) == 1
    assert "Hari ke-1 dari 15" in siti.get(school.base)
    assert siti.ask("GET", f"{school.base}/start").headers["location"] == school.base


def test_late_in_the_evening_tomorrow_is_proposed(school: School, siti: Pupil) -> None:
    rolling(school, opens_on=date(2026, 11, 20))
    school.clock.set(NOW.replace(hour=16, minute=50))
    assert "Hari ke-1 tinggal 10 menit lagi Mulai besok saja?" in siti.get(f"{school.base}/start")


def test_a_rolling_cohort_that_is_not_open_yet_says_when(school: School, siti: Pupil) -> None:
    rolling(school, opens_on=date(2026, 11, 30))
    page = siti.get(school.base)
    assert "Dibuka Senin 30 Nov 2026" in page
    assert "Anda sendiri yang memilih hari mulai" in page
    assert siti.ask("GET", f"{school.base}/start").status_code == 303
