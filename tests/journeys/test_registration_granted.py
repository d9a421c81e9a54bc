"""What was asked, echoed and really granted, scope by scope: the token endpoint's word, on the private page of an invite."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from diklat_lti.lti import scopes
from diklat_lti.models import Registration
from door import Door
from fake_platform import Reply
from registering import Moodle, invited, opened, registrations, said_yes

LINEITEM, LINEITEM_READ, RESULT, SCORE, ROSTER = scopes.ASKED


class Granting:
    """A token endpoint that grants some scopes, as Moodle the part of them or as others all of them or nothing."""

    def __init__(self, door: Door) -> None:
        self.granted = [LINEITEM_READ, RESULT, SCORE]
        self.in_part = True
        self.asked: list[list[str]] = []
        door.platform.pages["/mod/lti/token.php"] = self.answer

    def answer(self, method: str, headers: dict[str, str], body: bytes) -> Reply:
        wanted = parse_qs(body.decode())["scope"][0].split()
        self.asked.append(wanted)
        given = [scope for scope in wanted if scope in self.granted]
        if not given or (not self.in_part and given != wanted):
            return 400, "text/html", b'{"error" : "invalid_scope"}'
        told = {"access_token": "x", "expires_in": 3600, "scope": " ".join(given)}
        return 200, "text/html", json.dumps(told).encode()


@pytest.fixture
def invite(door: Door) -> str:
    Moodle(door.platform)
    token = invited(door)
    assert said_yes(door, token).status_code == 303
    return token


@pytest.fixture
def granting(door: Door) -> Granting:
    return Granting(door)


def looked(door: Door, invite: str) -> tuple[int, str]:
    answer = door.visitor().ask("POST", "/lti/register/look", {"invite": invite})
    return answer.status_code, answer.text


def rows(door: Door, invite: str) -> dict[str, list[str]]:
    """The table of the page: what each service was asked, echoed, granted."""
    page = opened(door, invite).text
    found = {}
    for row in re.findall(r'<tr role="row"><th scope="row".*?</tr>', page, re.DOTALL):
        label, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        found[label] = [re.sub(r"<[^>]+>", "", cell) for cell in cells]
    return found


def made(door: Door) -> Registration:
    return registrations(door)[-1]


def test_before_anybody_looked_the_page_says_that_nothing_is_known(door: Door, invite: str) -> None:
    page = opened(door, invite).text
    assert "belum diketahui: aktifkan dahulu alat ini di LMS Anda" in page
    assert rows(door, invite)["mengirim nilai"] == ["ya", "ya", "belum diperiksa"]


def test_the_button_shows_what_the_token_endpoint_grants(door: Door, invite: str, granting: Granting) -> None:
    assert looked(door, invite)[0] == 303
    told = rows(door, invite)
    assert told["mengirim nilai"] == ["ya", "ya", "diberikan"]
    assert told["membuat kolom nilai"] == ["ya", "ya", "ditolak"]
    assert told["membaca daftar peserta kursus"] == ["ya", "ya", "ditolak"]
    page = opened(door, invite).text
    assert "dijawab oleh LMS Anda pada" in page
    assert "Use this service for grade sync and column management" in page
    assert made(door).scopes_granted == sorted([LINEITEM_READ, RESULT, SCORE])
    assert made(door).scopes_refused == sorted([LINEITEM, ROSTER])


def test_a_second_look_tells_what_has_changed_since(door: Door, invite: str, granting: Granting) -> None:
    looked(door, invite)
    granting.granted = list(scopes.ASKED)
    door.clock.move(timedelta(minutes=1))
    looked(door, invite)
    assert {row[2] for row in rows(door, invite).values()} == {"diberikan"}
    assert made(door).scopes_refused == []


def test_an_lms_that_grants_all_or_nothing_is_asked_for_each(door: Door, invite: str, granting: Granting) -> None:
    granting.in_part = False
    looked(door, invite)
    assert made(door).scopes_granted == sorted([LINEITEM_READ, RESULT, SCORE])
    assert sorted(map(len, granting.asked)) == [1, 1, 1, 1, 1, 5]


def test_one_that_grants_nothing_is_told_as_it_is(door: Door, invite: str, granting: Granting) -> None:
    granting.granted = []
    assert looked(door, invite)[0] == 303
    assert {row[2] for row in rows(door, invite).values()} == {"ditolak"}


def test_the_lms_hears_of_the_button_once_in_ten_seconds(door: Door, invite: str, granting: Granting) -> None:
    for _ in range(3):
        assert looked(door, invite)[0] == 303
    assert len(granting.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *_: (400, "text/html", b'{"error" : "invalid_client"}'), "LMS tidak memberi akses: invalid_client."),
        (lambda *_: (404, "text/html", b"<html>"), "LMS tidak memberi akses: not_json."),
    ],
)
def test_a_refusal_stands_on_the_same_page(door: Door, invite: str, answer: Callable[..., Reply], words: str) -> None:
    door.platform.pages["/mod/lti/token.php"] = answer
    status, text = looked(door, invite)
    assert (status, words in text, "Periksa sekarang" in text) == (200, True, True)
    assert made(door).scopes_granted_at is None


def test_an_lms_that_is_not_there_is_said_so(door: Door, invite: str) -> None:
    with door.db.write() as session:
        session.get_one(Registration, made(door).id).token_url = "http://127.0.0.1:9/token"
    status, text = looked(door, invite)
    assert (status, "LMS tidak dapat dihubungi." in text) == (200, True)


def test_an_invite_that_made_nothing_yet_asks_nobody(door: Door, invite: str, granting: Granting) -> None:
    fresh = invited(door)
    answer = door.visitor().ask("POST", "/lti/register/look", {"invite": fresh})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/lti/register?invite={fresh}")
    assert (looked(door, "invented")[0], granting.asked) == (404, [])


def test_the_private_page_is_good_for_later_and_holds_no_secret(door: Door, invite: str, granting: Granting) -> None:
    looked(door, invite)
    door.clock.move(timedelta(days=400))
    page = opened(door, invite)
    assert page.status_code == 200
    for secret in ("BEGIN", "access_token", '"x"'):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_the_steps_for_the_course_admin_can_be_copied_whole(door: Door, invite: str) -> None:
    page = opened(door, invite).text
    (steps,) = re.findall(r'<pre class="whole" id="course-steps">(.*?)</pre>', page, re.DOTALL)
    assert "Select content" in steps
    assert f"{door.origin}/help/guides/admin-kursus" in steps
    assert [line[:2] for line in steps.splitlines()][1:5] == ["1.", "2.", "3.", "4."]
    assert 'data-copy="course-steps"' in page
    assert "hidden" in re.findall(r'<button[^>]*data-copy="course-steps"[^>]*>', page)[0]
    assert not re.search(r"<script(?![^>]*src=)", page)
