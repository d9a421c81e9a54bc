"""The demo LMS registers a tool as Moodle does: in a frame, once, pending, with Moodle's refusals."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from diklat_lti.demo import RunningLms, running_lms
from lms_visitor import (
    AGS,
    CONFIGURATION,
    LTI,
    ROSTER,
    SCOPES,
    Tool,
    Visitor,
    browsing,
    claims,
    launch,
    opened,
    register,
)


@pytest.fixture
def lms() -> Iterator[RunningLms]:
    with running_lms() as running:
        yield running


@pytest.fixture
def admin(lms: RunningLms) -> Iterator[Visitor]:
    with browsing(lms, lms.admin) as visitor:
        yield visitor


def configured(tool: Tool, **changes: Any) -> dict[str, Any]:
    asked = tool.registration()
    return {**asked, CONFIGURATION: {**asked[CONFIGURATION], **changes}}


def test_the_tool_is_opened_with_its_own_query_and_the_two_of_openid(admin: Visitor, tool: Tool) -> None:
    query = opened(admin, tool)
    assert query["invite"] == "abc"
    about = httpx2.get(query["openid_configuration"]).json()
    assert about["issuer"] == admin.lms.url
    assert about["https://purl.imsglobal.org/spec/lti-platform-configuration"]["product_family_code"] == "moodle"


def test_a_registration_is_answered_and_the_tool_stands_there_as_pending(admin: Visitor, tool: Tool) -> None:
    answer = register(admin, tool).json()
    assert answer[CONFIGURATION]["deployment_id"] == "1"
    assert answer[CONFIGURATION]["claims"] == ["sub", "iss", "name", "family_name", "given_name", "email"]
    page = admin.page("/mod/lti/toolconfigure.php")
    assert 'data-state="pending"' in page
    assert "Ditangguhkan" in page
    admin.send("/mod/lti/toolconfigure.php", id=1, action="activate")
    assert 'data-state="active"' in admin.page("/mod/lti/toolconfigure.php")


def test_the_answer_claims_the_lineitem_scope_where_only_reading_was_granted(admin: Visitor, tool: Tool) -> None:
    asked = tool.registration(scope=AGS + "lineitem.readonly")
    assert SCOPES[0] in register(admin, tool, asked).json()["scope"].split()
    assert tool.ask(admin.lms, " ".join(SCOPES)).json()["scope"].split() == SCOPES[1:]


def test_a_token_registers_one_tool_only(admin: Visitor, tool: Tool) -> None:
    query = opened(admin, tool)
    endpoint = f"{admin.lms.url}/mod/lti/openid-registration.php"
    bearer = {"Authorization": f"Bearer {query['registration_token']}"}
    first = httpx2.post(endpoint, json=tool.registration(), headers=bearer)
    second = httpx2.post(endpoint, json=tool.registration(), headers=bearer)
    assert (first.status_code, second.status_code, second.text) == (200, 401, "token_already_used")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"response_types": ["code"]}, "invalid_response_types"),
        ({"redirect_uris": "https://one"}, "invalid_redirect_uris"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_token_endpoint_auth_method"),
        ({"application_type": "native"}, "invalid_application_type"),
        ({"client_name": None}, "missing required attribute client_name"),
        ({"jwks_uri": None}, "missing required attribute jwks_uri"),
        ({"initiate_login_uri": None}, "missing required attribute initiate_login_uri"),
        ({CONFIGURATION: None}, f"missing required attribute {CONFIGURATION}"),
    ],
)
def test_a_refusal_is_moodles_plain_text(admin: Visitor, tool: Tool, changes: dict[str, Any], reason: str) -> None:
    answer = register(admin, tool, tool.registration(**changes))
    assert (answer.status_code, answer.text) == (400, reason)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "data-state" not in admin.page("/mod/lti/toolconfigure.php")


def test_the_domain_must_be_there_and_be_the_targets(admin: Visitor, tool: Tool) -> None:
    assert register(admin, tool, configured(tool, domain="")).text == "missing_domain"
    assert register(admin, tool, configured(tool, domain="other.test")).text == "domain_targetlinkuri_mismatch"
    assert register(admin, tool, configured(tool, domain="www.localhost", messages=[])).status_code == 200


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 401),
        ("POST", {"Authorization": "Bearer broken"}, 404),
        ("GET", {"Authorization": "Bearer {token}"}, 404),
        ("PUT", {"Authorization": "Bearer {token}"}, 400),
    ],
)
def test_what_moodle_answers_to_a_missing_or_broken_token(
    admin: Visitor, tool: Tool, method: str, headers: dict[str, str], status: int
) -> None:
    token = opened(admin, tool)["registration_token"]
    sent = {name: value.format(token=token) for name, value in headers.items()}
    address = f"{admin.lms.url}/mod/lti/openid-registration.php"
    assert httpx2.request(method, address, headers=sent).status_code == status


def test_a_body_that_is_no_registration_lacks_its_first_attribute(admin: Visitor, tool: Tool) -> None:
    bearer = {"Authorization": f"Bearer {opened(admin, tool)['registration_token']}"}
    address = f"{admin.lms.url}/mod/lti/openid-registration.php"
    for body in (b"nonsense", b"[]"):
        assert httpx2.post(address, content=body, headers=bearer).text == "missing required attribute response_types"


def test_a_late_token_meets_moodles_general_page(admin: Visitor, tool: Tool) -> None:
    key, now = admin.lms.lms.key, admin.lms.lms.now()
    late = key.sign({"sub": "abc", "scope": "reg", "iat": now - 7200, "exp": now - 3600})
    headers = {"Authorization": f"Bearer {late}"}
    answer = httpx2.post(f"{admin.lms.url}/mod/lti/openid-registration.php", json={}, headers=headers)
    assert (answer.status_code, "<html" in answer.text) == (404, True)


def test_an_update_keeps_the_client_and_overwrites_what_the_admin_had_edited(admin: Visitor, tool: Tool) -> None:
    first = register(admin, tool).json()
    admin.send("/mod/lti/toolconfigure.php", id=1, action="activate")
    admin.send("/mod/lti/coursetools.php", course=admin.lms.course, tool=1, shown=1)
    edit = {"id": 1, "name": "Nama admin", "custom": "mine=a=b\nnonsense", "grade_sync": 1, "send_name": 1}
    admin.send("/mod/lti/typessettings.php", **edit)
    assert "Nama admin" in admin.page("/mod/lti/typessettings.php?id=1")
    query = opened(admin, tool, update=1)
    bearer = {"Authorization": f"Bearer {query['registration_token']}"}
    stored = httpx2.get(f"{admin.lms.url}/mod/lti/openid-registration.php", headers=bearer).json()
    # What Moodle shows is cut at the second "=".
    assert stored[CONFIGURATION]["custom_parameters"] == {"mine": "a"}
    assert stored["client_name"] == "Nama admin"
    second = register(admin, tool, update=1).json()
    assert second == first
    assert 'data-state="active"' in admin.page("/mod/lti/toolconfigure.php")
    # The switch of the site goes back, that of a course stays: the demo has the second alone.
    assert "Diklat" in admin.page(f"/course/chooser.php?id={admin.lms.course}").partition("<h2>")[2]


def test_an_update_of_a_tool_that_is_gone_meets_the_general_page(admin: Visitor, tool: Tool) -> None:
    register(admin, tool)
    token = opened(admin, tool, update=1)["registration_token"]
    admin.send("/mod/lti/toolconfigure.php", id=1, action="delete")
    address, bearer = f"{admin.lms.url}/mod/lti/openid-registration.php", {"Authorization": f"Bearer {token}"}
    assert httpx2.post(address, json=tool.registration(), headers=bearer).status_code == 404
    assert admin.send("/mod/lti/toolconfigure.php", id=1, action="unknown").status_code == 303


def test_fewer_scopes_and_claims_are_taken_at_once(admin: Visitor, tool: Tool) -> None:
    register(admin, tool)
    asked = configured(tool, claims=["sub"], custom_parameters=None) | {"scope": f"openid {ROSTER}"}
    answer = register(admin, tool, asked, update=1).json()
    assert answer["scope"] == ROSTER
    assert answer[CONFIGURATION]["claims"] == ["sub", "iss"]


def test_a_second_registration_of_a_domain_asks_whether_it_is_an_update(admin: Visitor, tool: Tool) -> None:
    register(admin, tool)
    address = "/mod/lti/startltiadvregistration.php"
    page = admin.get(address, url=f"{tool.url}/register", sesskey=admin.sesskey()).text
    assert "type=1" in page
    assert "type=new" in page


def test_only_the_site_admin_manages_tools(lms: RunningLms, tool: Tool) -> None:
    with browsing(lms, lms.teacher) as teacher:
        assert teacher.get("/mod/lti/toolconfigure.php").status_code == 403
        assert teacher.get("/mod/lti/startltiadvregistration.php", url=tool.url).status_code == 403
        assert teacher.send("/mod/lti/toolconfigure.php", id=1, action="activate").status_code == 403


def test_a_tool_can_be_deleted_and_what_is_not_there_is_not_found(admin: Visitor, tool: Tool) -> None:
    register(admin, tool)
    admin.send("/mod/lti/toolconfigure.php", id=1, action="delete")
    assert "data-state" not in admin.page("/mod/lti/toolconfigure.php")
    assert admin.get("/mod/lti/typessettings.php", id=1).status_code == 404
    address = "/mod/lti/startltiadvregistration.php"
    assert admin.get(address, url="ftp://tool", sesskey=admin.sesskey()).status_code == 404


def test_lines_of_an_admins_form_end_in_cr_for_the_echo_alone(admin: Visitor, tool: Tool) -> None:
    register(admin, tool)
    edit = {
        "id": 1,
        "name": "Diklat",
        "custom": "a=$Context.id\r\nb=2",
        "uris": f"{tool.url}/launch\r\n{tool.url}/more",
    }
    admin.send("/mod/lti/typessettings.php", **edit, icon="")
    bearer = {"Authorization": f"Bearer {opened(admin, tool, update=1)['registration_token']}"}
    stored = httpx2.get(f"{admin.lms.url}/mod/lti/openid-registration.php", headers=bearer).json()
    assert stored["redirect_uris"] == [f"{tool.url}/launch\r", f"{tool.url}/more"]
    assert (stored[CONFIGURATION]["custom_parameters"], stored["logo_uri"]) == ({"a": "$Context.id\r", "b": "2"}, "")
    admin.send("/mod/lti/toolconfigure.php", id=1, action="activate")
    custom = claims(admin.lms, launch(admin, "/mod/lti/contentitem.php?id=1&course=2", tool))[LTI + "custom"]
    assert (custom["a"], custom["b"]) == ("2", "2")
