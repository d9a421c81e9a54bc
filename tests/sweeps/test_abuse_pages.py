"""Abuse of pages: scripts in every claim, title and custom value; frames of strangers; policies that somebody tries to widen."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import fuzzing
import office
from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.models import (
    Centre,
    Cohort,
    Course,
    Invite,
    Launch,
    Person,
    PickedLink,
    Placement,
    Platform,
    Registration,
)
from diklat_lti.settings import Settings
from diklat_lti.training import placements
from door import Door, Visitor
from estate import Estate, estate
from fake_platform import ROLE
from forms import READ
from house import Guest, House, open_house
from registering import Moodle, invited, opened, said_yes

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
BAD = re.compile(r"<script>alert|<img src=x")
NAMED: list[tuple[Any, tuple[str, ...]]] = [
    (Person, ("name", "given_name", "family_name", "email")), (Course, ("title", "label")), (Cohort, ("name",)),
    (Centre, ("name",)), (Platform, ("name", "product", "version")), (Placement, ("title",)), (PickedLink, ("title",)),
    (Invite, ("name",)), (Registration, ("client_id",)),
]  # fmt: skip


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        yield opened


@pytest.fixture
def mine(house: House) -> Estate:
    """Whatever somebody could name has a script as its name."""
    made = estate(house, house.siti)
    with house.door.db.write() as session:
        for table, columns in NAMED:
            for number, row in enumerate(session.query(table)):
                for column in columns:
                    setattr(row, column, f"{EVIL}{number}" if column == "client_id" else EVIL)
    return made


def shown(house: House, who: Guest, below: str, at: Estate) -> int:
    """Opens every page below an address; how many of them show what somebody named, as text."""
    rows = {"enrolment": at.wing.enrolment.id, "cohort": at.wing.cohort.id, "centre": at.centre.id, "launch": who.launch_id,
            "platform": at.platform.id, "request": at.wing.request, "key": READ, "uuid": at.wing.attempt}  # fmt: skip
    seen = 0
    for path, methods in fuzzing.routes(create_app(house.door.settings, house.door.clock, house.door.db)):
        if "GET" in methods and path.startswith(below):
            address = re.sub(r"\{(\w+)[^}]*\}", lambda name: str(rows.get(name[1], 1)), path)
            text = who.ask("GET", address).text
            assert not BAD.search(text), address
            seen += html.escape(EVIL).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")[:20] in text
    return seen


def test_abuse_115_scripts_as_names_on_a_learners_pages(house: House, mine: Estate) -> None:
    assert shown(house, house.browser(house.siti.learner, house.siti), "/learn", mine) >= 2


def test_abuse_116_scripts_as_names_on_the_desks_pages(house: House, mine: Estate) -> None:
    assert shown(house, house.browser(house.siti.admin, house.siti), "/manage", mine) >= 2


def test_abuse_117_scripts_as_names_on_the_centres_pages(house: House, mine: Estate) -> None:
    assert shown(house, mine.boss(), "/centre", mine) >= 4


def test_abuse_118_scripts_in_what_a_picker_was_asked(house: House, mine: Estate) -> None:
    asked = {"return_url": office.RETURN + '&x="><script>alert(1)</script>', "accept_types": [EVIL, "ltiResourceLink"],
             "accept_multiple": True, "data": EVIL, "title": EVIL, "text": EVIL}  # fmt: skip
    who = house.browser(house.siti.admin, house.siti, message_type="LtiDeepLinkingRequest", deep_linking=asked)
    assert shown(house, who, "/manage/pick", mine) >= 1
    who.get(f"/manage/pick/{who.launch_id}")
    answer = who.send(f"/manage/pick/{who.launch_id}", {"csrf": who.form()["csrf"], "step": "cancel"})
    assert answer.status_code == 200
    assert not BAD.search(answer.text)


def test_abuse_119_scripts_in_every_claim_of_a_launch(door: Door, link: str) -> None:
    visitor = door.visitor()
    evil = dict.fromkeys(("name", "given_name", "family_name", "email"), EVIL)
    page = visitor.ask("GET", door.launch(
        visitor, **evil, lti__custom={placements.CUSTOM: link, EVIL: EVIL, "x": EVIL},
        lti__context={"id": "2", "title": EVIL, "label": EVIL}, lti__resource_link={"id": "1", "title": EVIL},
        lti__tool_platform={"name": EVIL, "product_family_code": EVIL}, lti__roles=[f"{ROLE}Learner", EVIL],
        lti__launch_presentation={"locale": EVIL, "return_url": f"{door.platform.issuer}/{EVIL.replace(' ', '+')}"},
    ).headers["location"])  # fmt: skip
    assert page.status_code == 200
    assert not BAD.search(page.text)
    assert "&lt;script&gt;" in page.text


def unwritten(answer: requests.Response) -> None:
    assert answer.status_code >= 400
    assert not BAD.search(answer.text)


def test_abuse_120_a_script_as_an_address(door: Door) -> None:
    unwritten(door.visitor().ask("GET", "/" + EVIL))


def test_abuse_121_a_script_as_the_platforms_error(door: Door) -> None:
    unwritten(door.post(door.visitor(), error=EVIL, error_description=EVIL, state="x"))


def test_abuse_122_a_script_as_an_invite(door: Door) -> None:
    unwritten(door.visitor().ask("GET", "/lti/register?" + door.query({"invite": EVIL})))


def test_abuse_123_a_script_as_the_configurations_address(door: Door) -> None:
    page = opened(door, invited(door), openid_configuration=EVIL, registration_token=EVIL)
    assert page.status_code == 200
    assert not BAD.search(page.text)
    assert "&lt;script&gt;" in page.text


def test_abuse_124_a_script_in_an_lms_refusal(door: Door) -> None:
    moodle = Moodle(door.platform)
    moodle.answer = lambda: (400, "text/html", f"no: &lt;script&gt; {EVIL} <scr<script></script>ipt>alert(1)".encode())
    unwritten(said_yes(door, invited(door)))


def test_abuse_125_a_script_as_an_lms_product(door: Door) -> None:
    moodle = Moodle(door.platform)
    moodle.configuration["https://purl.imsglobal.org/spec/lti-platform-configuration"] = {
        "product_family_code": EVIL, "version": EVIL,
    }  # fmt: skip
    invite = invited(door, name=EVIL)
    assert said_yes(door, invite).status_code == 303
    page = door.visitor().ask("GET", "/lti/register?" + door.query({"invite": invite}))
    assert page.status_code == 200
    assert not BAD.search(page.text)


def ancestors(answer: requests.Response) -> list[str]:
    policy = answer.headers["content-security-policy"]
    found = re.search(r"frame-ancestors ([^;]*)", policy)
    return found[1].split() if found else []


def test_abuse_126_a_learners_page_in_a_strangers_frame(house: House) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    answer = siti.ask("GET", f"/learn/{house.siti.enrolment.id}", Referer="https://evil.test/")
    assert ancestors(answer) == ["'self'", house.door.platform.issuer]


def test_abuse_127_the_desk_in_a_strangers_frame(house: House) -> None:
    rina = house.browser(house.siti.admin, house.siti)
    answer = rina.ask("GET", f"/manage/{house.siti.cohort.id}", Origin="https://evil.test")
    assert ancestors(answer) == ["'self'", house.door.platform.issuer]


def test_abuse_128_a_centres_page_in_a_strangers_frame(house: House) -> None:
    here = estate(house, house.siti)
    assert ancestors(here.boss().ask("GET", f"{here.base}/people")) == ["'self'", house.door.platform.issuer]


def test_abuse_129_a_refusal_to_a_session_in_a_strangers_frame(house: House) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    answer = siti.ask("GET", f"/learn/{house.candra.enrolment.id}")
    assert (answer.status_code, ancestors(answer)) == (404, ["'self'", house.door.platform.issuer])


def policy_with(door: Door, link: str, return_url: str) -> str:
    visitor = door.visitor()
    custom, shown = {placements.CUSTOM: link}, {"return_url": return_url}
    answer = door.launch(visitor, lti__custom=custom, lti__launch_presentation=shown)
    return visitor.ask("GET", answer.headers["location"]).headers["content-security-policy"]


def test_abuse_130_a_return_address_that_adds_a_directive_to_the_policy(door: Door, link: str) -> None:
    assert "evil" not in policy_with(door, link, "http://a.test;script-src+evil.test/")


def test_abuse_131_a_return_address_that_adds_a_second_policy(door: Door, link: str) -> None:
    assert "evil" not in policy_with(door, link, "http://a.test,default-src+evil.test/")


def test_abuse_132_a_return_address_that_is_every_origin(door: Door, link: str) -> None:
    assert "*" not in policy_with(door, link, "http://*/")


def test_abuse_133_a_return_address_that_is_a_keyword_of_the_policy(door: Door, link: str) -> None:
    assert "unsafe" not in policy_with(door, link, "http://'unsafe-inline'/")


def signed_out(door: Door) -> Visitor:
    return door.visitor(fetch_dest="document")


def test_abuse_134_no_script_and_no_plain_http_gets_a_login_cookie(door: Door) -> None:
    answer = signed_out(door).ask("POST", "/lti/login", door.login_fields())
    [cookie] = answer.raw.headers.getlist("set-cookie")
    assert cookie.startswith("__Host-")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=None", "Partitioned"} <= {
        part.strip() for part in cookie.split(";")
    }
    assert "domain" not in cookie.lower()


def test_every_column_that_people_name_is_named_above() -> None:
    """Whoever adds a title or a name adds it here."""
    names = {"name", "given_name", "family_name", "email", "title", "label", "product", "version"}
    listed = {(table.__tablename__, column) for table, columns in NAMED for column in columns}
    tables = [table.__table__ for table, _ in NAMED] + [Launch.__table__]
    missing = {(t.name, c.name) for t in tables for c in t.columns if c.name in names} - listed
    assert missing == set()
