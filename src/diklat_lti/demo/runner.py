"""`diklat-lti demo`: tool, worker and demo LMS on one machine, with their data in a folder; a second start continues."""

import json
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from diklat_lti.content import samples
from diklat_lti.demo.processes import Places, command, running
from diklat_lti.errors import Kind, Problem, say

Echo = Callable[[str], object]


def run(folder: Path, port: int, lms_port: int, fresh: bool, echo: Echo) -> None:
    """Until Ctrl-C or SIGTERM. The last line before that is the address to open."""
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _same_ports(folder / "ports.json", port, lms_port)
    places = Places(folder, port, lms_port, f"sqlite:///{folder / 'diklat.db'}")
    invite = _prepare(places)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(places, invite):
        echo(f"Open {places.lms}/demo")
        stop.wait()


def _same_ports(file: Path, port: int, lms_port: int) -> None:
    """What was registered under one address cannot go on under another."""
    ports = [port, lms_port]
    if file.exists() and json.loads(file.read_text()) != ports:
        raise Problem(
            Kind.CONFLICT,
            "other_ports",
            say("The demo in var/demo was made with other ports."),
            say("Start it with the same ones, or begin anew with --fresh."),
        )
    file.write_text(json.dumps(ports))


def _prepare(places: Places) -> str:
    """Database, centre, sample program; and the invite, which is made once and kept for the start page."""
    command(places, "migrate")
    kept = places.folder / "invite"
    if not kept.exists():
        command(places, "centre", "add", "BBPPKS contoh")
        command(places, "program", "import", str(samples.path("p2k2")))
        kept.write_text(command(places, "platform", "invite", "--name", "LMS contoh", "--expires", "365d"))
    return kept.read_text()
