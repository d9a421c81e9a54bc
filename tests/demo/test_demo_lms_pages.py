"""The demo LMS's pages: who one is, two languages, participants, grades, and that each says what it is."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.demo.lms import LmsSettings, create_lms
from lms_visitor import Tool, Visitor, add, browsing, install, item, tool_running


@pytest.fixture(scope="module")
def lms() -> Iterator[RunningLms]:
    with tool_running() as tool, running_lms() as running:
        install(running, tool)
        with browsing(running, running.teacher) as teacher:
            add(teacher, tool, item("Modul 1", "m1"), item("Ujian akhir", "final"))
        _post_a_score(running, tool)
        yield running


def _post_a_score(lms: RunningLms, tool: Tool) -> None:
    score = {
        "userId": "5", "scoreGiven": 85.5, "scoreMaximum": 100, "activityProgress": "Completed", "comment": "Baik",
        "gradingProgress": "FullyGraded", "timestamp": "2026-11-24T04:40:00Z",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {tool.token(lms)}", "Content-Type": "application/vnd.ims.lis.v1.score+json"}
    url = f"{lms.url}/mod/lti/services.php/2/lineitems/2/lineitem/scores?type_id=1"
    assert httpx2.post(url, json=score, headers=headers).status_code == 200


@pytest.fixture
def stranger(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms) as visitor:
        yield visitor


@pytest.fixture
def teacher(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.teacher) as visitor:
        yield visitor


@pytest.fixture
def siti(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.learner) as visitor:
        yield visitor


def test_a_stranger_chooses_who_to_be_and_goes_on_to_the_page(stranger: Visitor) -> None:
    answer = stranger.get("/course/view.php?id=2")
    assert answer.status_code == 303
    page = stranger.page(answer.headers["location"])
    assert page.count('name="person"') == 9
    assert "Pengajar yang tidak mengedit" in page
    before = stranger.http.cookies["lms_session"]
    entered = stranger.send("/login/index.php", person=5, wants="/course/view.php?id=2")
    assert entered.headers["location"] == "/course/view.php?id=2"
    assert stranger.http.cookies["lms_session"] != before
    assert "httponly; path=/; samesite=lax" in entered.headers["set-cookie"].lower()


def test_a_cookie_that_names_nothing_is_a_strangers(lms: RunningLms) -> None:
    answer = httpx2.get(f"{lms.url}/my/", cookies={"lms_session": "guessed"})
    assert answer.headers["location"].startswith("/login/index.php")


def test_one_can_leave_again(siti: Visitor) -> None:
    assert siti.get("/").headers["location"] == "/my/"
    siti.send("/login/logout.php")
    assert siti.get("/").headers["location"] == "/login/index.php"


def test_a_form_without_the_sesskey_changes_nothing(siti: Visitor) -> None:
    for address in ("/switch.php", "/login/logout.php", "/login/index.php", "/user/index.php", "/course/mod.php"):
        answer = siti.http.post(address, data={"sesskey": "guessed"})
        assert answer.status_code == 403
        assert "Silakan masuk lagi" in answer.text
    assert siti.get("/my/").status_code == 200


def test_nobody_is_led_to_another_site(siti: Visitor) -> None:
    for address in ("//evil.test", "https://evil.test", "/\\evil.test"):
        assert siti.send("/switch.php", back=address).headers["location"] == "/"
    assert siti.send("/login/index.php", person=77).status_code == 404


def test_a_stranger_who_sends_a_form_chooses_first(stranger: Visitor) -> None:
    answer = stranger.http.post("/course/modedit.php", data={"sesskey": stranger.sesskey(), "course": 2})
    assert answer.headers["location"] == "/login/index.php?wants=%2F"


def test_the_language_is_switched_to_moodles_english(siti: Visitor) -> None:
    assert "Peserta" in siti.page("/course/view.php?id=2")
    siti.send("/switch.php", language="en", back="/course/view.php?id=2")
    page = siti.page("/course/view.php?id=2")
    assert '<html lang="en">' in page
    assert "Participants" in page
    assert '<data value="85.50">85.50</data>' in siti.page("/grade/report/user/index.php?id=2")


def test_every_page_says_that_it_is_a_demo_and_holds_no_inline_script(
    lms: RunningLms, teacher: Visitor, siti: Visitor
) -> None:
    addresses = [
        "/my/", "/course/view.php?id=2", "/user/index.php?id=2", "/grade/report/grader/index.php?id=2",
        "/grade/report/user/index.php?id=2", "/mod/lti/coursetools.php?id=2", "/course/chooser.php?id=2",
        "/course/modedit.php?course=2&typeid=1", "/mod/lti/view.php?id=21", "/mod/lti/launch.php?id=21",
        "/grade/edit/tree/grade.php?courseid=2&itemid=1&userid=5", "/login/index.php", "/mod/lti/toolconfigure.php",
    ]  # fmt: skip
    teacher.send("/switch.php", editing=1)
    for address in addresses:
        answer = teacher.get(address)
        assert "Ini LMS contoh, bukan Moodle" in answer.text
        assert not re.search(r"<script(?! type=\"module\" src=)| style=| on\w+=", answer.text)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert siti.get("/static/lms.js").status_code == 200


def test_the_grader_report_has_a_row_for_each_learner(teacher: Visitor) -> None:
    page = teacher.page("/grade/report/grader/index.php?id=2")
    assert page.count("data-person=") == 6
    row = page.partition('data-person="5"')[2].partition("</tr>")[0]
    assert '<th scope="row">Siti Rahmawati</th>' in row
    assert re.findall(r'<data value="([\d.]+)">([\d,]+)</data>', row) == [("85.50", "85,50"), ("85.50", "85,50")]
    assert 'data-resource="final"' in page
    assert "200,00" in page


def test_a_learner_sees_only_the_own_report(siti: Visitor) -> None:
    assert siti.get("/grade/report/grader/index.php?id=2").headers["location"] == "/grade/report/user/index.php?id=2"
    page = siti.page("/grade/report/user/index.php?id=2")
    assert "Baik" in page
    assert "Dewi" not in page
    for address in ("/grade/edit/tree/grade.php?courseid=2&itemid=1&userid=5", "/mod/lti/coursetools.php?id=2"):
        assert siti.get(address).status_code == 403
    assert siti.send("/grade/edit/tree/item.php", courseid=2, itemid=1, locked=1).status_code == 403
    assert siti.send("/user/index.php", course=2, person=6, action="unenrol").status_code == 403


def test_grades_that_are_not_there_cannot_be_edited(teacher: Visitor) -> None:
    address = "/grade/edit/tree/grade.php"
    assert teacher.get(address, courseid=2, itemid=99, userid=5).status_code == 404
    assert teacher.get(address, courseid=2, itemid=1, userid=99).status_code == 404


def test_participants_show_the_teachers_more(teacher: Visitor, siti: Visitor) -> None:
    teacher.send("/user/index.php", course=2, person=8, action="suspend")
    assert "Dibekukan" in teacher.page("/user/index.php?id=2")
    assert "Rina Marlina" not in siti.page("/user/index.php?id=2")
    with browsing(siti.lms, 8) as rina:
        assert rina.get("/course/view.php?id=2").status_code == 403
        assert "Anda belum terdaftar" in rina.page("/my/")
    assert teacher.get("/course/view.php?id=77").status_code == 404


def test_the_admin_finds_the_course_and_the_details_of_the_tool(lms: RunningLms) -> None:
    with browsing(lms, lms.admin) as admin:
        assert "Diklat E-Learning PKH" in admin.page("/my/")
        assert f"{lms.url}/mod/lti/token.php" in admin.page("/mod/lti/toolconfigure.php")
        assert "Terdaftar" not in admin.page("/mod/lti/toolconfigure.php?url=")


def test_a_second_start_finds_what_the_first_left(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("lms") / "lms.db"
    settings = LmsSettings(file=file)
    first, second = create_lms(settings), create_lms(settings)
    assert first.state.lms.key.public() == second.state.lms.key.public()
    for app in (first, second):
        app.state.lms.store.dispose()


def test_a_file_that_an_older_demo_left_gets_the_columns_that_came_since(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = LmsSettings(file=tmp_path_factory.mktemp("lms") / "lms.db")
    store = create_lms(settings).state.lms.store
    with store.write() as db:
        for table, column in (("link", "position"), ("link", "completion"), ("grade_item", "pass_mark")):
            db.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    store.dispose()
    again = create_lms(settings).state.lms.store
    with again.read() as db:
        assert db.exec_driver_sql("SELECT position, completion FROM link").all() == []
        assert db.exec_driver_sql("SELECT pass_mark FROM grade_item").all() == []
    again.dispose()
