"""The demo LMS's courses live on as Moodle's: duplicates, copies, restores, groups, completion, review of work."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from diklat_lti.demo import RunningLms, running_lms
from lms_visitor import ENDPOINT, LTI, Tool, Visitor, add, browsing, claims, install, item, launch

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
COURSE = "/course/view.php?id=2"


@pytest.fixture
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        with browsing(running, running.teacher) as teacher:
            reviewed = item("Ujian akhir", "final")
            reviewed["lineItem"]["submissionReview"] = {"url": f"{tool.url}/review", "custom": {"module": "m6"}}
            add(teacher, tool, item("Modul 1", "m1"), reviewed)
        yield running


@pytest.fixture
def teacher(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.teacher) as visitor:
        visitor.send("/switch.php", language="en")
        yield visitor


def asked(lms: RunningLms, tool: Tool, path: str, **query: Any) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Accept": CONTAINER if path.endswith("items") else "*/*"}
    found: list[dict[str, Any]] = httpx2.get(
        f"{lms.url}/mod/lti/services.php{path}", params={"type_id": 1, **query}, headers=headers
    ).json()
    return found


def score(lms: RunningLms, tool: Tool, item_id: int, given: float, second: int = 0, course: int = 2) -> None:
    said = {
        "userId": "5", "scoreGiven": given, "scoreMaximum": 100, "activityProgress": "Completed",
        "gradingProgress": "FullyGraded", "comment": "Baik", "timestamp": f"2026-11-24T08:50:{second:02}Z",
    }  # fmt: skip
    url = f"{lms.url}/mod/lti/services.php/{course}/lineitems/{item_id}/lineitem/scores?type_id=1"
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Content-Type": "application/vnd.ims.lis.v1.score+json"}
    assert httpx2.post(url, json=said, headers=headers).status_code == 200


def test_a_duplicate_is_a_new_link_with_the_same_resource_and_tag(
    lms: RunningLms, tool: Tool, teacher: Visitor
) -> None:
    teacher.send("/course/mod.php", activity=1, action="duplicate")
    page = teacher.page(COURSE)
    assert page.index("Modul 1 (copy)") < page.index("Ujian akhir")
    both = asked(lms, tool, "/2/lineitems", resource_id="m1", tag="modul")
    assert [(one["label"], one["resourceLinkId"]) for one in both] == [("Modul 1", "1"), ("Modul 1 (copy)", "3")]
    found = claims(lms, launch(teacher, "/mod/lti/launch.php?id=23", tool))
    assert found[LTI + "resource_link"]["id"] == "3"
    assert found[LTI + "custom"]["link_id"] == "L1"
    assert found[ENDPOINT]["lineitem"].endswith("/lineitems/3/lineitem?type_id=1")


def test_a_deleted_activity_takes_its_column_along(lms: RunningLms, tool: Tool, teacher: Visitor) -> None:
    teacher.send("/course/mod.php", activity=1, action="delete")
    assert "Modul 1" not in teacher.page(COURSE)
    assert [one["label"] for one in asked(lms, tool, "/2/lineitems")] == ["Ujian akhir"]


def test_a_copied_course_has_new_links_and_columns_and_no_learner(
    lms: RunningLms, tool: Tool, teacher: Visitor
) -> None:
    score(lms, tool, 1, 80)
    made = teacher.send("/backup/copy.php", id=2, action="copy", fullname="Salinan", shortname="S")
    course = made.headers["location"].partition("=")[2]
    custom = claims(lms, launch(teacher, "/mod/lti/launch.php?id=24", tool))
    assert custom[LTI + "context"] | {"id": course, "label": "S", "title": "Salinan"} == custom[LTI + "context"]
    assert [one["resourceId"] for one in asked(lms, tool, f"/{course}/lineitems")] == ["m1", "final"]
    assert asked(lms, tool, f"/{course}/lineitems/3/lineitem/results") == []
    with browsing(lms, lms.learner) as siti:
        assert siti.get(f"/course/view.php?id={course}").status_code == 403


def test_a_restored_course_brings_grades_with_their_times_along(lms: RunningLms, tool: Tool, teacher: Visitor) -> None:
    score(lms, tool, 1, 80)
    made = teacher.send("/backup/copy.php", id=2, action="restore", users=1)
    course = made.headers["location"].partition("=")[2]
    assert "Diklat E-Learning PKH copy 1" in teacher.page(f"/course/view.php?id={course}")
    (kept,) = asked(lms, tool, f"/{course}/lineitems/3/lineitem/results")
    assert (kept["resultScore"], kept["comment"], kept["timestamp"]) == (80, "Baik", "2026-11-24T15:50:00+07:00")
    with browsing(lms, lms.learner) as siti:
        assert siti.get(f"/course/view.php?id={course}").status_code == 200
    again = teacher.send("/backup/copy.php", id=2, action="restore").headers["location"]
    assert "copy 2" in teacher.page(again)
    assert "Siti" not in teacher.page(f"/user/index.php?id={again.partition('=')[2]}")


def test_the_history_of_a_copy_names_all_its_forebears(lms: RunningLms, tool: Tool, teacher: Visitor) -> None:
    for source in (2, 3):
        teacher.send("/backup/copy.php", id=source, action="restore")
    with lms.lms.store.read() as db:
        histories = [row[0] for row in db.exec_driver_sql("SELECT history FROM course ORDER BY id")]
    assert histories == ["", "2", "3,2"]


def test_an_import_adds_a_second_set_of_columns(lms: RunningLms, tool: Tool, teacher: Visitor) -> None:
    teacher.send("/backup/copy.php", id=2, action="copy", fullname="Sumber", shortname="S")
    assert "Sumber" in teacher.page("/backup/copy.php?id=2")
    teacher.send("/backup/copy.php", id=2, action="import", source=3)
    assert [one["resourceId"] for one in asked(lms, tool, "/2/lineitems")] == ["m1", "final"] * 2
    assert teacher.send("/backup/copy.php", id=2, action="none").headers["location"] == COURSE
    with browsing(lms, lms.learner) as siti:
        assert siti.send("/backup/copy.php", id=2, action="copy").status_code == 403


def group(teacher: Visitor) -> None:
    teacher.send("/group/index.php", course=2, name="Kelompok A")
    teacher.send("/group/index.php", course=2, group=1, person=5)
    teacher.send("/group/index.php", course=2, group=1, person=5)


def test_groups_arrive_as_numbers_and_a_restricted_activity_is_the_groups_own(
    lms: RunningLms, tool: Tool, teacher: Visitor
) -> None:
    group(teacher)
    assert "Siti Rahmawati" in teacher.page("/group/index.php?id=2")
    assert teacher.send("/group/index.php", course=2, group=1, person=99).status_code == 404
    assert teacher.send("/group/index.php", course=2, group=9, person=6).status_code == 303
    with browsing(lms, lms.admin) as admin:
        admin.send(
            "/mod/lti/typessettings.php", id=1, name="Diklat", custom="g=$Moodle.Person.userGroupIds", memberships=1
        )
    teacher.send("/course/settings.php", activity=1, group=1)
    assert "selected>Kelompok A" in teacher.page("/course/settings.php?id=21")
    with browsing(lms, 5) as siti, browsing(lms, 6) as dewi:
        assert claims(lms, launch(siti, "/mod/lti/launch.php?id=21", tool))[LTI + "custom"]["g"] == "1"
        assert "hidden=1" in dewi.get("/mod/lti/view.php?id=21").headers["location"]
        assert "Modul 1" not in dewi.page(COURSE)
    roster: Any = asked(lms, tool, "/CourseSection/2/bindings/1/memberships", rlid=1)
    assert sorted(one["user_id"] for one in roster["members"]) == ["3", "4", "5"]
    whole: Any = asked(lms, tool, "/CourseSection/2/bindings/1/memberships")
    assert len(whole["members"]) == 8


def state_of(siti: Visitor) -> str:
    found = re.search(r'data-completion="(\d)"', siti.page(COURSE))
    return found[1] if found else ""


def test_a_passing_grade_ticks_and_a_lower_one_takes_the_tick_away(
    lms: RunningLms, tool: Tool, teacher: Visitor
) -> None:
    teacher.send("/course/settings.php", activity=1, completion="pass", pass_mark="70")
    assert 'value="70' in teacher.page("/course/settings.php?id=21")
    with browsing(lms, lms.learner) as siti:
        seen = [state_of(siti)]
        for second, given in enumerate((60, 80, 60)):
            score(lms, tool, 1, given, second)
            seen.append(state_of(siti))
    assert seen == ["0", "3", "2", "3"]


def test_any_grade_ticks_where_that_is_the_condition(lms: RunningLms, tool: Tool, teacher: Visitor) -> None:
    teacher.send("/course/settings.php", activity=1, completion="grade")
    with browsing(lms, lms.learner) as siti:
        assert state_of(siti) == "0"
        score(lms, tool, 1, 0)
        assert state_of(siti) == "1"
    teacher.send("/course/settings.php", activity=1, completion="nonsense")
    for wrong in ("lulus", "-1", "NaN"):
        assert teacher.send("/course/settings.php", activity=1, pass_mark=wrong).status_code == 400
    assert teacher.send("/course/settings.php", activity=99).status_code == 404


def review(visitor: Visitor, tool: Tool, module: int, person: int) -> Any:
    answer = visitor.get(f"/mod/lti/grade.php?id={module}&itemnumber=0&userid={person}")
    frame = re.search(r'src="(/mod/lti/launch[^"]+)"', visitor.page(answer.headers["location"]))
    assert frame
    return claims(
        visitor.lms,
        launch(visitor, frame[1].replace("&amp;", "&"), tool, redirect_uri=f"{tool.url}/launch"),
    )


def test_a_review_names_the_learner_alone_and_obeys_the_line_item(
    lms: RunningLms, tool: Tool, teacher: Visitor
) -> None:
    assert "/mod/lti/grade.php?id=22&amp;itemnumber=0&amp;userid=5" in teacher.page(
        "/grade/report/grader/index.php?id=2"
    )
    found = review(teacher, tool, 22, 5)
    assert found[LTI + "message_type"] == "LtiSubmissionReviewRequest"
    assert found[LTI + "for_user"] == {"user_id": "5"}
    assert found[LTI + "target_link_uri"] == f"{tool.url}/review"
    assert found[LTI + "custom"]["module"] == "m6"
    plain = review(teacher, tool, 21, 5)
    assert (plain[LTI + "target_link_uri"], plain[LTI + "custom"]["module"]) == (f"{tool.url}/launch", "m1")


def test_a_learner_reviews_the_own_work_and_nobody_elses(lms: RunningLms, tool: Tool) -> None:
    with browsing(lms, lms.learner) as siti:
        assert "/mod/lti/grade.php?id=22" in siti.page("/grade/report/user/index.php?id=2")
        assert review(siti, tool, 22, 5)["sub"] == "5"
        assert "Lihat laporan penilai" in siti.get("/mod/lti/grade.php?id=22&userid=6").text
        assert siti.get("/mod/lti/launch.php?id=22&user=6").status_code == 403
