"""The database: engine, naming of constraints, UTC instants, read and write sessions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, Connection, DateTime, Engine, Integer, MetaData, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from diklat_lti import postgresql, sqlite

Result = TypeVar("Result")

THREADS = 2
"""Threads that answer pages, in one process: measured (docs/performance.md). More of them fight for Python's lock."""
IN_LINE = {"sqlite": 1, "postgresql": 2}
"""Threads that answer launches, by engine: with SQLite a second one waits for nothing but Python's lock."""
OUTSIDE = 2
"""Threads that wait for a platform's answer on behalf of a page."""
DELIVERIES = 2
"""Deliveries of grades at once, in one process; the loop that hands them out is one thread more."""
CONNECTIONS = THREADS + max(IN_LINE.values()) + OUTSIDE + DELIVERIES + 1
"""One for each thread that may ask, so that nobody waits for a connection."""

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment in UTC that keeps its zone on both engines; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Percent(TypeDecorator[Decimal]):
    """0 to 100 with two decimals, kept as whole hundredths: SQLite knows no decimals."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != int(hundredths):
            raise ValueError(f"{value} has more than two decimals")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class Exact(TypeDecorator[Decimal]):
    """A decimal that is not rounded yet, kept as its text."""

    impl = String(60)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        int: Id,
        datetime: Instant,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class ReadSession(Session):
    """For GET: it never writes. A flush with something in it is a mistake in our code."""

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a ReadSession was asked to write")


class WriteSession(Session):
    """For everything that stores. On SQLite it takes the write lock at once, so what it read stays true."""


Reading = Session | Connection
"""What functions of the hot path read with: it has no session (see `session_on`)."""


class Database:
    """One engine, and sessions by name. `Database(url)` connects at the first use, not before."""

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self.engine, self.writer = make_engines(url, connections)
        self.reader = self.engine if self.engine.dialect.name == "sqlite" else postgresql.reading(self.engine)

    @contextmanager
    def read(self, connection: Connection | None = None) -> Iterator[ReadSession]:
        """On its own connection, or on one that reads already."""
        with ReadSession(connection or self.reader, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """Commits when the block ends well, rolls back when it raises."""
        with WriteSession(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    def write_again(self, work: Callable[[Connection], Result], times: int = 5) -> Result:
        """Runs `work` in a write transaction, and anew when another writer made the same row at the same moment.

        Right for "find or make": the second time it finds. Any other broken constraint raises as it would at once.
        """
        for _ in range(times - 1):
            with suppress(IntegrityError), self.writer.begin() as connection:
                return work(connection)
        with self.writer.begin() as connection:
            return work(connection)

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def session_on(connection: Connection) -> Iterator[WriteSession]:
    """A session within a write transaction that is under way; what it holds is written when the block ends well.

    The hot path does without: to open and close a session costs as much as three statements.
    """
    with WriteSession(connection, expire_on_commit=False) as session:
        yield session
        session.flush()


def stand_still(session: WriteSession, table: str) -> None:
    """Waits until no transaction uses this table any more, and keeps all others out until the end of its own.

    SQLite has one writer at a time as it is.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))


def make_engines(url: str, connections: int = CONNECTIONS) -> tuple[Engine, Engine]:
    """One to read with and one to write with; the same one on PostgreSQL.

    So many connections and none beyond, so that no request waits for one while holding another's lock. The one that
    was used last is lent first: what it remembers of the database is fresh.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = postgresql.engine(parsed, connections)
        return engine, engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return sqlite.engines(parsed, connections)
