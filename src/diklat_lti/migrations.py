"""Brings a database to the newest revision, and says which revision it has. The revisions lie in `migrations/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from diklat_lti.database import make_engines

LOCK = 7_351_845
"""Any number of our own: whoever else migrates this PostgreSQL database waits for it."""


def upgrade(database: str | Engine) -> None:
    """All or nothing, in one transaction. Two processes that start at once run the revisions once."""
    with _engine(database) as engine, engine.connect() as connection:
        _check_foreign_keys(connection, at_once=False)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _refuse_dangling(connection)
        _check_foreign_keys(connection, at_once=True)


def current(database: str | Engine) -> str | None:
    """The revision of the database; None if it was never migrated."""
    with _engine(database) as engine, engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def folder() -> Path:
    """Inside the package when it came from a wheel, beside `src/` in a checkout."""
    packed = Path(__file__).with_suffix("")
    return packed if packed.is_dir() else Path(__file__).parents[2] / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(database: str | Engine) -> Iterator[Engine]:
    if isinstance(database, Engine):
        yield database
        return
    _, engine = make_engines(database, connections=1)
    try:
        yield engine
    finally:
        engine.dispose()


def _check_foreign_keys(connection: Connection, *, at_once: bool) -> None:
    # SQLite changes a table by copying and dropping it, which cascades unless keys are off. Not inside a transaction.
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={'ON' if at_once else 'OFF'}")
        cursor.close()


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (row := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise RuntimeError(f"a revision left a row of {row[0]} without its {row[2]}")
