"""Requests at random, the same for the same seed: any route, and whatever a path, query, body or header can hold."""

import http.client
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from fastapi import FastAPI

from diklat_lti.web import cookies, pages
from diklat_lti.web.learn import routes as learn
from diklat_lti.web.lti import routes as lti

TEMPLATES = Path(pages.__file__).parent / "templates"
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]
NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "7",
    "999999",
    "9" * 19,
    "9" * 25,
    "9" * 4400,
    "1.0",
    "0x1",
    "٣",
    "1e3",
    "%31",
    "1%00",
]
WORDS = ["", "a", "..", "../..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..\\..\\x", "%00", "%ff", "%ed%a0%80", "x" * 5000,
         "null", "'\"<script>", "sesi-keuangan", "logo.svg", "en", "%0d%0aSet-Cookie:%20a=b", "a/b//c", "\u202e"]  # fmt: skip
VALUES = [*NUMBERS[:12], "", "abc", "\0", "\ufffd", "\U0001f600", "x" * 3000, "[]", "{}", "true", "2026-13-45", "2026-11-24",
          "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "javascript:alert(1)", "//evil.test/", "http://[",
          "a\r\nSet-Cookie: x=y", "http://127.0.0.1:1/", "https://lms.invalid/", "\x1b[0m", "a" * 65, "1e999", "NaN"]  # fmt: skip
HEADERS = {
    "Accept": ["text/html", "application/json", "*/*", "", "a" * 2000, ";;;q=x"],
    "Accept-Language": ["en", "id", "", "x-\xff", "en;q=2,," * 50],
    "Accept-Encoding": ["gzip", "identity;q=0", "br", ""],
    "Content-Type": ["application/x-www-form-urlencoded", "application/json", "multipart/form-data", "text/plain; charset=x", ""],
    "Origin": ["null", "https://evil.test", "http://[", "\xff"],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "none", "?"],
    "Sec-Fetch-Dest": ["document", "iframe", "empty", "?"],
    "User-Agent": ["", "MoodleBot/4.5 (+https://lms.invalid)", "MoodleBot/9 (+http://[)", "x" * 3000, "\xff\xfe"],
    "Range": ["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,2-3,5-5", "items=1", "bytes=" + "9" * 30 + "-"],
    "If-Range": ["x", "\xff"],
    "Authorization": ["Bearer x", "Basic %%%", "\xff"],
    "X-Diklat": ["1", "\xff"],
    "Cookie": ["", "=;=;;", "__Host-diklat=\xff", "__Host-diklat-login-=", "__Host-diklat-login-x=\xff; __Host-diklat=a",
               "a=" + "b" * 3000],
    "Host": ["evil.test", "localhost:0", "[", "\xff"],
    "X-Forwarded-Host": ["evil.test"],
}  # fmt: skip


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path[:300]} {self.body[:300]!r} {str(self.headers)[:600]}"


def routes(app: FastAPI) -> list[tuple[str, frozenset[str]]]:
    """Every path of the app with its methods, routers within routers too; whoever adds one changes nothing here."""
    found: dict[str, set[str]] = {}
    for route in [*lti.HOT_ROUTES, *learn.HOT_ROUTES, *app.routes]:
        inside = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        for one in inside:
            found.setdefault(one.path, set()).update(getattr(one, "methods", None) or {"GET"})
    return [(path, frozenset(methods)) for path, methods in sorted(found.items())]


def fields_of_pages() -> list[str]:
    """The names that the house's own forms have; those that a template computes stand for themselves."""
    texts = (file.read_text("utf-8") for file in sorted(TEMPLATES.rglob("*.html")))
    return sorted({name for text in texts for name in re.findall(r'\bname="([\w-]+)"', text)})


def request(
    dice: random.Random, path: str, methods: frozenset[str], fields: list[str], session: str, csrf: str
) -> Sent:
    method = dice.choice(sorted(methods)) if dice.random() < 0.8 else dice.choice(METHODS)
    address = filled(dice, path)
    if dice.random() < 0.5:
        address += "?" + query(dice, fields)
    headers = {name: dice.choice(values) for name, values in HEADERS.items() if dice.random() < 0.2}
    if session and dice.random() < 0.9:
        headers["Cookie"] = f"{cookies.SESSION}={session}"
    body = b"" if method in ("GET", "HEAD") and dice.random() < 0.9 else payload(dice, fields, csrf)
    return Sent(method, address, body, headers)


def filled(dice: random.Random, path: str) -> str:
    """Each parameter by a number or a word; mostly small numbers, which are somebody's rows."""

    def value(found: re.Match[str]) -> str:
        if dice.random() < 0.6:
            return str(dice.randint(1, 6))
        return dice.choice(NUMBERS if dice.random() < 0.5 else WORDS)

    return quote(re.sub(r"\{[^}]*\}", value, path), safe="/%?=&.\\-_~")


def query(dice: random.Random, fields: list[str]) -> str:
    pairs = [(dice.choice(fields), dice.choice(VALUES)) for _ in range(dice.randint(0, 4))]
    return urlencode(pairs) + dice.choice(["", "&", "&%ff=%ff", "&a[]=1&a[]=2", "&&=="])


def payload(dice: random.Random, fields: list[str], csrf: str) -> bytes:
    kind = dice.random()
    if kind < 0.1:
        return dice.choice([b"\xff\xfe", b"", b"[" * 30_000, b"%ff=%ff", b"=" * 500, b"&" * 5000, b'{"a":' * 9000])
    if kind < 0.3:
        return json.dumps(thing(dice, fields, 3)).encode()
    pairs = [(dice.choice(fields), dice.choice(VALUES)) for _ in range(dice.randint(0, 8))]
    return urlencode([("csrf", csrf), *pairs]).encode()


def thing(dice: random.Random, fields: list[str], depth: int) -> object:
    """JSON of any shape, often with the names that a script's events have."""
    kind = dice.randint(0, 6) if depth else 6
    if kind < 3:
        names = [*fields[:5], "events", "sent_at", "id", "kind", "stamp", "made_at", "body", "answers", "lesson"]
        return {dice.choice(names): thing(dice, fields, depth - 1) for _ in range(dice.randint(0, 5))}
    if kind < 5:
        return [thing(dice, fields, depth - 1) for _ in range(dice.randint(0, 4))]
    return dice.choice([None, True, -1, 10**30, 1.5, *VALUES])


def send(origin: str, sent: Sent) -> tuple[int, bytes]:
    """By hand, so that nothing is put right on the way."""
    where = urlsplit(origin)
    line = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
    try:
        line.putrequest(sent.method, sent.path, skip_host="Host" in sent.headers, skip_accept_encoding=True)
        for name, value in sent.headers.items():
            line.putheader(name, value.encode("latin-1"))
        line.putheader("Content-Length", str(len(sent.body)))
        line.endheaders(sent.body)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()
