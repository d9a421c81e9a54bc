"""How an LMS registers the tool by an invite: what it shows before, what it did, what the LMS grants since."""

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from diklat_lti.errors import Problem
from diklat_lti.lti import scopes
from diklat_lti.lti.registration import dynamic, granted_look, invites, ours, registered, theirs
from diklat_lti.models import Invite
from diklat_lti.web import static_files, threads
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.lti.door import Posted

router = APIRouter()


def _invited(visit: Visiting, invite: str = "") -> Invite:
    return _find(visit, invite)


def _find(visit: Visit, token: str) -> Invite:
    with visit.db.read() as session:
        return invites.find(session, token, visit.real_now)


@router.get("/lti/register")
async def show_registration(
    visit: Visiting,
    found: Annotated[Invite, Depends(_invited)],
    invite: str = "",
    openid_configuration: str | None = None,
    registration_token: str | None = None,
) -> Response:
    """Spends nothing: it shows what the button will do, or what it has done. A used invite is the private address of that."""
    if found.registration_id is not None:
        return await run_in_threadpool(_show_registered, visit, found, invite)
    if openid_configuration is None:
        return _show_how(visit, found, invite)
    update = None
    if theirs.is_update(registration_token):
        update = await threads.outside(
            visit.request,
            dynamic.look_before,
            visit.settings,
            openid_configuration,
            registration_token,
            _logo(visit),
        )
    return visit.page(
        "lti/register.html",
        host=host_of(openid_configuration),
        invite=invite,
        openid_configuration=openid_configuration,
        registration_token=registration_token or "",
        update=update,
        asked=scopes.LABELS.values(),
        at=ours.addresses(visit.settings.public_url),
        messages=ours.MESSAGES,
    )


def _show_how(visit: Visit, found: Invite, invite: str) -> Response:
    address = f"{visit.settings.public_url}/lti/register?invite={invite}"
    return visit.page("lti/register_how.html", address=address, expires_at=found.expires_at)


def _show_registered(visit: Visit, found: Invite, invite: str, trouble: Problem | None = None) -> Response:
    with visit.db.read() as session:
        made = registered.registered(session, found)
    tool = visit.settings.public_url
    guide, address = f"{tool}/help/guides/admin-kursus", f"{tool}/lti/register?invite={invite}"
    return visit.page("lti/registered.html", made=made, invite=invite, address=address, guide=guide, trouble=trouble)


@router.post("/lti/register")
async def register(visit: Visiting, posted: Posted) -> Response:
    """The invite in the form is the secret; there is no session yet that a form token could be bound to."""
    request = dynamic.Request(
        invite_token=posted.get("invite", ""),
        openid_configuration=posted.get("openid_configuration", ""),
        registration_token=posted.get("registration_token") or None,
        with_names="names" in posted,
        logo_url=_logo(visit),
        showed_edits="edits" in posted,
    )
    await threads.outside(visit.request, dynamic.register, visit.db, visit.settings, request, visit.real_now)
    return _back(request.invite_token)


@router.post("/lti/register/look")
async def look(visit: Visiting, posted: Posted) -> Response:
    """Asks the LMS what it grants. It changes nothing there; whoever has the private address may know."""
    invite = posted.get("invite", "")
    found = await run_in_threadpool(_find, visit, invite)
    if found.registration_id is None:
        return _back(invite)
    which, now = found.registration_id, visit.real_now
    try:
        await threads.outside(visit.request, granted_look.look, visit.db, visit.settings, which, now)
    except Problem as trouble:
        return await run_in_threadpool(_show_registered, visit, found, invite, trouble)
    return _back(invite)


def _back(invite: str) -> Response:
    return RedirectResponse("/lti/register?" + urlencode({"invite": invite}), 303)


def _logo(visit: Visit) -> str:
    return visit.settings.public_url + static_files.address("logo.svg")


def host_of(address: str) -> str:
    """Who asks, for the reader; whatever is no address is shown as it came."""
    try:
        return urlsplit(address).netloc or address[:200]
    except ValueError:
        return address[:200]
