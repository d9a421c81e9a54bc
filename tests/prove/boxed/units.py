"""Reads systemd's unit files and does what `systemctl` would do with them in a box, walls included."""

import shlex
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from boxes import Box, Failed, Walls

UNITS = "etc/systemd/system"
DEBIANS = {"nginx": ["nginx", "-g", "daemon off;"]}
"""Services whose units Debian brings."""


def read(text: str) -> dict[str, str]:
    """Key → value of all sections; no key of ours stands twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            if key in found:
                raise Failed(f"{key} stands twice")
            found[key] = value
    return found


@dataclass
class Systemd:
    """The services of one box by name, such as diklat-web@1."""

    box: Box
    logs: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    """Those of one shot that count as active."""

    def call(self, verb: str, *words: str) -> None:
        """`systemctl verb words`."""
        names = [word.removesuffix(".service") for word in words if not word.startswith("--")]
        match verb:
            case "daemon-reload":
                pass
            case "enable":
                self.enabled |= set(names)
                for name in names if "--now" in words else []:
                    self.start(name)
            case "start" | "stop" | "restart" | "reload":
                for name in names:
                    getattr(self, verb)(name)
            case _:
                raise Failed(f"systemctl {verb}: not known here")

    def unit(self, name: str) -> dict[str, str]:
        file, _, instance = name.partition("@")
        text = self.box.path(f"{UNITS}/{file}{'@' if instance else ''}.service").read_text()
        return {key: value.replace("%i", instance) for key, value in read(text).items()}

    def wanted(self, target: str) -> list[str]:
        text = read(self.box.path(f"{UNITS}/{target}").read_text())["Wants"]
        return [name.removesuffix(".service") for name in text.split()]

    def start(self, name: str) -> None:
        if name.endswith(".target"):
            for one in self.wanted(name):
                self.start(one)
        elif name == "postgresql":
            self.box.shell("pg_ctlcluster 15 main start", cwd="/")
        elif name in DEBIANS:
            self.running[name] = self.box.start(DEBIANS[name], Walls(), "/", {}, self.logs / f"{name}.log")
        elif name not in self.running and name not in self.done:
            self._start(name, self.unit(name))

    def _start(self, name: str, unit: dict[str, str]) -> None:
        for first in unit["Wants"].split():
            if first != "network-online.target":
                self.start(first.removesuffix(".service"))
        walls = self._walls(unit)
        words = shlex.split(unit["ExecStart"])
        if unit.get("Type") == "oneshot":
            self.box.run(words, walls, unit["WorkingDirectory"], {})
            self.done.add(name)
            return
        self.running[name] = self.box.start(words, walls, unit["WorkingDirectory"], {}, self.logs / f"{name}.log")
        if after := unit.get("ExecStartPost"):
            self.box.run(shlex.split(after), walls, unit["WorkingDirectory"], {})

    def _walls(self, unit: dict[str, str]) -> Walls:
        state = f"/var/lib/{unit['StateDirectory']}"
        self.box.shell(f"install -d -o {unit['User']} -g {unit['Group']} -m {unit['StateDirectoryMode']} {state}")
        writable = {state: self.box.path(state)}
        return Walls(unit["User"], writable, is_read_only=unit["ProtectSystem"] == "strict")

    def stop(self, name: str) -> None:
        """SIGTERM, and it must be gone in time: what systemd would kill is a failure here."""
        if name.endswith(".target"):
            for one in self.wanted(name):
                self.stop(one)
            return
        self.done.discard(name)
        process = self.running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        code = process.wait(int(self.unit(name)["TimeoutStopSec"]))
        if code not in (0, -signal.SIGTERM):
            raise Failed(f"{name} ended with {code}:\n{(self.logs / f'{name}.log').read_text()[-2000:]}")

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def reload(self, name: str) -> None:
        """nginx: SIGHUP, as its unit says."""
        if name not in self.running:
            self.start(name)
        self.running[name].send_signal(signal.SIGHUP)

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        if self.box.path("usr/bin/pg_ctlcluster").exists():
            self.box.shell("pg_ctlcluster 15 main stop -m immediate || true")
