"""The demo's processes: the tool's web service, its worker and the demo LMS, each as an operator would start it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from diklat_lti import settings
from diklat_lti.demo.browser import Broken

START = 30.0
"""Seconds a process may take until it answers."""


@dataclass(frozen=True)
class Places:
    """Where everything of one demo is. The LMS is another site than the tool, as in real life."""

    folder: Path
    port: int
    lms_port: int
    database_url: str

    @property
    def tool(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def lms(self) -> str:
        return f"http://127.0.0.1:{self.lms_port}"

    def environment(self) -> dict[str, str]:
        key = settings.kept_secret(self.folder / "demo.key")
        return settings.environment(
            DIKLAT_PUBLIC_URL=self.tool,
            DIKLAT_DATABASE_URL=self.database_url,
            DIKLAT_STORAGE_URL=f"file:{self.folder / 'files'}",
            DIKLAT_SECRET_KEY=key,
            DIKLAT_EMBEDDED_WORKER="false",
            DIKLAT_ALLOW_PRIVATE_PLATFORMS="true",
        )


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def command(places: Places, *words: str) -> str:
    """Runs `diklat-lti WORDS` and returns what it printed."""
    done = subprocess.run(  # noqa: S603 - our own program with our own words
        [sys.executable, "-m", "diklat_lti", *words],
        env=places.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Broken(f"diklat-lti {' '.join(words)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def running(places: Places, guide: str | None = None) -> Iterator[None]:
    """All three, until the block ends; then each is asked politely to stop. `guide`: the invite for the start page."""
    lms = ["diklat_lti.demo", "--url", places.lms, "--file", str(places.folder / "lms.db")]
    if guide:
        lms += ["--tool", places.tool, "--guide", guide]
    with ExitStack() as stack:
        for name, words in (
            ("serve", ["diklat_lti", "serve", "--port", str(places.port)]),
            ("worker", ["diklat_lti", "worker"]),
            ("lms", lms),
        ):
            stack.enter_context(_process(places, name, words))
        _await(f"{places.tool}/readyz")
        _await(f"{places.lms}/login/index.php")
        yield


@contextmanager
def _process(places: Places, name: str, words: list[str]) -> Iterator[None]:
    with (places.folder / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own program with our own words
            [sys.executable, "-m", *words], env=places.environment(), stdout=log, stderr=log
        )
        try:
            yield
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _await(url: str) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise Broken(f"{url} did not answer within {START:.0f} seconds")
