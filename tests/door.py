"""The tool's door over real HTTP: an app behind a port, an LMS that can lie, and visitors who carry cookies by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from sqlalchemy import func, select

import world
from diklat_lti.app import create_app
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.models import BrowserSession, Deployment, Enrolment, Launch, Person, Refusal, Registration
from diklat_lti.settings import Settings
from fake_platform import FakePlatform, fake_platform
from live import free_port, live_app


class MovableClock(Clock):
    """The protocol's clock too can be moved: tickets and tokens grow old without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["ahead"] = timedelta(0)

    def real_now(self) -> datetime:
        ahead: timedelta = self.__dict__["ahead"]
        return super().real_now() + ahead

    def move(self, ahead: timedelta) -> None:
        self.__dict__["ahead"] = ahead


@dataclass
class Visitor:
    """A browser's cookies and headers. Programs do not return Secure cookies over http, so they are carried by hand."""

    origin: str
    fetch_dest: str = "iframe"
    cookies: dict[str, str] = field(default_factory=dict)
    keeps_cookies: bool = True

    def ask(
        self, method: str, path: str, data: dict[str, str] | bytes | None = None, **headers: str
    ) -> requests.Response:
        address = path if path.startswith("http") else self.origin + path
        sent = {"Sec-Fetch-Dest": self.fetch_dest, "User-Agent": "Mozilla/5.0 Chrome/156", "Accept": "text/html"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = requests.request(method, address, data=data, headers=sent | headers, allow_redirects=False, timeout=30)
        for header in answer.raw.headers.getlist("set-cookie") if self.keeps_cookies else ():
            name, value = header.split(";", 1)[0].split("=", 1)
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answer


@dataclass(frozen=True)
class Begun:
    """A login that has reached the platform."""

    state: str
    nonce: str
    asked: dict[str, str]


@dataclass
class Door:
    """What a test needs to knock."""

    origin: str
    db: Database
    settings: Settings
    clock: MovableClock
    platform: FakePlatform

    def visitor(self, **traits: Any) -> Visitor:
        return Visitor(self.origin, **traits)

    @property
    def target(self) -> str:
        return f"{self.origin}/lti/launch"

    def login_fields(self, **changes: str) -> dict[str, str]:
        """As Moodle posts them."""
        return {
            "iss": self.platform.issuer,
            "target_link_uri": self.target,
            "login_hint": "7",
            "lti_message_hint": '{"cmid":2,"launchid":"ltilaunch1_472756120"}',
            "client_id": self.platform.client_id,
            "lti_deployment_id": self.platform.deployment_id,
        } | changes

    def begin(self, visitor: Visitor, **changes: str) -> Begun:
        """From the platform's post to the redirect back to it, over the bounce."""
        answer = visitor.ask("POST", "/lti/login", self.login_fields(**changes))
        for _ in range(2):
            assert answer.status_code == 303, answer.text
            address = answer.headers["location"]
            if address.startswith(self.platform.issuer):
                return self.asked(address)
            answer = visitor.ask("GET", address)
        raise AssertionError(f"the login never reached the platform: {answer.status_code} {answer.text}")

    def asked(self, address: str) -> Begun:
        """What the tool asked the platform for."""
        assert address.startswith(f"{self.platform.issuer}/auth?")
        asked = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        return Begun(asked["state"], asked["nonce"], asked)

    def query(self, fields: dict[str, str]) -> str:
        return urlencode(fields)

    def claims(self, begun: Begun, /, **changes: Any) -> dict[str, Any]:
        return self.platform.claims(begun.nonce, self.clock.real_now(), self.target, **changes)

    def launch(
        self, visitor: Visitor | None = None, header: dict[str, Any] | None = None, **changes: Any
    ) -> requests.Response:
        """A whole login and launch whose claims differ from an honest one in `changes` alone."""
        visitor = visitor or self.visitor()
        begun = self.begin(visitor)
        token = self.platform.sign(self.claims(begun, **changes), **(header or {}))
        return self.post(visitor, id_token=token, state=begun.state)

    def post(self, visitor: Visitor, **form: str) -> requests.Response:
        return visitor.ask("POST", "/lti/launch", form)

    def count(self, table: type[Any]) -> int:
        with self.db.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def reasons(self) -> list[str]:
        with self.db.read() as session:
            return list(session.scalars(select(Refusal.reason).order_by(Refusal.id)))

    def people(self) -> list[Person]:
        with self.db.read() as session:
            return list(session.scalars(select(Person).order_by(Person.id)))

    def launches(self) -> list[Launch]:
        with self.db.read() as session:
            return list(session.scalars(select(Launch).order_by(Launch.id)))

    def assert_refused(self, answer: requests.Response, reason: str, status: int = 401) -> None:
        """A page that says something, the reason kept, and nothing of the visitor anywhere."""
        assert (answer.status_code, self.reasons()[-1:]) == (status, [reason])
        assert "<h1>" in answer.text
        assert [self.count(table) for table in (Person, Launch, Enrolment, BrowserSession)] == [0, 0, 0, 0]

    def assert_let_in(self, answer: requests.Response) -> Launch:
        assert answer.status_code == 303, answer.text
        launch = self.launches()[-1]
        assert answer.headers["location"] == launch.led_to
        return launch


@contextmanager
def open_door(db: Database, settings: Settings) -> Iterator[Door]:
    """With one platform registered, as `platform add` would do it."""
    port, clock = free_port(), MovableClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with fake_platform() as platform:
        register(db, platform)
        with live_app(create_app(settings, clock, db), port=port) as origin:
            yield Door(origin, db, settings, clock, platform)


def register(db: Database, platform: FakePlatform) -> int:
    with db.write() as session:
        registration = world.registration(
            session,
            issuer=platform.issuer,
            client_id=platform.client_id,
            auth_login_url=f"{platform.issuer}/auth",
            token_url=f"{platform.issuer}/token",
            jwks_url=f"{platform.issuer}/jwks",
        )
        world.deployment(session, registration, deployment_id=platform.deployment_id)
        return registration.id


def change(door: Door, table: type[Registration | Deployment], **columns: Any) -> None:
    """Behind the tool's back, as an operator's command in another process does it."""
    with door.db.write() as session:
        for row in session.scalars(select(table)):
            for name, value in columns.items():
                setattr(row, name, value)
