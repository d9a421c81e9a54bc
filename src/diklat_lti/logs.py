"""Log lines as JSON or for a terminal, each with the request's reference; no queries, no messages of errors."""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

reference: ContextVar[str] = ContextVar("reference", default="-")
"""What the reader of an error page can tell us: the same in each log line of that request."""

OURS = frozenset({"reason", "kind", "status", "where"})


def where(error: BaseException) -> str:
    """Types and places of an error and of what caused it, never its message: drivers write a person's data there."""
    chain = []
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        chain.append(f"{type(seen).__name__} at " + " > ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames))
        seen = seen.__cause__ or seen.__context__
    return " | from ".join(chain)


class Line(logging.Formatter):
    """One record as one line."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "reference": reference.get(),
        }
        line |= {name: value for name, value in vars(record).items() if name in OURS}
        if record.exc_info and record.exc_info[1]:
            line["where"] = where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str) if self.as_json else " ".join(map(str, line.values()))


def set_up(as_json: bool) -> None:
    """One handler on the root; the server's own loggers come through the same door."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line(as_json))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
