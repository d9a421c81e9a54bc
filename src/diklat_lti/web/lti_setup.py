"""How an LMS gets to know the tool: dynamic registration by invite, and the values for doing it by hand."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response

from diklat_lti.lti import invites, platforms, registration, registration_body
from diklat_lti.web import static_files, threads
from diklat_lti.web.deps import Visit, Visiting
from diklat_lti.web.errors import wants_json
from diklat_lti.web.lti import Posted

router = APIRouter()


@router.get("/lti/register")
def show_registration(
    visit: Visiting,
    invite: str = "",
    openid_configuration: str | None = None,
    registration_token: str | None = None,
) -> Response:
    """Spends nothing: it shows what the button will do, or what it has done."""
    with visit.db.read() as session:
        found = invites.find(session, invite, visit.real_now)
        if found.registration_id is not None:
            return visit.page("lti/registered.html", made=platforms.one(session, found.registration_id))
    if openid_configuration is None:
        address = f"{visit.settings.public_url}/lti/register?invite={invite}"
        return visit.page("lti/register_how.html", address=address, expires_at=found.expires_at)
    return visit.page(
        "lti/register.html",
        host=host_of(openid_configuration),
        invite=invite,
        openid_configuration=openid_configuration,
        registration_token=registration_token or "",
    )


@router.post("/lti/register")
async def register(visit: Visiting, posted: Posted) -> Response:
    """The invite in the form is the secret; there is no session yet that a form token could be bound to."""
    request = registration.Request(
        invite_token=posted.get("invite", ""),
        openid_configuration=posted.get("openid_configuration", ""),
        registration_token=posted.get("registration_token") or None,
        with_names="names" in posted,
        logo_url=visit.settings.public_url + static_files.address("logo.svg"),
    )
    await threads.outside(visit.request, registration.register, visit.db, visit.settings, request, visit.real_now)
    return RedirectResponse(f"/lti/register?invite={request.invite_token}", 303)


@router.get("/lti/config")
def show_config(visit: Visiting) -> Response:
    """For a person as a page, for a program as JSON."""
    at = registration_body.addresses(visit.settings.public_url)
    if not wants_json(visit.request):
        return visit.page("lti/config.html", fields=moodle_form(visit), at=at)
    told = {
        "name": registration_body.NAME,
        "domain": urlsplit(visit.settings.public_url).netloc,
        "target_link_uri": at["target"],
        "initiate_login_uri": at["login"],
        "redirect_uris": [at["redirect"]],
        "jwks_uri": at["jwks"],
        "deep_linking_uri": at["target"],
        "custom_parameters": registration_body.CUSTOM,
        "scopes": list(registration_body.SCOPES),
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
    at = registration_body.addresses(visit.settings.public_url)
    custom = "\n".join(f"{name}={value}" for name, value in registration_body.CUSTOM.items())
    logo = visit.settings.public_url + static_files.address("logo.svg")
    return [
        Field("Tool name", registration_body.NAME),
        Field("Tool URL", at["target"]),
        Field("LTI version", "LTI 1.3", True),
        Field("Public key type", "Keyset URL", True),
        Field("Public keyset", at["jwks"]),
        Field("Initiate login URL", at["login"]),
        Field("Redirection URI(s)", at["redirect"]),
        Field("Custom parameters", custom),
        Field("Tool configuration usage", "Show in activity chooser and as a preconfigured tool", True),
        Field("Default launch container", "Embed, without blocks", True),
        Field("Supports Deep Linking (Content-Item Message)", "✓", True),
        Field("Content Selection URL", at["target"]),
        Field("Icon URL", logo),
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


def host_of(address: str) -> str:
    """Who asks, for the reader; whatever is no address is shown as it came."""
    try:
        return urlsplit(address).netloc or address[:200]
    except ValueError:
        return address[:200]
