"""The demo LMS's content selection: what it asks, what it keeps of the answer, and what goes missing."""

import re
from collections.abc import Iterator
from time import time

import httpx2
import pytest

from diklat_lti.demo import RunningLms, running_lms
from lms_visitor import (
    ENDPOINT,
    LTI,
    Forms,
    Tool,
    Visitor,
    add,
    browsing,
    claims,
    install,
    item,
    launch,
    select,
)

COURSE = "/course/view.php?id=2"


@pytest.fixture
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        yield running


@pytest.fixture
def teacher(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.teacher) as visitor:
        yield visitor


def test_the_request_has_no_data_and_no_roster(lms: RunningLms, teacher: Visitor, tool: Tool) -> None:
    asked = claims(lms, launch(teacher, "/mod/lti/contentitem.php?id=1&course=2", tool))
    assert asked[LTI + "message_type"] == "LtiDeepLinkingRequest"
    settings = asked["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]
    assert (settings["accept_types"], settings["accept_multiple"], "data" in settings) == (
        ["ltiResourceLink"], True, False,
    )  # fmt: skip
    assert "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice" not in asked
    assert "lineitem" not in asked[ENDPOINT]


def test_the_way_leads_through_the_chooser_of_the_course(teacher: Visitor) -> None:
    assert "/course/chooser.php" not in teacher.page(COURSE)
    teacher.send("/switch.php", editing=1)
    assert "/course/chooser.php?id=2" in teacher.page(COURSE)
    assert "/course/modedit.php?course=2&amp;typeid=1" in teacher.page("/course/chooser.php?id=2")
    assert "select=1" in teacher.page("/course/modedit.php?course=2&typeid=1")
    assert "/mod/lti/contentitem.php?id=1" in teacher.page("/course/modedit.php?course=2&typeid=1&select=1")
    teacher.send("/mod/lti/coursetools.php", course=2, tool=1, shown=0)
    assert "/course/modedit.php" not in teacher.page("/course/chooser.php?id=2")


def test_several_items_are_listed_and_saved_in_their_order(teacher: Visitor, tool: Tool) -> None:
    page = select(teacher, tool, [item("Modul 1", "m1"), item("Modul 2", "m2")])
    assert page.text.count("(Nilai maksimum: 100)") == 2
    assert teacher.page(COURSE).count("/mod/lti/view.php") == 0
    action, fields = Forms(page.text).found[-1]
    assert teacher.http.post(action, data=fields).headers["location"] == COURSE
    course = teacher.page(COURSE)
    assert course.index("Modul 1") < course.index("Modul 2")
    assert teacher.http.post(action, data=fields).status_code == 403


def test_a_single_item_fills_the_form_with_its_pass_mark_and_condition(
    lms: RunningLms, teacher: Visitor, tool: Tool
) -> None:
    """As Moodle does: several items are saved as they are, one is set up first."""
    assert "pass_mark" not in select(teacher, tool, [item("Modul 1", "m1"), item("Modul 2", "m2")]).text
    page = select(teacher, tool, [item("Semua", "all")]).text
    assert page.index('name="pass_mark"') < page.index('value="pass"')
    action, fields = Forms(page).found[-1]
    assert teacher.http.post(action, data={**fields, "pass_mark": "seventy"}).status_code == 400
    action, fields = Forms(select(teacher, tool, [item("Semua", "all")]).text).found[-1]
    teacher.http.post(action, data={**fields, "pass_mark": "70", "completion": "pass"})
    settings = teacher.page(f"/course/settings.php?id={modules(teacher)[-1]}")
    assert 'name="pass_mark" inputmode="decimal" value="70,00"' in settings
    assert 'value="pass" selected' in settings
    add(teacher, tool, item("Lagi", "again"))
    assert 'value="pass" selected' not in teacher.page(f"/course/settings.php?id={modules(teacher)[-1]}")


def modules(teacher: Visitor) -> list[str]:
    return re.findall(r"/mod/lti/view\.php\?id=(\d+)", teacher.page(COURSE))


@pytest.mark.parametrize("maximum", [150, 7.5, 0, "many"])
def test_an_item_with_an_impossible_maximum_is_silently_missing(teacher: Visitor, tool: Tool, maximum: object) -> None:
    assert add(teacher, tool, item("Baik", "m1"), item("Hilang", "m2", maximum)).status_code == 303
    course = teacher.page(COURSE)
    assert "Baik" in course
    assert "Hilang" not in course
    assert add(teacher, tool, item("Hilang", "m2", maximum)).status_code == 400


def test_an_item_without_a_column_and_items_of_other_types(teacher: Visitor, tool: Tool) -> None:
    bare = {"type": "ltiResourceLink"}
    add(teacher, tool, bare, {"type": "html", "title": "No link"})
    assert teacher.page(COURSE).count("/mod/lti/view.php") == 1
    assert "data-resource" not in teacher.page("/grade/report/grader/index.php?id=2")


def test_where_grades_are_always_accepted_each_item_has_a_column_of_100(
    lms: RunningLms, teacher: Visitor, tool: Tool
) -> None:
    switches = {"id": 1, "name": "Diklat", "grade_sync": 2, "accept_grades": 2}
    with browsing(lms, lms.admin) as admin:
        admin.send("/mod/lti/typessettings.php", **switches)
        assert 'value="2" selected>Selalu' in admin.page("/mod/lti/typessettings.php?id=1")
    bare, graded = {"type": "ltiResourceLink", "title": "Tanpa kolom"}, item("Modul 1", "m1", 50)
    add(teacher, tool, bare, graded)
    page = teacher.page("/grade/report/grader/index.php?id=2")
    assert ">Tanpa kolom" in page
    assert "<td>100,00</td><td>50,00</td>" in page


def test_the_tool_may_say_something_and_select_nothing(teacher: Visitor, tool: Tool) -> None:
    said = "https://purl.imsglobal.org/spec/lti-dl/claim/"
    page = select(teacher, tool, [], **{said + "msg": "Sampai nanti", said + "errormsg": "Dibatalkan"}).text
    assert "Sampai nanti" in page
    assert "Dibatalkan" in page
    assert "Tidak ada yang dipilih." in page


@pytest.mark.parametrize(
    ("name", "value"),
    [("iss", "another"), ("exp", int(time()) - 10), ("iat", int(time()) + 900)],
    ids=["another_issuer", "expired", "issued_later"],
)
def test_an_answer_that_is_not_the_tools_is_refused(teacher: Visitor, tool: Tool, name: str, value: object) -> None:
    assert select(teacher, tool, [item("Modul 1", "m1")], **{name: value}).status_code == 404


def test_an_answer_with_a_foreign_signature_is_refused(teacher: Visitor) -> None:
    address = f"/mod/lti/contentitem_return.php?course=2&id=1&sesskey={teacher.sesskey()}"
    assert teacher.http.post(address, data={"JWT": "not.a.token"}).status_code == 404


def test_an_answer_without_our_cookie_is_posted_once_more(teacher: Visitor) -> None:
    address = f"/mod/lti/contentitem_return.php?course=2&id=1&sesskey={teacher.sesskey()}"
    page = httpx2.post(f"{teacher.lms.url}{address}", data={"JWT": "abc"}).text
    action, fields = Forms(page).found[-1]
    assert (action.replace("&amp;", "&"), fields["JWT"], fields["repost"]) == (address, "abc", "1")


def test_learners_and_non_editing_teachers_select_nothing(lms: RunningLms, tool: Tool) -> None:
    for who in (lms.learner, lms.supervisor):
        with browsing(lms, who) as visitor:
            for address in ("contentitem.php?id=1&course=2", "coursetools.php?id=2"):
                assert visitor.get(f"/mod/lti/{address}").status_code == 403
            assert visitor.get("/course/modedit.php?course=2&typeid=1").status_code == 403


def test_a_tool_that_is_not_active_is_not_offered(lms: RunningLms, teacher: Visitor) -> None:
    assert teacher.get("/course/modedit.php?course=2&typeid=9").status_code == 404
    assert teacher.send("/mod/lti/coursetools.php", course=2, tool=9, shown=1).status_code == 404
    assert teacher.send("/course/mod.php", activity=9, visible=0).status_code == 404
