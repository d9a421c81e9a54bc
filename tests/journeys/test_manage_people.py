"""A learner's page over real HTTP: what happened in order, where the grade is, and sending it again."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

import trained
import world
from diklat_lti.database import Database
from diklat_lti.models import (
    Cohort,
    Course,
    Enrolment,
    Extension,
    GradeDelivery,
    GradeItem,
    GrantRegion,
    Judgement,
    LearnerEvent,
    Person,
    Ruling,
)
from diklat_lti.settings import Settings
from office import Browser, Office, decided, open_office
from world import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return office.cohort()


@pytest.fixture
def siti(office: Office, cohort: Cohort) -> Enrolment:
    return office.learner(cohort)


@pytest.fixture
def rina(office: Office) -> Browser:
    return office.browser()


def at(cohort: Cohort, who: Enrolment) -> str:
    return f"/manage/{cohort.id}/people/{who.id}"


def story(page: str) -> list[str]:
    """The sentences in order, without their times."""
    return [re.sub(r"\s*<span.*?</span>", "", line) for line in re.findall(r"<div>\s*<p>(.*?)</p>", page, re.DOTALL)]


def worked(office: Office, cohort: Cohort, who: Enrolment) -> None:
    """Everything read, and both quizzes passed with full marks, one hour after the other."""
    with office.db.write() as session:
        of, enrolment = session.get_one(Cohort, cohort.id), session.get_one(Enrolment, who.id)
        trained.grade_item(session, of)
        read, quizzes = trained.lessons(session, of)
        for number, key in enumerate(read, 1):
            trained.reads(session, enrolment, key, NOW + HOUR * number)
        for number, key in enumerate(quizzes, 1 + len(read)):
            trained.sits(session, of, enrolment, key, NOW + HOUR * number)


def test_the_story_is_told_in_order_up_to_the_pass(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    worked(office, cohort, siti)
    office.clock.set(NOW + HOUR * 6)
    page = rina.get(at(cohort, siti))
    told = story(page)
    assert told[0] == "Membuka diklat untuk pertama kali."
    assert [line for line in told if line.startswith("Nilai kesempatan ke-1 kuis")][-1].endswith(": 100.")
    assert (
        told.index("Semua sesi selesai.")
        < told.index("Lulus.")
        < told.index("Keputusan untuk buku nilai, nilai akhir: 100.")
    )
    assert "LULUS" in page
    assert "Lulus</span>" in page


def test_the_story_in_english(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    worked(office, cohort, siti)
    rina.get(at(cohort, siti))
    rina.send("/language", language="en", here="/")
    told = story(rina.get(at(cohort, siti)))
    assert told[0] == "Opened the training for the first time."
    assert "Decided for the gradebook, final score: 100." in told


def test_scores_are_written_as_the_reader_does(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    worked(office, cohort, siti)
    with office.db.write() as session:
        judged = session.scalars(select(Judgement).order_by(Judgement.id)).first()
        assert judged is not None
        judged.score = judged.score * 2 / 3
    assert "66,67." in rina.get(at(cohort, siti))


def test_work_without_a_signal_and_a_changed_clock_are_marked(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    with office.db.write() as session:
        lesson = trained.lessons(session, session.get_one(Cohort, cohort.id))
        row = LearnerEvent(
            enrolment_id=siti.id, event_id="e", kind="opened", lesson_key=(lesson[0] + lesson[1])[0], stamp_at=NOW,
            stamp_serial="s", made_at=NOW + HOUR, elapsed_ms=60_000, received_at=NOW + 5 * HOUR,
        )  # fmt: skip
        session.add(row)
    page = rina.get(at(cohort, siti))
    assert "Dibuat tanpa sinyal; tiba Selasa 24 Nov 2026 pukul 15.00 WIB." in page
    assert "Jam perangkat berubah" in page


def test_a_lesson_that_the_program_has_no_more_is_told_all_the_same(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    with office.db.write() as session:
        row = LearnerEvent(
            enrolment_id=siti.id, event_id="e", kind="opened", lesson_key="gone", stamp_at=NOW, stamp_serial="s", received_at=NOW,
        )  # fmt: skip
        session.add(row)
    assert "Membuka Sesi ?, gone." in story(rina.get(at(cohort, siti)))


def test_rulings_name_their_author_and_their_reason_to_admins_alone(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    with office.db.write() as session:
        ruling = Ruling(
            cohort_id=cohort.id, enrolment_id=siti.id, kind="extended", body={}, reason="Jaringan padam",
            author_id=office.rina.id, made_at=NOW,
        )  # fmt: skip
        world.stored(session, ruling)
        until = siti.end_at + timedelta(days=3)
        session.add(Extension(enrolment_id=siti.id, ruling_id=ruling.id, until=until, granted_at=NOW))
        session.get_one(Enrolment, siti.id).region_code = "18.03.01"
    budi = office.person("Budi")
    granted = office.grant(budi, "supervisor", cohort)
    with office.db.write() as session:
        session.add(GrantRegion(grant_id=granted, prefix="18.03"))
    for browser, sees in ((rina, True), (office.browser(budi), False)):
        page = browser.get(at(cohort, siti))
        assert "Mendapat perpanjangan waktu." in story(page)
        assert "(Rina)" in page
        assert "sampai Kamis 10 Des 2026 pukul 23.59 WIB" in page
        assert ("Jaringan padam" in page) is sees


def test_whoever_opens_the_page_brings_it_up_to_date(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    with office.db.write() as session:
        enrolment = session.get_one(Enrolment, siti.id)
        trained.reads(session, enrolment, trained.lessons(session, session.get_one(Cohort, cohort.id))[0][0], NOW)
        enrolment.done_count, enrolment.rules_seq = 0, 0
    assert "1 dari 4 sesi" in rina.get(at(cohort, siti))


def test_a_grade_that_stopped_says_why_and_what_helps(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    office.told(cohort, siti, "stopped", "not_enrolled")
    page = rina.get(at(cohort, siti))
    assert "LMS belum menerima nilai untuk orang ini di kursus ini." in page
    assert "Daftarkan orang ini sebagai peserta di kursus, lalu kirim ulang." in page
    assert "Kirim ulang</button>" in page


def test_sending_again_makes_it_due_and_says_so(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    id_ = office.told(cohort, siti, "stopped", "not_enrolled")
    rina.get(at(cohort, siti))
    sent = rina.send(f"{at(cohort, siti)}/resend")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{at(cohort, siti)}?sent=1")
    with office.db.read() as session:
        row = session.get_one(GradeDelivery, id_)
        assert (row.outcome, row.tries) == ("waiting", 0)
        assert row.next_try_at is not None
    assert "Nilai sedang dikirim ulang." in rina.get(sent.headers["location"])
    assert rina.send(f"{at(cohort, siti)}/resend").status_code == 303


def test_what_has_arrived_is_not_sent_again(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    id_ = office.told(cohort, siti, "delivered", "stored")
    page = rina.get(at(cohort, siti))
    assert "Kirim ulang</button>" not in page
    assert "Tercatat di buku nilai." in story(page)
    assert rina.send(f"{at(cohort, siti)}/resend").headers["location"] == at(cohort, siti)
    with office.db.read() as session:
        assert session.get_one(GradeDelivery, id_).next_try_at is None


def test_nothing_to_send_and_a_modules_score_are_told(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    with office.db.write() as session:
        decided(session, siti, "70", module_key="gone")
        decided(session, siti, None, comment=None)
    told = story(rina.get(at(cohort, siti)))
    assert "Keputusan untuk buku nilai, modul “gone”: 70." in told
    assert "Keputusan: tidak ada nilai untuk buku nilai." in told


def test_a_withdrawn_grade_item_is_neither_shown_nor_sent(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    office.told(cohort, siti, "stopped", "withdrawn")
    with office.db.write() as session:
        session.scalars(select(GradeItem)).one().withdrawn_at = NOW
    assert "Kirim ulang</button>" not in rina.get(at(cohort, siti))
    assert rina.send(f"{at(cohort, siti)}/resend").headers["location"] == at(cohort, siti)


def test_somebody_from_the_roster_was_entered_not_opened(office: Office, rina: Browser, cohort: Cohort) -> None:
    siti = office.learner(cohort, source="roster")
    assert story(rina.get(at(cohort, siti))) == ["Dimasukkan dari daftar peserta."]


def test_another_centres_admin_finds_nobody_here(office: Office, cohort: Cohort, siti: Enrolment) -> None:
    office.told(cohort, siti, "stopped", "no_item")
    candra, course = office.candra()
    candra.get(candra.picker)
    with office.db.write() as session:
        own = trained.cohort(session, office.settings.storage_folder, session.get_one(Course, course.id))
    for address in (at(cohort, siti), at(own, siti)):
        candra.get(address, 404)
        assert candra.send(f"{address}/resend").status_code == 404
    with office.db.read() as session:
        assert session.scalars(select(GradeDelivery.outcome)).one() == "stopped"


def test_a_learner_of_another_run_is_not_found_under_this_one(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    other = office.cohort()
    rina.get(f"/manage/{other.id}/people/{siti.id}", 404)
    rina.get(f"/manage/{cohort.id}/people/99", 404)
    rina.get(f"/manage/{cohort.id}/people/x", 404)
    rina.get(f"/manage/{cohort.id}/people/{2**70}", 404)


def test_a_supervisor_reads_but_sends_nothing(office: Office, cohort: Cohort) -> None:
    budi = office.person("Budi")
    granted = office.grant(budi, "supervisor", cohort)
    with office.db.write() as session:
        session.add(GrantRegion(grant_id=granted, prefix="18.03"))
    inside, outside = office.learner(cohort, region_code="18.03.01"), office.learner(cohort, region_code="18.04.01")
    office.told(cohort, inside, "stopped", "no_item")
    browser = office.browser(budi)
    assert "Kirim ulang</button>" not in browser.get(at(cohort, inside))
    assert browser.send(f"{at(cohort, inside)}/resend").status_code == 404
    browser.get(at(cohort, outside), 404)


def test_a_learner_sees_no_page_about_themselves_here(office: Office, cohort: Cohort, siti: Enrolment) -> None:
    with office.db.read() as session:
        who = session.get_one(Person, siti.person_id)
    office.browser(who, roles="learner").get(at(cohort, siti), 404)


@pytest.mark.parametrize("language", ["id", "en"])
def test_after_the_session_ended_nothing_is_sent(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment, language: str
) -> None:
    id_ = office.told(cohort, siti, "stopped", "no_item")
    rina.get(at(cohort, siti))
    office.sign_out(rina)
    sent = rina.send(f"{at(cohort, siti)}/resend?lang={language}")
    assert sent.status_code == 401
    assert ("dari kursus" if language == "id" else "from your course") in sent.text
    with office.db.read() as session:
        assert session.get_one(GradeDelivery, id_).outcome == "stopped"


def test_without_its_token_nothing_is_sent(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    id_ = office.told(cohort, siti, "stopped", "no_item")
    for csrf in ("", "x" * 5000):
        rina.csrf = csrf
        assert rina.send(f"{at(cohort, siti)}/resend").status_code == 403
    with office.db.read() as session:
        assert session.get_one(GradeDelivery, id_).outcome == "stopped"
