"""What the doctor found, read with its age; a look that stumbles, ends in time and is stored once."""

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

import world
from diklat_lti.cli import main
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.lti import http, keys, tokens
from diklat_lti.lti.doctor import bundle, checkup, of_service, of_trust, reading, site
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.reading import Found
from diklat_lti.models import Finding, Platform, Registration
from diklat_lti.settings import Settings
from world import NOW

CLOSED = "http://127.0.0.1:1"
"""Nothing listens there."""


@pytest.fixture
def platform(db: Database, settings: Settings) -> int:
    with db.write() as session:
        keys.ensure(session, settings.secret_keys, Clock().real_now())
        addresses: dict[str, Any] = {name: f"{CLOSED}/{name}" for name in ("auth_login_url", "token_url", "jwks_url")}
        registration = world.registration(session, **addresses)
        world.deployment(session, registration)
        return registration.platform_id


def light(found: dict[str, Found], name: str, hours: float = 0) -> reading.Line:
    return next(line for line in reading.lines(found, NOW + timedelta(hours=hours)) if line.name == name)


def test_a_green_of_yesterday_is_grey_and_a_red_stays_red() -> None:
    found = {"door": Found("open", {}, NOW), "storage": Found("not_writable", {}, NOW)}
    assert light(found, "door", 24).light == "green"
    assert (light(found, "door", 24.1).light, light(found, "door", 24.1).was) == ("grey", "green")
    assert light(found, "storage", 100).light == "red"


def test_what_was_never_looked_at_is_grey_and_says_so() -> None:
    line = light({}, "door")
    assert (line.light, line.sentence, line.found) == ("grey", reading.NEVER, None)
    assert light({}, "new_item").sentence == reading.ON_WISH


def test_an_old_green_behind_a_red_is_grey_and_names_the_red_one() -> None:
    found = {"reach": Found("no_connection", {"host": CLOSED}, NOW), "keyset": Found("readable", {}, NOW)}
    line = light(found, "keyset")
    assert line.because is not None
    assert (line.light, line.because.text) == ("grey", "The LMS's server")
    assert (line.together, light(found, "reach").together) == ("The LMS's server", None)


def test_behind_a_link_with_nothing_to_look_at_there_is_nothing_to_look_at() -> None:
    line = light({"path_info": Found("no_course", {}, NOW)}, "header")
    assert line.because is not None
    assert line.because.text == "Path to the services"


def test_a_look_takes_the_place_of_the_last_one_and_keeps_what_it_did_not_see(
    db: Database, settings: Settings, platform: int
) -> None:
    with db.write() as session:
        kept = {"light": "green", "reason": "readable", "data": {}, "looked_at": NOW}
        session.add(Finding(platform_id=platform, link="keyset", **kept))
    for _ in range(2):
        checkup.of_both(db, settings, platform, Clock().real_now())
    with db.read() as session:
        rows = {row.link: row for row in session.scalars(select(Finding).where(Finding.platform_id == platform))}
        assert {name: (row.light, row.reason) for name, row in rows.items()} == {
            "door": ("green", "open"), "reach": ("red", "no_connection"), "keyset": ("green", "readable"),
        }  # fmt: skip
        ours = select(func.count(Finding.id)).where(Finding.platform_id.is_(None))
        assert session.scalar(ours) == 5


def test_of_a_platform_without_a_registration_nothing_is_found(db: Database, settings: Settings) -> None:
    with db.write() as session:
        platform = world.platform(session).id
    own = checkup.of_service(db, settings, Clock().real_now())
    assert checkup.of_platform(db, settings, platform, own, Clock().real_now()) == {}


def test_a_link_that_stumbles_is_our_fault_and_the_others_are_looked_at(
    db: Database, settings: Settings, platform: int
) -> None:
    own = checkup.of_service(db, settings, Clock().real_now())
    with db.write() as session:
        session.get_one(Registration, 1).jwks_url = "http://[broken"
    found = checkup.of_platform(db, settings, platform, own, Clock().real_now())
    assert (found["door"].reason, found["reach"].reason) == ("open", "our_fault")


@pytest.mark.parametrize(
    ("url", "address", "private", "reason"),
    [
        ("https://diklat.example.id", "93.184.216.34", False, "public"),
        ("https://diklat.example.id:443", "93.184.216.34", False, "public"),
        ("http://diklat.example.id:80", "93.184.216.34", False, "public"),
        ("https://diklat.example.id:444", "93.184.216.34", False, "odd_port"),
        ("http://diklat.example.id:81", "93.184.216.34", False, "odd_port"),
        ("https://diklat.example.id", "93.184.216.34 10.0.0.5", False, "private"),
        ("https://diklat.example.id", "10.0.0.5", False, "private"),
        ("https://diklat.example.id", "10.0.0.5", True, "private_allowed"),
        ("https://diklat.example.id", "", True, "no_name"),
        ("https://diklat.example.id:8443", "93.184.216.34", True, "odd_port"),
        ("http://localhost:8000", "", True, "this_machine"),
        ("http://127.0.0.1:8000", "", False, "private"),
    ],
)
def test_an_address_is_judged_as_a_moodle_would(
    db: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    address: str,
    private: bool,
    reason: str,
) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        if not address:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in address.split()]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    changed = settings.model_copy(update={"public_url": url, "allow_private_platforms": private})
    assert of_service.address(Look(db, changed, NOW)).reason == reason


def test_a_tool_without_a_key_and_one_whose_secret_is_too_short_are_told_apart(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    def seen(**changed: Any) -> str:
        look = Look(db, Settings(_env_file=None, **{**settings.model_dump(), **changed}), Clock().real_now())
        return of_service.secret(look).reason

    assert seen() == "no_signing_key"
    with db.write() as session:
        keys.ensure(session, settings.secret_keys, Clock().real_now())
    assert (seen(), seen(secret_key="short")) == ("whole", "unusable")


def test_whether_our_keys_were_ever_fetched_decides_what_to_look_at(
    db: Database, settings: Settings, platform: int
) -> None:
    def seen(said: str) -> str:
        with db.read() as session:
            look = Look(db, settings, NOW, site.load(session, platform))
        look._kept["granted"] = (None, tokens.TokenRefused(refused(said)))
        return of_trust.our_keys(look).reason

    assert (seen("The URL is blocked."), seen("Signature verification failed")) == ("blocked", "never_fetched")
    with db.write() as session:
        session.get_one(Platform, platform).keys_fetched_at = NOW
    assert seen("Signature verification failed") == "not_believed"


def refused(said: str) -> Any:
    return http.Answer(400, "Bad Request", {}, json.dumps({"error": said}).encode())


def test_a_bundle_of_a_platform_that_nobody_looked_at_is_whole(db: Database, settings: Settings, platform: int) -> None:
    with db.read() as session:
        told = bundle.made(session, settings, platform, NOW)
    assert {link["light"] for link in told["links"]} == {"grey"}
    assert json.loads(json.dumps(told)) == told


def test_the_command_says_what_is_broken_what_mends_it_and_ends_with_1(
    settings: Settings, platform: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {
        "DIKLAT_DATABASE_URL": settings.database_url, "DIKLAT_STORAGE_URL": settings.storage_url,
        "DIKLAT_SECRET_KEY": settings.secret_keys[0], "DIKLAT_ALLOW_PRIVATE_PLATFORMS": "true",
        "DIKLAT_PUBLIC_URL": CLOSED,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = CliRunner().invoke(main, ["doctor"])
    assert ran.exit_code == 1
    assert f"red    platform {platform}  reach: The LMS's server {CLOSED} does not answer." in ran.stdout
    assert "       -> See whether the LMS opens in a browser" in ran.stdout
    assert f"grey   platform {platform}  clock: Not looked at. (The LMS's server comes first.)" in ran.stdout
    assert ran.stderr == "Error: Red: 1. What mends it stands beside each link.\n"
    told = json.loads(CliRunner().invoke(main, ["doctor", "--json", "--platform", str(platform)]).stdout)
    assert [row["link"] for row in told if row["light"] == "red"] == ["reach"]
    unknown = CliRunner().invoke(main, ["doctor", "--platform", "99"])
    assert (unknown.exit_code, "There is no platform 99." in unknown.stderr) == (1, True)


def test_the_command_looks_no_further_than_a_database_that_is_not_migrated(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIKLAT_DATABASE_URL", empty_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", "x" * 40)
    monkeypatch.setenv("DIKLAT_PUBLIC_URL", CLOSED)
    told = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    assert {row["link"]: row["reason"] for row in told}["database"] == "not_migrated"
    assert {row["platform"] for row in told} == {None}
