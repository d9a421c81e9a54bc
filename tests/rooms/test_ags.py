"""Assignment and Grade Services over real HTTP: URLs, types, pages, and what is read out of them."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from book import Book
from diklat_lti.lti import ags, http
from diklat_lti.lti.tokens import Channel, Client
from tiny_lms import Planned
from world import NOW

WIB = timezone(timedelta(hours=7))


@pytest.fixture
def channel(book: Book) -> Channel:
    client = Client(book.registration_id, "client", book.lms.token_url)
    return Channel(book.db, book.settings, client, time.monotonic() + 30, NOW)


def score(**changes: object) -> ags.Score:
    told = {"user_id": "7", "given": Decimal("92.5"), "comment": "LULUS", "timestamp": NOW}
    return ags.Score(**told | changes)  # type: ignore[arg-type]


def test_a_score_is_compact_json_of_the_exact_type_below_the_line_items_path(book: Book, channel: Channel) -> None:
    at = datetime(2026, 11, 24, 10, 0, 5, 123456, tzinfo=WIB)
    told = ags.post_score(channel, book.lms.items[0]["id"], score(comment="LULUS\n“hari ke-12”", timestamp=at))
    asked = book.lms.asked[-1]
    assert (told.status, told.body) == (200, b"")
    assert asked.path == "/lineitems/2/lineitem/scores?type_id=1"
    assert asked.headers["content-type"] == "application/vnd.ims.lis.v1.score+json"
    assert "\n" not in asked.body
    assert ", " not in asked.body
    assert asked.body.isascii()
    assert json.loads(asked.body) == {
        "userId": "7",
        "scoreGiven": 92.5,
        "scoreMaximum": 100,
        "comment": "LULUS\n“hari ke-12”",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-24T03:00:05+00:00",
    }


def test_a_whole_score_is_a_whole_number(book: Book, channel: Channel) -> None:
    ags.post_score(channel, book.lms.items[0]["id"], score(given=Decimal("85.00")))
    assert '"scoreGiven":85,' in book.lms.asked[-1].body


def test_a_url_without_a_query_takes_the_path_too() -> None:
    assert ags.below("https://lms.example.id/items/2/", "scores") == "https://lms.example.id/items/2/scores"
    assert ags.asking("https://lms.example.id/items", {"tag": "a b"}) == "https://lms.example.id/items?tag=a+b"
    assert ags.asking("https://lms.example.id/items?t=1", {}) == "https://lms.example.id/items?t=1"


def test_line_items_are_asked_for_by_link_in_the_exact_type_and_never_with_a_limit(
    book: Book, channel: Channel
) -> None:
    link = book.lms.items[0]["resourceLinkId"]
    [item] = ags.line_items(channel, book.lms.container, resource_link_id=link)
    asked = book.lms.asked[-1]
    assert item == ags.LineItem(book.lms.items[0]["id"], link, "p2k2", "final")
    assert asked.path == f"/lineitems?type_id=1&resource_link_id={link}"
    assert asked.headers["accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"


def test_a_platform_that_ignores_the_filters_is_filtered_here(book: Book, channel: Channel) -> None:
    rows = [{"id": "a", "resourceId": "p2k2", "tag": "final"}, {"id": "b", "resourceId": "p2k2", "tag": "m1"}, "odd"]
    book.lms.planned["lineitems"].append(Planned(body=json.dumps(rows)))
    assert [i.url for i in ags.line_items(channel, book.lms.container, resource_id="p2k2", tag="m1")] == ["b"]


@pytest.mark.parametrize(
    "link",
    [
        '<{url}/lineitems?type_id=1&from=1>; rel="next"',
        "<{url}/lineitems?type_id=1&amp;from=1>; rel=“next”",
        '<{url}/x>; rel="first", </lineitems?type_id=1&from=1>; title="b"; REL=next, <{url}/y>; rel="last"',
    ],
    ids=["plain", "typographic", "among others"],
)
def test_the_next_page_is_followed_however_it_is_written(book: Book, channel: Channel, link: str) -> None:
    header = link.format(url=book.lms.url).encode().decode("latin-1")
    book.lms.planned["lineitems"].append(Planned(body='[{"id":"first"}]', headers={"Link": header}))
    listed = ags.line_items(channel, book.lms.container)
    assert [item.url for item in listed] == ["first", book.lms.items[0]["id"]]
    assert book.lms.asked[-1].path == "/lineitems?type_id=1&from=1"


@pytest.mark.parametrize("link", ['<https://other.example.id/>; rel="next"', '<{url}/a>; rel="nextish"', ""])
def test_a_link_that_leads_elsewhere_is_not_followed(book: Book, channel: Channel, link: str) -> None:
    header = {"Link": link.format(url=book.lms.url)}
    book.lms.planned["lineitems"].append(Planned(body='[{"id":"first"}]', headers=header))
    assert [item.url for item in ags.line_items(channel, book.lms.container)] == ["first"]


def test_pages_in_a_circle_come_to_an_end(book: Book, channel: Channel) -> None:
    again = Planned(body="[]", headers={"Link": f'<{book.lms.container}>; rel="next"'})
    book.lms.planned["lineitems"].extend([again] * 3)
    assert ags.line_items(channel, book.lms.container) == []
    assert book.lms.count("lineitems") == 1


@pytest.mark.parametrize(
    "planned", [Planned(404, "[]"), Planned(200, "<html>"), Planned(200, "{}")], ids=["missing", "page", "no list"]
)
def test_a_list_that_is_none_is_an_answer_to_be_understood(book: Book, channel: Channel, planned: Planned) -> None:
    book.lms.planned["lineitems"].append(planned)
    with pytest.raises(ags.Refused) as refused:
        ags.line_items(channel, book.lms.container)
    assert refused.value.answer.status == planned.status


def test_a_line_item_is_made_without_a_link(book: Book, channel: Channel) -> None:
    made = ags.create_line_item(channel, book.lms.container, "Modul 1", "p2k2/m1", "module")
    asked = book.lms.asked[-1]
    assert made == ags.LineItem(book.lms.items[1]["id"], None, "p2k2/m1", "module")
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/vnd.ims.lis.v2.lineitem+json")
    assert json.loads(asked.body) == {
        "label": "Modul 1",
        "scoreMaximum": 100,
        "resourceId": "p2k2/m1",
        "tag": "module",
    }


@pytest.mark.parametrize("planned", [Planned(403, "{}"), Planned(201, "{}"), Planned(201, "[]")])
def test_a_line_item_that_was_not_made_is_an_answer_to_be_understood(
    book: Book, channel: Channel, planned: Planned
) -> None:
    book.lms.planned["lineitems"].append(planned)
    with pytest.raises(ags.Refused):
        ags.create_line_item(channel, book.lms.container, "Modul 1", "p2k2/m1", "module")


def test_results_are_read_of_one_user_and_scaled_to_a_hundred(book: Book, channel: Channel) -> None:
    rows = [
        {"userId": "7", "resultScore": 33.335, "resultMaximum": 50, "timestamp": "2026-11-24T10:00:00+07:00"},
        {"userId": "8", "resultScore": 1, "resultMaximum": 100},
    ]
    book.lms.planned["results"].append(Planned(body=json.dumps(rows)))
    [result] = ags.results(channel, book.lms.items[0]["id"], "7")
    assert result == ags.Result("7", Decimal("66.67"), NOW)
    assert book.lms.asked[-1].path == "/lineitems/2/lineitem/results?type_id=1&user_id=7"
    assert book.lms.asked[-1].headers["accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


def test_results_of_everybody_need_no_user_and_tolerate_gaps(book: Book, channel: Channel) -> None:
    rows = [{"userId": 7, "resultScore": 0}, {"resultScore": "85", "timestamp": "2026-11-24T10:00:00"}]
    book.lms.planned["results"].append(Planned(body=json.dumps(rows)))
    listed = ags.results(channel, book.lms.items[0]["id"])
    assert listed == [ags.Result("7", Decimal(0), None), ags.Result("", None, None)]


@pytest.mark.parametrize("call", [lambda c, url: ags.results(c, url), lambda c, url: ags.post_score(c, url, score())])
def test_nothing_is_asked_after_the_time_of_the_work(
    book: Book, channel: Channel, call: Callable[[Channel, str], object]
) -> None:
    ags.results(channel, book.lms.items[0]["id"])
    late = Channel(channel.db, channel.settings, channel.client, time.monotonic() - 1, NOW)
    with pytest.raises(http.Unreachable) as unreachable:
        call(late, book.lms.items[0]["id"])
    assert not unreachable.value.maybe_sent
    assert len(book.lms.asked) == 2  # the token and the results of before


def test_a_list_without_an_end_is_left_after_fifty_pages(book: Book, channel: Channel) -> None:
    links = [{"Link": f'<{book.lms.url}/page{n}/lineitems>; rel="next"'} for n in range(60)]
    book.lms.planned["lineitems"].extend(Planned(body=f'[{{"id":"{n}"}}]', headers=h) for n, h in enumerate(links))
    listed = ags.line_items(channel, book.lms.container)
    assert [item.url for item in listed] == [str(n) for n in range(50)]


@pytest.mark.parametrize("status", [202, 204])
def test_a_line_item_is_made_by_a_200_or_a_201_alone(book: Book, channel: Channel, status: int) -> None:
    for fine in (200, 201):
        book.lms.planned["lineitems"].append(Planned(fine, '{"id":"made"}'))
        assert ags.create_line_item(channel, book.lms.container, "a", "b", "c").url == "made"
    book.lms.planned["lineitems"].append(Planned(status, '{"id":"made"}'))
    with pytest.raises(ags.Refused):
        ags.create_line_item(channel, book.lms.container, "a", "b", "c")
