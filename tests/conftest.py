"""What every test gets: a database of its own, settings, a clock, and a world that ends at loopback."""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pydantic import SecretStr

import compiled
import engines
import ready_keys
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.settings import Settings

pytest_plugins = ["at_the_door", "browser"]
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
server: list[engines.Server] = []
BUSY: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
"""A busy machine is no failure of ours."""
hypothesis.settings.register_profile("ordinary", max_examples=150, derandomize=True, **BUSY)
hypothesis.settings.register_profile("prove", max_examples=10_000, **BUSY)
hypothesis.settings.register_profile(
    "mutants", max_examples=150, database=None, derandomize=True, phases=[hypothesis.Phase.generate], **BUSY
)
hypothesis.settings.load_profile("ordinary")
"""`--hypothesis-profile=prove` is what `make prove` runs, with new examples each time; `mutants` stops at the first failure."""


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the run starts PostgreSQL; xdist's workers inherit its address."""
    if engines.ENGINE not in ("sqlite", "postgresql"):
        raise pytest.UsageError("DIKLAT_TEST_ENGINE is sqlite or postgresql")
    if engines.ENGINE == "postgresql" and engines.POSTGRES_URL not in os.environ:
        server.append(engines.Server())
        os.environ[engines.POSTGRES_URL] = server[0].url


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded by now stays to the end: the garbage collector, a sixth of all work, need not look through it again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    while server:
        server.pop().stop()
        del os.environ[engines.POSTGRES_URL]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with engines.started(tmp_path_factory.mktemp("databases"), worker) as started:
        yield started


@pytest.fixture
def database_url(engine: engines.Engine) -> Iterator[str]:
    """The address of a migrated database without a row, for this test alone."""
    with engine.lent(migrated=True) as url, ready_keys.at_hand():
        yield url


@pytest.fixture
def empty_url(engine: engines.Engine) -> Iterator[str]:
    """The address of a database that was never migrated."""
    with engine.lent(migrated=False) as url:
        yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = compiled.remembered(Database(database_url))
    yield database
    database.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        storage_url=f"file:{tmp_path / 'files'}",
        secret_key=SecretStr("the tests' own key of forty characters and more"),
        allow_private_platforms=True,
        embedded_worker=False,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DIKLAT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that looks beyond this machine fails, wherever it runs."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            self.close()
            raise AssertionError(f"a test wanted to reach {address}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
