"""`/healthz`: the process lives. `/readyz`: its database answers and has the newest revision."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError

from diklat_lti import migrations
from diklat_lti.web.deps import Visiting

router = APIRouter()


@router.get("/healthz")
async def alive() -> PlainTextResponse:
    return PlainTextResponse("alive\n")


@router.get("/readyz")
def ready(visit: Visiting) -> PlainTextResponse:
    """503 until the database is reachable and migrated: a proxy sends nobody here before."""
    try:
        current = migrations.current(visit.db.engine)
    except SQLAlchemyError:
        return PlainTextResponse("the database does not answer\n", status_code=503)
    if current != migrations.head():
        return PlainTextResponse("the database is not migrated: run diklat-lti migrate\n", status_code=503)
    return PlainTextResponse("ready\n")
