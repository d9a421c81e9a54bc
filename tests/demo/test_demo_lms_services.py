"""The demo LMS's services towards a tool: tokens, line items, roster, and its way to say no."""

from collections.abc import Iterator
from time import time
from typing import Any

import httpx2
import jwt
import pytest
from sqlalchemy import select

from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.demo.lms.tables import service_request
from lms_visitor import (
    ENDPOINT,
    ROSTER,
    SCOPES,
    Tool,
    add,
    browsing,
    claims,
    install,
    item,
    launch,
    new_key,
    register,
    tool_running,
)

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@pytest.fixture(scope="module")
def lms(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as running:
        install(running, tool)
        with browsing(running, running.teacher) as teacher:
            add(teacher, tool, item("Modul 1", "m1"), item("Modul 2", "m2"))
        yield running


class Service:
    """The tool's hand at services.php."""

    def __init__(self, lms: RunningLms, token: str) -> None:
        self.base = f"{lms.url}/mod/lti/services.php"
        self.bearer = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, accept: str = "*/*", **query: Any) -> httpx2.Response:
        headers = {**self.bearer, "Accept": accept}
        return httpx2.get(f"{self.base}{path}", params={"type_id": 1, **query}, headers=headers)

    def send(self, method: str, path: str, body: Any = None, media: str = ITEM) -> httpx2.Response:
        headers = {**self.bearer, "Content-Type": media} if body is not None else self.bearer
        return httpx2.request(method, f"{self.base}{path}?type_id=1", json=body, headers=headers)

    def make(self, tag: str, **more: Any) -> str:
        made = self.send("POST", "/2/lineitems", {"label": tag, "scoreMaximum": 100, "tag": tag, **more})
        assert made.status_code == 201
        return str(made.json()["id"]).removeprefix(self.base).removesuffix("?type_id=1")


@pytest.fixture
def service(lms: RunningLms, tool: Tool) -> Service:
    return Service(lms, tool.token(lms))


def test_a_token_has_32_signs_lives_an_hour_and_is_not_called_json(lms: RunningLms, tool: Tool) -> None:
    answer = tool.ask(lms, f"{SCOPES[3]} https://example.test/none")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    granted = answer.json()
    assert (len(granted["access_token"]), granted["expires_in"], granted["scope"]) == (32, 3600, SCOPES[3])


def test_a_scope_that_is_not_permitted_is_invalid(lms: RunningLms, tool: Tool) -> None:
    answer = tool.ask(lms, "https://example.test/scope/none")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_scope"})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iat": int(time()) + 600}, "Cannot handle token prior to"),
        ({"nbf": int(time()) + 600}, "Cannot handle token prior to"),
        ({"exp": int(time()) - 1}, "Expired token"),
        ({"sub": "nobody"}, "invalid_client"),
    ],
)
def test_moodle_grants_no_leeway(lms: RunningLms, tool: Tool, changes: dict[str, Any], error: str) -> None:
    answer = tool.ask(lms, SCOPES[0], tool.sign(tool.assertion(**changes)))
    assert answer.status_code == 400
    assert error in answer.text


def test_a_broken_request_for_a_token_is_refused(lms: RunningLms, tool: Tool) -> None:
    address = f"{lms.url}/mod/lti/token.php"
    for fields, error in (({}, "invalid_request"), ({"scope": "a", "client_assertion": "b"}, "unsupported_grant_type")):
        assert httpx2.post(address, data=fields).json() == {"error": error}
    assert tool.ask(lms, SCOPES[0], "broken").json() == {"error": "invalid_request"}


def test_a_key_that_is_new_is_fetched_and_a_foreign_one_refused(lms: RunningLms, tool: Tool) -> None:
    tool.token(lms)
    before = tool.fetched
    tool.token(lms)
    assert tool.fetched == before
    tool.keys["two"] = new_key("two")
    assert tool.ask(lms, SCOPES[0], tool.sign(tool.assertion(), "two")).status_code == 200
    assert tool.fetched == before + 1
    tool.keys["three"] = new_key("three")
    foreign = tool.sign(tool.assertion(), "three")
    del tool.keys["three"]
    assert tool.ask(lms, SCOPES[0], foreign).status_code == 400
    lms.lms.tool_keys.forget()
    assert tool.ask(lms, SCOPES[0]).status_code == 200


def test_the_line_items_of_the_two_links(service: Service) -> None:
    answer = service.get("/2/lineitems", CONTAINER, tag="modul")
    assert answer.headers["content-type"] == f"{CONTAINER}; charset=utf-8"
    assert [(one["resourceId"], one["resourceLinkId"]) for one in answer.json()] == [("m1", "1"), ("m2", "2")]
    assert [one["label"] for one in service.get("/2/lineitems", CONTAINER, resource_link_id=2).json()] == ["Modul 2"]
    assert service.get("/2/lineitems", "", resource_id="m1").status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"{CONTAINER}, */*;q=0.1"])
def test_line_items_want_their_exact_media_type(service: Service, accept: str) -> None:
    answer = service.get("/2/lineitems", accept)
    assert answer.status_code == 400
    assert answer.json()["request"]["accept"] == accept


def test_a_wrong_content_type_finds_no_handler(service: Service) -> None:
    answer = service.send("POST", "/2/lineitems", {"label": "a", "scoreMaximum": 1}, "application/json")
    assert answer.json()["reason"] == "No handler found for /2/lineitems  application/json"
    assert service.send("POST", "/2/lineitems", {"label": "a", "scoreMaximum": 1}, CONTAINER).status_code == 400


@pytest.mark.parametrize("body", [{"label": "a"}, {"scoreMaximum": 5}, {"label": "a", "scoreMaximum": "much"}, []])
def test_a_line_item_needs_label_and_maximum(service: Service, body: Any) -> None:
    assert service.send("POST", "/2/lineitems", body).json()["reason"] == "No label or Score Maximum"
    assert service.send("POST", "/2/lineitems", {"label": "a", "scoreMaximum": "NaN"}).status_code == 400


def test_a_line_item_is_made_read_replaced_and_deleted(service: Service) -> None:
    path = service.make("posttest", resourceId="post", note="echoed")
    assert service.get(path, ITEM).json()["resourceId"] == "post"
    replaced = service.send("PUT", path, {"label": "Baru", "scoreMaximum": 50}).json()
    assert (replaced["label"], replaced["scoreMaximum"], replaced["tag"], replaced["resourceId"]) == (
        "Baru",
        50,
        "",
        "",
    )
    assert service.send("DELETE", path).status_code == 204
    gone = service.get(path, ITEM)
    assert (gone.status_code, "doesn't exist" in gone.json()["reason"]) == (404, True)


def test_a_second_item_of_a_link_makes_the_claim_vanish(lms: RunningLms, tool: Tool, service: Service) -> None:
    def claimed() -> str | None:
        with browsing(lms, lms.learner) as siti:
            found: str | None = claims(lms, launch(siti, "/mod/lti/launch.php?id=22", tool))[ENDPOINT].get("lineitem")
            return found

    assert claimed() is not None
    path = service.make("second", resourceLinkId="2")
    assert claimed() is None
    assert service.send("PUT", path, {"label": "free", "scoreMaximum": 100}).status_code == 200
    assert claimed() is not None
    service.send("DELETE", path)
    assert (
        service.send("POST", "/2/lineitems", {"label": "a", "scoreMaximum": 1, "resourceLinkId": "9"}).status_code
        == 403
    )


def test_a_review_address_is_kept_with_the_item(service: Service) -> None:
    review = {"url": "https://tool.test/review", "custom": {"a": "1"}, "label": "dropped"}
    path = service.make("reviewed", submissionReview=review)
    assert service.get(path, ITEM).json()["submissionReview"] == {"url": review["url"], "custom": {"a": "1"}}
    service.send("DELETE", path)


def test_pages_of_line_items_have_typographic_quotes_and_an_odd_last(service: Service) -> None:
    paths = [service.make("paged") for _ in range(3)]
    first = service.get("/2/lineitems", CONTAINER, tag="paged", limit=1)
    link = first.headers["link"]
    assert [part.partition("rel=")[2] for part in link.split(", ")] == ["“first”", "“canonical”", "“next”", "“last”"]
    assert "tag=paged&amp;type_id=1&amp;limit=1&amp;from=1" in link
    assert "from=3>; rel=“last”" in link
    second = service.get("/2/lineitems", CONTAINER, tag="paged", limit=1, **{"from": 1})
    assert "“prev”" in second.headers["link"]
    for path in paths:
        service.send("DELETE", path)


def test_without_a_living_token_or_the_scope_everything_is_401(lms: RunningLms, tool: Tool) -> None:
    answer = Service(lms, "0" * 32).get("/2/lineitems", CONTAINER)
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")
    readers = Service(lms, tool.token(lms, SCOPES[1]))
    assert readers.get("/2/lineitems", CONTAINER).status_code == 200
    assert readers.send("POST", "/2/lineitems", {"label": "a", "scoreMaximum": 1}).status_code == 401
    assert readers.get("/2/lineitems", CONTAINER, type_id=2).status_code == 401
    assert readers.get("/CourseSection/2/bindings/1/memberships", MEMBERS).status_code == 401
    assert httpx2.get(f"{readers.base}/2/lineitems", headers={"Accept": CONTAINER}).status_code == 401


def test_a_course_that_is_not_there_is_404(service: Service) -> None:
    assert service.get("/77/lineitems", CONTAINER).status_code == 404
    assert service.get("/CourseSection/77/bindings/1/memberships", MEMBERS).status_code == 404


def test_the_roster_calls_a_non_editing_teacher_a_learner(lms: RunningLms, service: Service) -> None:
    answer = service.get("/CourseSection/2/bindings/1/memberships", MEMBERS)
    assert answer.headers["content-type"] == f"{MEMBERS}; charset=utf-8"
    roles = {one["user_id"]: one["roles"] for one in answer.json()["members"]}
    assert len(roles) == 8
    assert (roles[str(lms.teacher)], roles[str(lms.supervisor)]) == (["Instructor"], ["Learner"])
    assert {"name", "email", "ext_user_username"} <= set(answer.json()["members"][0])
    only = service.get("/CourseSection/2/bindings/1/memberships", MEMBERS, role="Instructor").json()
    assert [one["user_id"] for one in only["members"]] == [str(lms.teacher)]
    other = service.get("/CourseSection/2/bindings/1/memberships", MEMBERS, role="Mentor").json()
    assert len(other["members"]) == 8


def test_the_next_page_of_the_roster_forgets_the_role(lms: RunningLms, service: Service) -> None:
    path = "/CourseSection/2/bindings/1/memberships"
    answer = service.get(path, MEMBERS, role="Learner", limit=3, rlid=1)
    assert len(answer.json()["members"]) == 3
    assert answer.headers["link"] == f'<{service.base}{path}?limit=3&from=3&rlid=1>; rel="next"'
    assert "link" not in service.get(path, MEMBERS, limit=3, **{"from": 6}).headers


def test_with_a_link_each_member_has_a_message(service: Service) -> None:
    path = "/CourseSection/2/bindings/1/memberships"
    message = service.get(path, MEMBERS, rlid=1).json()["members"][0]["message"][0]
    assert "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome" in message
    assert service.get(path, MEMBERS, rlid=9).status_code == 404


def test_the_suspended_are_not_in_the_roster(lms: RunningLms, service: Service) -> None:
    with browsing(lms, lms.teacher) as teacher:
        teacher.send("/user/index.php", course=2, person=9, action="suspend")
        members = service.get("/CourseSection/2/bindings/1/memberships", MEMBERS).json()["members"]
        teacher.send("/user/index.php", course=2, person=9, action="activate")
    assert "9" not in [one["user_id"] for one in members]


def test_without_the_switches_the_roster_is_nameless(lms: RunningLms, tool: Tool) -> None:
    token = tool.token(lms, ROSTER)
    switches = {"id": 1, "name": "Diklat", "memberships": 1}
    with browsing(lms, lms.admin) as admin:
        admin.send("/mod/lti/typessettings.php", **switches)
        one = Service(lms, token).get("/CourseSection/2/bindings/1/memberships", MEMBERS, rlid=1).json()["members"][0]
        more = {"send_name": 1, "send_email": 1, "accept_grades": 1, "grade_sync": 2}
        admin.send("/mod/lti/typessettings.php", **switches, **more)
    assert set(one) == {"status", "roles", "message", "user_id", "lis_person_sourcedid"}
    assert len(one["message"][0]) == 1


def test_a_tool_sees_no_items_of_another(lms: RunningLms, service: Service) -> None:
    with tool_running() as second, browsing(lms, lms.admin) as admin:
        register(admin, second)
        other = Service(lms, second.token(lms))
        assert other.get("/2/lineitems", CONTAINER, type_id=2).json() == []
        answer = other.get("/2/lineitems/1/lineitem", ITEM, type_id=2)
        assert (answer.status_code, answer.json()["reason"]) == (403, "Line item does not exist")
        admin.send("/mod/lti/toolconfigure.php", id=2, action="delete")


def test_the_last_coupled_item_is_replaced_without_losing_its_link(service: Service) -> None:
    replaced = service.send("PUT", "/2/lineitems/1/lineitem", {"label": "Modul 1", "scoreMaximum": 100})
    assert replaced.json()["resourceLinkId"] == "1"
    again = {"label": "Modul 1", "scoreMaximum": 100, "resourceId": "m1", "tag": "modul"}
    assert service.send("PUT", "/2/lineitems/1/lineitem", again).json()["resourceId"] == "m1"


def test_a_keyset_that_cannot_be_read_gives_no_token(lms: RunningLms) -> None:
    with tool_running() as lost, browsing(lms, lms.admin) as admin:
        for url in (f"{lost.url}/jwks", "ftp://tool/jwks", "http://127.0.0.1:9/jwks"):
            register(admin, lost, lost.registration(jwks_uri=url))
            if url.startswith(lost.url):
                lost.keys["other"] = new_key("other")
                nameless = jwt.encode(lost.assertion(), lost.keys["one"], "RS256")
                assert "kid" in lost.ask(lms, SCOPES[0], nameless).text
                swapped = jwt.encode(lost.assertion(), lost.keys["other"], "RS256", headers={"kid": "one"})
                assert lost.ask(lms, SCOPES[0], swapped).status_code == 400
            else:
                assert "keyset" in lost.ask(lms, SCOPES[0]).text


def test_each_request_is_noted_with_how_it_ended(lms: RunningLms, service: Service) -> None:
    service.get("/2/lineitems/1/lineitem/results", "application/vnd.ims.lis.v2.resultcontainer+json", limit=2)
    with lms.lms.store.read() as db:
        last = db.execute(select(service_request).order_by(service_request.c.id.desc())).first()
    assert last is not None
    assert (last.method, last.status) == ("GET", 404)
    assert last.path == "/mod/lti/services.php/2/lineitems/1/lineitem/results?type_id=1&limit=2"
