"""The one kind of cookie: of the session, and of each login under way (`lti/tickets` names and checks those)."""

from hashlib import sha256

SESSION = "__Host-diklat"
KIND = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
"""Partitioned by hand: `set_cookie(partitioned=True)` raises before Python 3.14."""


def name_hash(name: str) -> str:
    """What the database keeps of a session's name."""
    return sha256(name.encode()).hexdigest()


def set_cookie(name: str, value: str, max_age: int) -> str:
    """A `Set-Cookie` header's value."""
    return f"{name}={value}; Max-Age={max_age}; {KIND}"


def delete_cookie(name: str) -> str:
    """The same attributes, or the browser keeps the other one."""
    return set_cookie(name, "", 0)
