"""What of an answer is in the LMS: seen by line items and launches, looked for in the background, missing only if proven."""

from datetime import timedelta
from urllib.parse import parse_qs

import jwt
import pytest

import world
from book import At, Book
from diklat_lti.gradebook import arrived
from diklat_lti.lti import ags
from diklat_lti.models import Cohort, Course, GradeDelivery, PickedLink
from diklat_lti.training import arrivals, cohorts
from diklat_lti.worker import Worker
from tiny_lms import Planned
from world import NOW

PARTS = ("m1", "m2", None)
ANSWER = "a" * 36


def pick(book: Book, *parts: str | None, answer: str | None = ANSWER, **columns: object) -> list[str]:
    """Sent to the LMS together, an hour ago."""
    with book.db.write() as session:
        cohort = session.get_one(Cohort, book.cohort_id)
        admin = world.person(session)
        made = []
        for part in parts or PARTS:
            then = NOW - timedelta(hours=1)
            link = cohorts.pick(
                session, cohort, book.deployment_id, part, admin.id, then, None, f"Diklat {part}", answer
            )
            for name, value in columns.items():
                setattr(link, name, value)
            made.append(link.uuid)
        return made


def has(book: Book, *tags: str, **columns: str | None) -> None:
    """The LMS's columns: each with its link, unless said otherwise."""
    book.lms.items.clear()
    for number, tag in enumerate(tags):
        names = {"resourceId": f"diklat-cohort-{book.cohort_id}", "tag": tag, "resourceLinkId": f"link{number}"}
        book.lms.line_item(**{name: value for name, value in (names | columns).items() if value is not None})


def look(book: Book) -> bool:
    return arrived.look(book.db, book.settings, book.cohort_id, NOW, NOW)


def missing(book: Book) -> list[str | None]:
    with book.db.read() as session:
        course = session.get_one(Cohort, book.cohort_id).course_id
        return [link.module_key for found in arrivals.missing(session, course) for link in found.links]


def state(book: Book, uuids: list[str]) -> str:
    """s: seen, m: looked for in vain, -: not known."""
    with book.db.read() as session:
        links = [session.get_one(PickedLink, uuid) for uuid in uuids]
        return "".join("s" if one.seen_at else "m" if one.looked_at else "-" for one in links)


@pytest.mark.parametrize(
    ("there", "known"),
    [
        (("m1", "m2", "final"), "sss"),
        (("m1", "final"), "sms"),
        (("final",), "mms"),
        (("m1", "m1", "final"), "sms"),
        ((), "---"),
        (("strange",), "mmm"),
    ],
)
def test_each_activity_that_arrived_has_a_line_item_with_its_names(
    book: Book, there: tuple[str, ...], known: str
) -> None:
    uuids = pick(book)
    has(book, *there)
    assert look(book) is bool(there)
    assert state(book, uuids) == known


def test_missing_is_what_was_looked_for_in_vain_though_others_of_the_answer_came(book: Book) -> None:
    pick(book)
    assert missing(book) == []
    has(book, "m1")
    look(book)
    assert missing(book) == ["m2", None]


def test_of_an_answer_that_was_never_saved_nothing_is_missing(book: Book) -> None:
    pick(book)
    pick(book, "m1", answer="b" * 36, picked_at=NOW)
    has(book, "m1", "m2", "final")
    look(book)
    assert missing(book) == []


def test_the_same_picked_twice_needs_two_line_items(book: Book) -> None:
    first = pick(book, "m1")
    look_again = pick(book, "m1", None, answer="b" * 36, picked_at=NOW)
    has(book, "m1", "final")
    look(book)
    assert state(book, first + look_again) == "sms"
    assert missing(book) == ["m1"]


def test_as_many_links_arrived_as_there_are_line_items_and_no_more(book: Book) -> None:
    uuids = pick(book, "m1", "m1")
    has(book, "m1", "m1")
    look(book)
    assert state(book, uuids) == "ss"
    uuids += pick(book, "m1", picked_at=NOW)
    look(book)
    assert state(book, uuids) == "ssm"
    has(book, "m1", "m1", "m1")
    look(book)
    assert state(book, uuids) == "sss"


def test_the_lms_is_asked_as_whoever_picked_last_in_this_run(book: Book) -> None:
    pick(book, "m1")
    with book.db.write() as session:
        other = world.registration(session, client_id="another", token_url=book.lms.token_url)
        newer, strange = world.deployment(session, other), world.deployment(session)
        admin, beside = world.person(session).id, world.cohort(session)
        for run, deployment, picked_at in (
            (session.get_one(Cohort, book.cohort_id), newer, NOW),
            (beside, strange, NOW + timedelta(days=1)),
        ):
            cohorts.pick(session, run, deployment.id, "m2", admin, picked_at, None, "Diklat", ANSWER)
    pick(book, None)
    has(book, "m1")
    assert look(book)
    (token,) = [asked.body for asked in book.lms.asked if asked.kind == "token"]
    claims = jwt.decode(parse_qs(token)["client_assertion"][0], options={"verify_signature": False})
    assert claims["iss"] == "another"


def test_a_line_item_without_a_link_is_one_that_we_made(book: Book) -> None:
    uuids = pick(book, None)
    has(book, "final", resourceLinkId=None)
    assert not look(book)
    assert state(book, uuids) == "-"


def test_an_lms_that_does_not_say_leaves_all_unknown(book: Book) -> None:
    uuids = pick(book)
    book.lms.planned["lineitems"].append(Planned(503))
    assert not look(book)
    book.lms.scopes = [ags.SCORE]
    with book.db.write() as session:
        session.query(GradeDelivery).delete()
    assert state(book, uuids) == "---"
    with book.db.write() as session:
        session.get_one(Course, session.get_one(Cohort, book.cohort_id).course_id).lineitems_url = None
    assert not look(book)


def test_a_run_without_picked_links_asks_nobody(book: Book) -> None:
    assert not look(book)
    assert book.lms.asked == []


def test_it_is_due_once_there_was_time_to_save_and_for_two_days(book: Book) -> None:
    uuids = pick(book)

    def due(after: timedelta) -> list[int]:
        with book.db.read() as session:
            return arrivals.due(session, NOW - timedelta(hours=1) + after)

    times = (timedelta(minutes=1), timedelta(minutes=2), timedelta(days=2), timedelta(days=2, seconds=1))
    assert [due(after) for after in times] == [[], [book.cohort_id], [book.cohort_id], []]
    with book.db.write() as session:
        for uuid in uuids:
            session.get_one(PickedLink, uuid).looked_at = NOW
    hour = timedelta(hours=1)
    assert [due(hour + timedelta(minutes=m)) for m in (9, 11)] == [[], [book.cohort_id]]
    with book.db.write() as session:
        for uuid in uuids:
            session.get_one(PickedLink, uuid).seen_at = NOW
    assert due(hour + timedelta(minutes=11)) == []


def test_links_that_no_answer_carried_are_not_looked_for(book: Book) -> None:
    """Copies, and what was picked before answers were counted."""
    pick(book, answer=None)
    with book.db.read() as session:
        assert (arrivals.due(session, NOW), arrivals.unknown(session, book.cohort_id, NOW)) == ([], 0)


def test_what_was_neither_opened_nor_looked_for_is_not_known(book: Book) -> None:
    pick(book)
    with book.db.read() as session:
        assert arrivals.unknown(session, book.cohort_id, NOW) == 3
        assert arrivals.unknown(session, book.cohort_id, NOW - timedelta(minutes=59)) == 0
    has(book, "m1")
    look(book)
    with book.db.read() as session:
        assert arrivals.unknown(session, book.cohort_id, NOW) == 0


def test_the_worker_looks_by_itself_and_leaves_a_silent_lms_alone_for_a_while(book: Book) -> None:
    uuids = pick(book)
    has(book, "m1", "final")
    book.lms.planned["lineitems"].append(Planned(503))
    worker = Worker(book.db, book.settings, At())
    for _ in range(2):
        worker.run_once()
    assert (state(book, uuids), book.lms.count("lineitems")) == ("---", 1)
    worker.clock = At(now=NOW + timedelta(minutes=11))
    worker.run_once()
    assert (state(book, uuids), book.lms.count("lineitems")) == ("sms", 2)


def test_looking_that_breaks_stops_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    pick(book)

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(arrived, "look", broken)
    row = book.learner()
    Worker(book.db, book.settings, At()).run_once()
    assert book.row(row).outcome == "delivered"
