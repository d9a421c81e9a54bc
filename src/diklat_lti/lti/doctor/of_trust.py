"""Links of a token request: whether the LMS knows us, believes our signature, and what it permits."""

from collections.abc import Callable, Sequence
from functools import partial

from diklat_lti.lti import ags, tokens
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.word import Seen

ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = {
    "scope_score": ags.SCORE,
    "scope_result": ags.RESULT,
    "scope_lineitem_readonly": ags.LINEITEM_READ,
    "scope_lineitem": ags.LINEITEM,
    "scope_roster": ROSTER,
}
KEY_TROUBLE = ("kid", "keyset", "key set", "signature", "jwks", "jwk", "blocked", "openssl")
"""Words of Moodle's JWT library where a signature, or the keys for it, is what is wrong (4.5.6, token.php:74)."""


def granted(look: Look) -> frozenset[str]:
    """What the token endpoint permits today, not what a kept token says. Raises `TokenRefused` for any other reason
    than a permission."""
    return look.once("granted", lambda: _together(look, ags.SCOPES) | _together(look, (ROSTER,)))


def _together(look: Look, scopes: Sequence[str]) -> frozenset[str]:
    """Moodle grants a part of what is asked; an LMS that refuses the whole is asked for each alone."""
    try:
        return tokens.fresh(look.channel, scopes).granted & {*scopes}
    except tokens.TokenRefused as e:
        if e.error != "invalid_scope":
            raise
    if len(scopes) == 1:
        return frozenset()
    return frozenset[str]().union(*(_together(look, (scope,)) for scope in scopes))


def client(look: Look) -> Seen:
    try:
        granted(look)
    except tokens.TokenRefused as e:
        return why_unknown(e)
    return Seen("known")


def why_unknown(e: tokens.TokenRefused) -> Seen:
    said, status = _said(e), e.answer.status
    if e.error == "invalid_client":
        return Seen("unknown_client")
    if status >= 500:
        return Seen("out_of_order", {"status": status})
    if status not in (400, 401) or said.lstrip().startswith("<"):
        return Seen("not_a_token", {"status": status})
    if "prior to" in said or "expired token" in said:
        return Seen("clock")
    return Seen("known") if _is_about_keys(said) else Seen("refused", {"word": e.error})


def _said(e: tokens.TokenRefused) -> str:
    return e.answer.body[:2000].decode("utf-8", "replace").lower()


def _is_about_keys(said: str) -> bool:
    return any(mark in said for mark in KEY_TROUBLE)


def our_keys(look: Look) -> Seen:
    """Moodle reads our key set when it judges our signature: a token is the proof that it could."""
    fetched_at = look.of.keys_fetched_at
    seen = {"at": fetched_at.isoformat()} if fetched_at else {}
    where = {"url": f"{look.settings.public_url}/lti/jwks"}
    try:
        granted(look)
    except tokens.TokenRefused as e:
        if "blocked" in _said(e):
            return Seen("blocked", where)
        return Seen("not_believed" if fetched_at else "never_fetched", where | seen)
    return Seen("fetched" if fetched_at else "believed", seen)


def permission(scope: str, look: Look) -> Seen:
    return Seen("granted" if scope in granted(look) else "refused")


LINKS: dict[str, Callable[[Look], Seen]] = {
    "client": client,
    "our_keys": our_keys,
    **{name: partial(permission, scope) for name, scope in SCOPES.items()},
}
