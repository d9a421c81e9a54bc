"""The picker over real HTTP: what it offers, what it makes of wrong forms, and the answer that the LMS gets."""

import re
import threading
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

import world
from diklat_lti.database import Database
from diklat_lti.models import Centre, Cohort, Course, GradeItem, Grant, Launch, PickedLink, ProgramVersion, Ruling
from diklat_lti.settings import Settings
from diklat_lti.web.figures import NO_BREAK
from office import RETURN, Browser, Office, answered, open_office
from world import NOW

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
GOOD = {"shape": "whole", "name": "Angkatan I", "starts_on": "2026-11-25", "length_days": "15", "zone": "Asia/Jakarta"}


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def picking(office: Office) -> Browser:
    """Rina's picker, with the sample installed and the page open."""
    browser = office.picking()
    browser.get(browser.picker)
    assert browser.send(browser.picker, step="sample").status_code == 303
    browser.get(browser.picker)
    return browser


def good(office: Office, **changes: str) -> dict[str, str]:
    with office.db.read() as session:
        version = session.scalars(select(ProgramVersion.id).order_by(ProgramVersion.id.desc()).limit(1)).one()
    return {**GOOD, "version": str(version), **changes}


def count(office: Office, table: type[Any]) -> int:
    with office.db.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_without_programs_it_offers_the_sample_and_installs_it(office: Office) -> None:
    browser = office.picking()
    assert "Pasang contoh P2K2" in browser.get(browser.picker)
    assert browser.send(browser.picker, step="sample").headers["location"] == browser.picker
    page = browser.get(browser.picker)
    assert "Pertemuan Peningkatan Kemampuan Keluarga (P2K2)" in page
    assert "15 hari · 4 sesi" in page


def test_the_sample_installed_twice_is_one_version(office: Office, picking: Browser) -> None:
    assert picking.send(picking.picker, step="sample").status_code == 303
    assert count(office, ProgramVersion) == 1


def test_where_the_centre_has_an_admin_a_course_admin_installs_nothing(office: Office) -> None:
    office.grant(office.person("Kepala"), "centre_admin", office.centre)
    browser = office.picking()
    page = browser.get(browser.picker)
    assert "Pasang contoh" not in page
    assert "Mintalah admin lembaga" in page
    assert browser.send(browser.picker, step="sample").status_code == 403
    assert count(office, ProgramVersion) == 0


def test_a_centre_admin_installs_the_sample(office: Office) -> None:
    office.grant(office.rina, "centre_admin", office.centre)
    browser = office.picking()
    assert "Pasang contoh" in browser.get(browser.picker)
    assert browser.send(browser.picker, step="sample").status_code == 303


def test_a_sample_that_contradicts_the_installed_version_is_refused_calmly(office: Office, picking: Browser) -> None:
    with office.db.write() as session:
        version = session.scalars(select(ProgramVersion)).one()
        version.outline = {**version.outline, "ids": {**version.outline["ids"], "vanished": "lesson"}}
    assert picking.send(picking.picker, step="sample").status_code == 409


def test_it_begins_with_tomorrow_and_the_programs_own_length(picking: Browser) -> None:
    page = picking.get(picking.picker)
    assert 'type="date" value="2026-11-25"' in page
    assert 'name="length_days" type="text" value="15"' in page
    assert 'value="Angkatan 1"' in page


def test_the_preview_says_the_days_in_words(office: Office, picking: Browser) -> None:
    page = picking.send(picking.picker, step="preview", **good(office)).text.replace(NO_BREAK, " ")
    words = "Rabu 25 Nov 2026 pukul 00.00 WIB sampai Rabu 9 Des 2026 pukul 23.59 WIB (15 hari)"
    assert words in page
    assert count(office, Cohort) == 0


def test_the_preview_in_english(office: Office, picking: Browser) -> None:
    picking.send("/language", language="en", here="/")
    page = picking.send(picking.picker, step="preview", **good(office)).text.replace(NO_BREAK, " ")
    assert "Wednesday 25 Nov 2026 at 00:00 WIB until Wednesday 9 Dec 2026 at 23:59 WIB (15 days)" in page


def test_an_empty_length_is_the_programs(office: Office, picking: Browser) -> None:
    assert "(15 hari)" in picking.send(picking.picker, step="preview", **good(office, length_days="")).text


def test_a_run_that_began_is_warned_about(office: Office, picking: Browser) -> None:
    page = picking.send(picking.picker, step="preview", **good(office, starts_on="2026-11-16")).text
    assert "notice warning" in page
    assert "8" in page


def test_one_activity_for_each_module_lists_them_and_the_final_score(office: Office, picking: Browser) -> None:
    page = picking.send(picking.picker, step="preview", **good(office, shape="modules")).text
    for title in ("Modul 1: ", "Modul 2: ", "Nilai akhir · Angkatan I"):
        assert f"<li>{title}" in page
    assert "total kursus" in page


def test_change_shows_the_form_with_what_was_typed(office: Office, picking: Browser) -> None:
    answer = picking.send(picking.picker, step="edit", **good(office, name="Angkatan Satu", starts_on="2026-12-01"))
    assert answer.status_code == 200
    assert 'value="Angkatan Satu"' in answer.text
    assert 'value="2026-12-01"' in answer.text


WRONG = {
    "empty": (
        {"name": "", "starts_on": "", "zone": "", "version": "", "length_days": ""},
        ["version", "name", "starts_on", "zone"],
    ),
    "too_long": ({"name": "a" * 201}, ["name"]),
    "a_date_in_words": ({"starts_on": "besok"}, ["starts_on"]),
    "a_day_that_is_not": ({"starts_on": "2026-02-30"}, ["starts_on"]),
    "days_that_are_over": ({"starts_on": "2026-10-01"}, ["starts_on"]),
    "a_length_in_words": ({"length_days": "lima belas"}, ["length_days"]),
    "a_length_of_91_days": ({"length_days": "91"}, ["length_days"]),
    "an_unknown_zone": ({"zone": "Europe/Paris"}, ["zone"]),
    "a_program_in_words": ({"version": "p2k2"}, ["version"]),
    "an_unknown_shape": ({"shape": "star"}, ["shape"]),
    "everything": ({"name": " ", "starts_on": "x", "shape": "", "version": "9" * 30}, ["name", "starts_on", "shape", "version"]),
}  # fmt: skip


@pytest.mark.parametrize("step", ["preview", "add"])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_form_comes_back_with_a_sentence_beside_each_field(
    office: Office, picking: Browser, step: str, case: str
) -> None:
    changes, fields = WRONG[case]
    answer = picking.send(picking.picker, step=step, **good(office, **changes))
    assert answer.status_code == 422
    assert sorted(set(re.findall(r'id="(\w+)-error"', answer.text))) == sorted(fields)
    for name in ("name", "starts_on", "length_days"):
        typed = {**good(office), **changes}[name].strip()
        assert f'id="{name}" name="{name}"' in answer.text
        assert f'value="{typed}"' in answer.text
    assert count(office, Cohort) == 0


def test_a_wrong_form_speaks_english_too(office: Office, picking: Browser) -> None:
    picking.send("/language", language="en", here="/")
    answer = picking.send(picking.picker, step="preview", **good(office, starts_on="besok"))
    assert answer.status_code == 422
    assert "Write the first day as year-month-day" in answer.text


def test_a_program_of_another_centre_cannot_be_chosen(office: Office, picking: Browser) -> None:
    with office.db.write() as session:
        foreign = world.version(session, world.centre(session, name="BBPPKS Makassar")).id
    answer = picking.send(picking.picker, step="add", **good(office, version=str(foreign)))
    assert answer.status_code == 422
    assert 'id="version-error"' in answer.text


def test_adding_makes_the_run_and_answers_the_lms(office: Office, picking: Browser) -> None:
    answer = picking.send(picking.picker, step="add", **good(office))
    claims = answered(office, answer.text)
    (item,) = claims[DL + "content_items"]
    with office.db.read() as session:
        cohort = session.scalars(select(Cohort)).one()
        picked = session.scalars(select(PickedLink)).one()
        assert (cohort.name, cohort.course_id, cohort.length_days) == ("Angkatan I", office.course.id, 15)
        assert (picked.cohort_id, picked.module_key, picked.picked_by) == (cohort.id, None, office.rina.id)
        assert session.scalars(select(Ruling.kind)).all() == ["rules"]
    assert item["custom"] == {"diklat_link": picked.uuid}
    assert item["lineItem"] == {
        "scoreMaximum": 100, "label": item["title"], "resourceId": f"diklat-cohort-{cohort.id}", "tag": "final",
        "submissionReview": {
            "reviewableStatus": ["InProgress", "Submitted", "Completed"], "url": f"{office.origin}/lti/launch",
        },
    }  # fmt: skip
    assert requests.get(item["icon"]["url"], timeout=30).headers["content-type"].startswith("image/svg")
    assert item["url"] == f"{office.origin}/lti/launch"
    assert item["title"].endswith(" · Angkatan I")
    assert claims[LTI + "message_type"] == "LtiDeepLinkingResponse"


def test_the_answer_may_go_to_that_lms_alone_and_has_a_button(office: Office, picking: Browser) -> None:
    answer = picking.send(picking.picker, step="add", **good(office))
    assert "form-action 'self' https://lms.example.id;" in answer.headers["content-security-policy"]
    assert f'action="{RETURN}"' in unescape(answer.text)
    assert "<button>Kembali ke LMS</button>" in answer.text
    assert "lms.example.id" not in picking.ask("GET", picking.picker).headers["content-security-policy"]


def test_one_activity_for_each_module_is_answered_in_order(office: Office, picking: Browser) -> None:
    answer = picking.send(picking.picker, step="add", **good(office, shape="modules"))
    items = answered(office, answer.text)[DL + "content_items"]
    with office.db.read() as session:
        modules = [m["key"] for m in session.scalars(select(ProgramVersion.outline)).one()["modules"]]
        picked = {p.uuid: p.module_key for p in session.scalars(select(PickedLink))}
        labels = {g.tag: g.label for g in session.scalars(select(GradeItem))}
    assert [item["lineItem"]["tag"] for item in items] == [*modules, "final"]
    assert [picked[item["custom"]["diklat_link"]] for item in items] == [*modules, None]
    assert (count(office, Cohort), labels) == (1, {item["lineItem"]["tag"]: item["title"] for item in items})


def test_where_one_link_is_allowed_there_are_no_modules_to_choose(office: Office, picking: Browser) -> None:
    single = office.picking(asked={"accept_multiple": False})
    assert 'value="modules"' not in single.get(single.picker)
    answer = single.send(single.picker, step="add", **good(office, shape="modules"))
    assert answer.status_code == 422
    assert len(answered(office, single.send(single.picker, step="add", **good(office)).text)[DL + "content_items"]) == 1


def test_the_same_form_sent_twice_makes_one_run_and_the_same_links(office: Office, picking: Browser) -> None:
    fields = good(office, shape="modules")
    first, second = (answered(office, picking.send(picking.picker, step="add", **fields).text) for _ in range(2))
    assert first[DL + "content_items"] == second[DL + "content_items"]
    assert first["nonce"] != second["nonce"]
    assert count(office, Cohort) == 1


def test_a_double_click_makes_one_run(office: Office, picking: Browser) -> None:
    fields, pages, gate = good(office), [], threading.Barrier(4)

    def press() -> None:
        gate.wait()
        pages.append(picking.send(picking.picker, step="add", **fields))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [page.status_code for page in pages] == [200] * 4
    assert count(office, Cohort) == 1
    assert count(office, PickedLink) == 1


def test_another_choice_in_the_same_picker_is_another_run(office: Office, picking: Browser) -> None:
    picking.send(picking.picker, step="add", **good(office))
    picking.send(picking.picker, step="add", **good(office, starts_on="2026-12-01"))
    assert count(office, Cohort) == 2


def test_an_existing_run_is_linked_again(office: Office, picking: Browser) -> None:
    cohort = office.cohort()
    assert "Angkatan I · 23 Nov 2026 · 15 hari" in picking.get(picking.picker)
    page = picking.send(picking.picker, step="link", cohort=str(cohort.id), shape="whole").text
    (item,) = answered(office, page)[DL + "content_items"]
    assert item["lineItem"]["resourceId"] == f"diklat-cohort-{cohort.id}"
    assert count(office, Cohort) == 1


@pytest.mark.parametrize("wrong", ["", "x", "9" * 30])
def test_a_run_that_is_not_there_is_said_beside_its_field(office: Office, picking: Browser, wrong: str) -> None:
    office.cohort()
    answer = picking.send(picking.picker, step="link", cohort=wrong, shape="star")
    assert answer.status_code == 422
    assert set(re.findall(r'id="(\w+)-error"', answer.text)) == {"cohort", "shape"}


def test_a_run_of_another_course_cannot_be_linked(office: Office, picking: Browser) -> None:
    _, course = office.candra()
    with office.db.write() as session:
        foreign = world.cohort(session, session.get_one(Course, course.id)).id
    office.cohort()
    assert picking.send(picking.picker, step="link", cohort=str(foreign), shape="whole").status_code == 422
    assert count(office, PickedLink) == 0


def test_cancelling_answers_an_empty_list(office: Office, picking: Browser) -> None:
    claims = answered(office, picking.send(picking.picker, step="cancel").text)
    assert claims[DL + "content_items"] == []
    assert claims[DL + "errormsg"] == "Tidak ada yang dipilih."
    assert DL + "data" not in claims


def test_data_comes_back_as_it_was(office: Office) -> None:
    browser = office.picking(asked={"data": " a=b&<c>\n"})
    browser.get(browser.picker)
    assert answered(office, browser.send(browser.picker, step="cancel").text)[DL + "data"] == " a=b&<c>\n"


def test_a_request_for_another_kind_of_content_gets_a_calm_page_and_can_be_cancelled(
    office: Office, picking: Browser
) -> None:
    browser = office.picking(asked={"accept_types": ["image", "html"]})
    assert "Di sini LMS tidak menerima aktivitas" in browser.get(browser.picker)
    assert "Di sini LMS tidak menerima" in browser.send(browser.picker, step="preview", **good(office)).text
    assert browser.send(browser.picker, step="add", **good(office)).status_code == 404
    claims = answered(office, browser.send(browser.picker, step="cancel").text)
    assert (claims[DL + "content_items"], claims[DL + "errormsg"]) == (
        [], "LMS meminta jenis konten yang tidak dimiliki alat ini.",
    )  # fmt: skip
    assert count(office, Cohort) == 0


def test_an_address_that_no_form_can_be_sent_to_is_said(office: Office) -> None:
    browser = office.picking(asked={"return_url": "javascript:alert(1)"})
    browser.get(browser.picker)
    assert browser.send(browser.picker, step="cancel").status_code == 400


def test_another_persons_picker_is_not_found(office: Office, picking: Browser) -> None:
    candra, _ = office.candra()
    candra.get(picking.picker, 404)
    candra.get(candra.picker)
    for step in ("preview", "add", "link", "cancel", "sample", "edit"):
        assert candra.send(picking.picker, step=step, **good(office)).status_code == 404
    assert count(office, Cohort) == 0


def test_the_same_person_in_another_browser_has_another_picker(office: Office, picking: Browser) -> None:
    office.browser().get(picking.picker, 404)


def test_a_launch_without_deep_linking_has_no_picker(office: Office) -> None:
    browser = office.browser()
    browser.get(f"/manage/pick/{browser.launch_id}", 404)


def test_a_picker_whose_launch_is_over_is_not_found(office: Office, picking: Browser) -> None:
    other = office.browser()
    with office.db.write() as session:
        launch = session.get_one(Launch, picking.launch_id)
        session.get_one(Launch, other.launch_id).session_id = picking.session_id
        launch.expires_at = launch.at
    picking.get(picking.picker, 404)


@pytest.mark.parametrize("address", ["/manage/pick/0", "/manage/pick/x", f"/manage/pick/{2**63}", "/manage/pick/99"])
def test_a_picker_that_never_was_is_not_found(office: Office, address: str) -> None:
    office.picking().get(address, 404)


def test_an_admin_whose_role_was_taken_back_picks_nothing(office: Office, picking: Browser) -> None:
    with office.db.write() as session:
        session.scalars(select(Grant).where(Grant.person_id == office.rina.id)).one().revoked_at = NOW
    assert picking.ask("GET", picking.picker).status_code == 403
    assert picking.send(picking.picker, step="add", **good(office)).status_code == 403
    assert count(office, Cohort) == 0


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_form_sent_after_the_session_ended_changes_nothing(office: Office, picking: Browser, language: str) -> None:
    office.sign_out(picking)
    answer = picking.ask(
        "POST", f"{picking.picker}?lang={language}", {"csrf": picking.csrf, "step": "add", **good(office)}
    )
    assert answer.status_code == 401
    assert ("kursus" if language == "id" else "course") in answer.text
    assert count(office, Cohort) == 0


def test_a_form_without_its_token_changes_nothing(office: Office, picking: Browser) -> None:
    picking.csrf = ""
    assert picking.send(picking.picker, step="add", **good(office)).status_code == 403
    assert count(office, Cohort) == 0


def test_two_programs_leave_the_choice_and_the_length_open(office: Office, picking: Browser) -> None:
    with office.db.write() as session:
        first = session.scalars(select(ProgramVersion)).one()
        world.version(
            session, session.get_one(Centre, office.centre.id), outline={**first.outline, "days": 7, "language": "en"}
        )
    page = picking.get(picking.picker)
    assert "checked><span>Pertemuan" not in page
    assert 'name="length_days" type="text" value=""' in page
    answer = picking.send(picking.picker, step="preview", **good(office, version="", length_days=""))
    assert re.findall(r'id="(\w+)-error"', answer.text) == ["version"]
    assert "(7 hari)" in picking.send(picking.picker, step="preview", **good(office, length_days="")).text
    items = answered(office, picking.send(picking.picker, step="add", **good(office, shape="modules")).text)
    assert items[DL + "content_items"][-1]["title"] == "Final score · Angkatan I"
