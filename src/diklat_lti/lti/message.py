"""From judged claims to an `Arrival`: plain data, cut to what we keep, without anything that a platform could break."""

import re

from diklat_lti.lti import guard
from diklat_lti.lti.claims import (
    AGS,
    DEEP_LINKING,
    DEEP_LINKING_REQUEST,
    LTI,
    NRPS,
    REVIEW_REQUEST,
    Claims,
    incomplete,
)
from diklat_lti.lti.known import Known
from diklat_lti.lti.storable import storable
from diklat_lti.lti.tickets import Ticket
from diklat_lti.settings import Settings
from diklat_lti.training.arrival import Arrival, ArrivedCourse, ArrivedLink, DeepLinking

LEARNER = {"Learner", "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}
INSTRUCTOR = {"Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"}
MOST_CUSTOM = 100
LONGEST_DATA = 32 * 1024
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def arrival(claims: Claims, known: Known, deployment_row: int, ticket: Ticket, settings: Settings) -> Arrival:
    """Whoever is neither a plain Learner nor a plain Instructor of this course gets no privilege."""
    roles = {role for role in claims[LTI + "roles"] if isinstance(role, str)}
    shown = _mapping(claims, LTI + "launch_presentation")
    grades = _mapping(claims, AGS)
    private = settings.allow_private_platforms
    target = _text(shown.get("document_target"), 20)
    picks = claims[LTI + "message_type"] == DEEP_LINKING_REQUEST
    reviews = claims[LTI + "message_type"] == REVIEW_REQUEST
    return Arrival(
        ticket_id=ticket.id,
        registration_id=known.id,
        deployment_row=deployment_row,
        platform_id=known.platform_id,
        message_type=claims[LTI + "message_type"],
        sub=claims["sub"],
        is_learner=bool(roles & LEARNER),
        is_instructor=bool(roles & INSTRUCTOR),
        course=_course(_mapping(claims, LTI + "context")),
        link=None if picks else _link(_mapping(claims, LTI + "resource_link")),
        name=_text(claims.get("name"), 300),
        given_name=_text(claims.get("given_name"), 200),
        family_name=_text(claims.get("family_name"), 200),
        email=_text(claims.get("email"), 320),
        locale=(_text(shown.get("locale"), 20) or "").replace("_", "-").lower()[:20] or None,
        custom=_custom(_mapping(claims, LTI + "custom")),
        lineitem_url=_address(grades.get("lineitem"), 1000, private),
        lineitems_url=_address(grades.get("lineitems"), 1000, private),
        ags_scopes=tuple(sorted(s for s in _words(grades.get("scope")) if len(s) < 200)),
        memberships_url=_address(_mapping(claims, NRPS).get("context_memberships_url"), 1000, private),
        return_url=_address(shown.get("return_url"), 2000, private),
        document_target=target,
        bounce=ticket.bounce,
        framed=ticket.bounce in ("known", "bounced") and target not in ("frame", "window"),
        deep_linking=_deep_linking(_mapping(claims, DEEP_LINKING), private) if picks else None,
        for_user=_mapping(claims, LTI + "for_user")["user_id"] if reviews else None,
    )


def return_url(claims: Claims, settings: Settings) -> str | None:
    """The way back of somebody who is not let in, from claims that were verified."""
    shown = _mapping(claims, LTI + "launch_presentation")
    return _address(shown.get("return_url"), 2000, settings.allow_private_platforms)


def _course(context: Claims) -> ArrivedCourse | None:
    if context.get("id") is None:
        return None
    return ArrivedCourse(context["id"], _text(context.get("title"), 300), _text(context.get("label"), 200))


def _link(link: Claims) -> ArrivedLink:
    return ArrivedLink(link["id"], _text(link.get("title"), 300))


def _custom(custom: Claims) -> dict[str, str]:
    """A value that is still `$…` was not known to the platform."""
    kept = {}
    for name, value in list(custom.items())[:MOST_CUSTOM]:
        text = _text(value if isinstance(value, str) else str(value), 2000) or ""
        if value is not None and not text.startswith("$") and len(name) <= 100 and name.isprintable():
            kept[name] = text
    return kept


def _deep_linking(settings: Claims, private: bool) -> DeepLinking:
    return_url = _address(settings.get("deep_link_return_url"), 2000, private)
    data = settings.get("data")
    if return_url is None or (data is not None and not isinstance(data, str)) or len(data or "") > LONGEST_DATA:
        raise incomplete("bad_deep_linking_settings")
    if not storable(data):  # what must go back exactly cannot be mended
        raise incomplete("bad_deep_linking_settings")
    return DeepLinking(
        return_url=return_url,
        accept_types=tuple(_words(settings.get("accept_types"))),
        accept_multiple=settings.get("accept_multiple") in (True, "true"),
        data=data,
        title=_text(settings.get("title"), 300),
        text=_text(settings.get("text"), 2000),
    )


def _text(value: object, longest: int) -> str | None:
    """Text as one line of a person's or a course's name; whoever shows it escapes it."""
    if not isinstance(value, str):
        return None
    return _UNSTORABLE.sub("", value).strip()[:longest] or None


def _address(value: object, longest: int, private: bool) -> str | None:
    fits = isinstance(value, str) and len(value) <= longest and guard.speaks_allowed(value, private)
    return value if fits and isinstance(value, str) else None


def _mapping(claims: Claims, name: str) -> Claims:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str) and word.isprintable()] if isinstance(value, list) else []
