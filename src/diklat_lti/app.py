"""The wiring on one screen: settings in, a web application out."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from diklat_lti import __version__, logs, settings
from diklat_lti.clock import Clock
from diklat_lti.database import OUTSIDE, THREADS, Database
from diklat_lti.settings import Settings
from diklat_lti.web import (
    account,
    errors,
    headers,
    health,
    help,
    learn,
    lti,
    lti_setup,
    manage,
    static_files,
)
from diklat_lti.worker import Worker


def create_app(chosen: Settings, clock: Clock | None = None, db: Database | None = None) -> FastAPI:
    """The web application over one database; tests pass their own `clock` and `db`."""
    app = FastAPI(
        title="Diklat LTI",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_life,
        routes=[*lti.HOT_ROUTES, *learn.HOT_ROUTES],
    )
    app.state.settings = chosen
    app.state.clock = clock or Clock()
    app.state.db = db or Database(chosen.database_url)
    app.state.outside = anyio.CapacityLimiter(OUTSIDE)
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(headers.Guard)
    for room in (lti, learn, manage, static_files, health, lti_setup, account, help):
        app.include_router(room.router)
    return app


def from_environment() -> FastAPI:
    """What the web server's processes call."""
    chosen = settings.load()
    logs.set_up(chosen.logs_json)
    return create_app(chosen)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Threads and connections come from one number; with SQLite the worker runs beside the pages."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    stop, threads = threading.Event(), []
    if app.state.settings.runs_worker:
        worker = Worker(app.state.db, app.state.settings, app.state.clock)
        threads.append(threading.Thread(target=worker.run, args=(stop,), name="worker"))
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()
    app.state.db.dispose()
