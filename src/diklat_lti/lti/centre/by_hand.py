"""The form in which a centre admin types what Moodle's "Tool configuration details" show; mistakes stand beside the fields."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import guard, platforms, trying
from diklat_lti.lti.trying import Tried
from diklat_lti.models import Registration
from diklat_lti.settings import Settings
from diklat_lti.training import audit
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
CALLED = ("jwks_url", "token_url", "auth_login_url")
LONGEST_ADDRESS = 500
LONGEST_NAME = 200


def tries(settings: Settings, typed: Mapping[str, str]) -> list[Tried]:
    """What answers at each address, side by side; `BadFields` for one that leads where it may not be called."""
    with ThreadPoolExecutor(len(CALLED)) as threads:
        found = list(threads.map(lambda field: _tried(settings, field, typed[field]), CALLED))
    if wrong := {field: said for field, said in zip(CALLED, found, strict=True) if isinstance(said, Sentence)}:
        raise BadFields(wrong)
    return [said for said in found if isinstance(said, Tried)]


def add(
    session: WriteSession,
    settings: Settings,
    typed: Mapping[str, str],
    tried: list[Tried],
    centre_id: int,
    actor_id: int,
    now: datetime,
) -> Registration:
    """A new platform of the centre. What answered at its addresses is written down with it, and hinders nothing."""
    addresses = {field: typed[field] for field in FIELDS if field != "deployment_id"}
    endpoints, name = platforms.Endpoints(**addresses), typed.get("name") or None
    try:
        made = platforms.add(
            session, settings, endpoints, typed["deployment_id"], name, centre_id, now, actor_id=actor_id
        )
    except Problem as problem:
        if problem.kind != Kind.CONFLICT:
            raise
        raise BadFields({"client_id": say("This client of this LMS is registered already.")}) from problem
    data = {one.field: {"works": one.works, "said": str(one.said)} for one in tried}
    audit.note(session, centre_id, actor_id, "addresses_tried", "platform", made.platform_id, data, now)
    return made


def _tried(settings: Settings, field: str, address: str) -> Tried | Sentence:
    try:
        return trying.every(settings, {field: address})[0]
    except Problem as problem:
        return problem.sentence


def check(settings: Settings, typed: Mapping[str, str]) -> None:
    """`BadFields` where something typed cannot be right."""
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
    if wrong:
        raise BadFields(wrong)
