"""Abuse of addresses and roles: targets and ways back that lead elsewhere, headers that break, privileges that were not given."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import requests

from diklat_lti.models import Grant, Person
from diklat_lti.training import placements
from diklat_lti.web import cookies, csrf
from door import Door, Visitor
from fake_platform import LTI, ROLE

DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


def refused_target(door: Door, target: str) -> None:
    door.assert_refused(door.launch(lti__target_link_uri=target), "foreign_target")


def test_abuse_079_a_target_with_a_tab_in_its_host(door: Door) -> None:
    refused_target(door, door.origin + "\t.evil.test/")


def test_abuse_080_a_target_whose_host_ends_in_an_ideographic_stop(door: Door) -> None:
    refused_target(door, door.origin.replace("localhost", "localhost\u3002evil.test"))


def test_abuse_081_a_target_without_slashes(door: Door) -> None:
    refused_target(door, door.origin.replace("//", "") + "/lti/launch")


def test_abuse_082_a_target_of_three_slashes(door: Door) -> None:
    refused_target(door, door.origin.replace("//", "///") + "/lti/launch")


def test_abuse_083_a_target_that_is_data(door: Door) -> None:
    refused_target(door, "data:text/html,<script>alert(1)</script>")


def refused_picker(door: Door, return_url: object, **more: object) -> None:
    """A deep-linking request whose answer would go somewhere else."""
    settings = {"deep_link_return_url": return_url, "accept_types": ["ltiResourceLink"], **more}
    changes = {"lti__message_type": "LtiDeepLinkingRequest", "lti__roles": [f"{ROLE}Instructor"], DEEP: settings}
    door.assert_refused(door.launch(**changes), "bad_deep_linking_settings")


def test_abuse_084_an_answer_to_javascript(door: Door) -> None:
    refused_picker(door, "javascript:alert(document.domain)")


def test_abuse_085_an_answer_to_two_slashes(door: Door) -> None:
    refused_picker(door, "//evil.test/return")


def test_abuse_086_an_answer_to_a_backslash(door: Door) -> None:
    refused_picker(door, f"{door.platform.issuer}\\@evil.test/")


def test_abuse_087_an_answer_to_a_host_behind_a_user(door: Door) -> None:
    refused_picker(door, door.platform.issuer.replace("//", "//lms@") + "/return")


def test_abuse_088_a_picker_whose_data_no_database_keeps(door: Door) -> None:
    refused_picker(door, f"{door.platform.issuer}/return", data="a\0b")


def back_of(door: Door, address: str) -> str | None:
    """What a launch keeps of a return address."""
    return door.assert_let_in(door.launch(lti__launch_presentation={"return_url": address})).return_url


def test_abuse_089_a_return_address_that_is_data(door: Door) -> None:
    assert back_of(door, "data:text/html,x") is None


def test_abuse_090_a_return_address_with_half_a_pair(door: Door) -> None:
    assert back_of(door, f"{door.platform.issuer}/\ud800") is None


def test_abuse_091_a_return_address_with_a_line_break(door: Door) -> None:
    assert back_of(door, f"{door.platform.issuer}/\r\nSet-Cookie: a=b") is None


def signed_in(door: Door, link: str, **claims: object) -> tuple[Visitor, requests.Response]:
    visitor = door.visitor()
    address = door.launch(visitor, lti__custom={placements.CUSTOM: link}, **claims).headers["location"]
    return visitor, visitor.ask("GET", address)


def chosen(door: Door, link: str, here: str) -> requests.Response:
    """The language switch, which leads back to where its reader was."""
    visitor, _ = signed_in(door, link)
    token = csrf.token(door.settings, cookies.name_hash(visitor.cookies[cookies.SESSION]))
    answer = visitor.ask("POST", "/language", {"csrf": token, "language": "en", "here": here})
    assert answer.status_code == 303
    return answer


def test_abuse_092_a_language_switch_to_two_slashes(door: Door, link: str) -> None:
    assert chosen(door, link, "//evil.test/").headers["location"] == "/"


def test_abuse_093_a_language_switch_to_a_slash_and_a_backslash(door: Door, link: str) -> None:
    assert chosen(door, link, "/\\evil.test/").headers["location"] == "/"


def test_abuse_094_a_language_switch_to_javascript(door: Door, link: str) -> None:
    assert chosen(door, link, "javascript:alert(1)").headers["location"] == "/"


def test_abuse_095_a_language_switch_with_a_tab_between_two_slashes(door: Door, link: str) -> None:
    """Browsers drop a tab: `/\\t/evil.test` would be another host."""
    assert chosen(door, link, "/\t/evil.test").headers["location"] == "/%09/evil.test"


def test_abuse_096_a_language_switch_with_a_line_break(door: Door, link: str) -> None:
    answer = chosen(door, link, "/a\r\nSet-Cookie: planted=1")
    assert "planted" not in str(answer.raw.headers.getlist("set-cookie"))
    assert "\r" not in answer.headers["location"]


def asked_for(door: Door, **changes: str) -> requests.Response:
    return door.visitor(fetch_dest="document").ask("POST", "/lti/login", door.login_fields(**changes))


def test_abuse_097_a_login_hint_with_a_line_break(door: Door) -> None:
    answer = asked_for(door, login_hint="7\r\nSet-Cookie: planted=1")
    assert parse_qs(urlsplit(answer.headers["location"]).query)["login_hint"] == ["7\r\nSet-Cookie: planted=1"]
    assert "planted" not in str(answer.raw.headers.getlist("set-cookie"))


def test_abuse_098_a_message_hint_that_adds_a_redirect_uri(door: Door) -> None:
    answer = asked_for(door, lti_message_hint="x&redirect_uri=https://evil.test/")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{door.origin}/lti/launch"]


def test_abuse_099_a_login_hint_that_adds_a_state(door: Door) -> None:
    asked = parse_qs(urlsplit(asked_for(door, login_hint="7&state=theirs#").headers["location"]).query)
    assert len(asked["state"]) == 1
    assert asked["login_hint"] == ["7&state=theirs#"]


def test_abuse_100_a_return_address_that_says_already_what_failed(door: Door) -> None:
    """The platform's own query stays; what we add cannot be read as another parameter of it."""
    back = f"{door.platform.issuer}/r?x=1"
    answer = door.launch(sub="", lti__launch_presentation={"return_url": back})
    [button] = re.findall(r'<a class="button" href="([^"]+)"', answer.text)
    asked = parse_qs(urlsplit(html.unescape(button)).query)
    assert html.unescape(button).startswith(back)
    assert set(asked) == {"x", "lti_errormsg", "lti_errorlog"}


def privileges(door: Door, link: str, *roles: object) -> None:
    """Let in, and no more than anybody: nothing of the desk opens, and nobody is asked to give a role."""
    visitor, page = signed_in(door, link, lti__roles=list(roles))
    assert page.status_code == 200
    assert door.launches()[-1].roles == "none"
    assert visitor.ask("GET", "/manage/1").status_code == 404
    with door.db.read() as session:
        person = session.query(Person).filter_by(sub="7").one()
        assert session.query(Grant).filter_by(person_id=person.id).count() == 0


def test_abuse_101_instructor_of_another_vocabulary(door: Door, link: str) -> None:
    privileges(door, link, "https://evil.test/vocab/membership#Instructor")


def test_abuse_102_administrator_of_the_whole_system(door: Door, link: str) -> None:
    privileges(door, link, "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator")


def test_abuse_103_instructor_with_a_space_behind_it(door: Door, link: str) -> None:
    privileges(door, link, f"{ROLE}Instructor ", "instructor")


def test_abuse_104_instructor_within_a_list_within_the_list(door: Door, link: str) -> None:
    privileges(door, link, [f"{ROLE}Instructor"], {"role": f"{ROLE}Instructor"})


def test_abuse_105_a_custom_value_that_names_a_role(door: Door, link: str) -> None:
    visitor = door.visitor()
    custom = {placements.CUSTOM: link, "roles": "Instructor", f"{LTI}roles": "Instructor"}
    address = door.launch(visitor, lti__custom=custom).headers["location"]
    assert visitor.ask("GET", address).status_code == 200
    assert door.launches()[-1].roles == "learner"
