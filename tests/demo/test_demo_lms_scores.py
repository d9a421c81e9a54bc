"""The demo LMS's gradebook obeys the score table that was seen on real Moodle sites, row by row."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from diklat_lti.demo import RunningLms, running_lms
from lms_visitor import Tool, Visitor, add, browsing, install, item

SCORE = "application/vnd.ims.lis.v1.score+json"
RESULT = "application/vnd.ims.lis.v2.resultcontainer+json"
LINE = "application/vnd.ims.lis.v2.lineitem+json"
BEGIN = datetime(2026, 11, 24, 4, 40, tzinfo=UTC)
NOTHING = {"activityProgress": "Initialized", "gradingProgress": "NotReady"}


@pytest.fixture(scope="module")
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        yield running


@pytest.fixture
def teacher(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.teacher) as visitor:
        yield visitor


class Column:
    """One column of the gradebook, and the tool that posts into it."""

    def __init__(self, lms: RunningLms, tool: Tool, path: str) -> None:
        self.url = f"{lms.url}/mod/lti/services.php{path}"
        self.id = path.split("/")[3]
        self.bearer = {"Authorization": f"Bearer {tool.token(lms)}"}

    def post(self, seconds: float = 0, media: str = SCORE, **score: Any) -> tuple[int, str]:
        body = {
            "userId": "5",
            "scoreMaximum": 100,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": (BEGIN + timedelta(seconds=seconds)).isoformat(),
            **score,
        }
        sent = {name: value for name, value in body.items() if value is not None}
        headers = {**self.bearer, "Content-Type": media}
        answer = httpx2.post(f"{self.url}/scores?type_id=1", json=sent, headers=headers)
        return answer.status_code, answer.text

    def results(self, **query: Any) -> httpx2.Response:
        headers = {**self.bearer, "Accept": RESULT}
        return httpx2.get(f"{self.url}/results", params={"type_id": 1, **query}, headers=headers)

    def kept(self, person: int = 5) -> Any:
        found = self.results(user_id=person).json()
        return found[0].get("resultScore") if found else None


@pytest.fixture
def column(lms: RunningLms, tool: Tool, teacher: Visitor) -> Column:
    """The coupled column of a fresh activity."""
    add(teacher, tool, item("Modul", "m1"))
    headers = {"Authorization": f"Bearer {tool.token(lms)}"}
    items = httpx2.get(f"{lms.url}/mod/lti/services.php/2/lineitems?type_id=1", headers={**headers, "Accept": ""})
    return Column(lms, tool, f"/2/lineitems/{items.json()[-1]['id'].split('/')[-2]}/lineitem")


@pytest.fixture
def own(lms: RunningLms, tool: Tool) -> Column:
    """A column that the tool made."""
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Content-Type": LINE}
    base = f"{lms.url}/mod/lti/services.php"
    made = httpx2.post(f"{base}/2/lineitems?type_id=1", json={"label": "Own", "scoreMaximum": 100}, headers=headers)
    return Column(lms, tool, made.json()["id"].removeprefix(base).removesuffix("?type_id=1"))


@pytest.mark.parametrize(
    ("score", "kept"),
    [
        ({"activityProgress": "Started", "gradingProgress": "NotReady"}, None),
        ({"activityProgress": "InProgress", "gradingProgress": "Pending", "scoreGiven": 40}, None),
        ({"activityProgress": "InProgress", "scoreGiven": 45}, 45),
        ({"scoreGiven": 85, "comment": "Selesai"}, 85),
        ({"scoreGiven": 120}, 100),
        ({"scoreGiven": -5}, 0),
        ({"scoreGiven": 40, "scoreMaximum": 50}, 80),
        ({"scoreGiven": 92.5}, 92.5),
        ({"scoreGiven": 0}, 0),
        ({"scoreGiven": "70"}, 70),
        ({"scoreGiven": 1, "scoreMaximum": 3}, 33.33333),
        ({"scoreGiven": 85, "timestamp": "2026-11-24T04:39:55.123456Z"}, 85),
        ({"scoreGiven": 85, "timestamp": "2026-11-24T11:39:57.000+07:00"}, 85),
    ],
)
def test_a_score_is_taken_and_leaves(column: Column, score: dict[str, Any], kept: Any) -> None:
    assert column.post(**score) == (200, "")
    assert column.kept() == kept


def test_a_result_is_told_in_the_sites_zone_with_its_comment(column: Column) -> None:
    column.post(scoreGiven=85, comment="Selesai dalam 15 hari")
    found = column.results().json()[0]
    assert found == {
        "id": f"{column.url}/results?type_id=1&user_id=5",
        "userId": "5",
        "resultScore": 85,
        "resultMaximum": 100,
        "comment": "Selesai dalam 15 hari",
        "scoreOf": f"{column.url}?type_id=1",
        "timestamp": "2026-11-24T11:40:00+07:00",
    }


@pytest.mark.parametrize(("seconds", "status"), [(-3600, 409), (0, 409), (0.9, 409), (1, 200)])
def test_only_a_later_second_is_taken(column: Column, seconds: float, status: int) -> None:
    column.post(scoreGiven=85)
    code, body = column.post(seconds, scoreGiven=86)
    assert (code, body) == (status, "" if status == 200 else "[]")
    assert column.kept() == (86 if status == 200 else 85)


def test_a_time_without_an_offset_is_read_in_the_sites_zone(column: Column) -> None:
    column.post(scoreGiven=85)
    assert column.post(scoreGiven=90, timestamp="2026-11-24T04:41:00") == (409, "[]")
    assert column.post(scoreGiven=90, timestamp="2026-11-24T11:41:00") == (200, "")


@pytest.mark.parametrize(
    "score",
    [
        {"userId": "99999"},
        {"userId": "2"},
        {"userId": "4"},
        {"userId": None},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "2026-13-45T00:00:00Z"},
        {"activityProgress": None},
        {"gradingProgress": None},
        {"scoreMaximum": None},
        {"scoreGiven": "many"},
        {"scoreGiven": True},
    ],
)
def test_a_bad_score_is_400_with_an_empty_list(column: Column, score: dict[str, Any]) -> None:
    assert column.post(**{"scoreGiven": 50, **score}) == (400, "[]")
    assert column.kept() is None


def test_a_body_that_is_no_object_is_a_bad_score(column: Column) -> None:
    headers = {**column.bearer, "Content-Type": SCORE}
    for body in (b"not json", b"[]"):
        answer = httpx2.post(f"{column.url}/scores?type_id=1", content=body, headers=headers)
        assert (answer.status_code, answer.text) == (400, "[]")


def test_a_score_without_a_number_erases_the_grade_and_its_time(column: Column) -> None:
    column.post(scoreGiven=85)
    assert column.post(5, **NOTHING) == (200, "")
    assert column.results().json() == []
    assert column.post(1, scoreGiven=60) == (200, "")
    assert column.kept() == 60


def test_erasing_a_column_of_the_tool_leaves_the_present_time(own: Column) -> None:
    own.post(scoreGiven=85)
    assert own.post(5, **NOTHING) == (200, "")
    assert own.kept() is None
    assert own.post(6, scoreGiven=60) == (409, "[]")


def test_a_score_of_nothing_but_a_comment_has_the_present_time(column: Column) -> None:
    assert column.post(comment="Belum", **NOTHING) == (200, "")
    assert column.kept() is None
    assert column.results().json()[0]["comment"] == "Belum"


def test_the_wrong_type_the_wrong_method_and_a_column_that_is_gone(column: Column) -> None:
    assert column.post(scoreGiven=1, media="application/json")[0] == 400
    assert httpx2.get(f"{column.url}/scores?type_id=1", headers={**column.bearer, "Accept": SCORE}).status_code == 405
    column.url = column.url.replace(f"/{column.id}/", "/999/")
    assert column.post(scoreGiven=1)[0] == 404
    column.bearer = {"Authorization": "Bearer expired"}
    assert column.post(scoreGiven=1)[0] == 401


def test_results_with_a_limit_meet_moodles_html(column: Column) -> None:
    answer = column.results(limit=2)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_bad_score_with_a_line_break_in_its_body_is_lost_with_200(column: Column) -> None:
    headers = {**column.bearer, "Content-Type": SCORE}
    said = '{"userId": "99999",\n "scoreGiven": 50, "scoreMaximum": 100, "timestamp": "2026-11-24T04:40:00Z"}'
    answer = httpx2.post(f"{column.url}/scores?type_id=1", content=said, headers=headers)
    assert (answer.status_code, answer.text) == (200, "[]")
    assert column.kept() is None


def save(teacher: Visitor, column: Column, **fields: Any) -> httpx2.Response:
    return teacher.send("/grade/edit/tree/grade.php", courseid=2, itemid=column.id, userid=5, **fields)


def test_a_teachers_grade_stands_until_it_is_taken_back(column: Column, teacher: Visitor) -> None:
    column.post(scoreGiven=80)
    save(teacher, column, overridden=1, finalgrade="55,5", feedback="Lisan")
    assert column.kept() == 55.5
    tomorrow = 86400 * 365 * 10
    assert column.post(tomorrow, scoreGiven=70) == (200, "")
    assert column.kept() == 55.5
    save(teacher, column)
    assert column.kept() == 70


def test_the_grade_form_makes_a_paragraph_of_the_feedback(column: Column, teacher: Visitor) -> None:
    """The tool's comment stands in the form's editor: once a teacher has saved it, the results tell it with its tags."""
    column.post(scoreGiven=0, comment="Belum lulus < 70")
    save(teacher, column, overridden=1, finalgrade="61", feedback="Belum lulus < 70")
    assert column.results(user_id=5).json()[0]["comment"] == "<p>Belum lulus &lt; 70</p>"
    form = teacher.page(f"/grade/edit/tree/grade.php?courseid=2&itemid={column.id}&userid=5")
    assert ">Belum lulus &lt; 70</textarea>" in form
    save(teacher, column, overridden=1, finalgrade="61", feedback=" ")
    assert "comment" not in column.results(user_id=5).json()[0]


def test_a_teachers_grade_in_the_tools_own_column_does_not_last(own: Column, teacher: Visitor) -> None:
    save(teacher, own, overridden=1, finalgrade="55")
    assert own.kept() == 55
    own.post(86400 * 365 * 10, scoreGiven=70)
    assert own.kept() == 70


def test_a_locked_grade_and_a_locked_column_answer_500(column: Column, teacher: Visitor) -> None:
    column.post(scoreGiven=80)
    save(teacher, column, locked=1)
    assert column.post(1, scoreGiven=81) == (500, "[]")
    save(teacher, column)
    teacher.send("/grade/edit/tree/item.php", courseid=2, itemid=column.id, locked=1)
    assert column.post(2, scoreGiven=82) == (500, "[]")
    assert column.kept() == 80
    teacher.send("/grade/edit/tree/item.php", courseid=2, itemid=column.id, locked=0)
    assert column.post(3, scoreGiven=83) == (200, "")


def test_a_grade_that_is_no_number_is_refused(column: Column, teacher: Visitor) -> None:
    for wrong in ("lulus", "NaN"):
        assert save(teacher, column, overridden=1, finalgrade=wrong).status_code == 400
    assert save(teacher, column, overridden=1, finalgrade="-").status_code == 303
    assert column.kept() is None


def test_another_maximum_rescales_what_is_there(own: Column) -> None:
    own.post(scoreGiven=80)
    headers = {**own.bearer, "Content-Type": LINE}
    httpx2.put(f"{own.url}?type_id=1", json={"label": "Own", "scoreMaximum": 50}, headers=headers)
    assert own.kept() == 40


def test_the_suspended_are_graded_and_the_unenrolled_are_not(column: Column, teacher: Visitor) -> None:
    teacher.send("/user/index.php", course=2, person=10, action="suspend")
    assert column.post(scoreGiven=65, userId="10") == (200, "")
    assert column.kept(10) == 65
    teacher.send("/user/index.php", course=2, person=10, action="unenrol")
    assert column.post(9, scoreGiven=66, userId="10") == (400, "[]")
    assert column.kept(10) is None
