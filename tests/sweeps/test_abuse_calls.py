"""Abuse of the addresses that a platform gives: nothing inside is called, and nothing elsewhere gets a token."""

import json
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from diklat_lti.database import Database
from diklat_lti.lti import ags, http, keys, tokens
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.models import Course, Invite, Platform, Registration
from diklat_lti.settings import Settings
from door import Door, change, open_door
from outside import PUBLIC, Outside, outside
from recipes import DAY
from registering import Moodle, invited, said_yes

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
LMS = "https://lms.test"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    with outside(monkeypatch) as opened:
        yield opened


@pytest.fixture
def public(db: Database, settings: Settings, world: Outside) -> Iterator[Door]:
    """A door that calls public addresses alone, as it does unless an operator says otherwise."""
    with open_door(db, settings.model_copy(update={"allow_private_platforms": False})) as opened:
        yield opened


def registers_nothing(door: Door, configuration: str) -> None:
    """The invite stays, no platform is there, and nobody was called."""
    answer = said_yes(door, invited(door), openid_configuration=configuration)
    assert (answer.status_code, door.count(Platform)) == (400, 1)
    with door.db.read() as session:
        assert session.scalars(select(Invite.spent_at)).all() == [None]


def test_abuse_135_a_configuration_on_our_own_disk(public: Door, world: Outside) -> None:
    registers_nothing(public, "file:///etc/passwd")
    assert (world.asked, world.called) == ([], [])


def test_abuse_136_a_configuration_without_tls(public: Door, world: Outside) -> None:
    world.names["lms.test"] = [[PUBLIC]]
    registers_nothing(public, "http://lms.test/config")
    assert (world.asked, world.called) == ([], [])


def test_abuse_137_a_configuration_by_gopher(public: Door, world: Outside) -> None:
    registers_nothing(public, "gopher://127.0.0.1:6379/_FLUSHALL")
    assert (world.asked, world.called) == ([], [])


def test_abuse_138_a_configuration_whose_host_is_a_users_name(public: Door, world: Outside) -> None:
    registers_nothing(public, "https://lms.test@169.254.169.254/latest")
    assert (world.asked, world.called) == ([], [])


def test_abuse_139_a_configuration_with_a_line_break_for_another_request(public: Door, world: Outside) -> None:
    world.names["lms.test"] = [[PUBLIC]]
    registers_nothing(public, "https://lms.test/a HTTP/1.1\r\nHost: inside\r\n")
    assert (world.asked, world.called) == ([], [])


def leads_inside(door: Door, world: Outside, *addresses: str) -> None:
    world.names["lms.test"] = [list(addresses)]
    registers_nothing(door, f"{LMS}/config")
    assert (world.asked, world.called) == (["lms.test"], [])


def test_abuse_140_a_name_that_leads_to_this_machine(public: Door, world: Outside) -> None:
    leads_inside(public, world, "127.0.0.1")


def test_abuse_141_a_name_that_leads_to_a_clouds_metadata(public: Door, world: Outside) -> None:
    leads_inside(public, world, "169.254.169.254")


def test_abuse_142_a_name_that_leads_inside_by_an_old_form_of_ipv6(public: Door, world: Outside) -> None:
    leads_inside(public, world, "::7f00:1")


def test_abuse_143_a_name_that_leads_inside_through_a_gateway(public: Door, world: Outside) -> None:
    leads_inside(public, world, "64:ff9b::a9fe:a9fe")


def test_abuse_144_this_machine_as_one_number(public: Door, world: Outside) -> None:
    registers_nothing(public, "https://2130706433/config")
    assert world.called == []


def test_abuse_145_a_name_that_leads_outside_and_inside(public: Door, world: Outside) -> None:
    leads_inside(public, world, PUBLIC, "10.0.0.1")


def test_abuse_146_a_name_that_changes_its_mind_after_it_was_checked(public: Door, world: Outside) -> None:
    """It is looked up once, and what was checked is what is called."""
    world.names["lms.test"] = [[PUBLIC], ["127.0.0.1"]]
    registers_nothing(public, f"{LMS}/config")
    assert (world.asked, world.called) == (["lms.test"], [PUBLIC])


def test_abuse_147_a_name_that_changes_its_mind_between_two_calls(public: Door, world: Outside) -> None:
    world.names["lms.test"] = [[PUBLIC], ["127.0.0.1"]]
    whys = []
    for _ in range(2):
        with pytest.raises(http.Unreachable) as failed:
            http.fetch(public.settings, "GET", f"{LMS}/jwks")
        whys.append(failed.value.why)
    assert (whys, world.called) == (["not_sent", "forbidden"], [PUBLIC])


def test_abuse_148_a_key_set_inside(public: Door, world: Outside) -> None:
    world.names["lms.test"] = [["127.0.0.1"]]
    port = public.platform.issuer.rsplit(":", 1)[1]
    change(public, Registration, jwks_url=f"https://lms.test:{port}/jwks")
    public.assert_refused(public.launch(), "unknown_key")
    assert public.platform.key_sets_served == 0


def test_abuse_149_a_token_address_inside(public: Door, world: Outside) -> None:
    world.names["lms.test"] = [["10.1.2.3"]]
    with pytest.raises(http.Unreachable) as failed:
        tokens.bearer(channel(public, f"{LMS}/token"), ags.SCOPES)
    assert (failed.value.why, world.called) == ("forbidden", [])


def channel(door: Door, token_url: str) -> Channel:
    with door.db.write() as session:
        keys.ensure(session, door.settings.secret_keys, door.clock.real_now() - DAY)
    now = door.clock.real_now()
    return Channel(door.db, door.settings, Client(1, "client-1", token_url), time.monotonic() + 10, now)


def redirected(door: Door, path: str) -> list[str]:
    """The fake platform answers there with a redirect to a page of its own; returns who came."""
    came: list[str] = []
    door.platform.pages[path] = lambda *_: (302, f"text/html\r\nLocation: {door.platform.issuer}/inside", b"")
    door.platform.pages["/inside"] = lambda method, *_: (came.append(method), (200, "application/json", b"{}"))[1]
    return came


def test_abuse_150_a_configuration_that_redirects(door: Door) -> None:
    came = redirected(door, "/moved")
    registers_nothing(door, f"{door.platform.issuer}/moved")
    assert came == []


def test_abuse_151_a_key_set_that_redirects(door: Door) -> None:
    came = redirected(door, "/moved")
    change(door, Registration, jwks_url=f"{door.platform.issuer}/moved")
    door.assert_refused(door.launch(), "unknown_key")
    assert came == []


def test_abuse_152_a_token_address_that_redirects(door: Door) -> None:
    came = redirected(door, "/moved")
    with pytest.raises(tokens.TokenRefused):
        tokens.bearer(channel(door, f"{door.platform.issuer}/moved"), ags.SCOPES)
    assert came == []


def kept(door: Door, address: str) -> str | None:
    """What stays of the address at which a course's line items are asked for and made."""
    door.assert_let_in(door.launch(**{AGS: {"scope": [], "lineitems": address}}))
    with door.db.read() as session:
        return session.scalars(select(Course.lineitems_url)).one()


def test_an_honest_address_of_line_items_is_kept(door: Door) -> None:
    assert kept(door, f"{LMS}/2/lineitems") == f"{LMS}/2/lineitems"


def test_abuse_153_line_items_on_our_own_disk(door: Door) -> None:
    assert kept(door, "file:///etc/passwd") is None


def test_abuse_154_line_items_behind_a_users_name(door: Door) -> None:
    assert kept(door, "https://lms.test@10.0.0.1/1") is None


def test_abuse_155_line_items_with_a_line_break(door: Door) -> None:
    assert kept(door, "https://lms.test/1\r\nX: y") is None


def follows(link: str) -> str | None:
    return ags.next_page(http.Answer(200, "", {"Link": link}, b""), f"{LMS}/lineitems?page=1")


def test_abuse_156_a_next_page_on_another_host() -> None:
    assert follows('<https://lms.test.evil.test/x>; rel="next"') is None


def test_abuse_157_a_next_page_on_another_port() -> None:
    assert follows('<https://lms.test:8443/x>; rel="next"') is None


def test_abuse_158_a_next_page_behind_our_own_name() -> None:
    assert follows('<https://lms.test@evil.test/x>; rel="next"') is None


def test_abuse_159_a_next_page_without_tls() -> None:
    assert follows('<http://lms.test/x>; rel="next"') is None


def test_abuse_160_a_next_page_that_is_no_address() -> None:
    assert follows('<http://[>; rel="next"') is None


def configured(door: Door, **changes: object) -> None:
    moodle = Moodle(door.platform)
    moodle.configuration |= changes
    registers_nothing(door, f"{door.platform.issuer}/config")
    assert moodle.sent == []


def test_abuse_161_a_configuration_that_names_a_look_alike_issuer(door: Door) -> None:
    configured(door, issuer=f"{door.platform.issuer}.evil.test")


def test_abuse_162_a_configuration_that_names_the_issuer_of_another_port(door: Door) -> None:
    configured(door, issuer="http://127.0.0.1:1")


def test_abuse_163_a_configuration_whose_registration_leads_to_a_file(door: Door) -> None:
    configured(door, registration_endpoint="file:///etc/passwd")


def test_abuse_164_a_configuration_whose_sign_in_is_javascript(door: Door) -> None:
    configured(door, authorization_endpoint="javascript:alert(1)")


def test_abuse_165_a_configuration_with_what_no_database_keeps(door: Door) -> None:
    configured(door, product="a\0b")


def test_abuse_166_a_configuration_nested_beyond_all_measure(door: Door) -> None:
    door.platform.pages["/config"] = lambda *_: (200, "application/json", b"[" * 30_000)
    registers_nothing(door, f"{door.platform.issuer}/config")


def test_abuse_167_a_configuration_without_end(door: Door) -> None:
    door.platform.pages["/config"] = lambda *_: (200, "application/json", json.dumps({"x": "y" * 70_000}).encode())
    registers_nothing(door, f"{door.platform.issuer}/config")


def test_abuse_168_a_key_set_with_what_no_database_keeps(door: Door) -> None:
    body = json.dumps(json.loads(door.platform.key_set()) | {"note": "a\0b"}).encode()
    door.platform.pages["/set"] = lambda *_: (200, "application/json", body)
    change(door, Registration, jwks_url=f"{door.platform.issuer}/set")
    door.assert_refused(door.launch(), "unknown_key")
