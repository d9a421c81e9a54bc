"""Everything under `/lti`, gathered here."""

from fastapi import APIRouter

from diklat_lti.web.lti import config, door, setup

HOT_ROUTES = door.HOT_ROUTES
router = APIRouter()
for part in (door, setup, config):
    router.include_router(part.router)
