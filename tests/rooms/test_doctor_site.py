"""What the doctor knows of an LMS before it looks, what a helper is told of it, and what it looks at on our own side."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import world
from diklat_lti.database import Database
from diklat_lti.lti import keys
from diklat_lti.lti.doctor import bundle, of_service, reading, site
from diklat_lti.lti.doctor.look import Look
from diklat_lti.models import Deployment, Finding, Platform, Registration
from diklat_lti.settings import Settings
from fake_platform import fake_platform
from patient import Patient
from world import NOW

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def lms(db: Database, settings: Settings) -> Patient:
    return Patient(db, settings)


def loaded(lms: Patient) -> site.Site:
    with lms.db.read() as session:
        found = site.load(session, lms.platform)
    assert found is not None
    return found


def test_the_newest_client_in_use_is_looked_at_and_else_the_newest(lms: Patient) -> None:
    with lms.db.write() as session:
        home = session.get_one(Platform, lms.platform)
        newer = world.registration(session, home).id
        off = world.registration(session, home, disabled_at=NOW).id
    assert (loaded(lms).registration_id, loaded(lms).disabled) == (newer, False)
    with lms.db.write() as session:
        for id_ in (lms.registration, newer):
            session.get_one(Registration, id_).disabled_at = NOW
    assert (loaded(lms).registration_id, loaded(lms).disabled) == (off, True)


def test_a_platform_that_is_switched_off_is_disabled_whatever_its_client_is(lms: Patient) -> None:
    with lms.db.write() as session:
        session.get_one(Platform, lms.platform).disabled_at = NOW
    assert loaded(lms).disabled


def test_installations_that_are_let_in_and_that_wait_are_counted_without_those_that_are_off(lms: Patient) -> None:
    with lms.db.write() as session:
        registration = session.get_one(Registration, lms.registration)
        for columns in ({"admitted_at": None}, {"admitted_at": None}, {"disabled_at": NOW}):
            world.deployment(session, registration, **columns)
        session.get_one(Deployment, lms.neighbour).admitted_at = None
    assert (loaded(lms).admitted, loaded(lms).held) == (1, 2)


def course(lms: Patient, name: str, **columns: Any) -> int:
    with lms.db.write() as session:
        home = session.get_one(Platform, lms.platform)
        address = {"lineitems_url": f"https://lms/{name}/items", "memberships_url": f"https://lms/{name}/people"}
        return world.course(session, home, **address | columns).id


def test_the_services_are_those_of_the_course_that_was_launched_into_last(lms: Patient) -> None:
    assert (loaded(lms).lineitems_url, loaded(lms).memberships_url) == (None, None)
    never, last, first = course(lms, "never"), course(lms, "last"), course(lms, "first")
    mute = course(lms, "mute", lineitems_url=None)
    for id_ in (first, last, mute):
        lms.launches(1, course_id=id_)
    lms.launches(1, course_id=never, deployment_id=lms.neighbour)
    assert (loaded(lms).lineitems_url, loaded(lms).memberships_url) == (
        "https://lms/last/items",
        "https://lms/mute/people",
    )


def told(lms: Patient) -> dict[str, Any]:
    with lms.db.read() as session:
        return bundle.made(session, lms.settings, lms.platform, NOW)


def test_a_bundle_counts_the_refusals_of_a_month_by_reason_and_browser(lms: Patient) -> None:
    month = timedelta(days=30)
    lms.refusals(1, NOW - month)
    lms.refusals(1, NOW - month + SECOND, browser_family="Chrome")
    lms.refusals(1, NOW - HOUR, browser_family="Chrome")
    for reason in ("wrong_nonce", "no_sub"):
        lms.refusals(1, NOW - 2 * HOUR, reason)
    with lms.db.read() as session:
        beside = session.get_one(Registration, session.get_one(Deployment, lms.neighbour).registration_id).platform_id
    lms.refusals(9, NOW - HOUR, platform_id=beside)
    assert [tuple(row.values()) for row in told(lms)["refusals"]] == [
        ("too_old", "Chrome", 2, (NOW - HOUR).isoformat()),
        ("no_sub", None, 1, (NOW - 2 * HOUR).isoformat()),
        ("wrong_nonce", None, 1, (NOW - 2 * HOUR).isoformat()),
    ]


def test_a_bundle_tells_how_many_grades_stand_where_and_what_is_permitted(lms: Patient) -> None:
    lms.delivery(deployment_id=lms.neighbour)
    for answer, status in (("unauthorised", 401), ("forbidden", 403), ("forbidden", 403)):
        lms.delivery(arrived=False, outcome="later", answer=answer, http_status=status)
    lms.delivery(http_status=200)
    with lms.db.write() as session:
        registration = session.get_one(Registration, lms.registration)
        registration.scopes_asked, registration.scopes_echoed, registration.scopes_granted = ["a", "b"], ["a"], ["b"]
    assert [tuple(row.values()) for row in told(lms)["deliveries"]] == [
        ("delivered", None, 200, 1), ("later", "forbidden", 403, 2), ("later", "unauthorised", 401, 1),
    ]  # fmt: skip
    assert told(lms)["lms"]["permissions"] == {"asked": ["a", "b"], "echoed": ["a"], "granted": ["b"]}


def test_a_bundle_of_a_platform_without_a_client_is_whole(lms: Patient) -> None:
    with lms.db.write() as session:
        lms.platform = world.platform(session).id
    lms.delivery()
    made = told(lms)
    assert (made["lms"]["addresses"], made["lms"]["permissions"], made["deliveries"]) == ([], {}, [])


def test_a_bundle_tells_which_keys_are_retired_and_which_revoked(lms: Patient) -> None:
    with lms.db.write() as session:
        lost = keys.ensure(session, lms.settings.secret_keys, NOW).kid
        keys.rotate(session, lms.settings.secret_keys, NOW)
        keys.revoke(session, lms.settings.secret_keys, lost, NOW)
    assert [(key["retired"], key["revoked"]) for key in told(lms)["tool"]["signing_keys"]] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip


def test_of_two_findings_of_our_own_link_the_newer_one_counts(lms: Patient) -> None:
    with lms.db.write() as session:
        for reason, at in (("writable", NOW), ("not_writable", NOW - HOUR)):
            light: dict[str, Any] = {"light": "green", "data": {}, "platform_id": None}
            world.stored(session, Finding(link="storage", reason=reason, looked_at=at, **light))
        assert reading.stored(session, lms.platform)["storage"].reason == "writable"


def test_a_folder_that_does_not_exist_yet_is_made_and_one_on_a_full_disk_is_not_writable(
    lms: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = lms.settings.model_copy(update={"storage_url": f"file:{tmp_path / 'a' / 'b'}"})
    assert [of_service.storage(Look(lms.db, deep, NOW)).reason for _ in range(2)] == ["writable", "writable"]

    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> None:
            raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda **_: Full())
    assert of_service.storage(Look(lms.db, deep, NOW)).reason == "not_writable"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"alive", "no_tls"),
        (200, b"alive, says somebody", "no_tls"),
        (200, b"hello", "not_us"),
        (201, b"alive", "not_us"),
    ],
)
def test_our_own_address_is_asked_though_it_is_private(lms: Patient, status: int, body: bytes, reason: str) -> None:
    with fake_platform() as tool:
        tool.pages["/healthz"] = lambda *_: (status, "text/plain", body)
        changed = {"public_url": tool.issuer, "allow_private_platforms": False}
        look = Look(lms.db, lms.settings.model_copy(update=changed), NOW)
        assert of_service.certificate(look).reason == reason
