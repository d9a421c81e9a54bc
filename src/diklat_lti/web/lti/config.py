"""The values for connecting an LMS by hand: Moodle's form field by field, the same for any other LMS, and as JSON."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from diklat_lti.lti.registration import ours
from diklat_lti.web import static_files
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.errors import wants_json

router = APIRouter()


@router.get("/lti/config")
def show_config(visit: Visiting) -> Response:
    """For a person as a page, for a program as JSON."""
    at = ours.addresses(visit.settings.public_url)
    if not wants_json(visit.request):
        return visit.page("lti/config.html", fields=moodle_form(visit), standard=standard(visit))
    told = {
        "name": ours.NAME,
        "description": ours.DESCRIPTION,
        "logo_uri": _logo(visit),
        "domain": urlsplit(visit.settings.public_url).netloc,
        "target_link_uri": at["target"],
        "initiate_login_uri": at["login"],
        "redirect_uris": [at["redirect"]],
        "jwks_uri": at["jwks"],
        "deep_linking_uri": at["target"],
        "custom_parameters": ours.CUSTOM,
        "scopes": list(ours.SCOPES),
    }
    return JSONResponse(told, headers={"Vary": "Accept"})


@dataclass(frozen=True)
class Field:
    """One field of Moodle's form *Configure a tool manually*, in its English words."""

    label: str
    value: str
    is_choice: bool = False
    """Picked from a list or ticked, not typed."""


def moodle_form(visit: Visit) -> list[Field]:
    """In the order of the form."""
    at = ours.addresses(visit.settings.public_url)
    return [
        Field("Tool name", ours.NAME),
        Field("Tool URL", at["target"]),
        Field("Tool description", ours.DESCRIPTION),
        Field("LTI version", "LTI 1.3", True),
        Field("Public key type", "Keyset URL", True),
        Field("Public keyset", at["jwks"]),
        Field("Initiate login URL", at["login"]),
        Field("Redirection URI(s)", at["redirect"]),
        Field("Custom parameters", _custom()),
        Field("Tool configuration usage", "Show in activity chooser and as a preconfigured tool", True),
        Field("Default launch container", "Embed, without blocks", True),
        Field("Supports Deep Linking (Content-Item Message)", "✓", True),
        Field("Content Selection URL", at["target"]),
        Field("Icon URL", _logo(visit)),
        Field("IMS LTI Assignment and Grade Services", "Use this service for grade sync and column management", True),
        Field(
            "IMS LTI Names and Role Provisioning",
            "Use this service to retrieve members' information as per privacy settings",
            True,
        ),
        Field("Share launcher's name with tool", "Always", True),
        Field("Share launcher's email with tool", "Always", True),
        Field("Accept grades from the tool", "Delegate to teacher", True),
    ]


def standard(visit: Visit) -> list[Field]:
    """Under the names of LTI 1.3, as most other platforms use them."""
    at = ours.addresses(visit.settings.public_url)
    return [
        Field("Target link URI", at["target"]),
        Field("OpenID Connect initiation URL", at["login"]),
        Field("Redirect URI", at["redirect"]),
        Field("JWK set URL", at["jwks"]),
        Field("Deep linking URL", at["target"]),
        Field("Icon URL", _logo(visit)),
        Field("Custom parameters", _custom()),
        Field("Scopes", "\n".join(ours.SCOPES)),
    ]


def _custom() -> str:
    return "\n".join(f"{name}={value}" for name, value in ours.CUSTOM.items())


def _logo(visit: Visit) -> str:
    return visit.settings.public_url + static_files.address("logo.svg")
