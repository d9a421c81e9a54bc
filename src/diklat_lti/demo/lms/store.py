"""The demo LMS's database: one SQLite file, short transactions, Core statements."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateColumn

from diklat_lti.database import make_engines
from diklat_lti.demo.lms.tables import meta

__all__ = ["THREADS", "Connection", "Store"]
THREADS = 4
"""And as many connections."""


class Store:
    """`with store.read() as db` and `with store.write() as db`; the second commits when its block ends well."""

    def __init__(self, file: Path | None) -> None:
        self.engine, self.writer = make_engines(f"sqlite:///{file or _temporary_file()}", THREADS)
        with self.write() as db:
            meta.create_all(db)
            _add_columns(db)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.writer.begin() as db:
            yield db

    def dispose(self) -> None:
        self.engine.dispose()


def _add_columns(db: Connection) -> None:
    """A file that an older demo left behind gets the columns that came since."""
    there = inspect(db)
    for table in meta.sorted_tables:
        known = {column["name"] for column in there.get_columns(table.name)}
        for column in [column for column in table.columns if column.name not in known]:
            made = CreateColumn(column).compile(dialect=db.dialect)
            db.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {made}")


def _temporary_file() -> Path:
    # A file and not `:memory:`, since several connections look at it.
    folder = tempfile.mkdtemp(prefix="demo-lms-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "lms.db"
