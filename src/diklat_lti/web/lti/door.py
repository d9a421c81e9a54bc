"""The door: login and launch, as platforms call them, and the tool's public keys."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.routing import Route

from diklat_lti import logs
from diklat_lti.errors import Problem
from diklat_lti.lti import key_fetches, keys, launch, login, refusals, tickets
from diklat_lti.lti.known import NotAtHand
from diklat_lti.training import landing
from diklat_lti.training.arrival import Arrival
from diklat_lti.web import cookies, language_before, pages, session, threads, way_back
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.errors import Signpost, unreadable

router = APIRouter()
MOST_FIELDS = 100
OF_THIS_BROWSER = frozenset({"ticket_spent", "session_over"})
"""Refusals of a launch that was let in before."""


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


async def log_in(request: Request) -> Response:
    """From a platform by POST or GET, and our own bounce that looks whether the cookie came back.

    What memory knows is answered at once; whatever must be asked for or recorded begins anew in a thread.
    """
    visit = Visit(request)
    given = fields(await request.body() if request.method == "POST" else request.scope["query_string"])
    try:
        step = _begun(visit, given, at_hand=True)
    except (NotAtHand, Problem):
        step = await threads.in_line(request, _begun_or_recorded, visit, given)
    if step.kind != "redirect":
        return visit.page(f"lti/{step.kind}.html", 200 if step.kind == "offer_tab" else 400, address=step.address)
    response = Response(status_code=303, headers={"location": step.address})
    if step.ticket_id is not None:
        proof = tickets.proof(visit.settings.secret_keys, step.ticket_id)
        life = int(tickets.LIFE.total_seconds())
        response.headers["set-cookie"] = cookies.set_cookie(tickets.COOKIE + step.ticket_id, proof, life)
    return response


def _begun(visit: Visit, given: Mapping[str, str], at_hand: bool = False) -> login.Step:
    sent, headers = visit.request.cookies, visit.request.headers
    return login.begin(visit.db, visit.settings, given, sent, headers.get("sec-fetch-dest"), visit.real_now, at_hand)


def _begun_or_recorded(visit: Visit, given: Mapping[str, str]) -> login.Step:
    try:
        return _begun(visit, given)
    except Problem as problem:
        user_agent = visit.request.headers.get("user-agent")
        refusals.record(visit.db, problem.reason, None, user_agent, logs.reference.get(), visit.real_now)
        _speak(visit)
        raise


async def launched(request: Request) -> Response:
    """The commit comes before the answer leaves: the first page finds what was stored."""
    visit, posted = Visit(request), fields(await request.body())
    try:
        landed = await threads.in_line(request, _landed, visit, posted, True)
    except NotAtHand:
        landed = await threads.outside(request, _landed, visit, posted, False)
    return RedirectResponse(landed.path, 303)


def _landed(visit: Visit, posted: Mapping[str, str], at_hand: bool) -> landing.Landing:
    sent, real_now = visit.request.cookies, visit.real_now
    sender = launch.Sender(visit.request.headers.get("user-agent"), logs.reference.get())
    browser = session.of_launch(sent, visit.settings.secret_keys, sender.user_agent)

    def land(connection: Connection, arrival: Arrival) -> landing.Landing:
        return landing.arrive(connection, arrival, real_now, visit.now, browser)

    try:
        return launch.accept(visit.db, visit.settings, posted, sent, sender, real_now, land, at_hand)
    except launch.Refused as refused:
        _speak(visit, posted.get("state") if refused.reason in OF_THIS_BROWSER else None)
        raise _with_button(visit, refused) from refused


def _speak(visit: Visit, state: str | None = None) -> None:
    """A refusal is read in the language of this browser's session, or of the launch that is repeated."""
    ticket = tickets.read(visit.settings.secret_keys, state) if state else None
    with visit.db.reader.connect() as reading:
        language_before.speak(visit.request, reading, ticket_id=ticket.id if ticket else None)


def _with_button(visit: Visit, refused: launch.Refused) -> Problem:
    address, label = refused.address, refused.label
    if address is None or label is None:
        return refused
    if refused.returns:
        said = pages.said(refused.sentence, pages.language_of(visit.request))
        address = way_back.failed(address, said, logs.reference.get())
    return Signpost(refused.kind, refused.reason, refused.sentence, refused.advice, address, label)


HOT_ROUTES = [
    Route("/lti/login", log_in, methods=["GET", "POST"]),
    Route("/lti/launch", launched, methods=["POST"]),
]
"""See `hot.py`."""


@router.get("/lti/jwks")
def public_keys(visit: Visiting) -> Response:
    """A new key is published twice as long before it signs as anybody may keep an older set."""
    age = int(keys.SETTLING.total_seconds()) // 2
    now, user_agent = visit.real_now, visit.request.headers.get("user-agent")
    with visit.db.read() as reading:
        jwks = keys.public_jwks(reading, now)
        fetch = key_fetches.recognise(reading, user_agent, now)
    afterwards = BackgroundTask(key_fetches.remember, visit.db, fetch, now) if fetch else None
    return JSONResponse(jwks, headers={"Cache-Control": f"public, max-age={age}"}, background=afterwards)
