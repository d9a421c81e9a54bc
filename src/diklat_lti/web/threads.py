"""Which threads do what: pages in the framework's own, launches in a line, and waiting for other people's servers apart."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread
from fastapi import FastAPI, Request

from diklat_lti.database import IN_LINE, OUTSIDE, THREADS, Database

Given = ParamSpec("Given")
Result = TypeVar("Result")


def set_up(app: FastAPI, db: Database) -> None:
    app.state.launches = ThreadPoolExecutor(IN_LINE[db.engine.dialect.name], "launch")
    app.state.outside = ThreadPoolExecutor(OUTSIDE, "outside")


def limit_pages() -> None:
    """Within the running loop: the framework's threads are as many as there are connections for them."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS


def end(app: FastAPI) -> None:
    """What was begun is brought to its end."""
    app.state.launches.shutdown()
    app.state.outside.shutdown()


async def in_line(request: Request, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """A launch or a first page: short, many at once in the evening, and no faster for being done side by side."""
    return await _run(request.app.state.launches, partial(work, *args, **kwargs))


async def outside(request: Request, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What waits for a platform: however slow it is, it holds up no page."""
    return await _run(request.app.state.outside, partial(work, *args, **kwargs))


async def _run(pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    """A third of what AnyIO's threads cost. Log lines keep the reference of their request."""
    return await asyncio.get_running_loop().run_in_executor(pool, copy_context().run, work)
