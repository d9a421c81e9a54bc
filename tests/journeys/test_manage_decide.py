"""Decisions about one learner over real HTTP: each with its reason, each told on the learner's page."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

import trained
from diklat_lti.database import Database
from diklat_lti.models import Attempt, Cohort, Enrolment, LearnerEvent, Ruling
from diklat_lti.settings import Settings
from office import Browser, Office, open_office

LATER = trained.END + timedelta(days=5)


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


def rulings(office: Office) -> list[tuple[str, dict[str, object], str | None, int | None]]:
    with office.db.read() as session:
        r = Ruling
        found = session.execute(select(r.kind, r.body, r.reason, r.author_id).where(r.kind != "rules").order_by(r.id))
        return [tuple(row) for row in found]


def test_more_attempts_at_one_quiz(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    assert f'href="{at(cohort, siti)}/decide"' in rina.get(at(cohort, siti))
    page = rina.get(f"{at(cohort, siti)}/decide")
    with office.db.read() as session:
        key = trained.lessons(session, cohort)[1][0]
    assert f'<option value="{key}">Sesi 2' in page
    answer = rina.send(
        f"{at(cohort, siti)}/decide", step="attempts", lesson=key, number="2", once="a", reason="HP rusak"
    )
    assert answer.headers["location"] == f"{at(cohort, siti)}?decided=1"
    page = rina.get(f"{at(cohort, siti)}?decided=1")
    assert "Keputusan disimpan." in page
    assert "Mendapat tambahan kesempatan." in page
    assert "HP rusak" in page
    assert rulings(office) == [
        ("attempts_added", {"lesson": key, "number": 2, "once": "a"}, "HP rusak", office.rina.id)
    ]


def test_withdrawn_by_whose_wish_and_taken_back(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    rina.get(f"{at(cohort, siti)}/decide")
    rina.send(f"{at(cohort, siti)}/decide", step="withdraw", by="learner", reason="Pindah tugas")
    assert "Mengundurkan diri" in rina.get(at(cohort, siti))
    page = rina.get(f"{at(cohort, siti)}/decide")
    assert 'value="return"' in page
    assert 'value="withdraw"' not in page
    rina.send(f"{at(cohort, siti)}/decide", step="return", reason="Tugas batal")
    rina.get(f"{at(cohort, siti)}/decide")
    rina.send(f"{at(cohort, siti)}/decide", step="withdraw", by="admin", reason="Ganda")
    assert [(kind, body) for kind, body, *_ in rulings(office)] == [
        ("withdrawn", {"by": "learner"}), ("returned", {}), ("withdrawn", {"by": "admin"}),
    ]  # fmt: skip


def test_late_work_is_listed_and_let_in(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    with office.db.write() as session:
        read, quizzes = trained.lessons(session, cohort)
        trained.reads(session, session.get_one(Enrolment, siti.id), read[0], LATER)
        trained.sits(session, cohort, session.get_one(Enrolment, siti.id), quizzes[0], LATER)
    office.clock.set(LATER + timedelta(hours=1))
    page = rina.get(f"{at(cohort, siti)}/decide")
    assert "Tugas yang datang terlambat" in page
    assert "dikerjakan Minggu 13 Des 2026" in page
    with office.db.read() as session:
        event = session.scalars(select(LearnerEvent.id).where(LearnerEvent.kind == "confirmed")).one()
        attempt = session.scalars(select(Attempt.id)).one()
    sent = {"step": "admit", "event": str(event), "attempt": str(attempt), "reason": "Sinyal padam"}
    assert rina.send(f"{at(cohort, siti)}/decide", **sent).status_code == 303
    assert rulings(office) == [("admitted", {"events": [event], "attempts": [attempt]}, "Sinyal padam", office.rina.id)]
    assert "Tugas yang datang terlambat" not in rina.get(f"{at(cohort, siti)}/decide")
    assert "2 dari 4 sesi" in rina.get(at(cohort, siti))


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"step": "attempts", "number": "0"}, 422, "Pilih angka dari 1 sampai 10."),
        ({"step": "attempts", "number": "dua"}, 422, "Pilih angka dari 1 sampai 10."),
        ({"step": "attempts", "number": "1", "lesson": "x"}, 422, "Pilih kuis dari pelatihan ini."),
        ({"step": "attempts", "number": "1", "reason": ""}, 422, "Tuliskan alasannya, singkat saja."),
        ({"step": "withdraw", "reason": "x" * 1001}, 422, "Paling banyak 1000 huruf."),
        ({"step": "admit"}, 422, "Pilih pekerjaan yang akan dihitung."),
        ({"step": "admit", "event": "x"}, 400, "Ini bukan pekerjaan peserta ini."),
        ({"step": "admit", "attempt": "9" * 30}, 400, "Ini bukan pekerjaan peserta ini."),
        ({"step": "fly"}, 400, "Tombol ini tidak ada."),
        ({}, 400, "Tombol ini tidak ada."),
    ],
)
def test_what_cannot_be_is_said_and_decides_nothing(
    office: Office, rina: Browser, cohort: Cohort, siti: Enrolment, fields: dict[str, str], status: int, sentence: str
) -> None:
    with office.db.write() as session:
        read, _ = trained.lessons(session, cohort)
        trained.reads(session, session.get_one(Enrolment, siti.id), read[0], LATER)
    rina.get(f"{at(cohort, siti)}/decide")
    answer = rina.send(f"{at(cohort, siti)}/decide", **{"reason": "HP rusak", **fields})
    assert answer.status_code == status
    assert sentence in answer.text
    assert rulings(office) == []


def test_only_admins_of_the_run_decide(office: Office, rina: Browser, cohort: Cohort, siti: Enrolment) -> None:
    budi = office.person("Budi")
    office.grant(budi, "supervisor", cohort)
    other = office.learner(office.cohort(), "Ani")
    for browser in (office.browser(budi), office.candra()[0]):
        browser.get(f"{at(cohort, siti)}/decide", 404)
    rina.get(f"{at(cohort, other)}/decide", 404)
    rina.get(f"{at(cohort, siti)}/decide")
    assert rina.send(f"{at(cohort, other)}/decide", step="withdraw", reason="x").status_code == 404
    assert rulings(office) == []
