"""Conformance 4: deep linking from the platform's signed request to the launch of what was picked."""

import re
from html import unescape
from typing import Any

import jwt
import pytest
import requests
from sqlalchemy import select

from diklat_lti.lti import keys
from diklat_lti.models import Cohort, Placement
from door import Door, Visitor
from fake_platform import GONE, LTI, ROLE
from office import token

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ASKED = {
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["frame", "iframe", "window"],
    "accept_multiple": True,
    "auto_create": False,
    "title": "Diklat",
    "text": "",
}


class Picker:
    """Opened by a request of the platform, with the sample installed."""

    def __init__(self, door: Door, **asked: Any) -> None:
        self.door = door
        self.visitor = door.visitor()
        settings = ASKED | {"deep_link_return_url": f"{door.platform.issuer}/contentitem_return.php?course=2"} | asked
        settings = {name: value for name, value in settings.items() if value is not GONE}
        answer = door.launch(
            self.visitor, lti__message_type="LtiDeepLinkingRequest", lti__roles=[ROLE + "Instructor"],
            lti__resource_link=GONE, **{DL + "deep_linking_settings": settings},
        )  # fmt: skip
        self.path = door.assert_let_in(answer).led_to
        self.csrf = ""
        with door.db.write() as session:
            keys.ensure(session, door.settings.secret_keys, door.clock.real_now())

    def page(self) -> str:
        answer = self.visitor.ask("GET", self.path)
        assert answer.status_code == 200
        self.csrf = token(answer.text)
        return answer.text

    def send(self, step: str, **fields: str) -> requests.Response:
        return self.visitor.ask("POST", self.path, {"csrf": self.csrf, "step": step, **fields})

    def with_sample(self) -> "Picker":
        self.page()
        self.send("sample")
        return self

    def answer(self, step: str, **changes: str) -> dict[str, Any]:
        """The claims that are posted to the platform, read with the tool's published keys."""
        page = self.page()
        typed = dict(re.findall(r'name="(name|starts_on|length_days)" type="\w+" value="([^"]*)"', page))
        version = re.search(r'name="version" value="(\d+)"', page)
        typed |= {"version": version[1] if version else "", "shape": "whole", "zone": "Asia/Jakarta"}
        posted = self.send(step, **typed | changes).text
        assert f'action="{self.door.platform.issuer}/contentitem_return.php?course=2"' in unescape(posted), heading(
            posted
        )
        found = re.search(r'name="JWT" value="([^"]+)"', posted)
        assert found, posted
        published = jwt.PyJWKSet.from_dict(requests.get(f"{self.door.origin}/lti/jwks", timeout=30).json())
        head = jwt.get_unverified_header(found[1])
        claims: dict[str, Any] = jwt.decode(
            found[1], published[head["kid"]], algorithms=["RS256"], audience=self.door.platform.issuer
        )
        return claims


def heading(page: str) -> str:
    return page.split("<h1>")[1].split("</h1>")[0]


def opened(door: Door, item: dict[str, Any], link: str) -> tuple[Visitor, str]:
    """A learner's launch of a link that the platform made of this item."""
    visitor = door.visitor()
    made = {"id": link, "title": item["title"]}
    launch = door.assert_let_in(door.launch(visitor, lti__custom=item["custom"], lti__resource_link=made))
    return visitor, launch.led_to


def test_case_33_a_request_is_accepted_and_the_picker_shown(door: Door) -> None:
    page = Picker(door).page()
    assert heading(page) == "Choose the training"


def test_case_34b_the_answer_is_an_lti_deep_linking_response(door: Door) -> None:
    claims = Picker(door).with_sample().answer("add")
    assert (claims[LTI + "message_type"], claims[LTI + "version"]) == ("LtiDeepLinkingResponse", "1.3.0")


def test_case_35_the_answer_comes_from_the_client_for_the_platform_in_time(door: Door) -> None:
    claims = Picker(door).with_sample().answer("add")
    assert (claims["iss"], claims["aud"]) == (door.platform.client_id, door.platform.issuer)
    assert claims["iat"] < door.clock.real_now().timestamp() < claims["exp"]
    assert len(claims["nonce"]) >= 16


def test_case_36_the_signature_is_valid_against_the_published_keys(door: Door) -> None:
    assert Picker(door).with_sample().answer("add")[DL + "content_items"]


@pytest.mark.parametrize("data", [GONE, "", "csrftoken:c7fbba78-7b75-46e3-9201-11e6d5f36f53", ' {"a": "ü&<>"}\n'])
def test_case_37c_the_deployment_and_data_come_back_as_they_were(door: Door, data: object) -> None:
    claims = Picker(door, data=data).with_sample().answer("add")
    assert claims[LTI + "deployment_id"] == door.platform.deployment_id
    assert claims.get(DL + "data", GONE) == data


@pytest.mark.parametrize("multiple", [True, "true"])
def test_case_38b_where_several_are_accepted_each_module_and_the_final_score_can_be_picked(
    door: Door, multiple: object
) -> None:
    picker = Picker(door, accept_multiple=multiple).with_sample()
    assert 'value="modules"' in picker.page()
    items = picker.answer("add", shape="modules")[DL + "content_items"]
    assert [item["type"] for item in items] == ["ltiResourceLink"] * 3


@pytest.mark.parametrize("multiple", [False, "false", GONE])
def test_case_38c_where_one_is_accepted_one_is_offered_and_sent(door: Door, multiple: object) -> None:
    picker = Picker(door, accept_multiple=multiple).with_sample()
    assert 'value="modules"' not in picker.page()
    assert len(picker.answer("add")[DL + "content_items"]) == 1


@pytest.mark.parametrize("types", [["file"], ["link", "html", "image"], []])
def test_case_38d_where_no_links_are_accepted_none_are_offered_or_sent(door: Door, types: list[str]) -> None:
    picker = Picker(door, accept_types=types)
    assert heading(picker.page()) == "Here the LMS takes no activity"
    assert picker.send("add").status_code == 404
    assert picker.answer("cancel")[DL + "content_items"] == []


def test_case_39b_the_items_are_what_was_picked(door: Door) -> None:
    claims = Picker(door).with_sample().answer("add", name="Angkatan VII")
    (item,) = claims[DL + "content_items"]
    assert item["title"] == "Pertemuan Peningkatan Kemampuan Keluarga (P2K2) · Angkatan VII"
    assert item["lineItem"]["scoreMaximum"] == 100
    assert isinstance(item["lineItem"]["scoreMaximum"], int)
    assert item["lineItem"]["submissionReview"]["url"] == item["url"] == door.target
    assert item["icon"]["url"].startswith(door.origin)


def test_case_40_a_returned_link_opens_the_run_that_was_picked(door: Door) -> None:
    picker = Picker(door).with_sample()
    first, second = (picker.answer("add", name=name)[DL + "content_items"][0] for name in ("Angkatan I", "Angkatan II"))
    for number, item in enumerate((first, second)):
        visitor, path = opened(door, item, f"7{number}")
        assert path.startswith("/learn/")
        assert visitor.ask("GET", path).status_code == 200
    with door.db.read() as session:
        led = session.scalars(
            select(Cohort.name).join(Placement, Placement.cohort_id == Cohort.id).order_by(Placement.id)
        )
        assert list(led) == ["Angkatan I", "Angkatan II"]


def test_case_40b_each_modules_link_opens_the_same_run_at_its_module(door: Door) -> None:
    items = Picker(door).with_sample().answer("add", shape="modules")[DL + "content_items"]
    homes = {opened(door, item, f"7{number}")[1] for number, item in enumerate(items)}
    assert len(homes) == 1
    with door.db.read() as session:
        placed = session.scalars(select(Placement.module_key).order_by(Placement.id)).all()
    assert placed == [item["lineItem"]["tag"] if item["lineItem"]["tag"] != "final" else None for item in items]


def test_case_41b_cancelling_answers_an_empty_list_with_a_word_for_the_teacher(door: Door) -> None:
    claims = Picker(door).with_sample().answer("cancel")
    assert (claims[DL + "content_items"], claims[DL + "errormsg"]) == ([], "Nothing was chosen.")


def test_case_41c_what_cannot_be_picked_is_answered_with_its_reason(door: Door) -> None:
    claims = Picker(door, accept_types=["file"]).answer("cancel")
    assert claims[DL + "content_items"] == []
    assert claims[DL + "errormsg"] == "The LMS asked for a kind of content that this tool does not have."


def test_case_41d_where_there_is_nothing_to_choose_the_lms_is_told_so(door: Door) -> None:
    claims = Picker(door).answer("cancel")
    assert (claims[DL + "content_items"], claims[DL + "errormsg"]) == ([], "There is no program in this tool yet.")
