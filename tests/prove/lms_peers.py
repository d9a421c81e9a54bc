"""`make prove`: two other tools launch from the demo LMS and post a grade to it, unchanged. LTI_BENCH names the folder of the
bench that installs and starts them; they are told of the LMS by its addresses alone, which a proxy in front shortens for them."""

import importlib
import os
import re
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import insert
from starlette.types import ASGIApp, Receive, Scope, Send

from diklat_lti.demo.lms import Lms, LmsSettings, create_lms, tables

PEERS = {"pylti1p3": "pytool", "django-lti": "djlti"}
"""Which, and the environment of the bench that each needs."""
SHORT = {"/auth": "/mod/lti/auth.php", "/token": "/mod/lti/token.php", "/jwks": "/mod/lti/certs.php"}
LEARNER = 1000
"""The number for which the peers post their first score."""
HIDDEN = re.compile(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"')


class Shortened:
    """The proxy: the peers know the addresses of the bench's own platform."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = SHORT.get(scope["path"], scope["path"])
        await self.app(scope, receive, send)


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def lms_at(port: int) -> Any:
    app = create_lms(LmsSettings(url=f"http://127.0.0.1:{port}"))
    server = uvicorn.Server(uvicorn.Config(Shortened(app), port=port, log_config=None, access_log=False))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield app.state.lms
    server.should_exit = True
    thread.join(10)


def set_up(lms: Lms, tool: str) -> None:
    """What an administrator types in by hand for a tool without dynamic registration; a graded activity; a learner."""
    row = {
        "id": 1, "client_id": "client-1", "state": "active", "name": "Peer", "tool_url": f"{tool}/launch",
        "domain": tool.partition("//")[2], "login_url": f"{tool}/login", "redirect_uris": [f"{tool}/launch"],
        "jwks_url": f"{tool}/jwks", "custom": {}, "send_name": True, "send_email": True, "accept_grades": True,
        "grade_sync": 2, "memberships": True,
    }  # fmt: skip
    person = {"username": "seribu", "given_name": "Siti", "family_name": "Seribu", "email": "seribu@lms.example"}
    link = {"id": 1, "cmid": 21, "course_id": 2, "tool_id": 1, "name": "Modul 1", "custom": {}}
    item = {"id": 1, "course_id": 2, "tool_id": 1, "link_id": 1, "manual": False, "label": "Modul 1", "maximum": 100}
    with lms.store.write() as db:
        db.execute(insert(tables.tool).values(row))
        db.execute(insert(tables.person).values(id=LEARNER, idnumber="", is_admin=False, **person))
        db.execute(insert(tables.enrolment).values(course_id=2, person_id=LEARNER, role="student"))
        db.execute(insert(tables.link).values(link))
        db.execute(insert(tables.grade_item).values(item))


def learn(lms: Lms, tool: str) -> tuple[bool, str]:
    """A launch as a browser makes it; whether the tool greets the learner, and the grade that it then posted."""
    with httpx2.Client(base_url=lms.url, follow_redirects=True, timeout=30) as browser:
        fields = dict(HIDDEN.findall(browser.get("/login/index.php").text))
        browser.post("/login/index.php", data={"sesskey": fields["sesskey"], "person": LEARNER})
        hints = _posted(browser.get("/mod/lti/launch.php?id=21").text)
        answer = browser.post(f"{tool}/login", data=hints)
        if "lti1p3_test_cookie" in answer.text:
            # A page that tries out cookies stands between: what its script does once they work.
            answer = browser.post(f"{tool}/login", data={**hints, "lti1p3_new_window": "1"})
        token = _posted(answer.text)
        page = browser.post(f"{tool}/launch", data=token).text
        browser.get(f"{tool}/grades?n=1")
        report = browser.get("/grade/report/user/index.php?id=2").text
    grade = re.search(r'<data value="([\d.]+)"', report)
    return "Siti Seribu" in page, grade[1] if grade else ""


def _posted(page: str) -> dict[str, str]:
    text = page.rpartition("<form")[2]
    return {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in HIDDEN.findall(text)}


def main() -> int:
    folder = os.environ.get("LTI_BENCH", "")
    if not folder:
        print("LTI_BENCH names no bench: no peer was tried")
        return 1
    os.environ["BENCH_WORK"] = os.environ.get("BENCH_WORK") or mkdtemp(prefix="lms-peers-")
    port, tool_port = free_port(), free_port()
    os.environ |= {"BENCH_LMS_PORT": str(port), "BENCH_PORT": str(tool_port)}
    sys.path.insert(0, folder)
    bench = importlib.import_module("peers")
    missing = [env for env in PEERS.values() if not (Path(bench.WORK) / "env" / env).exists()]
    if missing:
        bench.setup(missing)
    passed = 0
    for name in PEERS:
        with lms_at(port) as lms:
            set_up(lms, bench.BASE)
            process, _ = bench.start(name)
            try:
                greeted, grade = learn(lms, bench.BASE)
            finally:
                process.terminate()
                process.wait(20)
        print(f"{name}: launched {greeted}, grade {grade or 'none'}")
        passed += greeted and grade == "80.00"
    print(f"{passed} passed")
    return 0 if passed == len(PEERS) else 1


if __name__ == "__main__":
    sys.exit(main())
