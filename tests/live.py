"""A FastAPI app behind a real port for the length of a block: `with live_app(app) as base_url`."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def live_app(app: Callable[..., object], host: str = "localhost", port: int | None = None) -> Iterator[str]:
    """Yields its origin. Take a `free_port()` first where the app must know its own address."""
    port = port or free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the app did not start"
        time.sleep(0.01)
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join(timeout=30)
    assert not thread.is_alive(), "a request never ended"
