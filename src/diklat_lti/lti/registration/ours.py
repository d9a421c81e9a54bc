"""What the tool tells a platform about itself, and what it asks for."""

from typing import Any
from urllib.parse import urlsplit

from diklat_lti.lti import scopes

CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
SCOPES = scopes.ASKED
CUSTOM = {"ctx_history": "$Context.id.history"}
"""At tool level, which overrides the same key of a link: a course copy must not bring its own history."""
NAME = "Diklat"
NAMES = ("name", "given_name", "family_name")
MESSAGES = ("LtiResourceLinkRequest", "LtiDeepLinkingRequest")
DESCRIPTION = "Pelatihan mandiri dengan masa belajar; nilai akhir masuk ke buku nilai."


def addresses(public_url: str) -> dict[str, str]:
    """Where a platform finds what."""
    return {
        "target": f"{public_url}/lti/launch",
        "login": f"{public_url}/lti/login",
        "redirect": f"{public_url}/lti/launch",
        "jwks": f"{public_url}/lti/jwks",
    }


def body(public_url: str, logo_url: str, with_names: bool) -> dict[str, Any]:
    """The registration request. Moodle demands each member that is not about looks."""
    at = addresses(public_url)
    personal = [*NAMES, "email"] if with_names else []
    messages = [{"type": kind, "target_link_uri": at["target"], "label": NAME} for kind in MESSAGES]
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": at["login"],
        "redirect_uris": [at["redirect"]],
        "client_name": NAME,
        "jwks_uri": at["jwks"],
        "logo_uri": logo_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(SCOPES),
        CONFIGURATION: {
            "domain": urlsplit(public_url).netloc,
            "description": DESCRIPTION,
            "target_link_uri": at["target"],
            "custom_parameters": CUSTOM,
            "claims": ["iss", "sub", *personal],
            "messages": messages,
        },
    }
