"""More time over real HTTP: names are looked at first, then it is given, told, and taken back."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.models import Cohort, Enrolment, Extension, Region, Ruling
from diklat_lti.settings import Settings
from office import Browser, Office, open_office
from world import NOW

LAST, REASON = "2026-12-17", "Jaringan padam di Bukit Kemuning"


@pytest.fixture
def office(db: Database, settings: Settings) -> Iterator[Office]:
    with open_office(db, settings) as opened:
        yield opened


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return office.cohort()


@pytest.fixture
def siti(office: Office, cohort: Cohort) -> Enrolment:
    with office.db.write() as session:
        world.stored(session, Region(code="18.03.02", name="Bukit Kemuning", source="a test"))
    return office.learner(cohort, region_code="18.03.02")


@pytest.fixture
def rina(office: Office) -> Browser:
    return office.browser()


def at(cohort: Cohort) -> str:
    return f"/manage/{cohort.id}/extend"


def sent(rina: Browser, cohort: Cohort, step: str, **fields: str) -> tuple[int, str]:
    asked = {"whom": "everybody", "last_day": LAST, "reason": REASON, "letter_number": "12/DIKLAT", "step": step}
    answer = rina.send(at(cohort), **asked | fields)
    return answer.status_code, (answer.headers.get("location") or answer.text).replace("\N{NO-BREAK SPACE}", " ")


def ends(office: Office) -> dict[int, str]:
    with office.db.read() as session:
        return {who: str(end.date()) for who, end in session.execute(select(Enrolment.id, Enrolment.end_at))}


def extended(office: Office) -> list[int]:
    with office.db.read() as session:
        return list(session.scalars(select(Extension.enrolment_id).order_by(Extension.enrolment_id)))


def test_the_names_and_both_ends_are_shown_before_anything_is_stored(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    office.learner(cohort, None)
    assert "Perpanjangan waktu" in rina.get(f"/manage/{cohort.id}")
    page = rina.get(at(cohort))
    assert 'value="2026-11-27"' in page, "three days from now are proposed"
    status, page = sent(rina, cohort, "preview")
    assert status == 200
    assert "2 peserta akan mendapat waktu tambahan" in page
    assert re.search(
        r"Siti Aminah.*?Senin 7 Des 2026 pukul 23.59 WIB.*?Kamis 17 Des 2026 pukul 23.59 WIB", page, re.DOTALL
    )
    assert re.search(r"Orang #\d+", page)
    assert extended(office) == []


def test_given_it_is_told_and_listed_with_its_reason(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    rina.get(at(cohort))
    assert sent(rina, cohort, "give") == (303, f"{at(cohort)}?given=1")
    page = rina.get(f"{at(cohort)}?given=1")
    assert "1 peserta mendapat waktu tambahan." in page
    assert all(text in page for text in ("Siti Aminah", REASON, "12/DIKLAT", "Rina"))
    assert ends(office)[siti.id] == "2026-12-17"
    assert sent(rina, cohort, "give") == (303, f"{at(cohort)}?given=0")
    assert "Hari ini tidak menambah waktu siapa pun" in rina.get(f"{at(cohort)}?given=0")


@pytest.mark.parametrize(
    ("whom", "who"), [("unpassed", {"siti", "ani"}), ("region:18.03.02", {"siti", "wati"}), ("one", {"siti"})]
)
def test_for_those_who_are_chosen(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment, whom: str, who: set[str]
) -> None:
    ani = office.learner(cohort, "Ani")
    wati = office.learner(cohort, "Wati", region_code="18.03.02", passed_at=NOW)
    one = f"one:{siti.id}"
    page = rina.get(f"{at(cohort)}?of={siti.id}")
    assert "Kecamatan Bukit Kemuning" in page
    assert f'value="{one}" selected' in page
    sent(rina, cohort, "give", whom=one if whom == "one" else whom)
    names = {siti.id: "siti", ani.id: "ani", wati.id: "wati"}
    assert {names[enrolment] for enrolment in extended(office)} == who


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"whom": "region:99"}, "Pilih salah satu."),
        ({"last_day": "besok"}, "Tulis tanggalnya sebagai tahun-bulan-hari, misalnya 2026-11-30."),
        ({"last_day": "9999-12-31"}, "Tulis tanggalnya sebagai tahun-bulan-hari, misalnya 2026-11-30."),
        ({"last_day": "2026-11-01"}, "Hari ini sudah lewat. Pilih hari ini atau sesudahnya."),
        ({"last_day": "2028-11-01"}, "Pilih hari dalam satu tahun ke depan."),
        ({"reason": " "}, "Tuliskan alasannya, singkat saja."),
        ({"reason": "x" * 1001}, "Paling banyak 1000 huruf."),
        ({"letter_number": "x" * 101}, "Paling banyak 100 huruf."),
    ],
)
@pytest.mark.parametrize("step", ["preview", "give"])
def test_a_wrong_form_comes_back_with_a_sentence_beside_its_field(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment, step: str, fields: dict[str, str], sentence: str
) -> None:
    rina.get(at(cohort))
    status, page = sent(rina, cohort, step, **fields)
    assert (status, extended(office)) == (422, [])
    assert sentence in page
    assert 'value="12/DIKLAT"' in page or "letter_number" in fields


def test_change_shows_the_form_with_what_was_typed(office: Office, rina: Browser, cohort: Cohort) -> None:
    rina.get(at(cohort))
    status, page = sent(rina, cohort, "edit")
    assert (status, REASON in page) == (200, True)
    status, page = sent(rina, cohort, "edit", last_day="besok")
    assert (status, 'value="besok"' in page) == (200, True)


def test_where_nobody_gains_the_page_says_so(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    rina.get(at(cohort))
    status, page = sent(rina, cohort, "preview", last_day="2026-11-28")
    assert (status, "Tidak ada yang bertambah waktunya" in page) == (200, True)
    assert 'value="give"' not in page


def test_it_is_taken_back_with_a_reason_and_once(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    rina.get(at(cohort))
    sent(rina, cohort, "give")
    with office.db.read() as session:
        ruling = session.scalars(select(Ruling.id).where(Ruling.kind == "extended")).one()
    path = f"{at(cohort)}/{ruling}/revoke"
    answer = rina.send(path, reason=" ")
    assert (answer.status_code, "Tuliskan alasannya" in answer.text) == (422, True)
    assert f'action="{path}"' in rina.get(at(cohort))
    office.clock.set(NOW + timedelta(days=15))
    for _ in range(2):
        assert rina.send(path, reason="Salah orang").headers["location"] == f"{at(cohort)}?revoked=1"
    page = rina.get(f"{at(cohort)}?revoked=1")
    assert "Sudah ditarik kembali." in page
    assert f'action="{path}"' not in page
    rina.get(f"/manage/{cohort.id}/people/{siti.id}")
    assert ends(office)[siti.id] == str((NOW + timedelta(days=15)).date())


def test_only_admins_of_the_run_give_and_take(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    budi = office.person("Budi")
    office.grant(budi, "supervisor", cohort)
    for browser in (office.browser(budi), office.candra()[0]):
        browser.get(at(cohort), 404)
        rina.get(at(cohort))
        browser.csrf = rina.csrf
        assert sent(browser, cohort, "give")[0] in (403, 404)
    assert "Perpanjangan waktu" not in office.browser(budi).get(f"/manage/{cohort.id}")
    assert extended(office) == []


def test_a_learner_of_another_run_cannot_be_chosen(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment
) -> None:
    other = office.learner(office.cohort(), "Ani")
    rina.get(f"{at(cohort)}?of={other.id}", 404)
    for strange in ("x", "0", "9" * 30):
        rina.get(f"{at(cohort)}?of={strange}", 404)
    rina.get(at(cohort))
    assert sent(rina, cohort, "give", whom=f"one:{other.id}")[0] == 404
    assert extended(office) == []
