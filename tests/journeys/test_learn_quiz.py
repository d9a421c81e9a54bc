"""A quiz over real HTTP and without scripts: begun, answered, looked over, handed in, judged; once, late, by whose it is."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from diklat_lti.database import Database
from diklat_lti.models import Attempt, Cohort, Judgement, Ruling
from diklat_lti.settings import Settings
from diklat_lti.training import attempts, cohorts, rules
from school import PAGE_AND_QUIZ, Pupil, School, filled, open_school
from trained import END, START
from world import NOW

QUIZ = f"/lessons/{PAGE_AND_QUIZ}/quiz"


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


@pytest.fixture
def siti(school: School) -> Pupil:
    return school.browser()


def sheet(school: School, siti: Pupil) -> tuple[str, dict[str, str]]:
    """Begins, opens the page of questions; its address and hidden fields."""
    address = school.begin(siti)
    siti.get(address)
    return address, siti.form("data-quiz")


def judgement(school: School) -> Judgement:
    with school.db.read() as session:
        return session.scalars(select(Judgement).where(Judgement.enrolment_id == school.enrolment.id)).one()


def test_the_intro_says_what_awaits_one(school: School, siti: Pupil) -> None:
    page = siti.get(school.base + QUIZ)
    assert "Soal 5 Nilai kelulusan 70 Kesempatan sisa 3 dari 3" in page
    assert "Mulai" in page
    assert "Waktu" not in page
    assert "Kesempatan Anda" not in page


def test_a_double_click_begins_one_attempt(school: School, siti: Pupil) -> None:
    siti.get(school.base + QUIZ)
    fields = siti.form()
    first, second = (siti.send(school.base + QUIZ, fields).headers["location"] for _ in range(2))
    assert first == second
    assert school.attempts() == 1


def test_while_an_attempt_is_under_way_it_goes_on(school: School, siti: Pupil) -> None:
    address = school.begin(siti)
    page = siti.get(school.base + QUIZ)
    assert "Ada kesempatan yang sedang berjalan" in page
    assert "Lanjutkan menjawab" in page
    assert f'href="{address}"' in siti.last
    fields = siti.form("/language") | {"attempt": "another-attempt", "event": "another-event", "stamp": "x"}
    assert siti.send(school.base + QUIZ, fields).headers["location"] == address


def test_the_questions_stand_on_one_page_without_what_is_right(school: School, siti: Pupil) -> None:
    address, _ = sheet(school, siti)
    page = siti.get(address)
    assert "Soal 5 dari 5" in page
    assert "Jawaban yang benar bisa lebih dari satu." in page
    assert siti.last.count("<legend") == 5
    assert "correct" not in siti.last
    assert "Ya, ini dapat dilihat siapa saja." not in page, "feedback comes after"


def test_saved_answers_are_there_again(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    given = school.answers()
    answer = siti.send(address, fields, action="save", **filled(given))
    assert (answer.status_code, answer.headers["location"]) == (303, school.base + QUIZ)
    siti.get(address)
    chosen = re.findall(r'name="q-([^"]+)" value="([^"]+)" checked', siti.last)
    expected = {(key, one) for key, value in given.items() for one in ([value] if isinstance(value, str) else value)}
    assert set(chosen) == expected


def test_the_same_form_twice_is_one_event_and_other_answers_are_another(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    right, wrong = filled(school.answers()), filled(school.answers(right=False))
    for answers in (right, right, wrong, wrong):
        siti.send(address, fields, action="save", **answers)
    assert len(school.events("answered")) == 2


def test_a_choice_that_was_taken_back_is_taken_back(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    given = school.answers()
    siti.send(address, fields, action="save", **filled(given))
    siti.send(address, fields, action="save", asked=list(given))
    siti.get(address)
    assert "checked" not in siti.last


def test_the_last_look_names_what_is_unanswered_and_keeps_the_answers(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    given = school.answers()
    key = next(iter(given))
    answer = siti.send(address, fields, action="review", **filled({key: given[key]}))
    assert answer.headers["location"] == f"{address}/review"
    page = siti.get(f"{address}/review")
    assert "4 soal belum dijawab" in page
    assert siti.last.count(f'href="{address}#q') == 4
    handed_in = siti.send(address, siti.form(), action="submit")
    assert handed_in.headers["location"] == f"{address}/result"
    detail = judgement(school).detail
    assert [entry["answer"] for entry in detail.values() if entry["answer"]] == [
        [given[key]] if isinstance(given[key], str) else sorted(given[key], key=detail[key]["answer"].index)
    ]


def test_all_right_is_100_and_says_so(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    siti.send(address, fields, action="review", **filled(school.answers()))
    assert "Semua soal sudah dijawab" in siti.get(f"{address}/review")
    siti.send(address, siti.form(), action="submit")
    page = siti.get(f"{address}/result")
    assert "Nilai Anda: 100 Mencapai nilai kelulusan" in page
    assert "Baca lagi:" not in page
    assert "Coba lagi" not in page
    assert "Lanjutkan Sesi 3" in page
    assert school.row().done_keys == [PAGE_AND_QUIZ]


def test_below_the_mark_it_says_what_to_read_again_and_never_what_was_right(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    wrong = school.answers(right=False)
    missing = next(iter(wrong))
    siti.send(address, fields, action="submit", **filled({k: v for k, v in wrong.items() if k != missing}))
    page = siti.get(f"{address}/result")
    assert "Nilai Anda: 0 Di bawah nilai kelulusan" in page
    assert "Baca lagi: Sesi 2: Memahami Perilaku Anak" in page
    assert "Sisa 2 kesempatan." in page
    assert "Coba lagi" in page
    assert "Belum dijawab" in page
    assert page.count("Belum benar") == 4
    for right in school.answers().values():
        for key in [right] if isinstance(right, str) else right:
            assert f'value="{key}"' not in siti.last


def test_partly_right_has_its_word(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    several = next(value for value in school.answers().items() if isinstance(value[1], list))
    siti.send(address, fields, action="submit", **filled({several[0]: several[1][:1]}))
    assert "Benar sebagian" in siti.get(f"{address}/result")


def test_handed_in_twice_it_stays_as_it_was(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    siti.send(address, fields, action="submit", **filled(school.answers(right=False)))
    again = siti.send(address, fields, action="submit", **filled(school.answers()))
    assert again.headers["location"] == f"{address}/result"
    assert judgement(school).score == 0
    for path in (address, f"{address}/review"):
        assert siti.ask("GET", path).headers["location"] == f"{address}/result"


def test_a_result_before_handing_in_leads_back_to_the_questions(school: School, siti: Pupil) -> None:
    address = school.begin(siti)
    assert siti.ask("GET", f"{address}/result").headers["location"] == address


def test_the_third_attempt_is_the_last(school: School, siti: Pupil) -> None:
    for _ in range(3):
        school.sits(PAGE_AND_QUIZ, right=False)
    page = siti.get(school.base + QUIZ)
    assert "sisa 0 dari 3" in page
    assert "Kesempatan habis" in page
    assert "Kesempatan ke-3: nilai 0" in page
    fields = siti.form("/language") | {"attempt": "fourth-attempt", "event": "fourth-event", "stamp": "x"}
    assert siti.send(school.base + QUIZ, fields).headers["location"] == school.base + QUIZ
    assert school.attempts() == 3
    address = re.findall(r'href="([^"]+)/result"', siti.last)[-1]
    assert "Kesempatan habis." in siti.get(f"{address}/result")


def test_outside_the_window_nothing_begins(school: School, siti: Pupil) -> None:
    siti.get(school.base + QUIZ)
    fields = siti.form()
    for instant in (START - timedelta(seconds=1), END):
        school.clock.set(instant)
        assert siti.send(school.base + QUIZ, fields).headers["location"] == school.base + QUIZ
    assert school.attempts() == 0
    assert "Masa belajar sudah berakhir" in siti.get(school.base + QUIZ)


def test_handed_in_late_it_is_kept_and_says_that_it_does_not_count(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    school.clock.set(END + timedelta(minutes=1))
    assert "Jawaban yang Anda berikan sebelumnya tetap dihitung" in siti.get(address)
    siti.send(address, fields, action="submit", **filled(school.answers()))
    assert "Tidak dihitung" in siti.get(f"{address}/result")
    assert "Tidak dihitung" in siti.get(school.base + QUIZ)
    assert school.row().score is None


def test_what_was_saved_in_time_is_judged_by_itself_after_the_grace(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    siti.send(address, fields, action="save", **filled(school.answers()))
    school.clock.set(END + timedelta(days=4))
    assert siti.ask("GET", address).headers["location"] == f"{address}/result"
    page = siti.get(f"{address}/result")
    assert "Jawaban yang tersimpan tepat waktu sudah dinilai." in page
    assert school.row().score == Decimal(50)


def timed(school: School, siti: Pupil, seconds: int = 600) -> tuple[str, dict[str, str]]:
    address, fields = sheet(school, siti)
    with school.db.write() as session:
        session.query(Attempt).filter_by(enrolment_id=school.enrolment.id).update({"time_limit_s": seconds})
    return address, fields


def test_a_timed_quiz_says_until_when_and_closes(school: School, siti: Pupil) -> None:
    address, fields = timed(school, siti)
    assert "Kirim sebelum pukul 10.10 WIB." in siti.get(address)
    assert "data-deadline-ms" in siti.last
    siti.send(address, fields, action="save", **filled(school.answers()))
    school.clock.set(NOW + timedelta(minutes=10) + attempts.ANSWER_LATE)
    late = siti.send(address, fields, action="submit", **filled(school.answers(right=False)))
    assert late.headers["location"] == f"{address}/result"
    assert (judgement(school).cause, judgement(school).score) == ("closed", Decimal(100))


def test_the_intro_of_a_timed_quiz_warns_before_it_begins(school: School, siti: Pupil) -> None:
    school.lesson_is(time_limit_s=600)
    page = siti.get(school.base + QUIZ)
    assert "Waktu 10 menit" in page
    assert "Anda memerlukan sambungan internet" in page


@pytest.mark.parametrize("field", ["event", "stamp", "attempt"])
def test_a_spoilt_form_begins_nothing(school: School, siti: Pupil, field: str) -> None:
    siti.get(school.base + QUIZ)
    assert siti.send(school.base + QUIZ, siti.form() | {field: "?"}).status_code == 400
    assert school.attempts() == 0


def test_answers_that_are_none_are_left_out(school: School, siti: Pupil) -> None:
    address, fields = sheet(school, siti)
    nonsense = {
        "asked": ["none", next(iter(school.answers()))],
        "q-none": "x",
        f"q-{next(iter(school.answers()))}": "x",
    }
    assert siti.send(address, fields, action="whatever", **nonsense).status_code == 303
    (stored,) = school.events("answered")
    assert stored.body == {"answers": {}}


def test_attempts_of_others_and_quizzes_that_are_none_are_404(school: School, siti: Pupil) -> None:
    address = school.begin(siti)
    candra = school.person("Candra")
    other = school.enrol(candra)
    pupil = school.browser(candra)
    for path in (address, f"{address}/review", f"{address}/result"):
        assert pupil.ask("GET", path).status_code == 404
        assert pupil.ask("GET", path.replace(school.base, f"/learn/{other.id}")).status_code == 404
    pupil.get(f"/learn/{other.id}")
    assert pupil.send(address, pupil.form("/language")).status_code == 404
    siti.get(f"{school.base}/lessons/sesi-orang-tua/quiz", 404)
    siti.get(f"{school.base}/attempts/x", 404)
    siti.get(f"{school.base}/attempts/00000000-none", 404)


def test_a_quiz_that_stands_alone_sends_one_back_to_its_whole_module(school: School, siti: Pupil) -> None:
    school.lesson_is(kinds=["quiz"])
    uuid = school.sits(PAGE_AND_QUIZ, right=False)
    page = siti.get(f"{school.base}/attempts/{uuid}/result")
    assert "Baca lagi: Sesi 1: Menjadi Orang Tua yang Lebih Baik" in page


def test_a_quiz_with_a_mark_of_its_own_says_that_one(school: School, siti: Pupil) -> None:
    with school.db.write() as session:
        ruled = cohorts.rules_of(session, school.cohort.id)
        lessons = tuple(replace(x, pass_mark=Decimal("82.5")) if x.key == PAGE_AND_QUIZ else x for x in ruled.lessons)
        session.get_one(Cohort, school.cohort.id).rules_seq = 2
        body = rules.dump(replace(ruled, lessons=lessons))
        session.add(Ruling(cohort_id=school.cohort.id, seq=2, kind="rules", body=body, made_at=NOW))
    assert "Nilai kelulusan 82,5" in siti.get(school.base + QUIZ)
    assert "Nilai kelulusan 70" in siti.get(f"{school.base}/lessons/sesi-meminjam-menabung/quiz")
