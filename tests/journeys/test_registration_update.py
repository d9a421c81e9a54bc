"""An update of a registration: what the LMS holds is read first, the admin's edits go back unchanged, and nothing is lost."""

import json
from typing import Any

import jwt
import pytest
from sqlalchemy import func, select

import world
from diklat_lti.lti import platforms
from diklat_lti.lti.registration import edits, ours, theirs
from diklat_lti.models import AuditRow, Course, Deployment, Invite, Platform, Registration
from door import Door
from fake_platform import GONE, Reply
from registering import TOOL, UPDATE, Moodle, invited, opened, registrations, said_yes

FIRST = jwt.encode({"sub": "abc", "scope": "reg"}, "moodle's own business, of 32 bytes")


@pytest.fixture
def moodle(door: Door) -> Moodle:
    """It holds the door's own client, edited by its admin as in `registration_update.json` of the recordings."""
    moodle = Moodle(door.platform)
    moodle.answer = lambda: moodle.stored(client_id=door.platform.client_id)
    moodle.held = lambda: told(door)
    return moodle


def told(door: Door, tool: dict[str, Any] | None = None, **changes: Any) -> Reply:
    body = ours.body(door.origin, f"{door.origin}/static/logo.svg", True)
    edited = {
        "description": "Keterangan admin",
        "custom_parameters": {"ctx_history": "$Context.id.history\r", "adminkey": "diisi admin"},
        "claims": ["sub", "iss", "email"],
        "deployment_id": "1",
        "messages": [{"type": "LtiDeepLinkingRequest", "target_link_uri": door.target}],
    }
    stored = {
        **body,
        "client_id": door.platform.client_id,
        "client_name": "Diklat (admin)",
        "redirect_uris": [f"{door.target}\r"],
        TOOL: {**body[TOOL], **edited, **(tool or {})},
    }
    stored |= changes
    return 200, "application/json", json.dumps({k: v for k, v in stored.items() if v is not GONE}).encode()


def updated(door: Door, invite: str, **changes: str) -> Any:
    return said_yes(door, invite, registration_token=UPDATE, edits="yes", **changes)


def test_the_page_shows_what_stays_and_what_changes_before_anything_is_sent(door: Door, moodle: Moodle) -> None:
    less = "https://purl.imsglobal.org/spec/lti-ags/scope/score https://lms.example.id/scope/own"
    moodle.held = lambda: told(door, scope=less, jwks_uri="https://old.example.id/lti/jwks")
    page = opened(door, invited(door), registration_token=UPDATE)
    assert page.status_code == 200
    for words in ("Perbarui Diklat", "Diklat (admin)", "Keterangan admin", "adminkey", "diisi admin",
                  "membuat kolom nilai", "https://lms.example.id/scope/own",
                  "https://old.example.id/lti/jwks", f"{door.origin}/lti/jwks"):  # fmt: skip
        assert words in page.text
    assert "mengirim nilai" not in page.text
    assert "Alamat awal proses masuk" not in page.text
    assert (moodle.sent, moodle.reads, moodle.reader) == ([], 1, f"Bearer {UPDATE}")


def test_what_differs_in_nothing_is_said_so(door: Door, moodle: Moodle) -> None:
    logo = f"{door.origin}/static/logo.svg"
    body = ours.body(door.origin, logo, True)
    held = edits.of(json.loads(told(door)[2]))
    assert held is not None
    assert edits.changes(held, edits.kept(body, held)) == []


def test_the_edits_go_back_as_they_are_and_everything_else_is_ours(door: Door, moodle: Moodle) -> None:
    assert updated(door, invited(door)).status_code == 303
    ((headers, body),) = moodle.sent
    assert headers["Authorization"] == f"Bearer {UPDATE}"
    tool = body[TOOL]
    assert (body["client_name"], tool["description"]) == ("Diklat (admin)", "Keterangan admin")
    assert tool["custom_parameters"] == {"ctx_history": "$Context.id.history", "adminkey": "diisi admin"}
    assert tool["claims"] == ["iss", "sub", "email"]
    assert (body["redirect_uris"], body["scope"].split()) == ([door.target], list(ours.SCOPES))
    assert [message["type"] for message in tool["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]


def test_edits_made_after_the_page_was_opened_go_back_too(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    opened(door, invite, registration_token=UPDATE)
    moodle.held = lambda: told(door, client_name="Nama terbaru")
    updated(door, invite)
    assert moodle.sent[0][1]["client_name"] == "Nama terbaru"


@pytest.mark.parametrize("custom", [{}, {"ctx_history": "own"}])
def test_our_own_parameter_is_sent_whatever_became_of_it(door: Door, moodle: Moodle, custom: dict[str, str]) -> None:
    moodle.held = lambda: told(door, {"custom_parameters": custom})
    page = opened(door, invited(door), registration_token=UPDATE).text
    assert "$Context.id.history" in page
    updated(door, invited(door))
    assert moodle.sent[0][1][TOOL]["custom_parameters"] == ours.CUSTOM


def test_client_deployment_people_and_courses_stay(door: Door, moodle: Moodle) -> None:
    with door.db.write() as session:
        platform = session.scalars(select(Platform)).one()
        course = world.course(session, platform).id
        world.person(session, platform)
    (before,) = registrations(door)
    moodle.answer = lambda: moodle.stored(client_id=door.platform.client_id, **{TOOL: {"deployment_id": "1"}})
    assert updated(door, invited(door)).status_code == 303
    (after,) = registrations(door)
    assert (after.id, after.platform_id, after.client_id) == (before.id, before.platform_id, before.client_id)
    with door.db.read() as session:
        assert session.scalars(select(Deployment.deployment_id)).all() == ["1"]
        assert session.get_one(Course, course).centre_id
        assert session.scalars(select(AuditRow.action)).all() == ["platform_updated"]
        assert session.scalar(select(func.count(Platform.id))) == 1


def test_what_an_admin_switched_off_stays_off_and_the_last_page_says_so(door: Door, moodle: Moodle) -> None:
    off = door.clock.real_now()
    with door.db.write() as session:
        session.scalars(select(Deployment)).one().disabled_at = off
    moodle.answer = lambda: moodle.stored(client_id=door.platform.client_id, **{TOOL: {"deployment_id": "1"}})
    first, second, third = invited(door), invited(door), invited(door)
    updated(door, first)
    assert "LMS ini dinonaktifkan di alat ini" in opened(door, first).text
    with door.db.write() as session:
        deployment, platform = session.scalars(select(Deployment)).one(), session.scalars(select(Platform)).one()
        assert deployment.disabled_at == off
        deployment.disabled_at, platform.disabled_at = None, off
    updated(door, second)
    assert "Pembaruan tidak mengaktifkannya" in opened(door, second).text
    with door.db.write() as session:
        platform = session.scalars(select(Platform)).one()
        assert platform.disabled_at == off
        platform.disabled_at = None
    updated(door, third)
    assert "dinonaktifkan" not in opened(door, third).text


def test_an_icon_that_moodle_does_not_tell_is_no_change(door: Door, moodle: Moodle) -> None:
    moodle.held = lambda: told(door, logo_uri="")
    assert "Alamat ikon" not in opened(door, invited(door), registration_token=UPDATE).text
    moodle.held = lambda: told(door, logo_uri="https://old.example.id/logo.svg")
    assert "Alamat ikon" in opened(door, invited(door), registration_token=UPDATE).text


def test_the_last_page_says_that_the_chooser_must_be_set_again(door: Door, moodle: Moodle) -> None:
    with door.db.write() as session:
        session.scalars(select(Platform)).one().product = "moodle"
    invite = invited(door)
    updated(door, invite)
    page = opened(door, invite).text
    assert "mengeluarkan alat ini dari pemilih aktivitas situs; kursus yang menyalakannya sendiri tidak berubah" in page
    assert "Show in activity chooser and as a preconfigured tool" in page
    assert "Pending" not in page


def test_an_lms_of_another_make_is_told_to_look_through_its_settings(door: Door, moodle: Moodle) -> None:
    with door.db.write() as session:
        session.scalars(select(Platform)).one().product = "canvas"
    invite = invited(door)
    updated(door, invite)
    assert "Periksa pengaturan alat ini di LMS Anda" in opened(door, invite).text


@pytest.mark.parametrize(
    "held",
    [
        lambda door: (404, "text/html", b"<html>Error</html>"),
        lambda door: (200, "application/json", b"[]"),
        lambda door: (200, "application/json", b"{}"),
        lambda door: told(door, client_id=GONE),
        lambda door: (200, "application/json", json.dumps({"client_id": "x", TOOL: "odd"}).encode()),
        lambda door: (200, "text/plain", b"x" * 70_000),
    ],
)
def test_an_lms_that_does_not_say_what_it_holds_gets_our_own_values_and_the_page_says_so(
    door: Door, moodle: Moodle, held: Any
) -> None:
    moodle.held = lambda: held(door)
    invite = invited(door)
    page = opened(door, invite, registration_token=UPDATE)
    assert (page.status_code, "tidak menyebutkan apa yang disimpannya" in page.text) == (200, True)
    assert 'name="names"' in page.text
    assert said_yes(door, invite, registration_token=UPDATE).status_code == 303
    assert moodle.sent[0][1]["client_name"] == ours.NAME


def test_an_lms_that_falls_silent_after_the_promise_is_sent_nothing(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    opened(door, invite, registration_token=UPDATE)
    moodle.held = lambda: (500, "text/html", b"")
    answer = updated(door, invite)
    assert (answer.status_code, "belum ada yang dikirim" in answer.text, moodle.sent) == (400, True, [])
    moodle.held = lambda: told(door)
    assert updated(door, invite).status_code == 303


def test_odd_things_that_an_lms_says_it_holds_are_passed_over(door: Door, moodle: Moodle) -> None:
    odd = {
        "custom_parameters": {"a": 5, "b": "c", "d": []},
        "claims": "name",
        "messages": [5, {"type": 7}],
        "description": None,
    }
    moodle.held = lambda: told(door, odd, redirect_uris="none", scope=7, client_name="")
    assert opened(door, invited(door), registration_token=UPDATE).status_code == 200
    updated(door, invited(door))
    body = moodle.sent[0][1]
    assert (body["client_name"], body[TOOL]["claims"]) == (ours.NAME, ["iss", "sub"])
    assert body[TOOL]["custom_parameters"] == {"a": "5", "b": "c"} | ours.CUSTOM


def test_what_the_lms_holds_is_shown_as_text(door: Door, moodle: Moodle) -> None:
    nasty = "<script>alert(1)</script>"
    moodle.held = lambda: told(door, {"custom_parameters": {nasty: nasty}, "description": nasty}, client_name=nasty,
                               jwks_uri=nasty, scope=nasty)  # fmt: skip
    assert nasty not in opened(door, invited(door), registration_token=UPDATE).text


@pytest.mark.parametrize("token", [FIRST, "t", "", "a.b.c", "." * 5000])
def test_any_other_token_is_never_tried_on_a_read(door: Door, moodle: Moodle, token: str) -> None:
    assert theirs.is_update(token) is False
    opened(door, invited(door), registration_token=token)
    said_yes(door, invited(door), registration_token=token)
    assert moodle.reads == 0


def test_an_unknown_or_used_invite_reads_nothing(door: Door, moodle: Moodle) -> None:
    assert opened(door, "invented", registration_token=UPDATE).status_code == 404
    invite = invited(door)
    updated(door, invite)
    reads = moodle.reads
    assert "sudah terhubung" in opened(door, invite, registration_token=UPDATE).text
    assert moodle.reads == reads


def test_the_configuration_is_read_under_the_same_limits_before_as_after(door: Door, moodle: Moodle) -> None:
    moodle.configuration["issuer"] = "https://other.example.id"
    page = opened(door, invited(door), registration_token=UPDATE)
    assert (page.status_code, moodle.reads) == (400, 0)


def test_a_site_that_is_known_by_another_client_is_offered_its_history(door: Door, moodle: Moodle) -> None:
    moodle.answer = moodle.stored
    (old,) = registrations(door)
    invite = invited(door)
    said_yes(door, invite)
    new = registrations(door)[-1]
    page = opened(door, invite).text
    assert new.platform_id != old.platform_id
    assert f"diklat-lti platform join {new.platform_id} {old.platform_id}" in page
    with door.db.write() as session:
        other = world.centre(session, name="Lembaga lain").id
        session.get_one(Platform, old.platform_id).centre_id = other
    assert "platform join" not in opened(door, invite).text


def test_the_first_client_of_a_site_is_offered_nothing(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    updated(door, invite)
    with door.db.write() as session:
        made = session.scalars(select(Registration)).one()
        endpoints = platforms.Endpoints(made.issuer, "later", made.auth_login_url, made.token_url, made.jwks_url)
        platforms.add(session, door.settings, endpoints, None, "Later", None, world.NOW)
    assert "platform join" not in opened(door, invite).text


def test_an_invite_that_was_revoked_after_its_use_shows_nothing_any_more(door: Door, moodle: Moodle) -> None:
    invite = invited(door)
    updated(door, invite)
    with door.db.write() as session:
        session.scalars(select(Invite)).one().revoked_at = world.NOW
    assert opened(door, invite).status_code == 403
