"""What each answer of a platform means, row by row, and how long a row waits then."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from diklat_lti.gradebook import answers, reasons
from diklat_lti.gradebook.answers import Meaning, Verdict
from diklat_lti.lti import ags, http, tokens

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><title>502 Bad Gateway</title>"


def answer(status: int, body: bytes = b"", **headers: str) -> http.Answer:
    return http.Answer(status, "", {name.replace("_", "-"): value for name, value in headers.items()}, body)


SCORES = [
    ("200 with nothing is stored", answer(200), Meaning.DELIVERED, "stored"),
    ("200 with an object is stored", answer(200, b'{"resultUrl":"x"}'), Meaning.DELIVERED, "stored"),
    ("201 is stored", answer(201, b"[]"), Meaning.DELIVERED, "stored"),
    ("204 is stored", answer(204), Meaning.DELIVERED, "stored"),
    ("200 with an empty list is a refusal", answer(200, b"[]"), Meaning.LATER, "refused_silently"),
    ("200 with a page is a login page", answer(200, PAGE), Meaning.LATER, "login_page"),
    ("a page is known by its type too", answer(200, b"Log in", Content_Type="text/html"), Meaning.LATER, "login_page"),
    ("200 with some text is unclear", answer(200, b"OK"), Meaning.UNKNOWN, "unclear"),
    ("200 with a number is unclear", answer(200, b"1"), Meaning.UNKNOWN, "unclear"),
    ("a redirect is not followed", answer(302), Meaning.LATER, "redirected"),
    ("400 with an empty list is about the person", answer(400, b"[]"), Meaning.STOPPED, "not_enrolled"),
    ("400 with a reason is a refusal", answer(400, b'{"status":400}'), Meaning.STOPPED, "refused"),
    ("400 with a page is a firewall", answer(400, PAGE), Meaning.LATER, "firewall"),
    ("401 waits", answer(401, b"{}"), Meaning.LATER, "unauthorised"),
    ("403 looks for the item", answer(403, b"{}"), Meaning.GONE, "no_access"),
    ("403 with a page is a firewall", answer(403, PAGE), Meaning.LATER, "firewall"),
    ("404 looks for the item", answer(404, b"{}"), Meaning.GONE, "no_item"),
    ("410 looks for the item", answer(410), Meaning.GONE, "no_item"),
    ("408 waits", answer(408), Meaning.LATER, "busy"),
    ("409 looks what stands there", answer(409, b"[]"), Meaning.SUPERSEDED, "newer_in_lms"),
    ("413 is for a person", answer(413), Meaning.STOPPED, "refused"),
    ("415 is for a person", answer(415), Meaning.STOPPED, "refused"),
    ("422 is for a person", answer(422), Meaning.STOPPED, "refused"),
    ("425 waits", answer(425), Meaning.LATER, "busy"),
    ("429 waits", answer(429), Meaning.LATER, "busy"),
    ("500 with an empty list may be a lock", answer(500, b"[]"), Meaning.LATER, "perhaps_locked"),
    ("500 with a page is an outage", answer(500, PAGE), Meaning.LATER, "down"),
    ("502 may have been stored", answer(502, PAGE), Meaning.UNKNOWN, "down"),
    ("503 is maintenance", answer(503, PAGE), Meaning.LATER, "down"),
    ("504 may have been stored", answer(504, PAGE), Meaning.UNKNOWN, "down"),
    ("what no standard knows is unclear", answer(999), Meaning.UNKNOWN, "unclear"),
]


@pytest.mark.parametrize(
    ("told", "meaning", "reason"), [row[1:] for row in SCORES], ids=[row[0].replace(" ", "_") for row in SCORES]
)
def test_an_answer_to_a_score_means(told: http.Answer, meaning: Meaning, reason: str) -> None:
    verdict = answers.of_score(told, NOW)
    assert (verdict.meaning, verdict.reason, verdict.status) == (meaning, reason, told.status)


TROUBLES = [
    ("a list that is a page", ags.Refused(answer(200, PAGE)), "login_page"),
    ("a list that is no list", ags.Refused(answer(200, b"{}")), "unreadable"),
    ("a list that is not there", ags.Refused(answer(404)), "unreadable"),
    ("a list elsewhere", ags.Refused(answer(301)), "redirected"),
    ("a list for others", ags.Refused(answer(403, b"{}")), "no_access"),
    ("a list behind a firewall", ags.Refused(answer(403, PAGE)), "firewall"),
    ("a list without our name", ags.Refused(answer(401)), "unauthorised"),
    ("a list of a busy one", ags.Refused(answer(429)), "busy"),
    ("a list of a broken one", ags.Refused(answer(500, PAGE)), "down"),
    ("a token refused", tokens.TokenRefused(answer(400, b'{"error":"invalid_client"}')), "no_token"),
    ("a token for no scope", tokens.TokenRefused(answer(400, b'{"error" : "invalid_scope"}')), "no_scope"),
    ("a token of a broken one", tokens.TokenRefused(answer(503, PAGE)), "down"),
    ("a token of a busy one", tokens.TokenRefused(answer(429)), "busy"),
    ("a token that is a page", tokens.TokenRefused(answer(200, PAGE)), "no_token"),
    ("a token without the scope", tokens.NotGranted(ags.SCORE), "no_scope"),
    ("nobody there", http.Unreachable("not_sent", "ConnectionError"), "unreachable"),
    ("a private address", http.Unreachable("forbidden", "private"), "forbidden"),
]


@pytest.mark.parametrize(
    ("trouble", "reason"), [row[1:] for row in TROUBLES], ids=[row[0].replace(" ", "_") for row in TROUBLES]
)
def test_trouble_before_a_score_was_sent_waits(trouble: Exception, reason: str) -> None:
    verdict = answers.of_trouble(trouble, NOW)
    assert (verdict.meaning, verdict.reason) == (Meaning.LATER, reason)


def test_our_own_fault_is_not_blamed_on_the_platform() -> None:
    with pytest.raises(ZeroDivisionError):
        answers.of_trouble(ZeroDivisionError(), NOW)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("300", timedelta(minutes=5)),
        ("Tue, 24 Nov 2026 03:02:00 GMT", timedelta(minutes=2)),
        ("Tue, 24 Nov 2026 02:00:00 GMT", timedelta(0)),
        ("Tue, 24 Nov 2026 02:00:00", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(told: str, wait: timedelta | None) -> None:
    assert answers.of_score(answer(503, Retry_After=told), NOW).retry_after == wait


def test_the_wait_doubles_up_to_an_hour_and_is_shortened_at_random() -> None:
    down = Verdict(Meaning.LATER, "down")
    assert answers.wait(down, 1, draw=1) == timedelta(seconds=10)
    assert answers.wait(down, 1, draw=0) == timedelta(seconds=5)
    assert answers.wait(down, 4, draw=1) == timedelta(seconds=80)
    assert answers.wait(down, 500, draw=1) == timedelta(hours=1)


def test_a_promise_of_the_platform_is_kept_but_not_for_ever() -> None:
    assert answers.wait(Verdict(Meaning.LATER, "down", 503, timedelta(minutes=5)), 1, draw=0) == timedelta(minutes=5)
    assert answers.wait(Verdict(Meaning.LATER, "down", 503, timedelta(days=99)), 1, draw=0) == timedelta(hours=6)


def test_a_500_that_only_this_learner_gets_is_for_a_person_after_five() -> None:
    verdict = answers.of_score(answer(500, b"[]"), NOW)
    assert verdict.after(4).meaning is Meaning.LATER
    assert (verdict.after(5).meaning, verdict.after(5).reason) == (Meaning.STOPPED, "locked")
    assert answers.of_score(answer(503), NOW).after(500).meaning is Meaning.LATER


def test_in_doubt_only_what_waits_stays_unknown() -> None:
    assert answers.of_score(answer(503), NOW).in_doubt().meaning is Meaning.UNKNOWN
    assert answers.of_score(answer(200), NOW).in_doubt().meaning is Meaning.DELIVERED
    assert answers.of_score(answer(400), NOW).in_doubt().meaning is Meaning.STOPPED


def result(score: str | None, seconds: int | None) -> ags.Result:
    at = None if seconds is None else NOW + timedelta(seconds=seconds)
    return ags.Result("7", None if score is None else Decimal(score), at)


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("stood", [result("66.67", 0), result("66.67000", 9), result("66.67", None)])
def test_ours_in_the_gradebook_is_delivered(stood: ags.Result, refused: bool) -> None:
    verdict = answers.of_result(stood, Decimal("66.67"), NOW, refused)
    assert verdict is not None
    assert (verdict.meaning, verdict.reason) == (Meaning.DELIVERED, "read_back")


@pytest.mark.parametrize(
    "stood", [None, result(None, None), result("55", -9), result("66.67", -9), result("55", None), result("55", 0)]
)
def test_what_is_not_there_yet_may_be_sent(stood: ags.Result | None) -> None:
    assert answers.of_result(stood, Decimal("66.67"), NOW, refused=False) is None


def test_an_equal_score_behind_a_409_is_ours_whatever_its_time() -> None:
    verdict = answers.of_result(result("66.67", -9), Decimal("66.67"), NOW, refused=True)
    assert verdict is not None
    assert verdict.meaning is Meaning.DELIVERED


@pytest.mark.parametrize(
    ("stood", "refused"),
    [
        (result("55", 9), True),
        (result("55", 9), False),
        (result("55", 0), True),
        (None, True),
        (result("66.66", 0), True),
    ],
)
def test_a_person_who_wrote_later_is_left_alone(stood: ags.Result | None, refused: bool) -> None:
    verdict = answers.of_result(stood, Decimal("66.67"), NOW, refused)
    assert verdict is not None
    assert (verdict.meaning, verdict.reason) == (Meaning.STOPPED, "newer_in_lms")


def test_every_word_of_the_table_has_a_sentence() -> None:
    words = {w for row in answers.SCORES + answers.READING for w in (row.reason, row.last_reason) if w}
    words |= {reason for _, _, reason in TROUBLES}
    assert words <= reasons.REASONS.keys()
    assert reasons.explain(None) is reasons.WAITING
    assert reasons.explain("locked").advice is not None
