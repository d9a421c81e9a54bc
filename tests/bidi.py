"""Firefox through WebDriver BiDi, as much of it as a proof needs: a profile of its own, pages, frames, real presses."""

import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

QUIET = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.firstRunURL": "",
    "intl.accept_languages": "id, en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
"""What Firefox would ask the internet, and its reader's language; nothing about cookies or protection."""
PATIENCE = 120.0
"""Seconds. A slow machine is no failure; a page that never comes is."""


class Socket:
    """A WebSocket client for text messages."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.wire = socket.create_connection((host, port), timeout=PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        asked = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.wire.sendall(f"{asked}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.wire.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline().strip():
            pass

    def send(self, text: str) -> None:
        body, mask = text.encode(), os.urandom(4)
        size = len(body)
        length = struct.pack("!B", 128 | size) if size < 126 else struct.pack("!BH", 254, size)
        assert size < 2**16
        masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(body))
        self.wire.sendall(b"\x81" + length + mask + masked)

    def receive(self) -> str:
        """One message, of one frame or several; pings are left alone."""
        parts, last = [], False
        while not last:
            first, second = self.stream.read(2)
            size = second & 127
            if size > 125:
                size = struct.unpack("!H" if size == 126 else "!Q", self.stream.read(2 if size == 126 else 8))[0]
            body = self.stream.read(size)
            assert first & 15 != 8, "Firefox has gone"
            if first & 15 in (0, 1):
                parts.append(body)
                last = bool(first & 128)
        return b"".join(parts).decode()

    def close(self) -> None:
        self.stream.close()
        self.wire.close()


class Firefox:
    """`tab` is the window's page; frames are contexts of their own."""

    def __init__(self, wire: Socket) -> None:
        self.wire = wire
        self.numbers = count(1)
        self.ask("session.new", capabilities={})
        self.tab: str = self.tabs()[0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self.numbers)
        self.wire.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.wire.receive())).get("id") != number:
            pass
        assert answer["type"] == "success", answer
        return answer["result"]

    def tabs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("browsingContext.getTree")["contexts"]
        return found

    def open(self, url: str, tab: str | None = None) -> None:
        self.ask("browsingContext.navigate", context=tab or self.tab, url=url, wait="complete")

    def run(self, context: str, expression: str) -> Any:
        """What it comes to; None while the page is just changing."""
        target = {"context": context}
        try:
            answer = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=False)
        except AssertionError:
            return None
        return answer.get("result")

    def press(self, context: str, selector: str) -> None:
        """As a finger does: what may only follow a person's press follows it."""
        node = self.until(lambda: (self.run(context, f"document.querySelector({selector!r})") or {}).get("sharedId"))
        self.run(context, f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        there = {"type": "element", "element": {"sharedId": node}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": there},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.ask("input.performActions", context=context, actions=[{"type": "pointer", "id": "m", "actions": steps}])

    def heading(self, context: str) -> str:
        found = self.run(context, "document.readyState === 'complete' && document.querySelector('#main h1')?.innerText")
        return str((found or {}).get("value") or "")

    def arrive(self, find: Callable[[], str | None], words: str) -> str:
        """The context that `find` names, once its heading holds `words`."""

        def there() -> str | None:
            context = find()
            return context if context is not None and words in self.heading(context) else None

        return str(self.until(there))

    def frame(self) -> str | None:
        """The tool's, inside the LMS's page."""
        children = self.ask("browsingContext.getTree", root=self.tab)["contexts"][0]["children"]
        return children[0]["context"] if children else None

    def until(self, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.05)
        raise AssertionError(f"it never came; open is {[tab['url'] for tab in self.tabs()]}")


@contextmanager
def firefox(folder: Path, **settings: Any) -> Iterator[Firefox]:
    """With a fresh profile, as installed; `settings` by their names in about:config, `__` for the dots."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.fail("Firefox is missing. On Debian: apt-get install firefox-esr")
    wanted = QUIET | {name.replace("__", "."): value for name, value in settings.items()}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
    (folder / "user.js").write_text("".join(lines))
    words = [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port=0"]
    with (
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process,
        ExitStack() as closing,
    ):
        try:
            assert process.stderr is not None
            said = (re.search(r"BiDi listening on ws://([\d.]+):(\d+)", line) for line in process.stderr)
            found = next(match for match in said if match)
            wire = Socket(found[1], int(found[2]), "/session")
            closing.callback(wire.close)
            yield Firefox(wire)
        finally:
            process.terminate()
            process.wait(PATIENCE)
