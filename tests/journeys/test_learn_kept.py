"""A session that ended while a form was open: what was sent is kept, and counts once that very person has said so."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from diklat_lti.database import Database
from diklat_lti.models import BrowserSession, KeptForm
from diklat_lti.settings import Settings
from diklat_lti.web.learn import kept
from diklat_lti.worker import clean
from school import READ, Fields, Pupil, School, filled, open_school
from trained import END
from world import NOW

KEPT = "Kiriman Anda disimpan sementara"
NOT_KEPT = "Yang baru saja Anda kirim tidak dapat disimpan."
STALE = "Halaman ini sudah terlalu lama terbuka"


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


@pytest.fixture
def siti(school: School) -> Pupil:
    return school.browser(language="id")


def over(school: School, pupil: Pupil, how: str = "expired") -> None:
    """As a day later, or as somebody signs out beside the open form."""
    now = school.clock.real_now()
    change = {"expires_at": now - timedelta(minutes=1)} if how == "expired" else {"ended_at": now}
    with school.db.write() as session:
        session.execute(update(BrowserSession).where(BrowserSession.id == pupil.session_id).values(change))


def lesson_form(school: School, pupil: Pupil) -> tuple[str, Fields]:
    address = f"{school.base}/lessons/{READ}"
    pupil.get(address)
    return address, pupil.form("data-work")


def forms(school: School) -> list[KeptForm]:
    with school.db.read() as session:
        return list(session.scalars(select(KeptForm).order_by(KeptForm.id)))


def decide(school: School, pupil: Pupil, action: str = "save") -> requests.Response:
    pupil.get(f"{school.base}/kept")
    ids = re.findall(r'name="kept" value="(\d+)"', pupil.last)
    return pupil.send(f"{school.base}/kept", pupil.form("actions") | {"kept": ids}, action=action)


@pytest.mark.parametrize("cookie", [True, False], ids=["cookie left", "cookie gone"])
@pytest.mark.parametrize("how", ["expired", "signed out"])
def test_a_lesson_confirmed_too_late_is_kept_and_counts_when_its_person_says_so(
    school: School, siti: Pupil, how: str, cookie: bool
) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti, how)
    answer = (siti if cookie else Pupil(school.origin)).send(address, form)
    assert (answer.status_code, KEPT in answer.text) == (401 if cookie else 403, True)
    assert "Buka dari kursus" in answer.text or "Buka lagi aktivitas ini dari kursus Anda" in answer.text
    assert school.events() == []
    again = school.browser()
    assert "Simpan jawaban yang tertinggal?" in again.get(school.base)
    school.clock.set(END + timedelta(hours=1))
    assert "Anda sudah selesai membaca sesi ini." in again.get(f"{school.base}/kept")
    school.clock.set(NOW)
    assert decide(school, again).headers["location"] == school.base
    assert school.row().done_keys == [READ]
    assert "tertinggal" not in again.get(school.base)


def test_what_came_before_the_end_counts_from_then_though_it_was_saved_after_it(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    with school.db.write() as session:
        row = session.scalars(select(KeptForm)).one()
        row.received_at -= timedelta(days=20)  # as if today were so much later
    school.clock.set(NOW + timedelta(days=16))
    decide(school, school.browser())
    event = school.events("confirmed")[0]
    assert event.received_at < END - timedelta(days=10)
    assert school.row().done_keys == [READ]


def test_answers_of_a_quiz_are_shown_before_they_are_handed_in(school: School, siti: Pupil) -> None:
    address = school.begin(siti)
    siti.get(address)
    form = siti.form("data-quiz")
    over(school, siti)
    answers = school.answers()
    assert KEPT in siti.send(address, form | filled(answers), action="submit").text
    again = school.browser()
    page = again.get(f"{school.base}/kept")
    assert "Anda sudah mengirim jawaban kuis ini." in page
    assert again.last.count("<li lang=") == sum(1 if isinstance(a, str) else len(a) for a in answers.values())
    decide(school, again)
    assert "Nilai Anda: 100" in again.get(f"{address}/result")


def test_dropped_is_dropped(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    again = school.browser()
    decide(school, again, "drop")
    assert school.events() == []
    assert again.ask("GET", f"{school.base}/kept").headers["location"] == school.base
    assert forms(school)[0].settled_at is not None


def test_without_a_word_nothing_is_decided(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    decide(school, school.browser(), "perhaps")
    assert forms(school)[0].settled_at is None
    assert school.events() == []


def test_what_did_not_stand_on_the_page_is_not_saved_with_it(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    again = school.browser()
    again.get(f"{school.base}/kept")
    again.send(f"{school.base}/kept", again.form("actions") | {"kept": "999"}, action="save")
    assert school.events() == []


def test_another_person_never_sees_it(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    agus = school.person("Agus")
    his, browser = school.enrol(agus), school.browser(agus)
    assert "tertinggal" not in browser.get(f"/learn/{his.id}")
    assert browser.ask("GET", f"/learn/{his.id}/kept").headers["location"] == f"/learn/{his.id}"
    browser.get(f"{school.base}/kept", 404)
    browser.get(f"/learn/{his.id}")
    token = {"csrf": browser.form()["csrf"], "kept": str(forms(school)[0].id)}
    browser.send(f"/learn/{his.id}/kept", token, action="save")
    assert browser.send(f"{school.base}/kept", token, action="save").status_code == 404
    assert (school.events(), forms(school)[0].settled_at) == ([], None)


def test_in_another_persons_session_it_is_kept_for_whoever_typed_it(school: School, siti: Pupil) -> None:
    """Agus signed in on the same browser, and Siti's form was still open in a tab."""
    address, form = lesson_form(school, siti)
    over(school, siti, "signed out")
    agus = school.person("Agus")
    his, browser = school.enrol(agus), school.browser(agus)
    answer = browser.send(address, form)
    assert (answer.status_code, KEPT in answer.text) == (403, True)
    assert f"{school.base}/kept" not in answer.text
    assert "tertinggal" not in browser.get(f"/learn/{his.id}")
    assert "tertinggal" in school.browser().get(school.base)


def test_in_a_newer_session_of_the_same_person_it_can_be_looked_at_at_once(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    again = school.browser()
    assert f'href="{school.base}/kept"' in again.send(address, form).text


def test_sent_twice_it_is_kept_once_and_saved_twice_it_counts_once(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    assert [KEPT in siti.send(address, form).text for _ in range(2)] == [True, True]
    assert len(forms(school)) == 1
    again = school.browser()
    again.get(f"{school.base}/kept")
    fields = again.form("actions") | {"kept": str(forms(school)[0].id)}
    assert [again.send(f"{school.base}/kept", fields, action="save").status_code for _ in range(2)] == [303, 303]
    assert len(school.events("confirmed")) == 1
    assert KEPT in siti.send(address, form).text
    assert len(forms(school)) == 1, "it was decided about, and is not asked again"


def test_a_form_of_a_living_session_whose_cookie_was_lost_is_not_kept(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    answer = Pupil(school.origin).send(address, form)
    assert (answer.status_code, STALE in answer.text, forms(school)) == (403, True, [])


@pytest.mark.parametrize("token", ["", "forged.token", None])
def test_a_form_without_a_token_of_ours_is_not_kept(school: School, siti: Pupil, token: str | None) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    fields = {**form, "csrf": token} if token is not None else {k: v for k, v in form.items() if k != "csrf"}
    assert siti.send(address, fields).status_code == 403
    assert forms(school) == []


def test_a_form_from_another_site_is_not_kept(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    assert siti.ask("POST", address, form, Origin="https://evil.example").status_code == 403
    assert forms(school) == []


def test_a_token_of_a_session_that_was_forgotten_keeps_nothing(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    with school.db.write() as session:
        clean(session, school.clock.real_now() + timedelta(days=32))
    answer = siti.send(address, form)
    assert (answer.status_code, forms(school)) == (401, [])


def test_what_is_no_learners_work_is_said_not_to_be_kept(school: School, siti: Pupil) -> None:
    siti.get(f"{school.base}/welcome")
    form = siti.form()
    over(school, siti)
    answer = siti.send(f"{school.base}/welcome", form, region="18.03.01")
    assert (answer.status_code, NOT_KEPT in answer.text, forms(school)) == (401, True, [])
    gone = Pupil(school.origin).send(f"{school.base}/welcome", form)
    assert (gone.status_code, NOT_KEPT in gone.text) == (403, True)


@pytest.mark.parametrize(
    "change", [{"event": ""}, {"stamp": "forged"}, {"filler": "x" * kept.LARGEST}], ids=["event", "stamp", "size"]
)
def test_what_could_not_be_saved_in_time_either_is_not_kept(
    school: School, siti: Pupil, change: dict[str, Any]
) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    assert NOT_KEPT in siti.send(address, form, **change).text
    assert forms(school) == []


@pytest.mark.parametrize("where", ["lessons/tidak-ada", "attempts/0f0e0d0c-0001"])
def test_a_form_for_what_does_not_exist_is_not_kept(school: School, siti: Pupil, where: str) -> None:
    _, form = lesson_form(school, siti)
    over(school, siti)
    assert NOT_KEPT in siti.send(f"{school.base}/{where}", form).text
    assert forms(school) == []


def test_a_form_into_somebody_elses_enrolment_is_not_kept(school: School, siti: Pupil) -> None:
    _, form = lesson_form(school, siti)
    other = school.enrol(school.person("Agus"))
    over(school, siti)
    assert NOT_KEPT in siti.send(f"/learn/{other.id}/lessons/{READ}", form).text
    assert forms(school) == []


def test_there_is_room_for_twenty_forms_of_a_session_and_no_more(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    told = [KEPT in siti.send(address, form, note=str(number)).text for number in range(kept.MOST + 1)]
    assert told == [True] * kept.MOST + [False]


def test_the_page_speaks_the_language_of_the_session_that_is_over(school: School) -> None:
    siti = school.browser(language="en")
    address, form = lesson_form(school, siti)
    over(school, siti)
    answer = Pupil(school.origin).ask("POST", address, form, **{"Accept-Language": "id"})
    assert '<html lang="en">' in answer.text
    assert "What you sent is kept" in answer.text


@pytest.mark.parametrize("days", [29, 31])
def test_after_thirty_days_the_worker_forgets_it(school: School, siti: Pupil, days: int) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    with school.db.write() as session:  # a phone's session ends later than its form came
        session.execute(update(BrowserSession).values(expires_at=school.clock.real_now() + timedelta(days=100)))
        clean(session, school.clock.real_now() + timedelta(days=days))
    assert len(forms(school)) == (1 if days < 30 else 0)


def test_a_forgotten_session_takes_its_forms_with_it(school: School, siti: Pupil) -> None:
    address, form = lesson_form(school, siti)
    over(school, siti)
    siti.send(address, form)
    with school.db.write() as session:
        session.execute(update(KeptForm).values(received_at=school.clock.real_now() + timedelta(days=20)))
        clean(session, school.clock.real_now() + timedelta(days=31))
    assert forms(school) == []
