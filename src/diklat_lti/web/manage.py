"""Everything a cohort's admin opens (/manage): the picker, the overview, a learner's page, requests for a role."""

from fastapi import APIRouter

from diklat_lti.web import manage_copied, manage_frames, manage_overview, manage_people, manage_pick, manage_requests

router = APIRouter(prefix="/manage")
for page in (manage_copied, manage_frames, manage_pick, manage_requests, manage_people, manage_overview):
    router.include_router(page.router)
