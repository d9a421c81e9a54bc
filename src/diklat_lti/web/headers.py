"""Around every request: its reference, the size of its body, security headers, cookies to set, the last safety net."""

import secrets
from collections.abc import Iterable, MutableMapping
from functools import lru_cache
from typing import Any

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diklat_lti import logs
from diklat_lti.errors import not_found
from diklat_lti.web import errors

LAUNCH_LIMIT = 64 * 1024
LIMIT = 1024 * 1024
LONGEST_PATH = 2000
"""No address of ours is longer, and Python itself refuses to read numbers of more than 4,300 digits."""

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "object-src 'none'; base-uri 'none'"
)
ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """Plain ASGI: it is on the way of every launch. Routes may set in `request.state`: `frame_ancestors` and
    `form_action` (tuples of origins), `set_cookies` (values of Set-Cookie headers), or a CSP header of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        logs.reference.set(secrets.token_hex(4))
        state = scope.setdefault("state", {})
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *added(message, state)]
            await send(message)

        limit = limit_of(scope["path"])
        try:
            if announced(scope) > limit:
                response = errors.on_problem(Request(scope), errors.too_large())
                await response(scope, receive, sending)
            elif leads_nowhere(scope["path"]):
                await errors.on_problem(Request(scope), not_found())(scope, receive, sending)
            else:
                await self.app(scope, limited(receive, limit), sending)
        except Exception as error:
            if started:
                raise
            await errors.on_any(Request(scope), error)(scope, receive, sending)


def leads_nowhere(path: str) -> bool:
    """PostgreSQL is asked for nothing that holds a NUL."""
    return len(path) > LONGEST_PATH or "\0" in path


def limit_of(path: str) -> int:
    return LAUNCH_LIMIT if path in ("/lti/launch", "/lti/login") else LIMIT


def announced(scope: Scope) -> int:
    """What the request says of its own length; 0 where it says nothing readable (then it is counted as it comes)."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length[:18]) if length.isdigit() else 0


def limited(receive: Receive, limit: int) -> Receive:
    """Counts what really comes: a body in chunks announces no length."""
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise errors.too_large()
        return message

    return receiving


def added(message: Message, state: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of one answer; what the route said itself stands."""
    there = {name.lower() for name, _ in message.get("headers", ())}
    more = [
        header
        for header in _always(state.get("form_action", ()), state.get("frame_ancestors"))
        if header[0] not in there
    ]
    more.extend((b"set-cookie", cookie.encode()) for cookie in state.get("set_cookies", ()))
    return more


@lru_cache(maxsize=256)
def _always(form_action: tuple[str, ...], frame_ancestors: tuple[str, ...] | None) -> list[tuple[bytes, bytes]]:
    return [*ALWAYS, (b"content-security-policy", policy(form_action, frame_ancestors).encode())]


def policy(form_action: Iterable[str], frame_ancestors: Iterable[str] | None) -> str:
    """Pages without a session may be framed by anyone: they change nothing without a secret."""
    text = f"{CSP}; form-action {sources(form_action)}"
    return text if frame_ancestors is None else f"{text}; frame-ancestors {sources(frame_ancestors)}"


def sources(origins: Iterable[str]) -> str:
    return " ".join(("'self'", *origins))
