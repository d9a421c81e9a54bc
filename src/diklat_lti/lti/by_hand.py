"""The form in which a centre admin types what Moodle's "Tool configuration details" show; mistakes stand beside the fields."""

from collections.abc import Mapping
from datetime import datetime

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import guard, platforms
from diklat_lti.models import Registration
from diklat_lti.settings import Settings
from diklat_lti.training.cohorts import BadFields

FIELDS = {
    "issuer": "Platform ID",
    "client_id": "Client ID",
    "deployment_id": "Deployment ID",
    "jwks_url": "Public keyset URL",
    "token_url": "Access token URL",
    "auth_login_url": "Authentication request URL",
}
"""In the order and with the English words of Moodle."""
WORDS = {"client_id": 255, "deployment_id": 255}
"""These are no addresses, and have at most so many characters."""
LONGEST_ADDRESS = 500
LONGEST_NAME = 200


def add(
    session: WriteSession,
    settings: Settings,
    typed: Mapping[str, str],
    centre_id: int,
    actor_id: int,
    now: datetime,
) -> Registration:
    """A new platform of the centre; `BadFields` where something typed cannot be right."""
    if wrong := mistakes(typed, settings):
        raise BadFields(wrong)
    addresses = {field: typed[field] for field in FIELDS if field != "deployment_id"}
    endpoints, name = platforms.Endpoints(**addresses), typed.get("name") or None
    try:
        return platforms.add(
            session, settings, endpoints, typed["deployment_id"], name, centre_id, now, actor_id=actor_id
        )
    except Problem as problem:
        if problem.kind != Kind.CONFLICT:
            raise
        raise BadFields({"client_id": say("This client of this LMS is registered already.")}) from problem


def mistakes(typed: Mapping[str, str], settings: Settings) -> dict[str, Sentence]:
    """What is wrong with each field."""
    wrong = {}
    for field in FIELDS:
        value = typed.get(field, "")
        if not value:
            wrong[field] = say("Fill in this field.")
        elif field in WORDS:
            if len(value) > WORDS[field] or not value.isprintable():
                wrong[field] = say("Copy it from the LMS as it stands there.")
        elif len(value) > LONGEST_ADDRESS or not guard.speaks_allowed(value, settings.allow_private_platforms):
            wrong[field] = say("This must be a whole web address that begins with https://.")
    if len(typed.get("name", "")) > LONGEST_NAME:
        wrong["name"] = say("A name has at most 200 characters.")
    return wrong
