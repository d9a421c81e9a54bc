"""Platforms by hand: added once, listed, switched off and on, deployments admitted; bad addresses are named."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import known, platforms
from diklat_lti.models import AuditRow, Centre, Deployment, Platform, Registration
from diklat_lti.settings import Settings
from world import NOW, centre, deployment, registration

SITE = platforms.Endpoints(
    issuer="https://lms.example.id",
    client_id="c-1",
    auth_login_url="https://lms.example.id/auth",
    token_url="https://lms.example.id/token",
    jwks_url="https://lms.example.id/jwks",
)


def added(db: Database, settings: Settings, site: platforms.Endpoints = SITE, **said: Any) -> int:
    with db.write() as session:
        values = {"deployment_id": "1", "name": None, "centre_id": None} | said
        return platforms.add(session, settings, site, **values, now=NOW).id


def listed(db: Database) -> list[platforms.PlatformLine]:
    with db.read() as session:
        return platforms.every(session)


def test_the_first_platform_makes_a_centre_of_its_name_and_the_next_one_joins_it(
    db: Database, settings: Settings
) -> None:
    added(db, settings, name="LMS Kemensos")
    added(db, settings, replace(SITE, client_id="c-2"))
    with db.read() as session:
        assert [c.name for c in session.query(Centre)] == ["LMS Kemensos"]
    first, second = listed(db)
    assert (first.name, first.client_id, first.deployments) == ("LMS Kemensos", "c-1", (("1", "admitted"),))
    assert (second.name, second.disabled) == ("lms.example.id", False)


def test_a_platform_belongs_to_the_centre_that_was_named(db: Database, settings: Settings) -> None:
    with db.write() as session:
        centre(session)
        other = centre(session, name="BBPPKS Jayapura").id
    added(db, settings, centre_id=other)
    with db.read() as session:
        assert session.query(Platform).one().centre_id == other
    with pytest.raises(Problem, match="no centre 99"):
        added(db, settings, replace(SITE, client_id="c-2"), centre_id=99)


def test_the_same_client_is_not_added_twice(db: Database, settings: Settings) -> None:
    added(db, settings)
    with pytest.raises(Problem, match="registered already"):
        added(db, settings)
    assert len(listed(db)) == 1


@pytest.mark.parametrize("field", ["issuer", "auth_login_url", "token_url", "jwks_url"])
@pytest.mark.parametrize("address", ["lms.example.id", "http://lms.example.id", "https://" + "x" * 500, ""])
def test_an_address_that_may_not_be_called_is_named(db: Database, settings: Settings, field: str, address: str) -> None:
    public_only = settings.model_copy(update={"allow_private_platforms": False})
    with pytest.raises(Problem, match=field):
        added(db, public_only, replace(SITE, **{field: address}))
    assert listed(db) == []


def test_switching_a_platform_off_and_on_again(db: Database, settings: Settings) -> None:
    registration_id = added(db, settings)
    platform_id = listed(db)[0].platform_id
    for disabled in (True, False):
        with db.write() as session:
            platforms.set_disabled(session, platform_id, disabled, NOW)
        assert listed(db)[0].disabled is disabled
        seen = known.reread(db, registration_id, NOW)
        assert seen is not None
        assert seen.disabled is disabled
    with db.write() as session, pytest.raises(Problem, match="no platform 99"):
        platforms.set_disabled(session, 99, True, NOW)


def test_a_held_deployment_is_admitted(db: Database, settings: Settings) -> None:
    registration_id = added(db, settings, deployment_id=None)
    with db.write() as session:
        deployment(session, registration_id=registration_id, deployment_id="5", admitted_at=None)
    assert listed(db)[0].deployments == (("5", "held"),)
    with db.write() as session:
        platforms.admit(session, listed(db)[0].platform_id, "5", NOW)
    assert listed(db)[0].deployments == (("5", "admitted"),)
    with db.write() as session, pytest.raises(Problem, match="shown no deployment 6"):
        platforms.admit(session, listed(db)[0].platform_id, "6", NOW)


def test_a_registration_is_remembered_for_some_seconds_and_not_longer(db: Database, settings: Settings) -> None:
    registration_id = added(db, settings)
    assert known.by_name(db, SITE.issuer, SITE.client_id, NOW) is not None
    with db.write() as session:
        platforms.set_disabled(session, listed(db)[0].platform_id, True, NOW)
    soon = known.by_id(db, registration_id, NOW + timedelta(seconds=4.9))
    later = known.by_id(db, registration_id, NOW + timedelta(seconds=5))
    assert soon is not None
    assert later is not None
    assert (soon.disabled, later.disabled) == (False, True)
    assert known.by_id(db, 99, NOW) is None


def test_a_client_id_and_an_address_are_taken_to_the_last_character_that_fits(db: Database, settings: Settings) -> None:
    site = "https://lms.example.id/"
    longest = replace(SITE, client_id="c" * 255, jwks_url=site + "x" * (500 - len(site)))
    for field, value in vars(longest).items():
        if field in ("client_id", "jwks_url"):
            with pytest.raises(Problem):
                added(db, settings, replace(SITE, **{field: value + "x"}))
    with pytest.raises(Problem):
        added(db, settings, replace(SITE, client_id=""))
    assert listed(db) == []
    added(db, settings, longest, name="n" * 201)
    with db.read() as session:
        assert session.query(Platform).one().name == session.query(Centre).one().name == "n" * 200


def test_platforms_are_listed_by_their_number_and_each_with_its_own_deployments_in_order(
    db: Database, settings: Settings
) -> None:
    first = added(db, settings, deployment_id="b", name="A")
    second = added(db, settings, replace(SITE, client_id="c-2"), deployment_id="a", name="B")
    with db.write() as session:
        platforms.deploy(session, first, "a", NOW)
        platform_id = session.query(Platform).order_by(Platform.id).first().id  # type: ignore[union-attr]
        third = registration(session, session.get_one(Platform, platform_id), client_id="c-3")
        assert third.id > second
        lines = [(line.client_id, [id_ for id_, _ in line.deployments]) for line in platforms.every(session)]
        assert lines == [("c-1", ["b", "a"]), ("c-3", []), ("c-2", ["a"])]
        assert platforms.one(session, second).client_id == "c-2"


def test_of_two_deployments_of_one_name_the_newest_of_that_platform_is_admitted(
    db: Database, settings: Settings
) -> None:
    old = added(db, settings, deployment_id=None)
    added(db, settings, replace(SITE, client_id="c-9"), deployment_id=None, name="Another")
    with db.write() as session:
        home, foreign = session.query(Platform).order_by(Platform.id)
        new = registration(session, home)
        held = [
            deployment(session, registration_id=each, deployment_id="5", admitted_at=None)
            for each in (old, new.id, session.query(Registration).filter_by(platform_id=foreign.id).one().id)
        ]
        platforms.admit(session, home.id, "5", NOW)
        assert [row.admitted_at for row in held] == [None, NOW, None]


def test_a_second_word_keeps_the_day_of_the_first(db: Database, settings: Settings) -> None:
    registration_id, later = added(db, settings), NOW + timedelta(days=1)
    with db.write() as session:
        platform = session.query(Platform).one()
        for at in (NOW, later):
            platforms.set_disabled(session, platform.id, True, at)
            admitted = platforms.deploy(session, registration_id, "1", at)
        assert (platform.disabled_at, admitted.admitted_at) == (NOW, NOW)
        admitted.disabled_at = later
        assert platforms.deploy(session, registration_id, "1", later).disabled_at == later
        assert platforms.admit(session, platform.id, "1", later).disabled_at is None
        assert session.query(Deployment).count() == 1


def test_what_an_operator_did_to_a_platform_is_written_down(db: Database, settings: Settings) -> None:
    added(db, settings)
    with db.write() as session:
        platform = session.query(Platform).one()
        platforms.set_disabled(session, platform.id, True, NOW)
        platforms.set_disabled(session, platform.id, False, NOW)
        platforms.admit(session, platform.id, "1", NOW)
        noted = session.query(AuditRow).order_by(AuditRow.id).all()
    kept = {"issuer": SITE.issuer, "client_id": "c-1", "deployment_id": "1"}
    assert [(row.action, row.subject_kind, row.subject_id, row.at) for row in noted] == [
        (action, "platform", platform.id, NOW)
        for action in ("platform_added", "platform_disabled", "platform_enabled", "deployment_admitted")
    ]
    assert (noted[0].data, noted[3].data, noted[0].centre_id) == (kept, {"id": "1"}, platform.centre_id)


def test_an_address_in_a_sentence_is_cut(db: Database, settings: Settings) -> None:
    with pytest.raises(Problem) as refused:
        added(db, settings, replace(SITE, jwks_url="x" * 201))
    assert "x" * 200 in str(refused.value)
    assert "x" * 201 not in str(refused.value)


def test_a_registration_that_is_switched_off_alone_is_shown_as_such(db: Database, settings: Settings) -> None:
    registration_id = added(db, settings)
    with db.write() as session:
        session.get_one(Registration, registration_id).disabled_at = NOW
    assert listed(db)[0].disabled


def test_a_platform_whose_centre_nobody_named_joins_the_first(db: Database, settings: Settings) -> None:
    with db.write() as session:
        first, _second = centre(session, name="B").id, centre(session, name="A")
    added(db, settings)
    with db.read() as session:
        assert session.query(Platform).one().centre_id == first


def test_what_is_not_at_hand_is_not_read_where_nobody_may_wait(db: Database, settings: Settings) -> None:
    registration_id = added(db, settings)
    for look in (
        lambda: known.by_id(db, registration_id, NOW, at_hand=True),
        lambda: known.by_name(db, SITE.issuer, SITE.client_id, NOW, at_hand=True),
    ):
        with pytest.raises(known.NotAtHand):
            look()
    assert known.by_name(db, SITE.issuer, SITE.client_id, NOW) is not None
    assert known.by_name(db, SITE.issuer, SITE.client_id, NOW, at_hand=True) is not None
    with pytest.raises(known.NotAtHand):
        known.by_id(db, registration_id, NOW + timedelta(seconds=5), at_hand=True)
