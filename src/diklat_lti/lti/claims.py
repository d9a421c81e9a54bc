"""Whether verified claims are a launch that may come in: audience, times, nonce, version, target, roles, person."""

from datetime import datetime, timedelta
from typing import Any

from diklat_lti.errors import Problem, Sentence, say
from diklat_lti.lti.adapter import untrusted
from diklat_lti.lti.known import Known
from diklat_lti.lti.target import leads_here
from diklat_lti.lti.tickets import Ticket
from diklat_lti.settings import Settings

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
REVIEW_REQUEST = "LtiSubmissionReviewRequest"

LEEWAY = timedelta(seconds=120)
"""Moodle's tokens live 60 seconds: a clock that is a minute off must not lock a whole course out."""
LATEST = 1e12
"""Seconds since 1970: beyond any calendar, and no number that a float cannot hold."""
Claims = dict[str, Any]


def judge(claims: Claims, known: Known, ticket: Ticket, settings: Settings, now: datetime) -> None:
    """Raises a `Problem` whose reason names the first claim that is wrong. The deployment is judged after it."""
    _addressed(claims, known)
    _timely(claims, ticket, now)
    if claims.get("nonce") != ticket.nonce:
        raise untrusted("wrong_nonce" if "nonce" in claims else "no_nonce", NOT_THIS_LOGIN)
    _message(claims)
    if not isinstance(target := claims.get(LTI + "target_link_uri"), str):
        raise incomplete("no_target")
    if not leads_here(target, settings):
        raise untrusted("foreign_target", say("The activity leads to an address that is not part of this tool."))
    _content(claims)


def deployment_id(claims: Claims) -> str:
    return _id(claims.get(LTI + "deployment_id"), "no_deployment_id")


def _addressed(claims: Claims, known: Known) -> None:
    if claims.get("iss") != known.issuer:
        raise untrusted("wrong_issuer", NOT_THIS_LOGIN)
    aud = claims.get("aud")
    audience = aud if isinstance(aud, list) else [aud]
    if known.client_id not in audience:
        raise untrusted("wrong_audience", NOT_THIS_LOGIN)
    azp = claims.get("azp")
    if azp is None and len(audience) > 1:
        raise untrusted("no_azp", NOT_THIS_LOGIN)
    if azp is not None and azp != known.client_id:
        raise untrusted("wrong_azp", NOT_THIS_LOGIN)


def _timely(claims: Claims, ticket: Ticket, now: datetime) -> None:
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    clock, leeway = now.timestamp(), LEEWAY.total_seconds()
    if expires <= clock - leeway:
        raise untrusted("token_expired", TOO_LATE)
    if issued > clock + leeway or _seconds(claims, "nbf", issued) > clock + leeway:
        raise untrusted("issued_in_future", WRONG_CLOCK)
    if issued < ticket.at - leeway:
        raise untrusted("issued_before_login", TOO_LATE)


def _message(claims: Claims) -> None:
    if LTI + "version" not in claims:
        raise untrusted("no_version", NOT_LTI)
    if claims[LTI + "version"] != "1.3.0":
        raise untrusted("wrong_version", NOT_LTI)
    message_type = claims.get(LTI + "message_type")
    if message_type is None:
        raise untrusted("no_message_type", NOT_LTI)
    if message_type not in (RESOURCE_LINK_REQUEST, DEEP_LINKING_REQUEST, REVIEW_REQUEST):
        raise untrusted("unknown_message_type", say("Your LMS asked for something that this tool cannot do."))


def _content(claims: Claims) -> None:
    if not isinstance(claims.get(LTI + "roles"), list):
        raise incomplete("no_roles")
    deployment_id(claims)
    if claims.get("sub") in (None, ""):
        raise untrusted(
            "no_sub",
            say("Your LMS did not say who you are, so your work could not be kept for you."),
            say("Sign in to your LMS with your own account, then open the activity again."),
        )
    _id(claims["sub"], "bad_sub")
    if claims[LTI + "message_type"] == REVIEW_REQUEST:
        _id(_mapping(claims, LTI + "for_user").get("user_id"), "no_for_user")
    if claims[LTI + "message_type"] != DEEP_LINKING_REQUEST:
        _id(_mapping(claims, LTI + "resource_link").get("id"), "no_resource_link")
    elif not isinstance(_mapping(claims, DEEP_LINKING).get("deep_link_return_url"), str):
        raise incomplete("no_deep_linking_settings")
    if (context := _mapping(claims, LTI + "context")).get("id") is not None:
        _id(context["id"], "bad_context")


def _id(value: object, reason: str) -> str:
    """Text that can be kept whole: an id that were cut could be somebody else's."""
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise incomplete(reason)
    return value


def _mapping(claims: Claims, name: str) -> Claims:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _seconds(claims: Claims, name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LATEST:
        raise untrusted(f"no_{name}", NOT_LTI)
    return value


def incomplete(reason: str) -> Problem:
    return untrusted(reason, say("Something is missing in the sign-in message of your LMS."), TELL_ADMIN)


TELL_ADMIN: Sentence = say("Tell the administrator of your LMS the reference below.")
NOT_LTI = say("Your LMS does not speak LTI 1.3 with this tool.")
NOT_THIS_LOGIN = say("The sign-in message does not belong to this sign-in.")
TOO_LATE = say("The sign-in took too long.")
WRONG_CLOCK = say("The clock of your LMS is wrong, so its sign-in message cannot be believed.")
