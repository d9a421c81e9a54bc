"""A demo LMS that takes the place of a recorded Moodle: its name, its people, its numbers, its clock, and a tool."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import jwt
from sqlalchemy import delete, insert, update

from diklat_lti.clock import Clock
from diklat_lti.demo import RunningLms, running_lms
from diklat_lti.demo.lms import LmsSettings, tables
from lms_visitor import Forms, Tool, Visitor, browsing, tool_running

HEADERS = ("content-type", "link", "retry-after")
"""What the recordings keep of an answer's head."""
PEOPLE = ((2, "admin", "Admin", "User", ""), (3, "bbppks", "Admin", "BBPPKS", "ID-bbppks"))


class RecordedClock(Clock):
    """Stands where a recording was made."""

    def real_now(self) -> datetime:
        found: datetime = self.__dict__["at"]
        return found

    def set(self, at: datetime | int) -> None:
        self.__dict__["at"] = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)


@dataclass
class Site:
    """The LMS and the tool of one scene. `names` turns our names into the recorded ones."""

    lms: RunningLms
    tool: Tool
    clock: RecordedClock
    url: str
    names: dict[str, str] = field(default_factory=dict)
    registration_token: str = ""

    def ask(self, said: dict[str, Any], token: str = "", as_text: bool = False) -> dict[str, Any]:
        """One recorded request, as it was sent; the answer in the recording's own names."""
        target = said["url"].removeprefix(self.url)
        body = said.get("body", "")
        sent = body if isinstance(body, str) else json.dumps(body)
        headers = {**said["headers"], **({"authorization": f"Bearer {token}"} if token else {})}
        connection = HTTPConnection(urlsplit(self.lms.url).netloc, timeout=30)
        connection.putrequest(said["method"], target, skip_accept_encoding=True)
        raw = self.ours(sent).encode()
        for name, value in {**headers, **({"content-length": str(len(raw))} if raw else {})}.items():
            connection.putheader(name, value)
        connection.endheaders(raw or None)
        answer = connection.getresponse()
        kept = {name: answer.headers[name].encode("latin-1").decode() for name in HEADERS if name in answer.headers}
        text = answer.read().decode()
        connection.close()
        return {"status": answer.status, "headers": kept, "body": self.theirs(text if as_text else json.loads(text))}

    def ours(self, text: str) -> str:
        """A recorded text with the address and the name of our tool."""
        text = text.replace("https://diklat.test", self.tool.url)
        return re.sub(r'(?<=")diklat\.test(?=")', urlsplit(self.tool.url).netloc, text)

    def ours_of(self, value: Any) -> Any:
        return json.loads(self.ours(json.dumps(value)))

    def theirs(self, value: Any) -> Any:
        """Our answer with the recorded names in it."""
        if isinstance(value, dict):
            return {key: self.theirs(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.theirs(one) for one in value]
        if isinstance(value, str):
            value = value.replace(self.tool.url, "https://diklat.test")
            return self.names.get(value, value)
        return value

    @contextmanager
    def visitor(self, person: int, sesskey: str = "", agent: str = "") -> Iterator[Visitor]:
        """Someone's browser, in English as on the recorded sites; its sesskey may be the recorded one."""
        with browsing(self.lms, person) as visitor:
            visitor.send("/switch.php", language="en")
            if agent:
                visitor.http.headers["user-agent"] = agent
            if sesskey:
                name = visitor.http.cookies["lms_session"]
                with self.lms.lms.store.write() as db:
                    db.execute(update(tables.session).where(tables.session.c.id == name).values(sesskey=sesskey))
                visitor.known[name] = sesskey
            yield visitor

    def open_registration(self, update_of: str = "", page: str = "/register") -> dict[str, str]:
        """What the tool's registration page is opened with; the token is kept for what follows."""
        with self.visitor(2) as admin:
            answer = admin.get(
                "/mod/lti/startltiadvregistration.php",
                url=self.tool.url + page,
                sesskey=admin.sesskey(),
                type=update_of or "new",
            )
        query = urlsplit(answer.headers["location"]).query
        found = dict(part.split("=", 1) for part in query.split("&"))
        self.registration_token = found["registration_token"]
        address = found["openid_configuration"].replace("%3A", ":").replace("%2F", "/")
        return {**found, "openid_configuration": address}

    def access_token(self, *scopes: str) -> str:
        answer = self.ask(self.token_request(" ".join(scopes)))
        return str(answer["body"]["access_token"])

    def assertion(self) -> str:
        now = int(self.clock.real_now().timestamp())
        return self.tool.sign(self.tool.assertion(iat=now - 5, exp=now + 300))

    def token_request(self, scope: str) -> dict[str, Any]:
        body = (
            "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
            f"client-assertion-type%3Ajwt-bearer&client_assertion={self.assertion()}&scope={scope.replace(' ', '+')}"
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return {"method": "POST", "url": f"{self.url}/mod/lti/token.php", "headers": headers, "body": body}

    def launch(self, address: str, person: int, told: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """From the click to the form that is posted to the tool: what initiates the login, and what comes of it."""
        agent = told["launch_post"]["headers"].get("user-agent", "")
        with self.visitor(person, sesskey_of(told["claims"]), agent) as visitor:
            if "/view.php" in address:
                address = visitor.get(address).headers["location"]
            return self.sign_in(visitor, address, told)

    def sign_in(self, visitor: Visitor, address: str, told: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        initiating = visitor.page(address)
        _, hints = Forms(initiating).found[-1]
        method = re.findall(r'<form[^>]* method="(\w+)"', initiating)[-1].upper()
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.tool.client_id,
            "redirect_uri": self.tool.url + told["launch_post"]["path"],
            "login_hint": hints["login_hint"],
            "lti_message_hint": hints["lti_message_hint"],
            "state": told["launch_post"]["form"]["state"],
            "nonce": told["claims"]["nonce"],
        }
        page = visitor.get("/mod/lti/auth.php", **asked)
        action, fields = Forms(page.text).found[-1]
        token = fields.pop("id_token")
        options: Any = dict.fromkeys(("verify_exp", "verify_iat", "verify_aud", "verify_sub"), False)
        key = self.lms.lms.key.private.public_key()
        claims = self.theirs(jwt.decode(token, key, ["RS256"], options=options))
        form = {**fields, "header": jwt.get_unverified_header(token), "claims": claims, "initiated_by": method}
        return self.theirs(hints), {**form, "path": action.removeprefix(self.tool.url)}


def sesskey_of(claims: dict[str, Any]) -> str:
    found = re.search(r"sesskey=(\w+)", json.dumps(claims))
    return found[1] if found else ""


@contextmanager
def site(version: str, zone: str, guid: str, at: int, named: str = "") -> Iterator[Site]:
    """A bare one: no course, no learner, as a site on its first day. `named` is its full and its short name."""
    short = "m" + version[0] + version[2]
    url = f"https://moodle{short[1:]}.test"
    clock = RecordedClock()
    clock.set(at)
    settings = LmsSettings(
        url=url,
        clock=clock,
        site_zone=zone,
        site_name=named or f"Moodle {short[1:]}",
        short_name=named or short,
        moodle=version[:3],
    )
    with ExitStack() as stack:
        tool = stack.enter_context(tool_running())
        lms = stack.enter_context(running_lms(settings=settings))
        with lms.lms.store.write() as db:
            for table in (tables.enrolment, tables.session, tables.person, tables.course):
                db.execute(delete(table))
            db.execute(update(tables.site).where(tables.site.c.key == "guid").values(value=guid))
            for row in PEOPLE:
                add_person(db, *row)
        found = Site(lms, tool, clock, url)
        found.names[urlsplit(tool.url).netloc] = "diklat.test"
        yield found


def add_person(db: Any, number: int, username: str, given: str, family: str, idnumber: str) -> None:
    values = {"username": username, "given_name": given, "family_name": family, "idnumber": idnumber}
    email = f"{username}@example.test"
    db.execute(insert(tables.person).values(id=number, email=email, is_admin=number == 2, **values))


def add_course(
    lms: RunningLms, number: int, fullname: str, shortname: str, idnumber: str, people: dict[int, str]
) -> None:
    with lms.lms.store.write() as db:
        db.execute(insert(tables.course).values(id=number, fullname=fullname, shortname=shortname, idnumber=idnumber))
        for person, role in people.items():
            db.execute(insert(tables.enrolment).values(course_id=number, person_id=person, role=role))


def number(lms: RunningLms, course: int, links: list[tuple[int, int]], items: list[int]) -> None:
    """Gives activities and columns of a course, in their order, the recorded numbers: a site's counters count much else."""
    with lms.lms.store.write() as db:
        db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        old = db.exec_driver_sql("SELECT id FROM link WHERE course_id = ? ORDER BY position", (course,)).scalars().all()
        db.exec_driver_sql("UPDATE link SET cmid = -cmid WHERE course_id = ?", (course,))
        for before, (after, module) in reversed(list(zip(old, links, strict=True))):
            db.exec_driver_sql("UPDATE grade_item SET link_id = ? WHERE link_id = ?", (after, before))
            db.exec_driver_sql("UPDATE link SET id = ?, cmid = ? WHERE id = ?", (after, module, before))
        old = db.exec_driver_sql("SELECT id FROM grade_item WHERE course_id = ? ORDER BY id", (course,)).scalars().all()
        for before, after in reversed(list(zip(old, items, strict=True))):
            db.exec_driver_sql("UPDATE grade SET item_id = ? WHERE item_id = ?", (after, before))
            db.exec_driver_sql("UPDATE grade_item SET id = ? WHERE id = ?", (after, before))
