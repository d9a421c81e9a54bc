"""Where somebody goes who is not let in, and in whose language they read why."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import update

from diklat_lti.models import BrowserSession, Deployment, Person
from diklat_lti.training import placements
from diklat_lti.web import way_back
from door import Begun, Door, Visitor, change

ENGLISH = {"Accept-Language": "en-GB"}
OVER = "Proses masuk ini sudah dipakai dan sudah berakhir."


def button(page: str) -> str | None:
    found = re.search(r'<a class="button" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else None


def told(page: str) -> dict[str, list[str]]:
    """What the button tells the LMS."""
    return parse_qs(urlsplit(button(page) or "").query)


def came_in(door: Door, link: str, visitor: Visitor, **claims: Any) -> tuple[dict[str, str], str]:
    """A launch and its first page; returns the form that was posted, and the page's address."""
    begun = door.begin(visitor)
    shown = {"document_target": "iframe", "locale": "id"}
    token = door.platform.sign(
        door.claims(begun, lti__custom={placements.CUSTOM: link}, lti__launch_presentation=shown, **claims)
    )
    form = {"id_token": token, "state": begun.state}
    launch = door.assert_let_in(door.post(visitor, **form))
    assert visitor.ask("GET", launch.led_to).status_code == 200
    return form, launch.led_to


def sign_out(visitor: Visitor, page: str) -> None:
    token = re.search(r'name="csrf" value="([^"]+)"', visitor.ask("GET", page).text)
    assert token
    assert visitor.ask("POST", "/logout", {"csrf": token[1]}).status_code == 200
    assert visitor.cookies == {}


def test_a_repeated_post_is_answered_in_the_language_of_its_session(door: Door, link: str) -> None:
    visitor = door.visitor()
    form, page = came_in(door, link, visitor)
    again = visitor.ask("POST", "/lti/launch", form, **ENGLISH)
    assert (again.status_code, door.reasons()) == (409, ["ticket_spent"])
    assert '<html lang="id">' in again.text
    assert f'href="{page}"' in again.text


def test_each_repeated_post_leads_where_its_own_launch_led(door: Door, link: str) -> None:
    visitor = door.visitor()
    first, page = came_in(door, link, visitor)
    begun = door.begin(visitor)
    token = door.platform.sign(door.claims(begun, lti__resource_link={"id": "another"}))
    second = {"id_token": token, "state": begun.state}
    missing = door.assert_let_in(door.post(visitor, **second)).led_to
    assert missing != page

    def led(form: dict[str, str]) -> str | None:
        return button(visitor.ask("POST", "/lti/launch", form).text)

    assert [led(form) for form in (first, second)] == [page, missing]
    visitor.ask("GET", missing)  # from here on the session tells whose it was
    assert [led(form) for form in (first, second)] == [page, missing]


def test_what_its_reader_chose_goes_before_the_language_of_the_launch(door: Door, link: str) -> None:
    visitor = door.visitor()
    form, _ = came_in(door, link, visitor)
    with door.db.write() as session:
        session.execute(update(BrowserSession).values(locale="en"))
    again = visitor.ask("POST", "/lti/launch", form, **{"Accept-Language": "id"})
    assert '<html lang="en">' in again.text


def test_before_the_first_page_the_launch_itself_says_the_language(door: Door, link: str) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    form = {"id_token": door.platform.sign(door.claims(begun)), "state": begun.state}
    door.assert_let_in(door.post(visitor, **form))
    with door.db.write() as session:
        session.execute(update(Person).values(locale="id"))
    again = visitor.ask("POST", "/lti/launch", form, **ENGLISH)
    assert (again.status_code, '<html lang="id">' in again.text) == (409, True)


def test_after_signing_out_a_repeated_post_says_what_happened(door: Door, link: str) -> None:
    visitor = door.visitor()
    form, page = came_in(door, link, visitor)
    sign_out(visitor, page)
    again = visitor.ask("POST", "/lti/launch", form, **ENGLISH)
    assert (again.status_code, door.reasons()) == (401, ["session_over"])
    assert OVER in again.text
    assert "peramban lain" not in again.text
    assert page not in again.text


def test_after_somebody_else_signed_in_a_repeated_post_says_so_too(door: Door, link: str) -> None:
    visitor = door.visitor()
    form, _ = came_in(door, link, visitor)
    came_in(door, link, visitor, sub="99")
    again = visitor.ask("POST", "/lti/launch", form)
    assert (again.status_code, door.reasons()) == (401, ["session_over"])
    assert OVER in again.text


def test_from_another_browser_a_repeated_post_keeps_to_that_browsers_language(door: Door, link: str) -> None:
    form, _ = came_in(door, link, door.visitor())
    answer = door.visitor().ask("POST", "/lti/launch", form, **ENGLISH)
    assert (answer.status_code, door.reasons()) == (401, ["no_ticket_cookie"])
    assert '<html lang="en">' in answer.text


def test_that_somebody_signed_out_says_nothing_of_another_launch(door: Door, link: str) -> None:
    leaver = door.visitor()
    _, page = came_in(door, link, leaver)
    sign_out(leaver, page)
    form, _ = came_in(door, link, door.visitor(), sub="99")
    assert door.visitor().ask("POST", "/lti/launch", form).status_code == 401
    assert door.reasons() == ["no_ticket_cookie"]


def test_a_page_whose_session_is_over_and_a_login_that_is_refused_speak_its_language(door: Door, link: str) -> None:
    visitor = door.visitor()
    _, page = came_in(door, link, visitor)
    with door.db.write() as session:
        session.execute(update(BrowserSession).values(ended_at=door.clock.real_now()))
    answers = [
        visitor.ask("GET", page, None, **ENGLISH),
        visitor.ask("POST", "/lti/login", door.login_fields(iss="https://unknown.example"), **ENGLISH),
    ]
    assert [(a.status_code, '<html lang="id">' in a.text) for a in answers] == [(401, True)] * 2
    asked = visitor.ask("GET", f"{page}?lang=en")
    assert '<html lang="en">' in asked.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("login_required", "Masa masuk Anda di LMS sudah berakhir."),
        ("interaction_required", "Masa masuk Anda di LMS sudah berakhir."),
        ("access_denied", "LMS Anda tidak mengizinkan akun ini membuka aktivitas."),
        ("server_error", "LMS Anda sedang tidak dapat memproses masuk Anda."),
        ("invalid_request", "LMS Anda menghentikan proses masuk."),
        ("", "LMS Anda menghentikan proses masuk."),
        ("<script>alert(1)</script>", "LMS Anda menghentikan proses masuk."),
    ],
)
def test_each_error_of_the_lms_is_said_plainly_with_the_way_back(door: Door, error: str, sentence: str) -> None:
    visitor = door.visitor()
    answer = door.post(visitor, error=error, state=door.begin(visitor).state)
    door.assert_refused(answer, "platform_error")
    assert sentence in answer.text
    assert button(answer.text) == door.platform.issuer
    assert "<script>" not in answer.text


def shown(door: Door, begun: Begun, **changes: Any) -> dict[str, Any]:
    back = f"{door.platform.issuer}/mod/lti/return.php?course=2&sesskey=abc"
    return door.claims(begun, lti__launch_presentation={"return_url": back, "locale": "id"}, **changes)


def refused(door: Door, reason: str, status: int = 401, **changes: Any) -> requests.Response:
    visitor = door.visitor()
    begun = door.begin(visitor)
    answer = door.post(visitor, id_token=door.platform.sign(shown(door, begun, **changes)), state=begun.state)
    door.assert_refused(answer, reason, status)
    return answer


def test_whom_the_lms_did_not_name_goes_back_and_the_lms_is_told_why(door: Door) -> None:
    answer = refused(door, "no_sub", sub=None)
    assert (button(answer.text) or "").startswith(f"{door.platform.issuer}/mod/lti/return.php?course=2&sesskey=abc&")
    assert told(answer.text)["lti_errormsg"][0].startswith("LMS Anda tidak menyebutkan siapa Anda")
    assert told(answer.text)["lti_errorlog"][0] in answer.text
    assert 'target="_top"' in answer.text


def test_who_comes_by_an_installation_that_waits_goes_back_too(door: Door) -> None:
    change(door, Deployment, admitted_at=None)
    visitor = door.visitor()
    begun = door.begin(visitor, lti_deployment_id="")
    answer = door.post(visitor, id_token=door.platform.sign(shown(door, begun)), state=begun.state)
    door.assert_refused(answer, "deployment_held", 403)
    assert "menunggu" in told(answer.text)["lti_errormsg"][0]


def test_a_message_that_answers_another_login_leads_nowhere(door: Door) -> None:
    assert button(refused(door, "wrong_nonce", nonce="invented").text) is None


@pytest.mark.parametrize("back", ["javascript:alert(1)", "//evil.example/", "ftp://lms.example/", 7, None])
def test_a_way_back_that_is_no_web_address_is_not_offered(door: Door, back: Any) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    claims = door.claims(begun, lti__launch_presentation={"return_url": back}, sub=None)
    answer = door.post(visitor, id_token=door.platform.sign(claims), state=begun.state)
    door.assert_refused(answer, "no_sub")
    assert button(answer.text) is None


def test_our_own_failure_is_told_to_the_lms_and_a_wrong_address_is_not(
    door: Door, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    claims = shown(door, begun, lti__custom={placements.CUSTOM: link})
    launch = door.assert_let_in(door.post(visitor, id_token=door.platform.sign(claims), state=begun.state))
    assert visitor.ask("GET", launch.led_to).status_code == 200
    missing = visitor.ask("GET", f"{launch.led_to}/lessons/tidak-ada")
    assert (missing.status_code, told(missing.text)) == (404, {"course": ["2"], "sesskey": ["abc"]})
    monkeypatch.setattr("diklat_lti.web.learn.lesson.place", lambda *_: 1 / 0)
    broken = visitor.ask("GET", f"{launch.led_to}/lessons/tidak-ada")
    assert broken.status_code == 500
    assert told(broken.text)["lti_errormsg"][0].startswith("Ada gangguan di pihak kami")


def test_the_moodle_apps_own_token_leads_to_the_lms_that_it_names_if_we_know_it(door: Door) -> None:
    def posted(**changes: Any) -> requests.Response:
        claims = door.platform.claims("made by Moodle", door.clock.real_now(), door.target, **changes)
        return door.post(door.visitor(fetch_dest="document"), id_token=door.platform.sign(claims))

    known = posted()
    door.assert_refused(known, "unsolicited")
    assert button(known.text) == door.platform.issuer
    for changes in ({"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["a", "b"]}, {"iss": 7}):
        stranger = posted(**changes)
        door.assert_refused(stranger, "unsolicited")
        assert button(stranger.text) is None
    garbage = door.post(door.visitor(), id_token="no token at all")
    door.assert_refused(garbage, "unsolicited")


def test_an_address_keeps_what_it_had_and_a_long_message_is_cut() -> None:
    address = way_back.failed("https://lms.example.id/back?x=1#there", "a" * 900, "ref")
    parts = urlsplit(address)
    assert (parts.netloc, parts.fragment) == ("lms.example.id", "there")
    assert parse_qs(parts.query) == {"x": ["1"], "lti_errormsg": ["a" * 500], "lti_errorlog": ["ref"]}
    assert way_back.failed("https://lms.example.id/back", "no", "r").startswith(
        "https://lms.example.id/back?lti_errormsg"
    )
