"""Where a score goes: the claimed line item, else the link's own, else one found by its names, else one we make."""

import threading

import pytest

from book import Book
from diklat_lti.gradebook import delivery
from diklat_lti.lti import ags
from diklat_lti.models import Cohort, Course, GradeItem, Placement
from tiny_lms import Planned
from world import NOW


def stored_url(book: Book) -> str | None:
    with book.db.read() as session:
        return session.get_one(GradeItem, book.item_id).lineitem_url


def link_of(book: Book) -> str:
    with book.db.read() as session:
        placement_id = session.get_one(GradeItem, book.item_id).placement_id
        return session.get_one(Placement, placement_id).resource_link_id


def posted_to(book: Book) -> list[str]:
    return [asked.path for asked in book.lms.asked if asked.kind == "scores"]


def unlinked(book: Book) -> None:
    """The item is ours: no link leads to it, and the LMS has none yet."""
    book.lms.items.clear()
    book.item(placement_id=None, lineitem_url=None)


def test_what_the_launch_claimed_is_used_without_asking(book: Book) -> None:
    book.learner()
    book.deliver()
    assert (book.lms.count("lineitems"), posted_to(book)) == (0, ["/lineitems/2/lineitem/scores?type_id=1"])


def test_without_a_claim_it_is_the_one_listed_for_the_link_and_it_is_remembered(book: Book) -> None:
    book.lms.items[0] |= {"resourceId": "other", "tag": "other"}
    book.lms.line_item(resourceLinkId="of a duplicate", resourceId="p2k2", tag="final")
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert posted_to(book) == ["/lineitems/2/lineitem/scores?type_id=1"]
    assert stored_url(book) == book.lms.items[0]["id"]


def test_of_two_on_one_link_it_is_the_one_with_our_names(book: Book) -> None:
    book.lms.items[0] |= {"resourceId": "another tool's", "tag": "final"}
    ours = book.lms.line_item(resourceLinkId=link_of(book), resourceId="p2k2", tag="final")
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert stored_url(book) == ours


def test_of_two_strangers_on_one_link_it_is_neither(book: Book) -> None:
    book.lms.items[0] |= {"resourceId": "x", "tag": "x"}
    book.lms.line_item(resourceLinkId=link_of(book), resourceId="y", tag="y")
    book.item(lineitem_url=None)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, posted_to(book)) == ("stopped", "no_item", [])


def test_one_with_our_names_that_hangs_on_no_link_is_found(book: Book) -> None:
    book.lms.items.clear()
    book.lms.line_item(resourceLinkId="of a duplicate", resourceId="p2k2", tag="final")
    ours = book.lms.line_item(resourceId="p2k2", tag="final")
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert stored_url(book) == ours


def test_the_one_of_a_duplicated_activity_is_never_taken(book: Book) -> None:
    book.lms.items.clear()
    book.lms.line_item(resourceLinkId="of a duplicate", resourceId="p2k2", tag="final")
    book.item(lineitem_url=None)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, posted_to(book)) == ("stopped", "no_item", [])


def test_an_item_without_names_is_found_by_its_link_alone(book: Book) -> None:
    book.item(lineitem_url=None, resource_id=None, tag=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    book.lms.items.clear()
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().answer == "no_item"


@pytest.mark.parametrize(("status", "reason"), [(404, "no_item"), (410, "no_item"), (403, "no_access")])
def test_an_item_that_is_gone_is_looked_for_and_then_waits_for_a_person(book: Book, status: int, reason: str) -> None:
    known = stored_url(book)
    book.lms.planned["scores"].append(Planned(status, "{}"))
    book.lms.items.clear()
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("stopped", reason, status)
    assert (book.lms.count("lineitems"), book.lms.count("scores")) == (2, 1)
    assert stored_url(book) == known


def test_an_item_that_moved_is_found_again_in_the_same_delivery(book: Book) -> None:
    book.lms.planned["scores"].append(Planned(404, "{}"))
    book.lms.items[0]["id"] = book.lms.items[0]["id"].replace("/2/", "/99/")
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert posted_to(book)[-1] == "/lineitems/99/lineitem/scores?type_id=1"
    assert stored_url(book) == book.lms.items[0]["id"]


def test_an_item_that_refuses_though_it_is_listed_is_posted_to_once(book: Book) -> None:
    book.lms.planned["scores"].append(Planned(403, "{}"))
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.count("scores")) == ("stopped", "no_access", 1)


def test_an_item_that_is_gone_and_made_by_us_is_not_made_again(book: Book) -> None:
    book.item(placement_id=None)
    book.lms.items.clear()
    book.lms.planned["scores"].append(Planned(404, "{}"))
    book.learner()
    assert book.deliver().answer == "no_item"
    assert book.lms.items == []


def test_a_course_that_never_told_its_container_waits(book: Book) -> None:
    with book.db.write() as session:
        course_id = session.get_one(Cohort, book.cohort_id).course_id
        session.get_one(Course, course_id).lineitems_url = None
    book.item(lineitem_url=None)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.asked) == ("later", "no_gradebook", [])


def test_a_container_that_fails_waits(book: Book) -> None:
    book.lms.planned["lineitems"].append(Planned(503))
    book.item(lineitem_url=None)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, row.http_status) == ("later", "down", 503)


def test_an_item_without_a_link_is_made_once_and_found_again_by_its_names(book: Book) -> None:
    unlinked(book)
    book.learner()
    assert book.deliver().outcome == "delivered"
    [made] = book.lms.items
    assert made | {"resourceId": "p2k2", "tag": "final", "scoreMaximum": 100} == made
    assert "resourceLinkId" not in made
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert (len(book.lms.items), stored_url(book)) == (1, made["id"])


def test_an_item_without_link_and_names_cannot_be_made(book: Book) -> None:
    unlinked(book)
    book.item(resource_id=None, tag=None)
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.items) == ("later", "no_gradebook", [])


def test_a_platform_that_lets_us_read_only_gets_no_new_item(book: Book) -> None:
    unlinked(book)
    book.lms.scopes = [ags.SCORE, ags.LINEITEM_READ]
    book.learner()
    row = book.deliver()
    assert (row.outcome, row.answer, book.lms.items) == ("later", "no_scope", [])


def test_two_first_scores_at_once_make_one_item(book: Book) -> None:
    unlinked(book)
    both_have_looked = threading.Barrier(2)
    book.lms.before_answer = lambda asked: (
        both_have_looked.wait(10) if (asked.kind, asked.method) == ("lineitems", "GET") else None
    )
    rows = [book.learner("70"), book.learner("80")]
    threads = [
        threading.Thread(target=delivery.deliver, args=(book.db, book.settings, claim, NOW)) for claim in book.claim()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [book.row(row).outcome for row in rows] == ["delivered", "delivered"]
    assert len(book.lms.items) == 1
    assert sorted(book.shown()) == [70, 80]


def test_what_a_launch_claims_meanwhile_is_not_overwritten(book: Book) -> None:
    book.item(lineitem_url=None)
    claimed = book.lms.line_item(resourceLinkId="newer")

    def launch(asked: object) -> None:
        book.lms.before_answer = lambda _: None
        book.item(lineitem_url=claimed)

    book.lms.before_answer = launch
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert stored_url(book) == claimed


def test_an_item_of_ours_that_refuses_is_not_made_a_second_time(book: Book) -> None:
    """It still stands where it stood: that is for a person, not for one more item in the gradebook."""
    unlinked(book)
    ours = book.lms.line_item(resourceId="p2k2", tag="final")
    book.item(lineitem_url=ours)
    book.lms.planned["scores"].append(Planned(403, "{}"))
    book.learner()
    assert (book.deliver().answer, stored_url(book), len(book.lms.items)) == ("no_access", ours, 1)


def test_of_two_with_our_names_on_one_link_it_is_the_first(book: Book) -> None:
    book.lms.line_item(resourceLinkId=link_of(book), resourceId="p2k2", tag="final")
    book.item(lineitem_url=None)
    book.learner()
    assert book.deliver().outcome == "delivered"
    assert stored_url(book) == book.lms.items[0]["id"]


def test_one_of_the_same_names_is_not_taken_for_ours_that_refuses(book: Book) -> None:
    unlinked(book)
    ours = book.lms.line_item(resourceId="p2k2", tag="final")
    book.lms.line_item(resourceId="p2k2", tag="final")
    book.item(lineitem_url=ours)
    book.lms.planned["scores"].append(Planned(403, "{}"))
    book.learner()
    assert (book.deliver().answer, stored_url(book)) == ("no_access", ours)
