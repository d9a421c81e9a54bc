"""A login that a platform begins: who asks, whether cookies work here, and on to the platform with a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, urlencode

from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import known, tickets
from diklat_lti.lti.claims import TELL_ADMIN
from diklat_lti.lti.known import Known
from diklat_lti.lti.target import leads_here
from diklat_lti.lti.tickets import Ticket
from diklat_lti.settings import Settings

LONGEST_HINT = 3000
OURS = "__Host-diklat"
"""How the names of all our cookies begin."""


@dataclass(frozen=True)
class Step:
    """What the browser does next. `redirect`: go to `address`, quoted already, with the cookie where there is one.

    `offer_tab`: a page whose button opens `address` in a new tab. `no_cookies`: a page that says so.
    """

    kind: Literal["redirect", "offer_tab", "no_cookies"]
    address: str = ""
    ticket_id: str | None = None
    """Its cookie is to be set."""


def begin(
    db: Database,
    settings: Settings,
    fields: Mapping[str, str],
    cookies: Mapping[str, str],
    fetch_dest: str | None,
    now: datetime,
    at_hand: bool = False,
) -> Step:
    """`fields` are the platform's, or our own `ticket` when the browser comes back. Nothing is stored.

    `at_hand`: without asking the database, or `known.NotAtHand`.
    """
    if "ticket" in fields:
        return _go_on(db, settings, fields, cookies, now, at_hand)
    registration = _registration(db, fields, now, at_hand)
    target = fields.get("target_link_uri", "")
    if not leads_here(target, settings):
        raise refused("foreign_target", say("The activity leads to an address that is not part of this tool."))
    hint, message_hint = fields.get("login_hint", ""), fields.get("lti_message_hint")
    if not hint or len(hint) + len(message_hint or "") > LONGEST_HINT:
        raise refused("bad_login_hint", say("Something is missing in the sign-in message of your LMS."))
    bounce = _learnt(cookies, fetch_dest)
    ticket = tickets.new(registration.id, target, hint, message_hint, bounce, now)
    if bounce:
        return Step("redirect", _to_platform(settings, registration, ticket), ticket.id)
    return Step("redirect", _back_here(settings, ticket), ticket.id)


def _registration(db: Database, fields: Mapping[str, str], now: datetime, at_hand: bool) -> Known:
    registration = known.by_name(db, fields.get("iss", ""), fields.get("client_id"), now, at_hand)
    if registration is None:
        raise refused("unknown_registration", say("This LMS is not connected to this tool."))
    deployment = registration.deployments.get(fields.get("lti_deployment_id", ""))
    check_open(registration, deployment)
    return registration


def check_open(registration: Known, deployment: known.KnownDeployment | None) -> None:
    """Raises unless the platform, and the deployment where it is known, are let in."""
    if registration.disabled:
        raise refused("registration_disabled", say("This LMS was disconnected from this tool."))
    if deployment is not None and deployment.disabled:
        raise refused("deployment_disabled", say("This installation of the tool was switched off."))
    if deployment is not None and not deployment.admitted:
        raise held()


def _learnt(cookies: Mapping[str, str], fetch_dest: str | None) -> str:
    """How we know already that a cookie will come back; empty if it must be tried. Each hop costs a phone 0.4 s."""
    if fetch_dest == "document":
        return "document"
    return "known" if any(name.startswith(OURS) for name in cookies) else ""


def _go_on(
    db: Database,
    settings: Settings,
    fields: Mapping[str, str],
    cookies: Mapping[str, str],
    now: datetime,
    at_hand: bool,
) -> Step:
    ticket = tickets.read(settings.secret_keys, fields["ticket"])
    if ticket is None or ticket.age(now) > tickets.LIFE:
        raise refused("ticket_expired", say("The sign-in took too long."))
    registration = known.by_id(db, ticket.registration_id, now, at_hand)
    if registration is None:
        raise refused("unknown_registration", say("This LMS is not connected to this tool."))
    check_open(registration, None)
    if tickets.proves(settings.secret_keys, ticket.id, cookies.get(tickets.COOKIE + ticket.id)):
        ticket = replace(ticket, bounce=ticket.bounce or "bounced")
        return Step("redirect", _to_platform(settings, registration, ticket))
    if ticket.bounce:
        return Step("no_cookies")
    if "tab" not in fields:
        return Step("offer_tab", _back_here(settings, ticket) + "&tab=1")
    # The tab is a stranger: it gets a ticket of its own, so that an address somebody saw is never worth its cookie.
    again = tickets.new(ticket.registration_id, ticket.target, ticket.login_hint, ticket.message_hint, "new_tab", now)
    return Step("redirect", _back_here(settings, again), again.id)


def _back_here(settings: Settings, ticket: Ticket) -> str:
    return f"{settings.public_url}/lti/login?ticket={tickets.sign(settings.secret_keys, ticket)}"


def _to_platform(settings: Settings, registration: Known, ticket: Ticket) -> str:
    state = tickets.sign(settings.secret_keys, replace(ticket, login_hint="", message_hint=None))
    begun = _begun(registration.auth_login_url, registration.client_id, settings.public_url)
    hints = {"login_hint": ticket.login_hint}
    if ticket.message_hint is not None:
        hints["lti_message_hint"] = ticket.message_hint
    return f"{begun}&{urlencode(hints)}&state={state}&nonce={ticket.nonce}"


@lru_cache(maxsize=256)
def _begun(auth_login_url: str, client_id: str, public_url: str) -> str:
    """What is the same in all logins of a registration."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": f"{public_url}/lti/launch",
    }
    address = quote(auth_login_url, safe=":/%#?=@[]!$&'()*+,;")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def refused(reason: str, sentence: Sentence) -> Problem:
    return Problem(Kind.UNTRUSTED, reason, sentence, TELL_ADMIN)


def held() -> Problem:
    return Problem(
        Kind.FORBIDDEN,
        "deployment_held",
        say("This installation of the tool is waiting to be admitted."),
        say("The operator of this tool must admit it first. Tell the administrator of your LMS the reference below."),
    )
