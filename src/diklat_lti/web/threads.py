"""Which threads do what: pages in the framework's own, launches in a line, and waiting for other people's servers apart."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request

from diklat_lti.database import OUTSIDE, THREADS, Database

Given = ParamSpec("Given")
Result = TypeVar("Result")

IN_LINE = {"sqlite": 1, "postgresql": 2}
"""Launches at once, by engine. With SQLite a second one has nothing to wait for but Python's lock (docs/performance.md)."""


def set_up(app: FastAPI, db: Database) -> None:
    app.state.launches = CapacityLimiter(IN_LINE[db.engine.dialect.name])
    app.state.outside = CapacityLimiter(OUTSIDE)


def limit_pages() -> None:
    """Within the running loop: the framework's threads are as many as there are connections for them."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS


async def in_line(request: Request, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """A launch or a first page: short, many at once in the evening, and no faster for being done side by side."""
    return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=request.app.state.launches)


async def outside(request: Request, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What waits for a platform: however slow it is, it holds up no page."""
    return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=request.app.state.outside)
