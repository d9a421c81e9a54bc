"""Starts the services of a compose file as containers would be: a network namespace each, the walls that the file names."""

import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from boxes import Box, Failed, Walls, checked
from dockerfile import Builder, Image

GATEWAY = "172.30.84.1"
SECONDS = {"s": 1, "m": 60}
POSTGRES = """
install -d -o postgres -g postgres -m 700 {data}
runuser -u postgres -- {bin}/initdb -D {data} -E UTF8 --locale=C.UTF-8 >/dev/null
printf 'host all all all scram-sha-256\\nlocal all all trust\\n' > {data}/pg_hba.conf
runuser -u postgres -- {bin}/pg_ctl -D {data} -w -s -l /tmp/init.log -o "-c listen_addresses=''" start
runuser -u postgres -- psql -q -c "CREATE USER {user} SUPERUSER PASSWORD '{password}'"
runuser -u postgres -- psql -q -c "CREATE DATABASE {database} OWNER {user}"
runuser -u postgres -- {bin}/pg_ctl -D {data} -w -s stop
"""
"""What the entry point of the image postgres does with an empty volume."""
POSTGRES_BIN = "/usr/lib/postgresql/15/bin"


def resolved(file: Path, env_file: Path) -> dict[str, Any]:
    """The file as compose itself reads it: merged, filled in, checked."""
    words = ["docker-compose", "--env-file", str(env_file), "--file", str(file), "config"]
    found: dict[str, Any] = yaml.safe_load(checked(words))
    return found


def lay_network() -> None:
    """A bridge in the proof's own network namespace; nothing of it can be seen from outside."""
    for line in ("link add inside type bridge", f"addr add {GATEWAY}/24 dev inside", "link set inside up"):
        checked(["ip", *line.split()])


def _plug(number: int, name: str, address: str) -> None:
    peer = f"veth{number}"
    for line in (
        f"netns add {name}",
        f"link add {peer} type veth peer name eth0 netns {name}",
        f"link set {peer} master inside up",
        f"-n {name} addr add {address}/24 dev eth0",
        f"-n {name} link set eth0 up",
        f"-n {name} link set lo up",
    ):
        checked(["ip", *line.split()])


@dataclass
class Container:
    """One service: what it runs, where, within which walls."""

    name: str
    image: Image
    service: Mapping[str, Any]
    walls: Walls
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def command(self) -> list[str]:
        return [*self.image.entrypoint, *(self.service.get("command") or self.image.command)]

    @property
    def env(self) -> dict[str, str]:
        return self.image.env | self.service.get("environment", {})

    @property
    def health(self) -> list[str]:
        test = self.service.get("healthcheck", {}).get("test", ["CMD", *self.image.health])
        return [] if test == ["NONE"] else list(test[1:])

    def run(self, words: list[str]) -> str:
        """As `docker compose exec` does."""
        return self.image.box.run(words, self.walls, self.image.cwd, self.env)

    def start(self) -> None:
        self.process = self.image.box.start(self.command, self.walls, self.image.cwd, self.env, self.log)

    def is_healthy(self) -> bool:
        try:
            self.run(self.health)
        except Failed:
            return False
        return True

    def stop(self) -> None:
        """As `docker compose stop` does; what would be killed after the grace period is a failure here."""
        assert self.process is not None
        number = signal.Signals[self.image.stop_signal]
        self.process.send_signal(number)
        text = str(self.service.get("stop_grace_period", "10s"))
        grace = sum(int(n) * SECONDS[unit] for n, unit in re.findall(r"(\d+)([sm])", text))
        if (code := self.process.wait(grace)) not in (0, -number):
            raise Failed(f"{self.name} ended with {code}:\n{self.log.read_text()[-2000:]}")


@dataclass
class Project:
    """All services, started in the order in which they wait for each other."""

    config: Mapping[str, Any]
    builder: Builder
    folder: Path
    tls: Path
    postgres: Box
    """A box with Debian's PostgreSQL, in place of the image that cannot be had here."""
    containers: dict[str, Container] = field(default_factory=dict)

    def up(self) -> None:
        for name in self.config["services"]:
            self._up(name)

    def _up(self, name: str) -> None:
        if name in self.containers:
            return
        service = self.config["services"][name]
        container = self.containers[name] = self._container(name, service)
        for other, wish in service.get("depends_on", {}).items():
            self._up(other)
            if wish["condition"] == "service_healthy":
                self.await_health(other)
        if service.get("restart") == "no":
            container.run(container.command)  # to its end: what waits for it waits for its success
            return
        container.start()

    def await_health(self, name: str) -> None:
        until = time.monotonic() + 60
        while not self.containers[name].is_healthy():
            if time.monotonic() > until:
                raise Failed(f"{name} is not healthy:\n{self.containers[name].log.read_text()[-2000:]}")
            time.sleep(0.5)

    def _container(self, name: str, service: Mapping[str, Any]) -> Container:
        _plug(len(self.containers), name, service["networks"]["inside"]["ipv4_address"])
        image = (
            self._postgres(service)
            if name == "postgres"
            else self.builder.build(service["build"]["target"] if "build" in service else "tool")
        )
        addresses = {n: s["networks"]["inside"]["ipv4_address"] for n, s in self.config["services"].items()}
        lines = ["127.0.0.1 localhost", *(f"{address} {other}" for other, address in addresses.items())]
        image.box.path("/etc/hosts").write_text("\n".join(lines) + "\n")
        walls = self._walls(name, service, image)
        return Container(name, image, service, walls, self.folder / f"{name}.log")

    def _walls(self, name: str, service: Mapping[str, Any], image: Image) -> Walls:
        writable, readable = {}, {}
        for text in service.get("volumes", []):
            source, target, mode = text.split(":")
            if mode == "ro":
                readable[target] = self.tls
                image.box.path(target).mkdir(parents=True, exist_ok=True)
            else:
                writable[target] = self._volume(source, image, target)
        return Walls(image.user, writable, readable, bool(service.get("read_only")), name)

    def _volume(self, source: str, image: Image, target: str) -> Path:
        """An empty volume takes over what the image has there, rights included."""
        volume = self.folder / f"volume-{source}"
        if not volume.exists():
            checked(["cp", "--archive", str(image.box.path(target)), str(volume)])
        return volume

    def _postgres(self, service: Mapping[str, Any]) -> Image:
        env = service["environment"]
        data = "/var/lib/postgresql/data"
        values = {"user": env["POSTGRES_USER"], "password": env["POSTGRES_PASSWORD"], "database": env["POSTGRES_DB"]}
        self.postgres.shell(POSTGRES.format(data=data, bin=POSTGRES_BIN, **values).strip().replace("\n", " && "))
        command = [f"{POSTGRES_BIN}/postgres", "-D", data, "-c", "listen_addresses=*"]
        return Image(self.postgres, user="postgres", command=command, stop_signal="SIGINT")

    def end(self) -> None:
        for container in self.containers.values():
            if container.process is not None and container.process.poll() is None:
                container.process.kill()
                container.process.wait()
