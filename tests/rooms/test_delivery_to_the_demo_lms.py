"""The score table of CONTRACT.md from our side: what the demo LMS answers, and what our row says and its gradebook shows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import book as books
import world
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.gradebook import delivery
from diklat_lti.lti import sealed
from diklat_lti.models import (
    AccessToken,
    Cohort,
    Course,
    Enrolment,
    GradeDelivery,
    GradeItem,
    Person,
    Registration,
    SigningKey,
)
from diklat_lti.settings import Settings
from diklat_lti.training.verdict import AT_ONCE
from lms_visitor import Tool, Visitor, add, browsing, install, item, tool_running
from tiny_lms import TinyLms
from world import NOW

SITI, BUDI = "5", "4"


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    with tool_running() as running:
        yield running


@pytest.fixture(scope="module")
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        yield running


@pytest.fixture
def teacher(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.teacher) as visitor:
        yield visitor


@dataclass
class Column:
    """A fresh activity's own column in the demo LMS, with our rows that lead to it."""

    book: books.Book
    teacher: Visitor
    item_url: str

    def learner(self, score: str | None, sub: str = SITI) -> int:
        delivery_id = self.book.learner(score, next_try_at=AT_ONCE)
        with self.book.db.write() as session:
            enrolment = session.get_one(Enrolment, session.get_one(GradeDelivery, delivery_id).enrolment_id)
            session.get_one(Person, enrolment.person_id).sub = sub
        return delivery_id

    def deliver(self, minutes: int = 0) -> tuple[str, str | None, int | None]:
        row = self.book.deliver(Clock().real_now() + timedelta(minutes=minutes))
        return row.outcome, row.answer, row.http_status

    def grade(self, **fields: Any) -> None:
        """What the teacher enters on the page of Siti's grade."""
        number = self.item_url.split("/lineitems/")[1].split("/")[0]
        self.teacher.send("/grade/edit/tree/grade.php", courseid=2, itemid=number, userid=SITI, **fields)


@pytest.fixture
def column(db: Database, settings: Settings, lms: RunningLms, tool: Tool, teacher: Visitor) -> Column:
    add(teacher, tool, item("Nilai akhir", "p2k2"))
    there = TinyLms()
    there.url = f"{lms.url}/unused"
    book = books.opened(db, settings, there)
    container = f"{lms.url}/mod/lti/services.php/2/lineitems?type_id=1"
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Accept": ""}
    url = httpx2.get(container, headers=headers).json()[-1]["id"]
    with db.write() as session:
        registration = session.get_one(Registration, book.registration_id)
        registration.client_id, registration.token_url = tool.client_id, f"{lms.url}/mod/lti/token.php"
        session.get_one(GradeItem, book.item_id).lineitem_url = url
        session.get_one(Course, session.get_one(Cohort, book.cohort_id).course_id).lineitems_url = container
        pem = tool.keys["one"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key = session.query(SigningKey).one()
        key.kid, key.used_from, key.private_key = "one", AT_ONCE, sealed.seal(settings.secret_keys, pem)
    return Column(book, teacher, url)


def shown(column: Column, tool: Tool, lms: RunningLms, sub: str = SITI) -> Any:
    """The grade in the LMS, with its comment."""
    url = column.item_url.replace("/lineitem?", "/lineitem/results?")
    headers = {"Authorization": f"Bearer {tool.token(lms)}"}
    found = json.loads(httpx2.get(url, params={"type_id": 1, "user_id": sub}, headers=headers).text)
    return (found[0]["resultScore"], found[0].get("comment")) if found else None


def test_a_score_arrives_with_its_comment(column: Column, tool: Tool, lms: RunningLms) -> None:
    column.learner("92.5")
    assert column.deliver() == ("delivered", "stored", 200)
    assert shown(column, tool, lms) == (92.5, "LULUS")


def test_a_score_of_zero_arrives(column: Column, tool: Tool, lms: RunningLms) -> None:
    column.learner("0")
    assert column.deliver() == ("delivered", "stored", 200)
    assert shown(column, tool, lms) == (0, "LULUS")


def test_a_later_score_replaces_it_and_nothing_erases_nothing(column: Column, tool: Tool, lms: RunningLms) -> None:
    delivery_id = column.learner("60")
    column.deliver()
    column.book.decide(delivery_id, "85", seconds=1)
    assert column.deliver() == ("delivered", "stored", 200)
    column.book.decide(delivery_id, None, seconds=2)
    assert column.deliver() == ("delivered", "nothing", None)
    assert shown(column, tool, lms) == (85, "LULUS")


def test_the_same_score_sent_again_is_read_back_behind_its_409(column: Column, tool: Tool, lms: RunningLms) -> None:
    delivery_id = column.learner("85")
    column.deliver()
    with column.book.db.write() as session:
        row = session.get_one(GradeDelivery, delivery_id)
        row.delivered_id, row.next_try_at = None, AT_ONCE
    assert column.deliver() == ("delivered", "read_back", 409)


def test_an_older_score_is_not_forced_over_a_newer_one(column: Column, tool: Tool, lms: RunningLms) -> None:
    column.learner("85")
    column.deliver()
    with column.book.db.write() as session:
        again = world.enrolment(session, world.cohort(session))
        session.get_one(Person, again.person_id).sub = SITI
        column.book.want(session, again.id, "40", NOW - timedelta(hours=1), next_try_at=AT_ONCE)
    assert column.deliver() == ("stopped", "newer_in_lms", 409)
    assert shown(column, tool, lms) == (85, "LULUS")


@pytest.mark.parametrize("sub", ["99999", BUDI], ids=["unknown", "a non-editing teacher"])
def test_whoever_is_no_student_there_waits_for_a_person(column: Column, tool: Tool, lms: RunningLms, sub: str) -> None:
    column.learner("85", sub)
    assert column.deliver() == ("stopped", "not_enrolled", 400)
    assert shown(column, tool, lms, sub) is None


def test_a_locked_grade_waits_for_a_person_in_the_end_and_goes_when_it_is_unlocked(
    column: Column, tool: Tool, lms: RunningLms
) -> None:
    column.grade(locked=1)
    delivery_id = column.learner("85")
    assert column.deliver() == ("later", "perhaps_locked", 500)
    for minutes in (10, 20, 30):
        assert column.deliver(minutes) == ("later", "perhaps_locked", 500)
    assert column.deliver(40) == ("stopped", "locked", 500)
    column.grade()
    column.book.decide(delivery_id, "86", seconds=1)
    assert column.deliver() == ("delivered", "stored", 200)
    assert shown(column, tool, lms) == (86, "LULUS")


def test_what_a_teacher_entered_stands_and_ours_is_kept_beside_it(column: Column, tool: Tool, lms: RunningLms) -> None:
    delivery_id = column.learner("80")
    column.deliver()
    column.grade(overridden=1, finalgrade="55")
    column.book.decide(delivery_id, "90", seconds=86400 * 3650)
    assert column.deliver() == ("delivered", "stored", 200)
    assert shown(column, tool, lms)[0] == 55


def test_a_line_item_that_was_deleted_waits_for_a_person(column: Column, tool: Tool, lms: RunningLms) -> None:
    column.learner("85")
    headers = {"Authorization": f"Bearer {tool.token(lms)}"}
    assert httpx2.delete(column.item_url, headers=headers).status_code == 204
    assert column.deliver() == ("stopped", "no_item", 404)


def test_an_expired_token_is_renewed_on_the_way(column: Column, tool: Tool, lms: RunningLms) -> None:
    column.learner("70")
    column.deliver()
    with column.book.db.write() as session:
        bad = sealed.seal(column.book.settings.secret_keys, b"0" * 32)
        session.query(AccessToken).update({"token": bad})
    column.learner("85", "6")
    assert column.deliver() == ("delivered", "stored", 200)
    assert shown(column, tool, lms, "6") == (85, "LULUS")


def test_a_column_of_our_own_is_made_once_and_without_a_link(column: Column, tool: Tool, lms: RunningLms) -> None:
    names = {"resource_id": f"p2k2/{column.item_url}", "tag": "module", "label": "Modul 1"}
    column.book.item(placement_id=None, lineitem_url=None, **names)
    column.learner("70")
    column.learner("80", "6")
    for claim in column.book.claim(Clock().real_now()):
        assert delivery.deliver(column.book.db, column.book.settings, claim, Clock().real_now())
    container = f"{lms.url}/mod/lti/services.php/2/lineitems"
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Accept": ""}
    asked = {"type_id": 1, "resource_id": names["resource_id"]}
    [made] = httpx2.get(container, params=asked, headers=headers).json()
    assert (made["label"], made["tag"], "resourceLinkId" in made) == ("Modul 1", "module", False)
    column.item_url = made["id"]
    assert (shown(column, tool, lms)[0], shown(column, tool, lms, "6")[0]) == (70, 80)
