"""auth.php: the browser comes from the tool's login and leaves with an id_token, or with an error posted to the tool."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import delete

from diklat_lti.demo.lms import claims, courses, groups, line_items, seed, tools
from diklat_lti.demo.lms.forms import Form
from diklat_lti.demo.lms.pages import post_on
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import launch_hint
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter(prefix="/mod/lti")
NEEDED = ("scope", "response_type", "client_id", "redirect_uri", "login_hint", "nonce")


@router.api_route("/auth.php", methods=["GET", "POST"])
def authorise(request: Request, lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    asked = {**request.query_params, **form}
    if visit.person is None:
        if asked.pop("repost", None):
            raise Refused("login")
        # A Lax cookie stays at home when another site posts: the same request once more, from our own page.
        return post_on(lms, visit, "/mod/lti/auth.php", {**asked, "repost": "1"})
    hint = _spend(lms, visit, asked)
    with lms.store.read() as db:
        fields = decide(lms, db, visit, asked, hint)
    if "state" in asked:
        fields["state"] = asked["state"]
    return post_on(lms, visit, asked["redirect_uri"], fields)


def decide(lms: Lms, db: Connection, visit: Visit, asked: dict[str, str], hint: Any) -> dict[str, str]:
    """The fields that are posted to the tool. Before its redirect_uri is known to be its own, nothing is."""
    tool = tools.find(db, hint.tool_id) if hint else None
    if tool is None or asked["redirect_uri"] not in [uri.strip() for uri in tool.redirect_uris]:
        raise Refused("invalidrequest")
    if asked["client_id"] != tool.client_id:
        return {"error": "unauthorized_client"}
    if asked["login_hint"] != str(visit.someone().id):
        return {"error": "access_denied"}
    if why := _mode_trouble(asked):
        return {"error": "invalid_request", "error_description": why}
    return {"id_token": lms.signing_key.sign(_claims(lms, db, visit, tool, hint, asked["nonce"]))}


def _first_trouble(asked: dict[str, str]) -> bool:
    if not all(asked.get(name) for name in NEEDED):
        return True
    return asked["scope"] != "openid" or asked["response_type"] != "id_token"


def _mode_trouble(asked: dict[str, str]) -> str | None:
    if "response_mode" not in asked:
        return "Missing response_mode"
    if asked["response_mode"] != "form_post":
        return "Invalid response_mode"
    return "Invalid prompt" if asked.get("prompt") not in (None, "", "none") else None


def _spend(lms: Lms, visit: Visit, asked: dict[str, str]) -> Any:
    """The hint belongs to this session and is gone once it was seen, whatever comes after: Reload finds nothing."""
    if _first_trouble(asked):
        return None
    try:
        name = str(json.loads(asked.get("lti_message_hint", ""))["launchid"])
    except (ValueError, TypeError, KeyError):
        return None
    mine = (launch_hint.c.id == name) & (launch_hint.c.session_id == visit.id)
    with lms.store.write() as db:
        return db.execute(delete(launch_hint).where(mine).returning(launch_hint)).first()


def _claims(lms: Lms, db: Connection, visit: Visit, tool: tools.Tool, hint: Any, nonce: str) -> dict[str, Any]:
    who, now = visit.someone(), lms.now()
    course, place = courses.enter(db, who, hint.course_id)
    link = courses.activity(db, hint.link_id) if hint.link_id else None
    coupled = line_items.coupled(db, link.id) if link and tool.grade_sync else None
    review = _review(db, hint.for_person_id, coupled) if hint.for_person_id else None
    visitor = claims.Visitor(place, visit.language, groups.ids_of(db, course.id, who.id))
    found = claims.common(lms.url, visitor, course, tool, link, review)
    found |= {"nonce": nonce, "iat": now, "exp": now + 60}
    found |= claims.platform(lms.release, seed.guid(db), lms.settings.short_name, lms.settings.site_name)
    if link is None:
        changed = courses.activity(db, hint.changed_id) if hint.changed_id else None
        return claims.deep_linking(found, lms.url, tool, course, visit.sesskey, changed)
    found = claims.resource_link(found, lms.url, tool, link, hint.container, visit.sesskey, coupled)
    return claims.submission_review(found, review) if review else found


def _review(db: Connection, person_id: int, item_id: int | None) -> claims.Review:
    """Address and values are the line item's, where the link has exactly one."""
    item = line_items.find(db, item_id) if item_id else None
    return claims.Review(person_id, item.review_url, item.review_custom or {}) if item else claims.Review(person_id)
