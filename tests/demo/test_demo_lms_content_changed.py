"""The demo LMS: *Select content* in the settings of an activity replaces what the answer brings, and nothing else."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import select as rows

from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.demo.lms.tables import grade_item
from lms_visitor import ENDPOINT, LTI, Forms, Tool, Visitor, add, browsing, claims, install, item, launch, select

COURSE = "/course/view.php?id=2"
REPORT = "/grade/report/grader/index.php?id=2"
SETTINGS = "/course/settings.php?id=21"


@pytest.fixture
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        yield running


@pytest.fixture
def teacher(lms: RunningLms, tool: Tool) -> Iterator[Visitor]:
    """In a course with one activity: link 1, course module 21, column 1."""
    with browsing(lms, lms.teacher) as visitor:
        add(visitor, tool, item("Modul 1", "m1"))
        yield visitor


def change(teacher: Visitor, tool: Tool, module: int, *items: dict[str, Any], **form: str) -> httpx2.Response:
    """Selected anew for the activity with this course module, and saved."""
    action, fields = Forms(select(teacher, tool, list(items), update=module).text).found[-1]
    return teacher.http.post(action, data={**fields, **form})


def grade(teacher: Visitor, given: int) -> None:
    teacher.send("/grade/edit/tree/grade.php", courseid=2, itemid=1, userid=5, overridden=1, finalgrade=given)


def test_the_settings_of_an_activity_lead_to_the_picker_and_say_which_activity(
    lms: RunningLms, teacher: Visitor, tool: Tool
) -> None:
    assert "/course/settings.php?id=21&amp;select=1" in teacher.page(SETTINGS)
    assert "contentitem.php?id=1&amp;course=2&amp;update=21" in teacher.page(f"{SETTINGS}&select=1")
    asked = claims(lms, launch(teacher, "/mod/lti/contentitem.php?id=1&course=2&update=21", tool))
    settings = asked["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]
    assert (settings["title"], settings["text"]) == ("Modul 1", "Tentang Modul 1")
    assert settings["accept_multiple"] is True
    assert LTI + "resource_link" not in asked


def test_an_answer_for_an_activity_replaces_what_it_brings_and_nothing_else(
    lms: RunningLms, teacher: Visitor, tool: Tool
) -> None:
    change(teacher, tool, 21, item("Modul 1", "m1") | {"url": f"{tool.url}/launch?old"})
    teacher.send("/course/settings.php", activity=1, completion="pass", pass_mark="70")
    before = claims(lms, launch(teacher, "/mod/lti/launch.php?id=21", tool))
    page = select(teacher, tool, [item("Modul 2", "m2")], update=21).text
    assert "Konten Modul 1 akan diganti dengan:" in page
    assert 'value="70,00"' in page
    assert 'value="pass" selected' in page
    bare = {name: value for name, value in item("Modul 2", "m2").items() if name != "text"}
    assert change(teacher, tool, 21, bare, completion="pass", pass_mark="75").headers["location"] == COURSE
    after = claims(lms, launch(teacher, "/mod/lti/launch.php?id=21", tool))
    assert after[LTI + "resource_link"] == before[LTI + "resource_link"] | {"title": "Modul 2"}
    assert (before[LTI + "custom"]["module"], after[LTI + "custom"]["module"]) == ("m1", "m2")
    assert after[LTI + "target_link_uri"] == f"{tool.url}/launch"
    assert after[ENDPOINT] == before[ENDPOINT]
    assert "/mod/lti/view.php?id=21" in teacher.page(COURSE)
    assert 'value="75,00"' in teacher.page(SETTINGS)


def test_the_column_keeps_its_number_and_grades_and_takes_the_new_name(
    lms: RunningLms, teacher: Visitor, tool: Tool
) -> None:
    grade(teacher, 80)
    change(teacher, tool, 21, item("Modul 2", "m2"))
    with lms.lms.store.read() as db:
        (column,) = db.execute(rows(grade_item)).all()
    assert (column.id, column.label, column.resource_id, column.link_id) == (1, "Modul 2", "m2", 1)
    assert "80,00" in teacher.page(REPORT)


def test_another_maximum_over_grades_that_are_there_is_refused(teacher: Visitor, tool: Tool) -> None:
    change(teacher, tool, 21, item("Modul 1", "m1", 50))
    grade(teacher, 40)
    refused = change(teacher, tool, 21, item("Modul 2", "m2", 100))
    assert (refused.status_code, "diskalakan ulang" in refused.text) == (400, True)
    assert "Modul 2" not in teacher.page(COURSE)
    assert change(teacher, tool, 21, item("Modul 2", "m2", 150)).status_code == 400


def test_a_content_without_a_column_takes_the_column_away_and_one_with_it_brings_it(
    teacher: Visitor, tool: Tool
) -> None:
    change(teacher, tool, 21, {"type": "ltiResourceLink", "title": "Bacaan"})
    assert "data-resource" not in teacher.page(REPORT)
    change(teacher, tool, 21, item("Modul 3", "m3"))
    assert 'data-resource="m3"' in teacher.page(REPORT)


def test_of_several_items_for_one_activity_the_last_stays(teacher: Visitor, tool: Tool) -> None:
    several = [item("Modul 2", "m2"), item("Modul 3", "m3"), item("Hilang", "m4", 150)]
    assert "hanya yang terakhir" in select(teacher, tool, several, update=21).text
    change(teacher, tool, 21, *several)
    course = teacher.page(COURSE)
    assert ("Modul 3" in course, "Modul 2" in course, "Hilang" in course) == (True, False, False)
    assert "/mod/lti/view.php?id=21" in teacher.page(COURSE)


def test_only_an_activity_of_this_tool_in_this_course_has_its_content_changed(teacher: Visitor, tool: Tool) -> None:
    add(teacher, tool, item("Modul 2", "m2"))
    assert teacher.get("/mod/lti/contentitem.php?id=1&course=2&update=99").status_code == 404
    teacher.send("/backup/copy.php", id=2, action="copy", fullname="Salinan", shortname="S")
    assert teacher.get("/mod/lti/contentitem.php?id=1&course=2&update=23").status_code == 404
    action, fields = Forms(select(teacher, tool, [item("Modul 3", "m3")], update=21).text).found[-1]
    teacher.send("/course/mod.php", activity=1, action="delete")
    assert teacher.http.post(action, data=fields).status_code == 404
    assert "Modul 3" not in teacher.page(COURSE)
