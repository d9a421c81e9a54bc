"""An LMS that registers the tool: a Moodle on the fake platform, an invite, and its administrator's opening and saying yes."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import requests
from sqlalchemy import select

from diklat_lti.lti.registration import invites
from diklat_lti.models import Registration
from door import Door
from fake_platform import FakePlatform, Reply

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
UPDATE = jwt.encode({"sub": "1", "scope": "reg-update"}, "moodle's own business, of 32 bytes")
"""As Moodle makes it; whoever it is for reads it without its key."""
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Moodle:
    """The registration side of a Moodle, on the fake platform: its configuration, its answers, what it was sent."""

    def __init__(self, platform: FakePlatform) -> None:
        self.platform = platform
        self.sent: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.configuration: dict[str, Any] = {
            "issuer": platform.issuer,
            "authorization_endpoint": f"{platform.issuer}/mod/lti/auth.php",
            "token_endpoint": f"{platform.issuer}/mod/lti/token.php",
            "jwks_uri": f"{platform.issuer}/jwks",
            "registration_endpoint": f"{platform.issuer}/mod/lti/openid-registration.php",
            PLATFORM: {"product_family_code": "moodle", "version": "4.5.6 (Build: 20250811)"},
        }
        self.answer: Callable[[], Reply] = self.stored
        self.held: Callable[[], Reply] = lambda: (404, "text/html", b"<html><h1>Invalid request</h1></html>")
        self.reads = 0
        self.reader: str | None = None
        platform.pages["/config"] = lambda method, headers, body: (
            200, "application/json", json.dumps(self.configuration).encode(),
        )  # fmt: skip
        platform.pages["/mod/lti/openid-registration.php"] = self.register

    def register(self, method: str, headers: dict[str, str], body: bytes) -> Reply:
        if method == "GET":
            self.reads += 1
            self.reader = headers.get("Authorization")
            return self.held()
        self.sent.append((headers, json.loads(body)))
        return self.answer()

    def stored(self, **changes: Any) -> Reply:
        told = {"client_id": "new-client", "scope": self.sent[-1][1]["scope"], TOOL: {"deployment_id": "12"}}
        return 200, "application/json", json.dumps(told | changes).encode()


def invited(door: Door, **columns: Any) -> str:
    with door.db.write() as session:
        return invites.invite(session, columns.get("name"), columns.get("centre_id"), None, door.clock.real_now())


def opened(door: Door, invite: str, **query: str) -> requests.Response:
    asked = {"invite": invite, "openid_configuration": f"{door.platform.issuer}/config", "registration_token": "t"}
    return door.visitor().ask("GET", f"/lti/register?{door.query(asked | query)}")


def said_yes(door: Door, invite: str, **changes: str) -> requests.Response:
    form = {"invite": invite, "openid_configuration": f"{door.platform.issuer}/config", "registration_token": "t"}
    return door.visitor().ask("POST", "/lti/register", form | {"names": "yes"} | changes)


def registrations(door: Door) -> list[Registration]:
    with door.db.read() as session:
        return list(session.scalars(select(Registration).order_by(Registration.id)))
