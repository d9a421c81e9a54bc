"""SQLite as this house uses it: it begins each transaction itself, readers with a snapshot, writers with the lock."""

import sqlite3
import time
from typing import Any, ClassVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL

PATIENCE = 30  # seconds to wait for another's lock
PRAGMAS = ("synchronous=NORMAL", "foreign_keys=ON")


class Reading(SQLiteDialect_pysqlite):
    """What a transaction reads stays as it was when it began.

    The driver would begin late and leave a SELECT outside: an update was lost that way. An event of the engine could
    begin too, but then SQLAlchemy looks for listeners at each statement, which costs a third of a short transaction.
    """

    supports_statement_cache = True
    begins: ClassVar[str] = "BEGIN"

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute(self.begins)


class Writing(Reading):
    """A deferred BEGIN that reads and then writes fails at once with "database is locked", whatever the time-out."""

    supports_statement_cache = True
    begins: ClassVar[str] = "BEGIN IMMEDIATE"


registry.register("sqlite.reading", __name__, "Reading")
registry.register("sqlite.writing", __name__, "Writing")


def engines(url: URL, connections: int) -> tuple[Engine, Engine]:
    """One to read and one to write with, over the same connections."""
    reading = create_engine(
        url.set(drivername="sqlite+reading"),
        pool_size=connections,
        max_overflow=0,
        pool_use_lifo=True,
        connect_args={"timeout": PATIENCE},
    )
    event.listen(reading, "connect", _set_up)
    return reading, create_engine(url.set(drivername="sqlite+writing"), pool=reading.pool)


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Only a new file's first connections change its journal, and for that alone SQLite does not wait its time-out."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.02)
