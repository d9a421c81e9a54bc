"""An LMS of one course in a thread: token, line items, scores, results; it obeys, or answers as a test planned it."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"


@dataclass
class Planned:
    """What one request gets instead of the truth. `stores`: the score is kept all the same. `cut`: no answer at all."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    stores: bool = False
    cut: bool = False


@dataclass
class Asked:
    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: str


class TinyLms:
    """`asked` is all that came, `history` every score stored, `planned[kind]` what the next requests get."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.history: list[dict[str, Any]] = []
        self.grades: dict[tuple[str, str], dict[str, Any]] = {}
        self.planned: defaultdict[str, deque[Planned]] = defaultdict(deque)
        self.items: list[dict[str, Any]] = []
        self.scopes = [AGS + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")]
        self.tokens: list[str] = []
        self.before_answer: Callable[[Asked], None] = lambda asked: None
        self.url = ""
        self.lock = threading.Lock()

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def container(self) -> str:
        return f"{self.url}/lineitems?type_id=1"

    def line_item(self, **columns: Any) -> str:
        url = f"{self.url}/lineitems/{len(self.items) + 2}/lineitem?type_id=1"
        self.items.append({"id": url, "label": "Nilai akhir", "scoreMaximum": 100} | columns)
        return url

    def count(self, kind: str) -> int:
        return sum(1 for one in self.asked if one.kind == kind)

    def answer(self, asked: Asked) -> Planned:
        with self.lock:
            self.asked.append(asked)
            planned = self.planned[asked.kind].popleft() if self.planned[asked.kind] else None
        self.before_answer(asked)
        if planned is not None:
            if planned.stores:
                self._store(asked)
            return planned
        if asked.kind == "token":
            return self._token()
        if asked.headers.get("authorization", "")[7:] not in self.tokens:
            return Planned(401)
        return {"lineitems": self._lineitems, "scores": self._store, "results": self._results}[asked.kind](asked)

    def _token(self) -> Planned:
        self.tokens.append(f"token-{len(self.tokens)}")
        told = {"access_token": self.tokens[-1], "expires_in": 3600, "scope": " ".join(self.scopes)}
        return Planned(200, json.dumps(told), {"Content-Type": "text/html"})

    def _lineitems(self, asked: Asked) -> Planned:
        if asked.method == "POST":
            made = json.loads(asked.body)
            return Planned(201, json.dumps(made | {"id": self.line_item(**made)}))
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        filters = {names[k]: v[0] for k, v in parse_qs(urlsplit(asked.path).query).items() if k in names}
        found = [item for item in self.items if all(item.get(k) == v for k, v in filters.items())]
        return Planned(200, json.dumps(found))

    def _store(self, asked: Asked) -> Planned:
        score = json.loads(asked.body)
        item = asked.path.split("/scores")[0]
        with self.lock:
            there = self.grades.get((item, score["userId"]))
            if there and _second(there) >= _second(score):
                return Planned(409, "[]")
            self.grades[item, score["userId"]] = score
            self.history.append(score)
        return Planned(200)

    def _results(self, asked: Asked) -> Planned:
        item = asked.path.split("/results")[0]
        user = parse_qs(urlsplit(asked.path).query).get("user_id", [None])[0]
        found = [
            {"userId": who, "resultScore": s["scoreGiven"], "resultMaximum": 100, "timestamp": s["timestamp"]}
            for (where, who), s in self.grades.items()
            if where == item and user in (None, who)
        ]
        return Planned(200, json.dumps(found))


def _second(score: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(score["timestamp"])


@contextmanager
def running() -> Iterator[TinyLms]:
    lms = TinyLms()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            path = self.path
            name = urlsplit(path).path.rsplit("/", 1)[-1]
            kind = name if name in ("token", "scores", "results") else "lineitems"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {k.lower(): v for k, v in self.headers.items()}
            told = lms.answer(Asked(kind, self.command, path, headers, body))
            if told.cut:
                return
            self.send_response(told.status, told.reason)
            for header, value in told.headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(told.body.encode())))
            self.end_headers()
            self.wfile.write(told.body.encode())

        do_GET = do_POST = _any  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    lms.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread.start()
    yield lms
    server.shutdown()
    server.server_close()
    thread.join()
