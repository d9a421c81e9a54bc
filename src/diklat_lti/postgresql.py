"""PostgreSQL as this house uses it: a connection that has rested is asked whether it still lives, one in use is not."""

import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

from diklat_lti.errors import Kind, Problem, say

RESTED = 1.0
"""Seconds. A server that was restarted was away for longer, so whatever was used since then is a new connection."""


def engine(url: URL, connections: int) -> Engine:
    try:
        made = create_engine(url, pool_size=connections, max_overflow=0, pool_use_lifo=True)
    except ModuleNotFoundError as e:
        raise Problem(
            Kind.UNAVAILABLE,
            "no_driver",
            say("The driver for this database is not installed."),
            say("Install it with: pip install 'diklat-lti[postgres]'"),
        ) from e

    def rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def is_lent(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < RESTED:
            return
        try:
            made.dialect.do_ping(connection)
        except made.dialect.loaded_dbapi.Error as e:
            raise DisconnectionError from e  # the pool makes a new one

    # `pool_pre_ping` asks at every loan: twice in a launch, which cost a tenth of it.
    event.listen(made, "checkin", rests)
    event.listen(made, "checkout", is_lent)
    return made


def reading(made: Engine) -> Engine:
    """PostgreSQL shows each statement of a READ COMMITTED transaction what is committed by then, and does so without a
    transaction, too: BEGIN and ROLLBACK around a page's reads were a third of the server's work for a launch."""
    return made.execution_options(isolation_level="AUTOCOMMIT")
