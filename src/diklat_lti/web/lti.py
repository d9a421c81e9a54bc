"""The door: login and launch, as platforms call them, and the tool's public keys."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from diklat_lti import logs
from diklat_lti.database import WriteSession
from diklat_lti.errors import Problem
from diklat_lti.lti import keys, launch, login, refusals, tickets
from diklat_lti.training import landing
from diklat_lti.training.arrival import Arrival
from diklat_lti.web import cookies, device, session
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.errors import Signpost, unreadable

router = APIRouter()
MOST_FIELDS = 100


async def _posted(request: Request) -> dict[str, str]:
    return fields(await request.body())


def fields(encoded: bytes) -> dict[str, str]:
    """As they came, byte for byte: hints go back to the platform. The framework's form reader costs ten times this."""
    try:
        found = dict(parse_qsl(encoded.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError as e:
        raise unreadable("unreadable_form") from e
    if any("\0" in text for pair in found.items() for text in pair):
        raise unreadable("unreadable_form")  # PostgreSQL keeps no NUL
    return found


Posted = Annotated[dict[str, str], Depends(_posted)]


@router.post("/lti/login")
def login_by_post(visit: Visiting, posted: Posted) -> Response:
    return _login(visit, posted)


@router.get("/lti/login")
def login_by_get(visit: Visiting) -> Response:
    """A platform's, or our own bounce that looks whether the cookie came back."""
    return _login(visit, fields(visit.request.url.query.encode()))


def _login(visit: Visit, given: Mapping[str, str]) -> Response:
    request, now = visit.request, visit.real_now
    try:
        step = login.begin(visit.db, visit.settings, given, request.cookies, request.headers.get("sec-fetch-dest"), now)
    except Problem as problem:
        user_agent = request.headers.get("user-agent")
        refusals.record(visit.db, problem.reason, None, user_agent, logs.reference.get(), now)
        raise
    if step.kind != "redirect":
        return visit.page(f"lti/{step.kind}.html", 200 if step.kind == "offer_tab" else 400, address=step.address)
    response = RedirectResponse(step.address, 303)
    if step.ticket_id is not None:
        proof = tickets.proof(visit.settings.secret_keys, step.ticket_id)
        life = int(tickets.LIFE.total_seconds())
        response.headers["set-cookie"] = cookies.set_cookie(tickets.COOKIE + step.ticket_id, proof, life)
    return response


@router.post("/lti/launch")
def launched(visit: Visiting, posted: Posted) -> Response:
    """The commit comes before the answer leaves: the first page finds what was stored."""
    request, real_now = visit.request, visit.real_now
    sender = launch.Sender(request.headers.get("user-agent"), logs.reference.get())
    browser = session.of_launch(request.cookies, visit.settings.secret_keys, device.label(sender.user_agent))

    def land(writing: WriteSession, arrival: Arrival) -> landing.Landing:
        return landing.arrive(writing, arrival, real_now, visit.now, browser)

    try:
        landed = launch.accept(visit.db, visit.settings, posted, request.cookies, sender, real_now, land)
    except launch.Refused as refused:
        raise _with_button(refused) from refused
    return RedirectResponse(landed.path, 303)


def _with_button(refused: launch.Refused) -> Problem:
    if refused.address is None or refused.label is None:
        return refused
    return Signpost(refused.kind, refused.reason, refused.sentence, refused.advice, refused.address, refused.label)


@router.get("/lti/jwks")
def public_keys(visit: Visiting) -> Response:
    """A new key is published twice as long before it signs as anybody may keep an older set."""
    age = int(keys.SETTLING.total_seconds()) // 2
    with visit.db.read() as reading:
        jwks = keys.public_jwks(reading, visit.real_now)
    return JSONResponse(jwks, headers={"Cache-Control": f"public, max-age={age}"})
