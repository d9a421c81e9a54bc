"""The demo LMS launches as Moodle does: a hint that works once, and a signed id_token in Moodle's shape."""

from collections.abc import Iterator

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
    register,
)

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
VIEW = "/mod/lti/launch.php?id=21"


@pytest.fixture(scope="module")
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        with browsing(running, running.teacher) as teacher:
            assert add(teacher, tool, item("Modul 1", "m1")).status_code == 303
        yield running


@pytest.fixture
def siti(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.learner) as visitor:
        yield visitor


def test_a_learner_arrives_with_the_claims_of_moodle(lms: RunningLms, siti: Visitor, tool: Tool) -> None:
    fields = launch(siti, VIEW, tool)
    found = claims(lms, fields)
    assert fields["state"] == "the state"
    assert found["nonce"] == "the nonce"
    assert (found["sub"], found["aud"], found["iss"]) == ("5", tool.client_id, lms.url)
    assert found["exp"] - found["iat"] == 60
    assert found[LTI + "roles"] == [MEMBERSHIP + "Learner"]
    assert found[LTI + "resource_link"] == {"title": "Modul 1", "description": "Tentang Modul 1", "id": "1"}
    assert found[LTI + "context"]["type"] == ["CourseSection"]
    assert found["name"] == "Siti Rahmawati"
    assert found[ENDPOINT]["lineitem"] == f"{lms.url}/mod/lti/services.php/2/lineitems/1/lineitem?type_id=1"
    assert found[ENDPOINT]["scope"] == sorted(found[ENDPOINT]["scope"])
    assert found[LTI + "launch_presentation"]["locale"] == "id"


def test_custom_values_come_twice_and_unknown_variables_stay_as_they_are(
    lms: RunningLms, siti: Visitor, tool: Tool
) -> None:
    custom = claims(lms, launch(siti, VIEW, tool))[LTI + "custom"]
    assert (custom["link_id"], custom["Link-Id"]) == ("L1", "L1")
    assert custom["user"] == "siti"
    assert custom["late"] == "$ResourceLink.submission.endDateTime"
    assert custom["context_memberships_url"].endswith("/CourseSection/2/bindings/1/memberships")


@pytest.mark.parametrize(("who", "expected"), [("teacher", 1), ("supervisor", 1), ("admin", 3)])
def test_a_non_editing_teacher_looks_like_any_instructor(lms: RunningLms, tool: Tool, who: str, expected: int) -> None:
    with browsing(lms, getattr(lms, who)) as visitor:
        roles = claims(lms, launch(visitor, VIEW, tool))[LTI + "roles"]
    assert MEMBERSHIP + "Instructor" in roles
    assert len(roles) == expected
    assert roles == sorted(roles)


def test_the_hint_works_once(siti: Visitor, tool: Tool) -> None:
    _, hints = siti.form(VIEW)
    hint = {"login_hint": hints["login_hint"], "lti_message_hint": hints["lti_message_hint"]}
    assert "id_token" in launch(siti, VIEW, tool, **hint)
    assert launch(siti, VIEW, tool, **hint) == {"status": "404"}


def test_a_login_without_a_state_gets_none_back(siti: Visitor, tool: Tool) -> None:
    assert set(launch(siti, VIEW, tool, state="")) == {"id_token"}


def test_the_hint_is_of_one_session(lms: RunningLms, siti: Visitor, tool: Tool) -> None:
    _, hints = siti.form(VIEW)
    with browsing(lms, 6) as dewi:
        assert launch(dewi, VIEW, tool, lti_message_hint=hints["lti_message_hint"]) == {"status": "404"}


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "openid profile"},
        {"response_type": "code"},
        {"nonce": ""},
        {"redirect_uri": "http://evil.test/launch"},
        {"lti_message_hint": "no hint"},
        {"lti_message_hint": "[1]"},
    ],
)
def test_before_the_redirect_uri_is_sure_the_trouble_stays_in_the_lms(
    siti: Visitor, tool: Tool, changes: dict[str, str]
) -> None:
    assert launch(siti, VIEW, tool, **changes) == {"status": "404"}


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"client_id": "other"}, "unauthorized_client", None),
        ({"login_hint": "6"}, "access_denied", None),
        ({"response_mode": ""}, "invalid_request", "Missing response_mode"),
        ({"response_mode": "query"}, "invalid_request", "Invalid response_mode"),
        ({"prompt": "login"}, "invalid_request", "Invalid prompt"),
    ],
)
def test_later_trouble_is_posted_to_the_tool(
    siti: Visitor, tool: Tool, changes: dict[str, str], error: str, why: str | None
) -> None:
    fields = launch(siti, VIEW, tool, **changes)
    assert (fields["error"], fields.get("error_description")) == (error, why)
    assert "id_token" not in fields
    assert fields["state"] == "the state"


def test_a_post_from_another_site_is_posted_once_more_from_our_own_page(siti: Visitor, tool: Tool) -> None:
    _, hints = siti.form(VIEW)
    stranger = httpx2.post(f"{siti.lms.url}/mod/lti/auth.php", data={"scope": "openid", **hints})
    action, fields = Forms(stranger.text).found[-1]
    assert (action, fields["repost"], fields["scope"]) == ("/mod/lti/auth.php", "1", "openid")
    assert "set-cookie" not in stranger.headers
    again = httpx2.post(f"{siti.lms.url}{action}", data=fields)
    assert again.headers["location"].startswith("/login/index.php")


def test_the_activity_is_in_a_frame_as_moodles(siti: Visitor) -> None:
    page = siti.page("/mod/lti/view.php?l=1")
    assert 'allow="microphone; camera; geolocation; midi; encrypted-media; autoplay"' in page
    assert "sandbox" not in page
    assert "/mod/lti/launch.php?id=21" in page
    assert siti.get("/mod/lti/view.php?id=99").status_code == 404


@pytest.mark.parametrize("way", ["address", "switch", "browser"])
def test_on_a_phone_the_tool_takes_the_place_of_the_page(lms: RunningLms, siti: Visitor, tool: Tool, way: str) -> None:
    if way == "switch":
        siti.send("/switch.php", phone=1)
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 10; K) Mobile Safari/537.36"} if way == "browser" else {}
    answer = siti.http.get(f"/mod/lti/view.php?id=21{'&container=5' if way == 'address' else ''}", headers=agent)
    assert answer.status_code == 303
    presentation = claims(lms, launch(siti, answer.headers["location"], tool))[LTI + "launch_presentation"]
    assert presentation["document_target"] == "frame"
    assert "launch_container=5" in presentation["return_url"]
    assert siti.get(presentation["return_url"]).headers["location"] == "/course/view.php?id=2"


def test_the_tool_sends_people_back_with_its_message(lms: RunningLms, siti: Visitor, tool: Tool) -> None:
    url = claims(lms, launch(siti, VIEW, tool))[LTI + "launch_presentation"]["return_url"]
    page = siti.page(url + "&lti_errormsg=Sesi%20habis&lti_msg=Sampai%20nanti")
    assert "Terjadi kesalahan saat meluncurkan alat eksternal: Sesi habis" in page
    assert "Sampai nanti" in page
    assert 'target="_top"' in page


def test_privacy_switches_leave_names_out_but_not_the_username_variable(
    lms: RunningLms, siti: Visitor, tool: Tool
) -> None:
    settings = {"id": 1, "name": "Diklat", "custom": "user=$User.username\nfull=$Person.name.full\nraw=\\$x"}
    with browsing(lms, lms.admin) as admin:
        admin.send("/mod/lti/typessettings.php", **settings)
    found = claims(lms, launch(siti, VIEW, tool))
    assert {"name", "given_name", "family_name", "email", ENDPOINT} & set(found) == set()
    assert found[LTI + "custom"] | {"full": None, "user": "siti", "raw": "$x"} == found[LTI + "custom"]
    assert found[LTI + "lis"]["person_sourcedid"] == "ID-siti"
    with browsing(lms, lms.admin) as admin:
        switches = dict.fromkeys(("send_name", "send_email", "accept_grades", "memberships"), 1)
        custom = "user=$User.username\nlate=$ResourceLink.submission.endDateTime"
        admin.send("/mod/lti/typessettings.php", **{**settings, **switches, "grade_sync": 2, "custom": custom})


def test_the_tool_settings_scope_brings_addresses_that_moodle_leaves_half_filled(
    lms: RunningLms, siti: Visitor, tool: Tool
) -> None:
    before = tool.registration()
    with browsing(lms, lms.admin) as admin:
        asked = {**before, "scope": f"{before['scope']} https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"}
        assert register(admin, tool, asked, update=1).status_code == 200
        custom = claims(lms, launch(siti, VIEW, tool))[LTI + "custom"]
        register(admin, tool, before, update=1)
    assert custom["link_setting_url"] == f"{lms.url}/mod/lti/services.php/links/{{link_id}}/custom"


def test_a_suspended_learner_and_a_hidden_activity_do_not_launch(lms: RunningLms, siti: Visitor) -> None:
    with browsing(lms, lms.teacher) as teacher:
        teacher.send("/user/index.php", course=2, person=5, action="suspend")
        assert siti.get(VIEW).status_code == 403
        teacher.send("/user/index.php", course=2, person=5, action="activate")
        teacher.send("/course/mod.php", activity=1, visible=0)
        answer = siti.get("/mod/lti/view.php?id=21")
        assert "sedang disembunyikan" in siti.page(answer.headers["location"])
        assert siti.get(VIEW).status_code == 404
        assert teacher.get(VIEW).status_code == 200
        teacher.send("/course/mod.php", activity=1, visible=1)
    assert siti.get(VIEW).status_code == 200
