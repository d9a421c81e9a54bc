"""`create_lms(settings)`: the wiring of the demo LMS on one screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from diklat_lti.demo.lms import (
    auth,
    course_pages,
    deep_linking,
    fault_pages,
    grade_pages,
    keys,
    launches,
    participants,
    registration_door,
    reuse_pages,
    seed,
    service_door,
    site_pages,
    tokens,
    tool_pages,
)
from diklat_lti.demo.lms.fault_gate import FaultGate
from diklat_lti.demo.lms.faults import Faults
from diklat_lti.demo.lms.language import Words
from diklat_lti.demo.lms.pages import refused
from diklat_lti.demo.lms.settings import Lms, LmsSettings
from diklat_lti.demo.lms.store import THREADS, Store
from diklat_lti.demo.lms.tool_keys import ToolKeys
from diklat_lti.demo.lms.trouble import Refused

ROOMS = (
    site_pages, course_pages, participants, grade_pages, tool_pages, registration_door, launches, auth, deep_linking,
    tokens, service_door, fault_pages, reuse_pages,
)  # fmt: skip


def create_lms(settings: LmsSettings) -> FastAPI:
    """An application of its own, with its own SQLite file: a course and people, and no tool yet."""
    store = Store(settings.file)
    with store.write() as db:
        seed.plant(db)
        key = keys.load_or_make(db)
    app = FastAPI(lifespan=_life, docs_url=None, redoc_url=None, openapi_url=None)
    named = f"MoodleBot/{settings.moodle} (+{settings.url.rstrip('/')})"  # as every request of a Moodle
    app.state.lms = Lms(settings, store, key, ToolKeys(named), Words(), Faults())
    app.add_middleware(FaultGate, lms=app.state.lms)
    for room in ROOMS:
        app.include_router(room.router)
    app.add_exception_handler(Refused, refused)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    # As many threads as connections: a request must never wait for one while it holds the other.
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    app.state.lms.store.dispose()
