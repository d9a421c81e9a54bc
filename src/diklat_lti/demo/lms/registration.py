"""Dynamic registration: what Moodle demands of a tool, what it keeps, and the answer that lies about a scope."""

from typing import Any

from diklat_lti.demo.lms.tools import LINEITEM, LINEITEM_READ, MEMBERSHIP, RESULT, SCORE, SETTING, Tool, domains
from diklat_lti.demo.lms.trouble import Declined

CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
DEEP_LINKING = "LtiDeepLinkingRequest"
NAMES = {"name", "given_name", "family_name"}


def to_tool(asked: dict[str, Any]) -> dict[str, Any]:
    """The columns of a tool, or Moodle's refusal in its own order and words."""
    response_types = _required(asked, "response_types")
    login_url = _required(asked, "initiate_login_uri")
    redirect_uris = _required(asked, "redirect_uris")
    name = _required(asked, "client_name")
    jwks_url = _required(asked, "jwks_uri")
    method = _required(asked, "token_endpoint_auth_method")
    configuration = _required(asked, CONFIGURATION)
    target = _target(configuration)
    if "id_token" not in response_types:
        raise Declined(400, "invalid_response_types")
    if not isinstance(redirect_uris, list):
        raise Declined(400, "invalid_redirect_uris")
    if method != "private_key_jwt":
        raise Declined(400, "invalid_token_endpoint_auth_method")
    if asked.get("application_type") not in (None, "", "web"):
        raise Declined(400, "invalid_application_type")
    return {
        "name": str(name),
        "description": str(configuration.get("description") or ""),
        "tool_url": target,
        "domain": str(configuration["domain"]).lower().removeprefix("www."),
        "login_url": str(login_url),
        "redirect_uris": [str(uri) for uri in redirect_uris],
        "jwks_url": str(jwks_url),
        "icon": str(asked.get("logo_uri") or ""),
        "custom": {str(key): str(value) for key, value in (configuration.get("custom_parameters") or {}).items()},
        "deep_linking_url": _deep_linking(configuration, target),
        **_services(str(asked.get("scope") or "").split()),
        **_privacy(configuration.get("claims") or []),
    }


def answer(tool: Tool) -> dict[str, Any]:
    """What Moodle says it has stored."""
    configuration: dict[str, Any] = {
        "version": "1.3.0",
        "deployment_id": str(tool.id),
        "target_link_uri": tool.tool_url,
        "domain": tool.domain,
        "description": tool.description,
    }
    if tool.deep_linking_url:
        configuration["messages"] = [{"type": DEEP_LINKING, "target_link_uri": tool.deep_linking_url}]
    if tool.custom:
        # Moodle cuts a value at its second "="; what it stored is right.
        configuration["custom_parameters"] = {key: value.split("=")[0] for key, value in tool.custom.items()}
    names = ["name", "family_name", "given_name"] if tool.send_name else []
    configuration["claims"] = ["sub", "iss", *names, *(["email"] if tool.send_email else [])]
    return {
        "client_id": tool.client_id,
        "response_types": ["id_token"],
        "jwks_uri": tool.jwks_url,
        "initiate_login_uri": tool.login_url,
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": tool.redirect_uris,
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": tool.name,
        "logo_uri": tool.icon,
        "scope": " ".join(_claimed(tool)),
        CONFIGURATION: configuration,
    }


def _claimed(tool: Tool) -> list[str]:
    # Moodle's `?? 0 == 2` is read as `?? (0 == 2)`: it claims `lineitem` where only reading was granted.
    scopes = [SCORE, RESULT, LINEITEM_READ, LINEITEM] if tool.grade_sync else []
    scopes += [MEMBERSHIP] if tool.memberships else []
    return scopes + ([SETTING] if tool.tool_settings else [])


def _required(asked: dict[str, Any], name: str) -> Any:
    if not asked.get(name):
        raise Declined(400, f"missing required attribute {name}")
    return asked[name]


def _target(configuration: dict[str, Any]) -> str:
    domain = configuration.get("domain")
    if not domain:
        raise Declined(400, "missing_domain")
    target = str(configuration.get("target_link_uri") or f"https://{domain}")
    if not domains(str(domain)) & domains(target):
        raise Declined(400, "domain_targetlinkuri_mismatch")
    return target


def _deep_linking(configuration: dict[str, Any], target: str) -> str | None:
    for message in configuration.get("messages") or []:
        if message.get("type") == DEEP_LINKING:
            return str(message.get("target_link_uri") or target)
    return None


def _services(scopes: list[str]) -> dict[str, Any]:
    grades = {SCORE, RESULT, LINEITEM_READ, LINEITEM} & set(scopes)
    return {
        "grade_sync": 2 if LINEITEM in grades else 1 if grades else 0,
        "accept_grades": bool(grades),
        "always_graded": False,  # Moodle's "Delegate to teacher", whatever an admin had chosen
        "memberships": MEMBERSHIP in scopes,
        "tool_settings": SETTING in scopes,
    }


def _privacy(claims: list[str]) -> dict[str, Any]:
    return {"send_name": bool(NAMES & set(claims)), "send_email": "email" in claims}
