"""One-time codes for centre admins: easy to type, good once, dead after five wrong tries, however many come at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.models import AuditRow, CentreCode, Grant, Person
from diklat_lti.training import access, centre_codes
from world import NOW

KEYS = ("the first key of forty characters or more", "an older key of forty characters or more")
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def code(db: Database) -> str:
    with db.write() as session:
        return centre_codes.make(session, KEYS, world.centre(session).id, NOW)


@pytest.fixture
def budi(db: Database) -> int:
    with db.write() as session:
        return world.person(session, name="Budi").id


def looked(db: Database, text: str, keys: tuple[str, ...] = KEYS) -> str | None:
    with db.write() as session:
        centre = centre_codes.look(session, keys, text, SOON)
        return centre.name if centre else None


def entered(db: Database, text: str, who: int) -> str | None:
    with db.write() as session:
        centre = centre_codes.enter(session, KEYS, text, who, SOON, SOON)
        return centre.name if centre else None


def row(db: Database) -> CentreCode:
    with db.read() as session:
        return session.scalars(select(CentreCode)).one()


def wrong(code: str, letter: str = "2") -> str:
    """The same row, another secret."""
    return code[:-1] + (letter if code[-1] != letter else "3")


def grants(db: Database) -> list[tuple[int, str, str, int | None]]:
    with db.read() as session:
        return [(g.person_id, g.role, g.source, g.course_id) for g in session.scalars(select(Grant))]


def test_a_code_is_a_number_and_eight_letters_that_nobody_confuses(db: Database, code: str) -> None:
    assert re.fullmatch(r"\d+-[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", code)
    assert code.startswith(f"{row(db).id}-")
    assert code[-4:] not in row(db).code_hash.upper()
    assert row(db).expires_at - row(db).created_at == timedelta(days=7)


def test_pressed_twice_it_is_the_centre_of_that_very_code(db: Database, code: str, budi: int) -> None:
    with db.write() as session:
        other = centre_codes.make(session, KEYS, world.centre(session, name="BBPPKS Makassar").id, NOW)
    assert [entered(db, other, budi) for _ in range(2)] == ["BBPPKS Makassar"] * 2


def test_a_code_that_is_good_gives_no_other_code_a_try_back(db: Database, code: str) -> None:
    with db.write() as session:
        other = centre_codes.make(session, KEYS, world.centre(session).id, NOW)
    assert looked(db, wrong(other)) is None
    assert looked(db, code) is not None
    with db.read() as session:
        assert session.scalars(select(CentreCode.tries_left).order_by(CentreCode.id)).all() == [5, 4]


def test_it_is_understood_however_it_is_typed(db: Database, code: str) -> None:
    for typed in (
        code,
        code.lower(),
        code.replace("-", " "),
        code.replace("-", ""),
        f"  {code}. ",
        code.replace("-", "–"),
    ):
        assert looked(db, typed) == "BBPPKS Bandung"
    assert row(db).tries_left == 5


@pytest.mark.parametrize("typed", ["", "K7QM9PDF", "x", "1-2-3", "٣-K7QM-9PDF", "9" * 200, "\0", "1-K7QM-9PD"])
def test_what_is_no_code_at_all_is_wrong_and_costs_nothing(db: Database, code: str, typed: str) -> None:
    assert looked(db, typed) is None
    assert row(db).tries_left == 5


def test_entering_it_makes_one_admin_of_that_centre_and_is_written_down(db: Database, code: str, budi: int) -> None:
    assert entered(db, code, budi) == "BBPPKS Bandung"
    assert grants(db) == [(budi, "centre_admin", "code", None)]
    assert (row(db).spent_by, row(db).spent_at) == (budi, SOON)
    with db.read() as session:
        notes = session.execute(select(AuditRow.action, AuditRow.actor_id).order_by(AuditRow.id)).all()
        assert [tuple(note) for note in notes] == [("centre_code.made", None), ("role.granted", budi)]
        assert access.leads(session, budi, row(db).centre_id, SOON)


def test_pressed_twice_it_leads_on_and_for_another_person_it_is_worth_nothing(
    db: Database, code: str, budi: int
) -> None:
    with db.write() as session:
        ani = world.person(session, name="Ani").id
    assert [entered(db, code, budi) for _ in range(2)] == ["BBPPKS Bandung"] * 2
    assert entered(db, code, ani) is None
    assert entered(db, wrong(code), budi) is None
    assert looked(db, code) is None
    assert len(grants(db)) == 1


def test_a_spent_code_gives_nothing_back_to_an_admin_who_was_dismissed(db: Database, code: str, budi: int) -> None:
    entered(db, code, budi)
    with db.write() as session:
        session.scalars(select(Grant)).one().revoked_at = SOON
    assert entered(db, code, budi) is None


def test_who_is_admin_already_spends_nothing(db: Database, code: str, budi: int) -> None:
    with db.write() as session:
        session.add(
            Grant(person_id=budi, role="centre_admin", centre_id=row(db).centre_id, source="admin", granted_at=NOW)
        )
    assert entered(db, code, budi) == "BBPPKS Bandung"
    assert (row(db).spent_at, len(grants(db))) == (None, 1)


def test_five_wrong_tries_end_it_and_the_fourth_does_not(db: Database, code: str, budi: int) -> None:
    for left in (4, 3, 2, 1):
        assert looked(db, wrong(code)) is None
        assert row(db).tries_left == left
    assert looked(db, code) == "BBPPKS Bandung"
    assert row(db).tries_left == 1
    assert looked(db, wrong(code)) is None
    assert (looked(db, code), entered(db, code, budi), row(db).tries_left) == (None, None, 0)
    assert grants(db) == []


def test_a_wrong_number_costs_no_other_code_a_try(db: Database, code: str) -> None:
    number, secret = code.split("-", 1)
    assert looked(db, f"{int(number) + 1}-{secret}") is None
    assert looked(db, f"{10**17}-{secret}") is None
    assert row(db).tries_left == 5


def test_it_is_good_until_the_instant_of_its_end(db: Database, code: str) -> None:
    end = row(db).expires_at
    with db.write() as session:
        assert centre_codes.look(session, KEYS, code, end - timedelta(microseconds=1)) is not None
        assert centre_codes.look(session, KEYS, code, end) is None


def test_a_code_outlives_a_new_secret_key_as_long_as_the_old_one_is_kept(db: Database, code: str) -> None:
    assert looked(db, code, ("a new key of forty characters and some more", *KEYS)) == "BBPPKS Bandung"
    assert looked(db, code, ("a new key of forty characters and some more",)) is None


def test_the_secret_of_one_centre_opens_no_other(db: Database, code: str) -> None:
    with db.write() as session:
        session.get_one(CentreCode, row(db).id).centre_id = world.centre(session, name="BBPPKS Makassar").id
    assert looked(db, code) is None


def test_a_centre_that_does_not_exist_gets_no_code(db: Database) -> None:
    with db.write() as session, pytest.raises(Problem, match="no centre 99"):
        centre_codes.make(session, KEYS, 99, NOW)


@pytest.mark.parametrize(("at_once", "left"), [(4, 1), (12, 0)])
def test_wrong_tries_that_come_at_once_are_counted_each(db: Database, code: str, at_once: int, left: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        assert set(pool.map(lambda _: looked(db, wrong(code)), range(at_once))) == {None}
    assert row(db).tries_left == left
    assert (looked(db, code) is None) is (left == 0)


def test_of_many_who_enter_it_at_once_one_becomes_admin(db: Database, code: str) -> None:
    with db.write() as session:
        people = [world.person(session, name=f"Orang {number}").id for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda who: entered(db, code, who), people))
    assert sorted(map(str, said)) == ["BBPPKS Bandung", *["None"] * 5]
    assert len(grants(db)) == 1
    with db.read() as session:
        assert session.get_one(Person, row(db).spent_by).id == grants(db)[0][0]
