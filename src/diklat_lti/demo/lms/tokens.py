"""token.php: access tokens for a signed assertion. Each failure is a 400, and the answer is not called JSON."""

import json
from secrets import token_hex
from typing import Any

import jwt
from fastapi import APIRouter, Response
from sqlalchemy import delete, insert, select

from diklat_lti.demo.lms import tools
from diklat_lti.demo.lms.faults import not_granted
from diklat_lti.demo.lms.forms import Form
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import access_token
from diklat_lti.demo.lms.tool_keys import Untrusted
from diklat_lti.demo.lms.trouble import Declined
from diklat_lti.demo.lms.visits import ThisLms

router = APIRouter(prefix="/mod/lti")
HTML = "text/html; charset=utf-8"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE = 3600


@router.post("/token.php")
def grant(lms: ThisLms, form: Form) -> Response:
    try:
        tool = _client(lms, form)
        permitted = set(tool.permitted) - not_granted.get()
        scopes = [scope for scope in form["scope"].split() if scope in permitted]
        if not scopes:
            raise Declined(400, "invalid_scope")
    except Declined as no:
        # The library's message goes in as it is: the body may not be JSON at all.
        return Response(f'{{\n  "error" : "{no.reason}"\n}}', no.status, media_type=HTML)
    with lms.store.write() as db:
        token = make(db, tool.id, scopes, lms.now())
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": LIFE, "scope": " ".join(scopes)}
    return Response(json.dumps(answer), media_type=HTML)


def make(db: Connection, tool_id: int, scopes: list[str], now: int) -> str:
    """A row per request, never one used again; the old ones go."""
    token = token_hex(16)
    db.execute(delete(access_token).where(access_token.c.expires < now - LIFE))
    db.execute(insert(access_token).values(token=token, tool_id=tool_id, scopes=scopes, expires=now + LIFE))
    return token


def holder(db: Connection, token: str, now: int) -> tuple[int, list[str]] | None:
    """Whose token it is and what it allows, while it lives."""
    row = db.execute(select(access_token).where(access_token.c.token == token)).first()
    return (row.tool_id, row.scopes) if row and row.expires > now else None


def _client(lms: Lms, form: dict[str, str]) -> tools.Tool:
    """Found by the assertion's `sub`. Audience and `jti` are not looked at."""
    if not form.get("scope") or not form.get("client_assertion"):
        raise Declined(400, "invalid_request")
    if form.get("client_assertion_type") != ASSERTION or form.get("grant_type") != "client_credentials":
        raise Declined(400, "unsupported_grant_type")
    with lms.store.read() as db:
        tool = tools.of_client(db, str(_unverified(form["client_assertion"]).get("sub", "")))
    if tool is None:
        raise Declined(400, "invalid_client")
    try:
        claims = lms.tool_keys.read(form["client_assertion"], tool.client_id, tool.jwks_url)
    except Untrusted as error:
        raise Declined(400, str(error)) from error
    if late := lms.untimely(claims):
        raise Declined(400, late)
    return tool


def _unverified(assertion: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Declined(400, "invalid_request") from error
    return claims
