"""A browser of the benchmark: one connection, one cookie jar, as little of HTTP as a launch needs."""

import asyncio
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from issuer import Lms, name_of

HEADERS = (
    "User-Agent: Mozilla/5.0 (Linux; Android 13) Chrome/156\r\nAccept: text/html\r\nAccept-Language: id,en;q=0.8\r\n"
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nConnection: keep-alive\r\n"
)


class Failed(Exception):  # noqa: N818 - what the report counts
    """A launch that did not end on the learner's own page."""


class Answer(NamedTuple):
    status: int
    location: str
    body: bytes


class Browser:
    """Its jar outlives its connections: who launches again comes with the session's cookie."""

    def __init__(self, tool: str) -> None:
        self.tool = tool
        parts = urlsplit(tool)
        self.host, self.port = parts.hostname, parts.port
        self.jar: dict[str, str] = {}
        self.requests = 0

    async def launch(self, lms: Lms, learner: int) -> None:
        """Login, launch, first page: ends well only on a page with the learner's name."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        try:
            answer = await self._request("POST", "/lti/login", lms.login(self.tool, learner))
            if answer.location.startswith(self.tool):
                answer = await self._request("GET", answer.location.removeprefix(self.tool))
            asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
            if "nonce" not in asked:
                raise Failed(f"login answered {answer.status} {answer.body[:200]!r}")
            form = {"id_token": lms.id_token(self.tool, learner, asked["nonce"]), "state": asked["state"]}
            answer = await self._request("POST", "/lti/launch", form)
            if answer.status == 303:
                answer = await self._request("GET", answer.location)
            if answer.status != 200 or name_of(learner).encode() not in answer.body:
                raise Failed(f"launch answered {answer.status} {answer.body[:200]!r}")
        finally:
            self.writer.close()

    async def _request(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        self.requests += 1
        body = urlencode(form).encode() if form is not None else b""
        lines = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{HEADERS}"
        if self.jar:
            lines += "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.jar.items()) + "\r\n"
        if form is not None:
            lines += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(lines.encode() + b"\r\n" + body)
        return await self._answer()

    async def _answer(self) -> Answer:
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        location, length = "", 0
        for line in lines:
            name, _, value = line.partition(": ")
            match name.lower():
                case "location":
                    location = value
                case "content-length":
                    length = int(value)
                case "set-cookie":
                    self._keep(value)
        return Answer(int(first.split(" ")[1]), location, await self.reader.readexactly(length))

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.split(";", 1)[0].partition("=")
        if value and "Max-Age=0" not in cookie:
            self.jar[name] = value
        else:
            self.jar.pop(name, None)
