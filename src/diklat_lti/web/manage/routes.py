"""Everything a cohort's admin opens (/manage): the picker, the overview, a learner's page, requests for a role."""

from fastapi import APIRouter

from diklat_lti.web.manage import copied, frames, overview, people, pick, requests

router = APIRouter(prefix="/manage")
for page in (copied, frames, pick, requests, people, overview):
    router.include_router(page.router)
