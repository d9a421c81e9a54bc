"""Lessons, files and the first launch over real HTTP: read, confirmed, once each, and only by whose they are."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from diklat_lti.content import files
from diklat_lti.database import Database
from diklat_lti.models import Asset, BrowserSession, Enrolment, LessonContent, Person, Region
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from school import PAGE_AND_QUIZ, READ, Pupil, School, open_school
from trained import END
from world import NOW


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


@pytest.fixture
def siti(school: School) -> Pupil:
    return school.browser()


def test_a_lesson_says_where_one_is_and_leads_on(school: School, siti: Pupil) -> None:
    page = siti.get(f"{school.base}/lessons/sesi-keuangan")
    assert "Modul 2 · sesi 1 dari 2" in page
    assert "Sesi 3: Mengelola Keuangan Keluarga" in page
    assert "Sebelumnya: sesi 2" in page
    assert "Berikutnya: sesi 4" in page
    assert "Selesai, lanjut" in page
    assert "<table><" in siti.last.replace("\n", "")
    assert 'tabindex="0" aria-label="Tabel"' in siti.last
    assert "Sebelumnya" not in siti.get(f"{school.base}/lessons/{READ}")
    assert "Berikutnya:" not in siti.get(f"{school.base}/lessons/sesi-meminjam-menabung")


def test_done_go_on_stores_one_event_and_leads_to_the_next_lesson(school: School, siti: Pupil) -> None:
    address = f"{school.base}/lessons/{READ}"
    siti.get(address)
    fields = siti.form()
    for _ in range(2):
        answer = siti.send(address, fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{school.base}/lessons/{PAGE_AND_QUIZ}")
    (stored,) = school.events("confirmed")
    assert (stored.lesson_key, stored.received_at, stored.stamp_at, stored.made_at) == (READ, NOW, NOW, None)
    assert school.row().done_keys == [READ]
    page = siti.get(address)
    assert "Selesai, lanjut" not in page
    assert "Lanjutkan Sesi 2" in page


def test_the_last_lesson_leads_home(school: School, siti: Pupil) -> None:
    address = f"{school.base}/lessons/sesi-meminjam-menabung"
    siti.get(f"{school.base}/lessons/{READ}")
    assert siti.send(address, siti.form()).headers["location"] == school.base


def test_a_done_last_lesson_offers_the_way_to_all_lessons(school: School, siti: Pupil) -> None:
    school.sits("sesi-meminjam-menabung")
    assert siti.get(f"{school.base}/lessons/sesi-meminjam-menabung").count("Semua sesi") == 2


def test_a_lesson_with_a_quiz_offers_the_quiz_instead(school: School, siti: Pupil) -> None:
    page = siti.get(f"{school.base}/lessons/{PAGE_AND_QUIZ}")
    assert "Kerjakan kuis" in page
    assert "Selesai, lanjut" not in page


def test_a_lesson_that_is_only_a_quiz_opens_as_the_quiz(school: School, siti: Pupil) -> None:
    school.lesson_is(kinds=["quiz"])
    answer = siti.ask("GET", f"{school.base}/lessons/{PAGE_AND_QUIZ}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{school.base}/lessons/{PAGE_AND_QUIZ}/quiz")


def test_after_the_end_one_reads_on_and_what_was_sent_late_is_kept(school: School, siti: Pupil) -> None:
    address = f"{school.base}/lessons/{READ}"
    siti.get(address)
    fields = siti.form()
    school.clock.set(END + timedelta(seconds=5))
    assert siti.send(address, fields).status_code == 303
    assert len(school.events("confirmed")) == 1
    assert school.row().done_count == 0
    page = siti.get(address)
    assert "Anda tetap dapat membaca." in page
    assert "Selesai, lanjut" not in page


def test_the_devices_clock_brings_a_slow_form_to_its_own_time(school: School, siti: Pupil) -> None:
    address = f"{school.base}/lessons/{READ}"
    school.clock.set(END - timedelta(seconds=20))
    siti.get(address)
    made_at = (END - timedelta(seconds=1)).isoformat()
    fields = siti.form() | {"made_at": made_at, "offset_ms": "0", "elapsed_ms": "19000"}
    school.clock.set(END + timedelta(seconds=40))
    assert siti.send(address, fields).status_code == 303
    assert school.row().done_count == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"made_at": "yesterday", "offset_ms": "a lot", "elapsed_ms": "-5"},
        {"made_at": "0001-01-01T00:00:00+00:00", "offset_ms": "9" * 40, "elapsed_ms": "9999999999999"},
        {"made_at": "2026-11-24T10:00:00", "offset_ms": "", "elapsed_ms": "1.5"},
    ],
)
def test_nonsense_about_the_clock_is_left_out(school: School, siti: Pupil, wrong: dict[str, str]) -> None:
    siti.get(f"{school.base}/lessons/{READ}")
    assert siti.send(f"{school.base}/lessons/{READ}", siti.form() | wrong).status_code == 303
    (stored,) = school.events("confirmed")
    assert (stored.made_at, stored.offset_ms, stored.elapsed_ms) == (None, None, None)


@pytest.mark.parametrize("field", ["stamp", "event", "csrf"])
@pytest.mark.parametrize("value", ["", "x", "W10.forged-signature"])
def test_a_form_that_is_not_ours_stores_nothing(school: School, siti: Pupil, field: str, value: str) -> None:
    siti.get(f"{school.base}/lessons/{READ}")
    answer = siti.send(f"{school.base}/lessons/{READ}", siti.form() | {field: value})
    assert answer.status_code == (403 if field == "csrf" else 400)
    assert school.events() == []


def test_a_form_after_the_session_ended_shows_the_way_back(school: School, siti: Pupil) -> None:
    siti.get(f"{school.base}/lessons/{READ}")
    with school.db.write() as session:
        session.get_one(BrowserSession, siti.session_id).ended_at = NOW
    answer = siti.send(f"{school.base}/lessons/{READ}", siti.form())
    assert answer.status_code == 401
    assert "dari kursus" in answer.text
    assert school.events() == []


def test_lessons_that_do_not_exist_and_other_peoples_are_404(school: School, siti: Pupil) -> None:
    candra = school.person("Candra")
    foreign = school.enrol(candra)
    siti.get(f"{school.base}/lessons/{READ}")
    fields = siti.form()
    for address in (
        f"{school.base}/lessons/none",
        f"{school.base}/lessons/NONE",
        f"/learn/{foreign.id}/lessons/{READ}",
    ):
        assert siti.ask("GET", address).status_code == 404
        assert siti.send(address, fields).status_code == 404
    with school.db.read() as session:
        assert session.get_one(Enrolment, foreign.id).done_count == 0


def picture(school: School, siti: Pupil) -> str:
    siti.get(f"{school.base}/lessons/{READ}")
    return siti.last.split('<img src="')[-1].split('"')[0]


def test_a_picture_is_sandboxed_never_sniffed_and_kept_for_ever(school: School, siti: Pupil) -> None:
    address = picture(school, siti)
    assert address.startswith(f"{school.base}/files/{school.cohort.version_id}/")
    answer = siti.ask("GET", address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-disposition"].startswith("inline;")


def test_whatever_is_no_picture_or_sound_is_downloaded(school: School, siti: Pupil) -> None:
    name = files.put(school.settings.storage_folder, b"<script>alert(1)</script>")
    lost = "0" * 64
    with school.db.write() as session:
        for path, sha in (("modul/lembar.html", name), ("modul/hilang.pdf", lost)):
            row = Asset(version_id=school.cohort.version_id, path=path, sha256=sha, media_type="text/html", size=1)
            session.add(row)
    base = f"{school.base}/files/{school.cohort.version_id}"
    answer = siti.ask("GET", f"{base}/modul/lembar.html")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''lembar.html"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert siti.ask("GET", f"{base}/modul/hilang.pdf").status_code == 404


def test_files_of_other_versions_and_other_people_are_404(school: School, siti: Pupil) -> None:
    address = picture(school, siti)
    assert siti.ask("GET", address.replace(f"/files/{school.cohort.version_id}/", "/files/99/")).status_code == 404
    assert siti.ask("GET", address + "x").status_code == 404
    assert siti.ask("GET", f"{school.base}/files/{school.cohort.version_id}/../../etc/passwd").status_code == 404
    candra = school.browser(school.person("Candra"))
    assert candra.ask("GET", address).status_code == 404
    assert Pupil(school.origin).ask("GET", address).status_code == 401
    school.set(withdrawn_at=NOW, withdrawn_by="admin")
    assert siti.ask("GET", address).status_code == 404


def test_two_taps_store_the_kecamatan(school: School, siti: Pupil) -> None:
    assert "Kecamatan tugas Anda?" in siti.get(school.base)
    page = siti.get(f"{school.base}/welcome")
    assert page.index("Abung Barat") < page.index("Kotabumi") < page.index("Tanjung Raja")
    assert "Lampung" not in page, "only kecamatan are offered"
    assert "Nama Anda pada sertifikat Siti Aminah" in page
    assert "Admin kursus Anda melihat semuanya." in page
    answer = siti.send(f"{school.base}/welcome", siti.form(), region="18.03.02")
    assert (answer.status_code, answer.headers["location"]) == (303, school.base)
    row = school.row()
    assert (row.region_code, row.region_source, row.welcomed_at) == ("18.03.02", "learner", NOW)
    assert "Kecamatan tugas Anda?" not in siti.get(school.base)
    siti.get(f"{school.base}/welcome")
    assert 'value="18.03.02" aria-current="true"' in siti.last


def test_the_question_may_be_skipped_and_an_unknown_kecamatan_is_asked_again(school: School, siti: Pupil) -> None:
    siti.get(f"{school.base}/welcome")
    fields = siti.form()
    for code in ("18.03", "18.03.99", "x" * 500):
        answer = siti.send(f"{school.base}/welcome", fields, region=code)
        assert answer.status_code == 400
        assert "Kecamatan ini tidak ada dalam daftar." in answer.text
    assert school.row().welcomed_at is None
    assert siti.send(f"{school.base}/welcome", fields, region="").status_code == 303
    assert (school.row().region_code, school.row().welcomed_at) == (None, NOW)


def test_a_name_is_asked_where_the_lms_told_none(school: School) -> None:
    nameless = school.person(None)
    pupil, base = school.browser(nameless), f"/learn/{school.enrol(nameless).id}"
    assert "LMS tidak memberitahukan nama Anda." in pupil.get(f"{base}/welcome")
    answer = pupil.send(f"{base}/welcome", pupil.form(), name="N" * 301)
    assert answer.status_code == 400
    assert "paling banyak 300 huruf" in answer.text
    assert "N" * 301 in answer.text, "what was typed is not lost"
    assert pupil.send(f"{base}/welcome", pupil.form(), name="Nur Hayati").status_code == 303
    with school.db.read() as session:
        assert session.get_one(Person, nameless.id).name == "Nur Hayati"


def test_what_the_roster_says_is_shown_and_not_asked(school: School, siti: Pupil) -> None:
    school.set(region_code="18.03.01", region_source="roster")
    page = siti.get(f"{school.base}/welcome")
    assert "Admin Anda mencatat Bukit Kemuning." in page
    assert siti.send(f"{school.base}/welcome", siti.form(), region="18.03.02").status_code == 303
    assert school.row().region_code == "18.03.01"


def test_without_regions_there_is_only_a_way_on(school: School, siti: Pupil) -> None:
    with school.db.write() as session:
        for code in regions.kecamatan(session):
            session.delete(session.get_one(Region, code))
    page = siti.get(f"{school.base}/welcome")
    assert "Ketuk kecamatan Anda" not in page
    assert "Lanjut" in page


def test_a_lesson_without_its_content_is_404_and_never_a_trace(school: School, siti: Pupil) -> None:
    with school.db.write() as session:
        session.query(LessonContent).filter_by(version_id=school.cohort.version_id, kind="page").delete()
    siti.get(f"{school.base}/lessons/sesi-keuangan", 404)
