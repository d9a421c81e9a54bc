"""What the platform says about itself, word for word as Moodle 4.5.6, or as 5.1.3: the two differ in nothing else."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Release:
    """`name` is what people read, `version` what a launch tells."""

    name: str
    version: str


RELEASES = {
    "4.5": Release("4.5.6 (Build: 20250811)", "2024100706"),
    "5.1": Release("5.1.3 (Build: 20260216)", "2025100603"),
}
SCOPES = (
    "https://purl.imsglobal.org/spec/lti-bo/scope/basicoutcome",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting",
    "openid",
)
# The first three are names of messages: Moodle lists whatever it calls a capability.
WORDS = """
    basic-lti-launch-request ContentItemSelectionRequest ToolProxyRegistrationRequest
    Context.id Context.title Context.label Context.id.history Context.sourcedId Context.longDescription
    Context.timeFrame.begin CourseSection.title CourseSection.label CourseSection.sourcedId
    CourseSection.longDescription CourseSection.timeFrame.begin CourseSection.timeFrame.end
    ResourceLink.id ResourceLink.title ResourceLink.description User.id User.username
    Person.name.full Person.name.given Person.name.family Person.email.primary Person.sourcedId Person.name.middle
    Person.address.street1 Person.address.locality Person.address.country Person.address.timezone
    Person.phone.primary Person.phone.mobile Person.webaddress Membership.role
    Result.sourcedId Result.autocreate BasicOutcome.sourcedId BasicOutcome.url Moodle.Person.userGroupIds
"""


def configuration(url: str, release: Release) -> dict[str, Any]:
    """The OpenID configuration of the site at `url`."""
    return {
        "issuer": url,
        "token_endpoint": f"{url}/mod/lti/token.php",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{url}/mod/lti/certs.php",
        "authorization_endpoint": f"{url}/mod/lti/auth.php",
        "registration_endpoint": f"{url}/mod/lti/openid-registration.php",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        "https://purl.imsglobal.org/spec/lti-platform-configuration": {
            "product_family_code": "moodle",
            "version": release.name,
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
            "variables": WORDS.split(),
        },
    }
