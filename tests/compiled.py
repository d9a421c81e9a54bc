"""SQL that was compiled before: each test has an engine of its own, and every one would compile the same statements anew."""

from typing import Any

from sqlalchemy.util import LRUCache

from diklat_lti.database import Database

known: dict[type[Any], Any] = {}
statements: LRUCache[Any, Any] = LRUCache(5_000)
"""All that the suite asks, of every dialect."""


def remembered(database: Database) -> Database:
    """With the dialect of the process's first engine of this kind, by which SQLAlchemy finds what it compiled."""
    if type(database.engine.dialect) not in known:
        database.engine.connect().close()  # a dialect asks the server's version once, at its own engine's first connection
    for engine in {database.engine, database.writer, database.reader}:
        engine.dialect = known.setdefault(type(engine.dialect), engine.dialect)
        engine._compiled_cache = statements
    return database
