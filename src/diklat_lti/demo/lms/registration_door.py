"""The addresses of dynamic registration: what the platform is, the one-time token, create, read and update."""

import json
from secrets import choice
from string import ascii_letters, digits
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
from fastapi import APIRouter, Request, Response

from diklat_lti.demo.lms import registration, tools
from diklat_lti.demo.lms.configuration import configuration
from diklat_lti.demo.lms.forms import Body, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.trouble import Declined, Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit

router = APIRouter(prefix="/mod/lti")
JSON, HTML = "application/json; charset=utf-8", "text/html; charset=utf-8"


@router.get("/openid-configuration.php")
def about(lms: ThisLms) -> Response:
    return Response(json.dumps(configuration(lms.url, lms.release)), media_type=JSON)


@router.get("/certs.php")
def keys(lms: ThisLms) -> Response:
    return Response(json.dumps({"keys": [key.public() for key in lms.shown_keys]}), media_type=JSON)


@router.get("/startltiadvregistration.php")
def start(lms: ThisLms, visit: ThisVisit, url: str, sesskey: str = "", type: str = "") -> Response:
    """Shown in the frame: asks "new or update?" where the site has a tool of that domain, then opens the tool."""
    if not visit.someone().is_admin:
        raise Refused("nopermission")
    visit.check({"sesskey": sesskey})
    if not url.startswith(("http://", "https://")):
        raise Refused("tool")
    with lms.store.read() as db:
        same = tools.same_domain(db, url)
    if same and not type:
        return show(lms, visit, "upgrade.html", same=same, url=url)
    return go(_open(lms, url, number(type)))


def _open(lms: Lms, url: str, tool_id: int) -> str:
    """The tool's registration URL with what Moodle adds to its query."""
    now = lms.now()
    what = {"sub": str(tool_id), "scope": "reg-update"} if tool_id else {"sub": _client_id(), "scope": "reg"}
    token = lms.key.sign({**what, "iat": now, "exp": now + 3600})
    parts = urlsplit(url)
    query = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("openid_configuration", f"{lms.url}/mod/lti/openid-configuration.php"),
        ("registration_token", token),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _client_id() -> str:
    return "".join(choice(ascii_letters + digits) for _ in range(15))


@router.api_route("/openid-registration.php", methods=["GET", "POST", "PUT", "DELETE"])
def register(request: Request, lms: ThisLms, body: Body) -> Response:
    try:
        kind, value = _bearer(lms, request)
        if request.method == "GET":
            return _told(_stored(lms, kind, value))
        if request.method == "POST":
            return _told(_take(lms, kind, value, body))
        raise Declined(400, "Unsupported operation")
    except Declined as no:
        return Response(no.reason, no.status, media_type=HTML)


def _bearer(lms: Lms, request: Request) -> tuple[str, str]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Declined(401, "missing_registration_token")
    try:
        claims = lms.key.read(token)
        if int(claims["exp"]) < lms.now():
            raise Refused("invalidrequest")
        return str(claims["scope"]), str(claims["sub"])
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        # Moodle does not expect this exception here, and answers with its general page.
        raise Refused("invalidrequest") from error


def _stored(lms: Lms, kind: str, value: str) -> tools.Tool:
    with lms.store.read() as db:
        found = tools.find(db, number(value)) if kind == "reg-update" else None
    if found is None:
        raise Refused("invalidrequest")
    return found


def _take(lms: Lms, kind: str, value: str, body: bytes) -> tools.Tool:
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Declined(400, "missing required attribute response_types")
    with lms.store.write() as db:
        return _update(db, value, asked) if kind == "reg-update" else _create(db, value, asked)


def _create(db: Connection, client_id: str, asked: dict[str, Any]) -> tools.Tool:
    if tools.of_client(db, client_id):
        raise Declined(401, "token_already_used")
    return tools.add(db, {"client_id": client_id, "state": "pending", **registration.to_tool(asked)})


def _update(db: Connection, tool_id: str, asked: dict[str, Any]) -> tools.Tool:
    """Keeps client, deployment, state and each course's own switch for the chooser; overwrites what the admin had edited."""
    tools.change(db, number(tool_id), registration.to_tool(asked))
    found = tools.find(db, number(tool_id))
    if found is None:
        raise Refused("invalidrequest")
    return found


def _told(tool: tools.Tool) -> Response:
    return Response(json.dumps(registration.answer(tool)), media_type=JSON)
