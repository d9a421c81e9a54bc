"""`running_lms()`: a demo LMS in a thread, on a free port, for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep

import uvicorn

from diklat_lti.clock import Clock
from diklat_lti.demo.lms import seed
from diklat_lti.demo.lms.app import create_lms
from diklat_lti.demo.lms.settings import Lms, LmsSettings


@dataclass(frozen=True)
class RunningLms:
    """Where it runs and who is there. `lms` is its inside, for a test that must look or push."""

    url: str
    lms: Lms
    course: int = seed.COURSE
    admin: int = seed.ADMIN
    teacher: int = seed.TEACHER
    supervisor: int = seed.SUPERVISOR
    learner: int = seed.FIRST_LEARNER


@contextmanager
def running_lms(
    file: Path | None = None, clock: Clock | None = None, settings: LmsSettings | None = None
) -> Iterator[RunningLms]:
    """The port is bound before the application hears its own address, so nobody can take it in between. With `settings`
    it calls itself by the address that stands there, as behind a proxy."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        app = create_lms(settings or LmsSettings(url=url, file=file, clock=clock or Clock()))
        config = uvicorn.Config(app, log_config=None, loop="uvloop", access_log=False, date_header=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            yield RunningLms(url, app.state.lms)
        finally:
            server.should_exit = True
            thread.join(10)


def _wait(server: uvicorn.Server, thread: Thread) -> None:
    while not server.started:
        assert thread.is_alive(), "the demo LMS did not start"
        sleep(0.01)
