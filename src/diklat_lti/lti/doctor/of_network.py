"""Links of the way to an LMS: whether it is let in, its name, its certificate, its answers, its clock, its key set."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from diklat_lti.lti import http, platform_jwk
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.of_service import is_certificate, is_this_machine, why_untrusted
from diklat_lti.lti.doctor.word import Seen

SLIGHTLY, FAR = 15, 60
"""Seconds. Moodle's sign-in tokens live 60; a `Date` is up to a second old, and so is a slow answer."""
NO_NAME = ("gaierror", "Name or service not known", "name resolution", "No address associated")


def door(look: Look) -> Seen:
    site = look.of
    data = {"platform": site.platform_id}
    if site.disabled:
        return Seen("disabled", data)
    if site.held:
        return Seen("one_held" if site.admitted else "held", data)
    return Seen("open")


def reach(look: Look) -> Seen:
    """Any answer will do, and a certificate that is refused is one."""
    for url in look.of.urls:
        try:
            look.fetch(url)
        except http.Unreachable as e:
            if not is_certificate(e):
                parts = urlsplit(url)
                return Seen(why_not(e), {"host": f"{parts.scheme}://{parts.netloc}"})
    return Seen("reached")


def why_not(e: http.Unreachable) -> str:
    if e.why == "forbidden":
        return "forbidden"
    return "no_name" if any(mark in str(e.__cause__) for mark in NO_NAME) else "no_connection"


def tls(look: Look) -> Seen:
    for url in look.of.urls:
        try:
            look.fetch(url)
        except http.Unreachable as e:
            return Seen(why_untrusted(e))
    plain = [parts for url in look.of.urls if (parts := urlsplit(url)).scheme == "http"]
    if not plain:
        return Seen("trusted")
    return Seen("this_machine" if all(map(is_this_machine, plain)) else "plain_http")


def endpoints(look: Look) -> Seen:
    """A bare GET is a wrong question for two of the three, so only a server in trouble counts."""
    for url in look.of.urls:
        answer, _ = look.fetch(url)
        trouble = 500 if url in (look.of.jwks_url, look.of.token_url) else 502
        if answer.status >= trouble:
            return Seen("out_of_order", {"status": answer.status})
    return Seen("answer")


def clock(look: Look) -> Seen:
    """By the answer that is furthest from our clock."""
    apart = [seconds for url in look.of.urls if (seconds := _apart(*look.fetch(url))) is not None]
    if not apart:
        return Seen("no_date")
    furthest = max(apart, key=abs)
    data = {"seconds": abs(furthest)}
    if abs(furthest) < SLIGHTLY:
        return Seen("right", data)
    if abs(furthest) < FAR:
        return Seen("slightly", data)
    return Seen("ahead" if furthest > 0 else "behind", data)


def _apart(answer: http.Answer, received: datetime) -> int | None:
    try:
        said = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return round((said - received).total_seconds())


def keyset(look: Look) -> Seen:
    answer, _ = look.fetch(look.of.jwks_url)
    try:
        found = json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and platform_jwk.keys_of(found):
        return Seen("readable")
    return Seen("no_keys", {"status": answer.status, "url": look.of.jwks_url})


LINKS: dict[str, Callable[[Look], Seen]] = {
    "door": door, "reach": reach, "tls": tls, "endpoints": endpoints, "clock": clock, "keyset": keyset,
}  # fmt: skip
