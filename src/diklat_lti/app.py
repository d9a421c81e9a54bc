"""The wiring on one screen: settings in, a web application out."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware import Middleware

from diklat_lti import __version__, logs, settings
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import account, doctor, errors, headers, health, help, hot, static_files, threads
from diklat_lti.web.centre import routes as centre
from diklat_lti.web.learn import kept_pages
from diklat_lti.web.learn import routes as learn
from diklat_lti.web.lti import routes as lti
from diklat_lti.web.manage import routes as manage
from diklat_lti.worker import Worker


def create_app(chosen: Settings, clock: Clock | None = None, db: Database | None = None) -> FastAPI:
    """The web application over one database; tests pass their own `clock` and `db`."""
    around = [
        Middleware(headers.Guard),
        Middleware(hot.Hot, routes=[*lti.HOT_ROUTES, *learn.HOT_ROUTES]),
        hot.GZIP,
    ]
    app = FastAPI(
        title="Diklat LTI",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_life,
        middleware=around,
    )
    app.state.settings = chosen
    app.state.clock = clock or Clock()
    app.state.db = db or Database(chosen.database_url)
    threads.set_up(app, app.state.db)
    errors.install(app)
    kept_pages.install(app)
    for room in (lti, learn, doctor, manage, centre, static_files, health, account, help):
        app.include_router(room.router)
    return app


def from_environment() -> FastAPI:
    """What the web server's processes call."""
    chosen = settings.load()
    logs.set_up(chosen.logs_json)
    return create_app(chosen)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Threads for each purpose, see `web/threads.py`; with SQLite the worker runs beside the pages."""
    threads.limit_pages()
    stop, workers = threading.Event(), list[threading.Thread]()
    if app.state.settings.runs_worker:
        worker = Worker(app.state.db, app.state.settings, app.state.clock)
        workers.append(threading.Thread(target=worker.run, args=(stop,), name="worker"))
    for thread in workers:
        thread.start()
    yield
    stop.set()
    for thread in workers:
        thread.join()
    threads.end(app)
    app.state.db.dispose()
