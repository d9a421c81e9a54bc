"""Everything a cohort's admin opens (/manage): the picker, the overview, a learner's page, requests for a role."""

from fastapi import APIRouter

from diklat_lti.web.manage import copied, decide, extend, frames, overview, people, pick, requests

router = APIRouter(prefix="/manage")
for page in (copied, frames, pick, requests, extend, decide, people, overview):
    router.include_router(page.router)
