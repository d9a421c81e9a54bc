"""The world outside as an abuse test wants it: names that lead where it says, and a list of the addresses that were called."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

PUBLIC = "93.184.216.34"


@dataclass
class Outside:
    """`names`: for each name its answers, one for each look-up, the last one again and again. Nothing there answers."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)


@contextmanager
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    world, look, connect = Outside(), socket.getaddrinfo, socket.socket.connect

    def looked_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host not in world.names:
            return look(host, port, *more, **named)
        world.asked.append(host)
        answers = world.names[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [(kind, socket.SOCK_STREAM, 6, "", (at, port)) for kind, at in zip(kinds, found, strict=True)]

    def connected(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_UNIX or str(address[0]) in ("127.0.0.1", "::1"):
            return connect(self, address)
        world.called.append(str(address[0]))
        raise OSError("nobody answers there")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    yield world
