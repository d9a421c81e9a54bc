"""Two visitors of the demo LMS: a browser that follows its pages and forms, and a tool with a key of its own."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from diklat_lti.demo import RunningLms

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES = [AGS + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")]
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


@cache
def new_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Forms(HTMLParser):
    """The forms of a page: where they go, and what they carry."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append((had.get("action", ""), {}))
        elif tag == "input" and self.found and "name" in had:
            self.found[-1][1][had["name"]] = had.get("value", "")


@dataclass
class Visitor:
    """A browser with cookies and without scripts."""

    lms: RunningLms
    http: httpx2.Client
    known: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, **query: Any) -> httpx2.Response:
        return self.http.get(address, params=query or None)

    def page(self, address: str) -> str:
        answer = self.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return answer.text

    def send(self, address: str, **fields: Any) -> httpx2.Response:
        """A form of the LMS, with the sesskey of its pages."""
        return self.http.post(address, data={"sesskey": self.sesskey(), **fields})

    def sesskey(self) -> str:
        session = self.http.cookies.get("lms_session", "")
        if session not in self.known:
            found = re.search(r'name="sesskey" value="(\w+)"', self.page("/login/index.php"))
            assert found
            self.known[self.http.cookies["lms_session"]] = found[1]
        return self.known[self.http.cookies["lms_session"]]

    def become(self, person: int) -> "Visitor":
        assert self.send("/login/index.php", person=person).status_code == 303
        return self

    def form(self, address: str, number: int = -1) -> tuple[str, dict[str, str]]:
        return Forms(self.page(address)).found[number]


@contextmanager
def browsing(lms: RunningLms, person: int | None = None) -> Iterator[Visitor]:
    with httpx2.Client(base_url=lms.url) as http:
        visitor = Visitor(lms, http)
        yield visitor.become(person) if person else visitor


@dataclass
class Tool:
    """A tool at an address of its own that shows its keys. `keys` may change while it runs."""

    url: str
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"one": new_key("one")})
    fetched: int = 0
    asked: dict[str, Any] = field(default_factory=dict)
    """How the LMS asked for the keys, the last time."""
    client_id: str = ""

    def jwks(self) -> dict[str, Any]:
        shown = [RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) for key in self.keys.values()]
        return {
            "keys": [
                {**key, "kid": kid, "alg": "RS256", "use": "sig"} for kid, key in zip(self.keys, shown, strict=True)
            ]
        }

    def sign(self, claims: dict[str, Any], kid: str = "one") -> str:
        return jwt.encode(claims, self.keys[kid], "RS256", headers={"kid": kid})

    def registration(self, **changes: Any) -> dict[str, Any]:
        asked = {
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": f"{self.url}/login",
            "redirect_uris": [f"{self.url}/launch"],
            "client_name": "Diklat",
            "jwks_uri": f"{self.url}/jwks",
            "logo_uri": f"{self.url}/logo.svg",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": " ".join([*SCOPES, ROSTER]),
            CONFIGURATION: {
                "domain": urlsplit(self.url).netloc,
                "description": "Pelatihan 15 hari",
                "target_link_uri": f"{self.url}/launch",
                "custom_parameters": {"user": "$User.username", "late": "$ResourceLink.submission.endDateTime"},
                "claims": ["iss", "sub", "name", "given_name", "family_name", "email"],
                "messages": [
                    {"type": "LtiResourceLinkRequest"},
                    {"type": "LtiDeepLinkingRequest", "target_link_uri": f"{self.url}/launch"},
                ],
            },
        }
        return {**asked, **changes}

    def assertion(self, **changes: Any) -> dict[str, Any]:
        now = int(time())
        claims = {"iss": self.client_id, "sub": self.client_id, "iat": now - 5, "exp": now + 300, "jti": uuid4().hex}
        return {**claims, "aud": "the token endpoint", **changes}

    def ask(self, lms: RunningLms, scope: str, token: str | None = None) -> httpx2.Response:
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": token or self.sign(self.assertion()),
            "scope": scope,
        }
        return httpx2.post(f"{lms.url}/mod/lti/token.php", data=fields)

    def token(self, lms: RunningLms, *scopes: str) -> str:
        return str(json.loads(self.ask(lms, " ".join(scopes or [*SCOPES, ROSTER])).text)["access_token"])


@contextmanager
def tool_running() -> Iterator[Tool]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tool.fetched += 1
            head = {name.lower(): value for name, value in self.headers.items()}
            tool.asked = {"method": "GET", "path": self.path, "headers": head}
            body = json.dumps(tool.jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tool = Tool(f"http://localhost:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield tool
        server.shutdown()
        thread.join(10)


def opened(visitor: Visitor, tool: Tool, update: int | None = None) -> dict[str, str]:
    """What the tool's registration page is opened with, from the frame of Manage tools."""
    page = visitor.page(f"/mod/lti/toolconfigure.php?url={tool.url}/register?invite=abc")
    frame = re.search(r'src="(/mod/lti/startltiadvregistration[^"]+)"', page)
    assert frame
    address = frame[1].replace("&amp;", "&") + (f"&type={update or 'new'}")
    answer = visitor.get(address)
    assert answer.status_code == 303
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def register(visitor: Visitor, tool: Tool, asked: dict[str, Any] | None = None, update: int | None = None) -> Any:
    query = opened(visitor, tool, update)
    endpoint = httpx2.get(query["openid_configuration"]).json()["registration_endpoint"]
    bearer = {"Authorization": f"Bearer {query['registration_token']}"}
    answer = httpx2.post(endpoint, json=asked or tool.registration(), headers=bearer)
    if answer.status_code == 200:
        tool.client_id = answer.json()["client_id"]
    return answer


def install(lms: RunningLms, tool: Tool) -> None:
    """Registered, activated and shown in the course's activity chooser."""
    with browsing(lms, lms.admin) as admin:
        assert register(admin, tool).status_code == 200
        admin.send("/mod/lti/toolconfigure.php", id=1, action="activate")
        admin.send("/mod/lti/coursetools.php", course=lms.course, tool=1, shown=1)


def launch(visitor: Visitor, address: str, tool: Tool, **changes: str) -> dict[str, str]:
    """From a page that initiates a login to the fields that are posted to the tool's launch."""
    action, hints = visitor.form(address)
    assert action == f"{tool.url}/login"
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": hints["client_id"],
        "redirect_uri": f"{tool.url}/launch",
        "login_hint": hints["login_hint"],
        "lti_message_hint": hints["lti_message_hint"],
        "state": "the state",
        "nonce": "the nonce",
        **changes,
    }
    answer = visitor.get("/mod/lti/auth.php", **{name: value for name, value in asked.items() if value})
    if answer.status_code != 200:
        return {"status": str(answer.status_code)}
    action, fields = Forms(answer.text).found[-1]
    assert action == asked["redirect_uri"]
    return fields


def claims(lms: RunningLms, fields: dict[str, str]) -> dict[str, Any]:
    """The verified claims of a launch."""
    keys = jwt.PyJWKSet.from_dict(httpx2.get(f"{lms.url}/mod/lti/certs.php").json())
    kid = jwt.get_unverified_header(fields["id_token"])["kid"]
    options: Any = {"verify_aud": False}
    found: dict[str, Any] = jwt.decode(fields["id_token"], keys[kid], ["RS256"], options=options, leeway=5)
    return found


def item(title: str, module: str, maximum: Any = 100) -> dict[str, Any]:
    return {
        "type": "ltiResourceLink",
        "title": title,
        "text": f"Tentang {title}",
        "custom": {"module": module, "Link-Id": "L1"},
        "lineItem": {"scoreMaximum": maximum, "label": "unused", "resourceId": module, "tag": "modul"},
    }


def select(
    teacher: Visitor, tool: Tool, items: list[dict[str, Any]], update: int | None = None, **more: Any
) -> httpx2.Response:
    """Select content: the picker's answer, as the LMS shows it in the frame. `update`: for this course module."""
    picker = f"/mod/lti/contentitem.php?id=1&course={teacher.lms.course}"
    asked = claims(teacher.lms, launch(teacher, f"{picker}&update={update}" if update else picker, tool))
    settings = asked["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]
    now = int(time())
    answer = {
        "iss": tool.client_id,
        "aud": teacher.lms.url,
        "iat": now - 5,
        "exp": now + 60,
        LTI + "message_type": "LtiDeepLinkingResponse",
        ITEMS: items,
        **more,
    }
    return teacher.http.post(settings["deep_link_return_url"], data={"JWT": tool.sign(answer)})


def add(teacher: Visitor, tool: Tool, *items: dict[str, Any]) -> httpx2.Response:
    """Selected and saved: the course has the activities."""
    action, fields = Forms(select(teacher, tool, list(items)).text).found[-1]
    return teacher.http.post(action, data=fields)
