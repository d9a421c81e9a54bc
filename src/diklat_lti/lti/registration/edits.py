"""What a platform holds of us before an update: its administrator's own edits, which go back unchanged, and what will differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from diklat_lti.errors import Problem, Sentence, say
from diklat_lti.lti import scopes
from diklat_lti.lti.registration import ours, theirs
from diklat_lti.lti.registration.theirs import Site
from diklat_lti.settings import Settings


@dataclass(frozen=True)
class Held:
    """As the platform told it. Moodle's form ends lines with a carriage return, which is nobody's edit."""

    name: str
    description: str | None
    custom: dict[str, str]
    names: bool
    email: bool
    scopes: tuple[str, ...]
    messages: tuple[str, ...]
    addresses: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Change:
    """One thing that the update changes: texts, or for what is asked for or not a yes and a no."""

    what: Sentence | str
    before: Sentence | str
    after: Sentence | str


def read(settings: Settings, site: Site, token: str | None) -> Held | None:
    """None: the platform does not say, or nothing that could be used."""
    try:
        return of(theirs.held(settings, site, token or ""))
    except Problem:
        return None


def of(told: dict[str, Any]) -> Held | None:
    tool = told.get(ours.CONFIGURATION)
    if not isinstance(told.get("client_id"), str) or not isinstance(tool, dict):
        return None
    claims = set(_texts(tool.get("claims")))
    return Held(
        name=_text(told.get("client_name")),
        description=_text(tool["description"]) if "description" in tool else None,
        custom={k: str(v).rstrip("\r") for k, v in _items(tool.get("custom_parameters")) if isinstance(v, str | int)},
        names=not claims.isdisjoint(ours.NAMES),
        email="email" in claims,
        scopes=tuple(_text(told.get("scope")).split()),
        messages=tuple(_messages(tool)),
        addresses=_addresses(told, tool),
    )


def kept(body: dict[str, Any], held: Held) -> dict[str, Any]:
    """The request with the administrator's edits in it. Our own custom parameter stays ours: course copies need it."""
    tool = body[ours.CONFIGURATION]
    personal = [*(ours.NAMES if held.names else ()), *(("email",) if held.email else ())]
    edited = {
        **tool,
        "description": tool["description"] if held.description is None else held.description,
        "custom_parameters": held.custom | tool["custom_parameters"],
        "claims": ["iss", "sub", *personal],
    }
    return {**body, "client_name": held.name or body["client_name"], ours.CONFIGURATION: edited}


def changes(held: Held, body: dict[str, Any]) -> list[Change]:
    """Of scopes, addresses, messages and our custom parameter."""
    sent = of({**body, "client_id": ""})
    assert sent is not None
    wanted = [scopes.label(scope) for scope in sent.scopes]
    found = [
        *_differing(wanted, [scopes.label(scope) for scope in held.scopes]),
        *_differing(sent.messages, held.messages),
    ]
    for name, label in ADDRESSES.items():
        before, after = held.addresses.get(name, ()), sent.addresses.get(name, ())
        untold = name == "logo" and not before  # once its form was saved Moodle tells none, and shows ours
        if sorted(before) != sorted(after) and not untold:
            found.append(Change(label, "\n".join(before), "\n".join(after)))
    for name in ours.CUSTOM:
        if held.custom.get(name) != sent.custom[name]:
            found.append(Change(name, held.custom.get(name, ""), sent.custom[name]))
    return found


def _differing(after: Iterable[Sentence | str], before: Iterable[Sentence | str]) -> list[Change]:
    """A thing that is asked for or not, so that its presence is all there is to say."""
    old, new = list(before), list(after)
    added = [Change(one, NO, YES) for one in new if one not in old]
    return [*added, *(Change(one, YES, NO) for one in old if one not in new)]


def _messages(tool: dict[str, Any]) -> list[str]:
    """Moodle keeps no entry for the ordinary launch: an address for it is what says that it is there."""
    given = tool.get("messages")
    named = [_text(m.get("type")) for m in given if isinstance(m, dict)] if isinstance(given, list) else []
    ordinary = [ours.MESSAGES[0]] if tool.get("target_link_uri") else []
    return list(dict.fromkeys([*ordinary, *filter(None, named)]))


def _addresses(told: dict[str, Any], tool: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    values = {
        "target": [tool.get("target_link_uri")],
        "login": [told.get("initiate_login_uri")],
        "redirect": told.get("redirect_uris"),
        "jwks": [told.get("jwks_uri")],
        "logo": [told.get("logo_uri")],
    }
    return {name: tuple(filter(None, _texts(value))) for name, value in values.items()}


def _items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _texts(value: object) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.rstrip("\r") if isinstance(value, str) else ""


YES, NO = say("yes"), say("no")
ADDRESSES: dict[str, Sentence] = {
    "target": say("Address of the tool"),
    "login": say("Address where a sign-in begins"),
    "redirect": say("Addresses where a sign-in ends"),
    "jwks": say("Address of the keys"),
    "logo": say("Address of the icon"),
}
