"""services.php: which handler takes a request, who may, and Moodle's way to say no. Each request is noted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from sqlalchemy import insert

from diklat_lti.demo.lms import courses, tokens, tools
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import service_request
from diklat_lti.demo.lms.trouble import PAGES, Declined, Refused

PLAIN = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """One request of a tool. `media` is its Accept (GET) or its Content-Type (POST, PUT)."""

    lms: Lms
    method: str
    path: str
    target: str
    query: Mapping[str, str]
    accept: str
    media: str
    token: str
    body: bytes

    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Answer:
    """What a handler says: an object for JSON, or None for an empty body."""

    value: Any = None
    status: int = 200
    link: str | None = None


Handler = Callable[[Call], Answer]


def serve(request: Request, lms: Lms, body: bytes, formats: tuple[str, ...], handler: Handler) -> Response:
    """Runs the handler where the media type is one that it takes, and notes how it ended."""
    call = _call(request, lms, body)
    try:
        _match(call, formats)
        answer = _answer(call, formats, handler(call))
    except Declined as no:
        answer = _refusal(call, formats, no)
    except Refused as no:  # Moodle's general page: HTML, whatever was asked for
        _note(call, PAGES[no.reason][0])
        raise
    _note(call, answer.status_code)
    return answer


def _note(call: Call, status: int) -> None:
    row = {"at": call.lms.now(), "method": call.method, "path": call.target, "status": status}
    with call.lms.store.write() as db:
        db.execute(insert(service_request).values(row))


def holds(db: Connection, call: Call, *scopes: str, tool_id: int | None = None) -> tools.Tool:
    """The tool whose token this is, if it holds one of the scopes and is the tool the address speaks of."""
    found = tokens.holder(db, call.token, call.lms.now())
    if not found or not set(scopes) & set(found[1]):
        raise Declined(401, "Unauthorized")
    wanted = tool_id if tool_id is not None else call.query.get("type_id", found[0])
    if str(found[0]) != str(wanted):
        raise Declined(401, "Unauthorized")
    tool = tools.find(db, found[0])
    assert tool is not None
    return tool


def course_of(db: Connection, course_id: int) -> courses.Course:
    found = courses.find(db, course_id)
    if found is None:
        raise Declined(404, f"Not Found: Course {course_id} doesn't exist")
    return found


def _call(request: Request, lms: Lms, body: bytes) -> Call:
    accept = request.headers.get("accept", "")
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    path = request.url.path
    return Call(
        lms=lms,
        method=request.method,
        path=path.partition("/services.php")[2],
        target=path + (f"?{request.url.query}" if request.url.query else ""),
        query=dict(request.query_params),
        accept=accept,
        media=accept if request.method == "GET" else kind,
        token=token.strip() if scheme == "Bearer" else "",
        body=body,
    )


def _match(call: Call, formats: tuple[str, ...]) -> None:
    if call.method == "DELETE":
        return
    anything = call.method == "GET" and (not call.media or "*/*" in call.media)
    if not anything and call.media not in formats:
        shown = f"{call.media} " if call.method == "GET" else f" {call.media}"
        raise Declined(400, f"No handler found for {call.path} {shown}")


def _answer(call: Call, formats: tuple[str, ...], found: Answer) -> Response:
    kind = call.media if call.media in formats else formats[0]
    body = b"" if found.value is None else json.dumps(found.value, ensure_ascii=False).encode()
    answer = Response(body, found.status, media_type=f"{kind}; charset=utf-8")
    if found.link:
        answer.raw_headers.append((b"link", found.link.encode()))  # Moodle's quotes are not ASCII
    return answer


def _refusal(call: Call, formats: tuple[str, ...], no: Declined) -> Response:
    if no.body is not None:
        # A rejected score: the reason would be in the status line, which HTTP/2 drops.
        return Response(no.body, no.status, media_type=f"{formats[0]}; charset=utf-8")
    asked = {"method": call.method, "url": call.target, "accept": call.accept, "contentType": call.media}
    if call.method == "GET":
        asked["contentType"] = ""
    return Response(
        json.dumps({"status": no.status, "reason": no.reason, "request": asked}), no.status, media_type=PLAIN
    )  # fmt: skip
