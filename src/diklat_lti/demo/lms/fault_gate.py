"""The gate in front of everything: a request that a fault meets is slowed, cut, misread or answered wrongly."""

import asyncio
import json
from contextvars import Token
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from diklat_lti.demo.lms.fault_answers import answer
from diklat_lti.demo.lms.faults import (
    LAUNCH,
    PERMISSIONS,
    SERVICES,
    clock_error,
    keys_rotated,
    not_granted,
    tool_is_private,
)
from diklat_lti.demo.lms.forms import number
from diklat_lti.demo.lms.settings import Lms

SLOW = {"slow_2": 2.0, "slow_20": 20.0}
CLOCKS = {"clock_90_s_ahead": 90, "clock_90_s_behind": -90, "clock_1_h_ahead": 3600, "clock_1_h_behind": -3600}


class FaultGate:
    """Next to nothing while no fault is on: not even the body is looked at."""

    def __init__(self, app: ASGIApp, lms: Lms) -> None:
        self.app = app
        self.lms = lms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        names: list[str] = []
        if self.lms.faults.on:
            body = await _whole(receive)
            receive = _again(body, receive)
            names = self.lms.faults.met_by(scope["method"], scope["path"], concerned(scope, body))
        await self._meet(names, scope, receive, self._dated(send, sum(CLOCKS.get(name, 0) for name in names)))

    def _dated(self, send: Send, error: int) -> Send:
        """By the clock of the LMS, which the web server in front of it shares."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = self.lms.settings.clock.real_now().timestamp() + error
                date = formatdate(int(now), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        return sending

    async def _meet(self, names: list[str], scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(sum(SLOW.get(name, 0.0) for name in names))
        if "down" in names or "cut_before" in names:
            await _cut(receive)
            return
        for name in names:
            if found := answer(name, self.lms.settings.site_name, scope["path"]):
                await found(scope, receive, send)
                return
        await self._go_on(names, scope, receive, send)

    async def _go_on(self, names: list[str], scope: Scope, receive: Receive, send: Send) -> None:
        if "no_authorization_header" in names:
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
        clock = clock_error.set(sum(CLOCKS.get(name, 0) for name in names))
        keys = keys_rotated.set("keys_rotated" in names)
        private = tool_is_private.set("private_tool_url" in names)
        withheld = not_granted.set(frozenset(PERMISSIONS[name] for name in names if name in PERMISSIONS))
        try:
            await self.app(scope, receive, _nothing if "cut_after" in names else send)
        finally:
            _reset((clock_error, clock), (keys_rotated, keys), (tool_is_private, private), (not_granted, withheld))
        if "cut_after" in names:
            await _cut(receive)


def concerned(scope: Scope, body: bytes) -> int:
    """The learner whom a request is about: whose score, whose result, who launches; 0 for nobody."""
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    if scope["path"] == LAUNCH:
        return number({**asked, **dict(parse_qsl(body.decode("utf-8", "replace")))}.get("login_hint"))
    if scope["path"].startswith(SERVICES) and scope["path"].endswith("/scores"):
        try:
            said = json.loads(body)
        except ValueError:
            return 0
        return number(str(said.get("userId"))) if isinstance(said, dict) else 0
    return number(asked.get("user_id"))


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then what the server says."""
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def once() -> Message:
        return given.pop() if given else await receive()

    once.server = receive  # type: ignore[attr-defined]
    return once


async def _cut(receive: Receive) -> None:
    """The connection ends without one byte: uvicorn's own hand on it is behind its `receive`."""
    server: Any = receive.server.__self__  # type: ignore[attr-defined]
    server.transport.abort()
    await server.receive()  # until the server knows, too: it must not try to answer for us


async def _nothing(_: Message) -> None:
    """An answer that nobody hears."""


def _reset(*pairs: tuple[Any, Token[Any]]) -> None:
    for variable, token in pairs:
        variable.reset(token)
