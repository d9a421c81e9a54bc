"""Links of the services: whether our path and our header arrive, columns are listed and made, participants are read."""

import json
from collections.abc import Callable

from diklat_lti.lti import ags, http, tokens
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.of_trust import ROSTER
from diklat_lti.lti.doctor.word import Seen

CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
TRIAL, TAG = "diklat-doctor", "doctor"
LABEL = "Diklat: percobaan"
"""Stands in a gradebook for a moment."""


def _listed(look: Look) -> http.Answer | None:
    """The line items of the course that was launched into last; None: no launch has told where they are."""
    url = look.of.lineitems_url
    if url is None:
        return None
    need = (ags.LINEITEM_READ, ags.LINEITEM)
    return look.once("listed", lambda: tokens.call(look.channel, ags.SCOPES, need, "GET", url, {"Accept": CONTAINER}))


def trouble(answer: http.Answer) -> tuple[str, str] | None:
    """The link that an answer of the services breaks, and how. Moodle's own refusals are JSON, those before it a page."""
    status, said = answer.status, answer.body[:2000].strip()
    page = said.startswith(b"<")
    if status >= 500 or status == 429:
        return "path_info", "out_of_order"
    if "No handler" in answer.reason or b"No handler" in said or (status == 404 and page):
        return "path_info", "lost"
    if status == 403 and page:
        return "path_info", "firewall"
    if page or 300 <= status < 400:
        return "path_info", "not_a_service"
    if status == 401:
        return "header", "stripped"
    return None if _is_list(said, answer) else ("line_items", {403: "forbidden", 404: "gone"}.get(status, "refused"))


def _is_list(said: bytes, answer: http.Answer) -> bool:
    return answer.status == 200 and said.startswith(b"[")


def _broken(look: Look, link: str) -> Seen | None:
    """What the one answer that three links share says of this one."""
    answer = _listed(look)
    if answer is None:
        return Seen("no_course")
    found = trouble(answer)
    return Seen(found[1], {"status": answer.status}) if found is not None and found[0] == link else None


def path_info(look: Look) -> Seen:
    return _broken(look, "path_info") or Seen("arrives")


def header(look: Look) -> Seen:
    """A fresh token is refused like a missing one: then the header is what is missing."""
    return _broken(look, "header") or Seen("arrives")


def line_items(look: Look) -> Seen:
    return _broken(look, "line_items") or Seen("listed")


def new_item(look: Look) -> Seen:
    """A column without a link, seen by teachers for a second; also one that an earlier look left behind goes."""
    url = look.of.lineitems_url or ""
    try:
        ags.create_line_item(look.channel, url, LABEL, TRIAL, TAG)
    except ags.Refused as e:
        return Seen("refused", {"status": e.answer.status})
    for item in ags.line_items(look.channel, url, resource_id=TRIAL, tag=TAG):
        answer = tokens.call(look.channel, ags.SCOPES, (ags.LINEITEM,), "DELETE", item.url, {})
        if answer.status not in (200, 204):
            return Seen("left_behind", {"status": answer.status})
    return Seen("made")


def roster(look: Look) -> Seen:
    url = look.of.memberships_url
    if url is None:
        return Seen("no_course")
    try:
        answer = tokens.call(look.channel, (ROSTER,), (ROSTER,), "GET", url, {"Accept": MEMBERS})
    except http.Unreachable as e:
        if e.why != "too_large":
            raise
        return Seen("read")
    if answer.status != 200:
        return Seen("refused", {"status": answer.status})
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Seen("unreadable")
    members = found.get("members") if isinstance(found, dict) else None
    return Seen("read", {"members": len(members)}) if isinstance(members, list) else Seen("unreadable")


LINKS: dict[str, Callable[[Look], Seen]] = {
    "path_info": path_info, "header": header, "line_items": line_items, "new_item": new_item, "roster": roster,
}  # fmt: skip
