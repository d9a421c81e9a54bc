"""The demo LMS breaks on purpose: each fault, for all requests, for one in N, for one learner; and heals again."""

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

import httpx2
import jwt
import pytest

from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.demo.lms import fault_pages
from diklat_lti.demo.lms.faults import FAULTS, PERMISSIONS
from lms_visitor import Tool, Visitor, add, browsing, claims, install, item, launch, new_key

SCORE = "application/vnd.ims.lis.v1.score+json"
VIEW = "/mod/lti/launch.php?id=21"


@pytest.fixture(scope="module")
def running(tool: Tool) -> Iterator[RunningLms]:
    with running_lms() as lms:
        install(lms, tool)
        with browsing(lms, lms.teacher) as teacher:
            add(teacher, tool, item("Modul 1", "m1"))
        yield lms


@pytest.fixture
def lms(running: RunningLms) -> Iterator[RunningLms]:
    yield running
    assert put(running) == 200


class Hand:
    """The tool's hand at one column, with a token from before the trouble."""

    def __init__(self, lms: RunningLms, tool: Tool) -> None:
        self.base = f"{lms.url}/mod/lti/services.php/2/lineitems"
        self.bearer = {"Authorization": f"Bearer {tool.token(lms)}"}
        self.second = 0

    def post(self, person: int = 5, body: bytes | None = None) -> httpx2.Response:
        self.second += 1
        said = {
            "userId": str(person), "scoreGiven": self.second, "scoreMaximum": 100, "activityProgress": "Completed",
            "gradingProgress": "FullyGraded", "timestamp": f"2030-01-01T00:{person:02}:{self.second:02}Z",
        }  # fmt: skip
        headers = {**self.bearer, "Content-Type": SCORE}
        sent = json.dumps(said).encode() if body is None else body
        return httpx2.post(f"{self.base}/1/lineitem/scores?type_id=1", content=sent, headers=headers)

    def kept(self, person: int = 5) -> Any:
        found = httpx2.get(
            f"{self.base}/1/lineitem/results", params={"type_id": 1, "user_id": person}, headers=self.bearer
        )
        return found.json()[0]["resultScore"] if found.status_code == 200 and found.json() else None


@pytest.fixture
def hand(lms: RunningLms, tool: Tool) -> Hand:
    found = Hand(lms, tool)
    found.second = int(found.kept() or 0)
    return found


def put(lms: RunningLms, *faults: Any) -> int:
    return httpx2.put(f"{lms.url}/demo/faults", json=list(faults)).status_code


def on(lms: RunningLms, name: str, **whom: int) -> None:
    assert put(lms, {"fault": name, **whom}) == 200


@pytest.mark.parametrize(
    ("name", "status", "media", "body"),
    [
        ("401", 401, "application/json", "Unauthorized"),
        ("403", 403, "application/json", "Forbidden"),
        ("404", 404, "application/json", "Not Found"),
        ("409", 409, SCORE, "[]"),
        ("429", 429, "text/html", "429 Too Many Requests"),
        ("500", 500, SCORE, "[]"),
        ("503_html", 503, "text/html", "<!DOCTYPE html>"),
        ("200_empty_list", 200, SCORE, "[]"),
        ("200_login_page", 200, "text/html", "Log in to the site"),
        ("no_path_info", 404, "text/html", "404 Not Found"),
        ("maintenance", 503, "text/html", "LMS Contoh under maintenance"),
        ("php_down", 502, "text/html", "<center>nginx/1.22.1</center>"),
        ("database_down", 500, "text/html", "<title>Error</title>"),
        ("no_authorization_header", 401, "application/json", "Unauthorized"),
        ("columns_forbidden", 403, "application/json", "Forbidden"),
        ("no_new_columns", 403, "application/json", "Forbidden"),
    ],
)
def test_a_fault_answers_in_place_of_the_lms(
    lms: RunningLms, hand: Hand, name: str, status: int, media: str, body: str
) -> None:
    before = hand.kept()
    on(lms, name)
    answer = hand.post()
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, media)
    assert body in answer.text
    assert answer.headers.get("retry-after") == {"429": "30", "503_html": "300", "maintenance": "300"}.get(name)
    assert put(lms) == 200
    assert hand.kept() == before


def test_the_connection_breaks_before_or_after_storing(lms: RunningLms, hand: Hand) -> None:
    for name, stored in (("down", False), ("cut_before", False), ("cut_after", True)):
        before = hand.kept()
        on(lms, name)
        with pytest.raises(httpx2.TransportError):
            hand.post()
        assert put(lms) == 200
        assert hand.kept() == (hand.second if stored else before)


def test_slow_is_slow_and_still_right(lms: RunningLms, hand: Hand) -> None:
    on(lms, "slow_2")
    began = monotonic()
    assert hand.post().status_code == 200
    assert 2 <= monotonic() - began < 20
    assert FAULTS["slow_20"] == FAULTS["slow_2"]


def test_one_request_in_three(lms: RunningLms, hand: Hand) -> None:
    on(lms, "500", one_in=3)
    assert [hand.post().status_code for _ in range(6)] == [200, 200, 500] * 2


def test_only_the_scores_and_results_of_one_learner(lms: RunningLms, hand: Hand) -> None:
    on(lms, "403", learner=6)
    assert [hand.post(person).status_code for person in (5, 6, 7)] == [200, 403, 200]
    assert hand.kept(6) is None
    assert [hand.post(body=body).status_code for body in (b"nonsense", b"[]")] == [400, 400]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("clock_90_s_ahead", 90), ("clock_90_s_behind", -90), ("clock_1_h_ahead", 3600), ("clock_1_h_behind", -3600)],
)
def test_the_clock_of_launches_is_out(lms: RunningLms, tool: Tool, name: str, seconds: int) -> None:
    on(lms, name)
    with browsing(lms, lms.learner) as siti:
        told = jwt.decode(launch(siti, VIEW, tool)["id_token"], options={"verify_signature": False})
    assert abs(told["iat"] - lms.lms.now() - seconds) <= 2
    assert put(lms) == 200
    on(lms, name, learner=6)
    with browsing(lms, lms.learner) as siti:
        assert claims(lms, launch(siti, VIEW, tool))["sub"] == "5"


def kids(lms: RunningLms) -> list[str]:
    return [key["kid"] for key in httpx2.get(f"{lms.url}/mod/lti/certs.php").json()["keys"]]


def test_a_rotated_key_signs_and_is_shown(lms: RunningLms, tool: Tool) -> None:
    (old,) = kids(lms)
    on(lms, "keys_rotated")
    (new,) = kids(lms)
    assert new != old
    with browsing(lms, lms.learner) as siti:
        assert jwt.get_unverified_header(launch(siti, VIEW, tool)["id_token"])["kid"] == new
        on(lms, "keys_rotated", learner=6)
        assert kids(lms) == [new, old]
        assert jwt.get_unverified_header(launch(siti, VIEW, tool)["id_token"])["kid"] == old


def test_a_private_tool_is_not_fetched_from(lms: RunningLms, tool: Tool) -> None:
    on(lms, "private_tool_url")
    tool.keys["after"] = new_key("after")
    answer = tool.ask(lms, "any")
    assert (answer.status_code, "The URL is blocked." in answer.text) == (400, True)


@pytest.mark.parametrize("name", PERMISSIONS)
def test_one_permission_is_not_granted(lms: RunningLms, tool: Tool, name: str) -> None:
    on(lms, name)
    granted = set(json.loads(tool.ask(lms, " ".join(PERMISSIONS.values())).text)["scope"].split())
    assert set(PERMISSIONS.values()) - granted == {PERMISSIONS[name]}
    assert tool.ask(lms, PERMISSIONS[name]).text == '{\n  "error" : "invalid_scope"\n}'


def test_a_tool_that_was_deleted_is_no_client_any_more(lms: RunningLms, tool: Tool) -> None:
    on(lms, "unknown_client")
    answer = tool.ask(lms, "any")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_a_login_page_stands_where_the_keys_were(lms: RunningLms) -> None:
    on(lms, "keys_unreadable")
    assert "Log in to the site" in httpx2.get(f"{lms.url}/mod/lti/certs.php").text


def test_columns_can_be_read_where_none_can_be_made_or_deleted(lms: RunningLms, hand: Hand) -> None:
    for name, refused in (("no_new_columns", "POST"), ("no_deleting", "DELETE")):
        on(lms, name)
        for method in ("GET", refused):
            answer = httpx2.request(method, hand.base, params={"type_id": 1}, headers=hand.bearer | {"Accept": ""})
            assert (method, answer.status_code) == (method, 200 if method == "GET" else 403)


def test_the_participants_are_not_found_and_the_columns_are(lms: RunningLms, hand: Hand) -> None:
    on(lms, "roster_off")
    members = f"{lms.url}/mod/lti/services.php/CourseSection/2/bindings/1/memberships"
    assert httpx2.get(members, headers=hand.bearer).status_code == 404
    assert httpx2.get(hand.base, params={"type_id": 1}, headers=hand.bearer | {"Accept": ""}).status_code == 200


def test_the_date_of_an_answer_is_the_clock_of_the_lms(lms: RunningLms) -> None:
    def date() -> float:
        answer = httpx2.get(f"{lms.url}/mod/lti/auth.php")
        assert len(answer.headers.get_list("date")) == 1
        return parsedate_to_datetime(answer.headers["date"]).timestamp() - lms.lms.now()

    assert abs(date()) <= 2
    on(lms, "clock_1_h_behind")
    assert abs(date() + 3600) <= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        ["401"],
        [{"fault": "none"}],
        [{"fault": "401", "one_in": 0}],
        [{"fault": "401", "learner": "5"}],
        [{"fault": "401", "x": 1}],
    ],
)
def test_what_is_no_list_of_faults_is_refused_and_changes_nothing(lms: RunningLms, wrong: Any) -> None:
    on(lms, "429", one_in=2)
    answer = httpx2.put(f"{lms.url}/demo/faults", json=wrong)
    assert (answer.status_code, answer.json()["on"]) == (400, [{"fault": "429", "one_in": 2}])
    assert httpx2.put(f"{lms.url}/demo/faults", content=b"nonsense").status_code == 400


def test_faults_are_switched_by_page_in_both_languages(lms: RunningLms) -> None:
    with browsing(lms, lms.admin) as admin:
        assert "LMS contoh berfungsi baik" in admin.page("/demo/faults")
        assert "Ini LMS contoh, bukan Moodle" in admin.page("/demo/faults")
        for chosen in ({"whom": "all"}, {"whom": "one_in", "one_in": 4}, {"whom": "learner", "learner": 5}):
            admin.send("/demo/faults", action="add", fault="maintenance", **chosen)
        told = httpx2.get(f"{lms.url}/demo/faults", headers={"Accept": "application/json"}).json()
        assert [{"fault": "maintenance", **whom} for whom in ({"one_in": 1}, {"one_in": 4}, {"learner": 5})] == told
        assert admin.get("/my/").status_code == 503
        page = admin.page("/demo/faults")
        assert "untuk satu dari setiap 4 permintaan" in page
        assert "untuk Siti Rahmawati" in page
        for _ in told:
            admin.send("/demo/faults", action="remove", place=0)
        admin.send("/switch.php", language="en")
        assert "Nothing: the demo LMS is healthy." in admin.page("/demo/faults")
        assert admin.send("/demo/faults", action="add", fault="none").status_code == 404


def test_a_hand_chooses_the_release(lms: RunningLms, tool: Tool) -> None:
    about = "https://purl.imsglobal.org/spec/lti-platform-configuration"

    def release() -> str:
        return str(httpx2.get(f"{lms.url}/mod/lti/openid-configuration.php").json()[about]["version"])

    with browsing(lms, lms.admin) as admin:
        assert release().startswith("4.5.6 ")
        admin.send("/demo/faults", moodle="5.1")
        assert release().startswith("5.1.3 ")
        admin.send("/demo/faults", moodle="4.5")
        admin.send("/demo/faults", moodle="9")
        assert release().startswith("4.5.6 ")


def test_each_fault_has_a_sentence() -> None:
    assert list(fault_pages.WORDS) == list(FAULTS)


def test_a_stranger_sees_the_switches_too(lms: RunningLms) -> None:
    with browsing(lms) as stranger:
        assert isinstance(stranger, Visitor)
        assert "Nyalakan gangguan" in stranger.page("/demo/faults")
