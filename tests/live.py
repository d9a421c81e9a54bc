"""A FastAPI app behind a real port for the length of a block: `with live_app(app) as base_url`."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

import uvicorn


class Prompt(uvicorn.Server):
    """uvicorn's own, which looks every 100 ms whether it is to end, and sleeps as long again: this one is woken."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop, self.told = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.told.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests under way are answered, connections that rest are closed."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.002)
        await self.lifespan.shutdown()

    def end(self) -> None:
        self.should_exit = True
        self.loop.call_soon_threadsafe(self.told.set)


SHARE = 7000
FIRST = 10_000 + SHARE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0) % 3)
ports = cycle(range(FIRST, FIRST + SHARE))
for _ in range(os.getpid() % SHARE):
    next(ports)


def free_port() -> int:
    """Below those that the system lends to connections: one of them could take it before the server does."""
    for port in ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


@contextmanager
def live_app(app: Callable[..., object], host: str = "localhost", port: int | None = None) -> Iterator[str]:
    """Yields its origin. Take a `free_port()` first where the app must know its own address."""
    port = port or free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="on")
    server = Prompt(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the app did not start"
        time.sleep(0.002)
    yield f"http://{host}:{port}"
    server.end()
    thread.join(timeout=30)
    assert not thread.is_alive(), "a request never ended"
