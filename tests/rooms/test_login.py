"""A login at its edges: the longest hint, the oldest ticket, the proof of a browser after a change of keys."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import known, login, tickets
from diklat_lti.models import Registration
from diklat_lti.settings import Settings
from world import NOW


def asked(db: Database, settings: Settings) -> dict[str, str]:
    """What a platform posts to begin."""
    with db.write() as session:
        row = world.registration(session, issuer="https://lms.test", client_id="c-1")
        world.deployment(session, row, deployment_id="1")
    target = f"{settings.public_url}/lti/launch"
    return {"iss": "https://lms.test", "client_id": "c-1", "target_link_uri": target, "login_hint": "7"}


@pytest.mark.parametrize(("hint", "message_hint"), [("x" * 3000, None), ("x", "y" * 2999)])
def test_hints_of_3000_characters_together_are_carried_and_not_one_more(
    db: Database, settings: Settings, hint: str, message_hint: str | None
) -> None:
    fields = asked(db, settings) | {"login_hint": hint}
    fields |= {"lti_message_hint": message_hint} if message_hint else {}
    assert login.begin(db, settings, fields, {}, "document", NOW).address.startswith("https://lms")
    with pytest.raises(Problem) as refused:
        login.begin(db, settings, fields | {"login_hint": hint + "x"}, {}, "document", NOW)
    assert refused.value.reason == "bad_login_hint"


def test_a_ticket_is_good_for_ten_minutes_and_no_second_more(db: Database, settings: Settings) -> None:
    step = login.begin(db, settings, asked(db, settings), {}, None, NOW)
    fields = {"ticket": parse_qs(urlsplit(step.address).query)["ticket"][0]}
    assert step.ticket_id is not None
    cookie = {tickets.COOKIE + step.ticket_id: tickets.proof(settings.secret_keys, step.ticket_id)}
    late = NOW + timedelta(minutes=10)
    assert login.begin(db, settings, fields, cookie, None, late).address.startswith("https://lms")
    with pytest.raises(Problem) as refused:
        login.begin(db, settings, fields, cookie, None, late + timedelta(seconds=1))
    assert refused.value.reason == "ticket_expired"


def test_a_proof_is_made_with_the_newest_key_and_believed_with_an_older_one() -> None:
    new, old = "n" * 40, "o" * 40
    assert tickets.proof((new, old), "t") == tickets.proof((new,), "t") != tickets.proof((old,), "t")
    assert tickets.proves((new, old), "t", tickets.proof((old,), "t"))
    assert not tickets.proves((new,), "t", tickets.proof((old,), "t"))


def test_one_of_our_cookies_among_others_tells_that_cookies_work(db: Database, settings: Settings) -> None:
    fields = asked(db, settings)
    ours, others = {"__Host-diklat-session": "x"}, {"_ga": "1"}
    assert "login_hint=7" in login.begin(db, settings, fields, others | ours, "iframe", NOW).address
    assert "/lti/login?ticket=" in login.begin(db, settings, fields, others, "iframe", NOW).address


def test_a_platform_whose_login_address_has_a_query_keeps_it(db: Database, settings: Settings) -> None:
    fields = asked(db, settings)
    plain = login.begin(db, settings, fields, {}, "document", NOW).address
    with db.write() as session:
        row = session.scalars(select(Registration)).one()
        address = row.auth_login_url
        row.auth_login_url += "?type=3"
    known.forget(db)
    assert plain.startswith(f"{address}?scope=openid&")
    assert login.begin(db, settings, fields, {}, "document", NOW).address.startswith(f"{address}?type=3&scope=openid&")


def test_a_platform_that_is_switched_off_during_the_bounce_is_refused(db: Database, settings: Settings) -> None:
    step = login.begin(db, settings, asked(db, settings), {}, None, NOW)
    fields = {"ticket": parse_qs(urlsplit(step.address).query)["ticket"][0]}
    with db.write() as session:
        session.scalars(select(Registration)).one().disabled_at = NOW
    known.forget(db)
    with pytest.raises(Problem) as refused:
        login.begin(db, settings, fields, {}, None, NOW)
    assert refused.value.reason == "registration_disabled"


def test_an_issuer_alone_is_enough_as_long_as_it_has_one_client_that_is_let_in(
    db: Database, settings: Settings
) -> None:
    fields = asked(db, settings)
    del fields["client_id"]
    assert "client_id=c-1" in login.begin(db, settings, fields, {}, "document", NOW).address
    with db.write() as session:
        other = world.registration(session, issuer="https://lms.test", client_id="c-2")
    with pytest.raises(Problem) as refused:
        login.begin(db, settings, fields, {}, "document", NOW)
    assert refused.value.reason == "unknown_registration"
    with db.write() as session:
        session.get_one(Registration, other.id).disabled_at = NOW
    assert "client_id=c-1" in login.begin(db, settings, fields, {}, "document", NOW).address


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"disabled_at": NOW}, "deployment_disabled"), ({"admitted_at": None}, "deployment_held"), ({}, None)],
)
def test_a_deployment_that_the_login_names_must_be_let_in(
    db: Database, settings: Settings, changed: dict[str, object], reason: str | None
) -> None:
    fields = asked(db, settings)
    with db.write() as session:
        row = session.scalars(select(Registration)).one()
        world.deployment(session, row, deployment_id="2", **changed)
    for named in ("1", "unheard of"):
        login.begin(db, settings, fields | {"lti_deployment_id": named}, {}, "document", NOW)
    if reason is None:
        return
    with pytest.raises(Problem) as refused:
        login.begin(db, settings, fields | {"lti_deployment_id": "2"}, {}, "document", NOW)
    assert refused.value.reason == reason
