"""Links of our own side: the database, the secret key, the folder of files, the tool's address and its certificate."""

import socket
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.exc import SQLAlchemyError

from diklat_lti import migrations
from diklat_lti.errors import Problem
from diklat_lti.lti import guard, http, keys
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.word import Seen

FETCHED = (443, 80)
"""The ports that Moodle's own security of outgoing requests lets through by default (4.5.6, 5.1.3)."""
CERTIFICATE = {
    "certificate has expired": "expired",
    "self-signed": "unknown_authority",
    "self signed": "unknown_authority",
    "unable to get local issuer": "unknown_authority",
    "mismatch": "other_name",
    "not valid for": "other_name",
}
"""Words of OpenSSL, and what they mean."""


def database(look: Look) -> Seen:
    try:
        current = migrations.current(look.db.engine)
    except SQLAlchemyError:
        return Seen("silent")
    return Seen("migrated" if current == migrations.head() else "not_migrated")


def secret(look: Look) -> Seen:
    """Whether it opens what was closed with it: the key that we sign with."""
    try:
        with look.db.read() as session:
            keys.current(session, look.settings.secret_keys, look.now)
    except Problem as problem:
        words = {"secret_key_changed": "changed", "no_signing_key": "no_signing_key"}
        return Seen(words.get(problem.reason, "unusable"))
    return Seen("whole")


def storage(look: Look) -> Seen:
    folder = look.settings.storage_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as trial:
            trial.write(b"written")
    except OSError:
        return Seen("not_writable")
    return Seen("writable")


def address(look: Look) -> Seen:
    """What Moodle would make of it, told by the address alone; whether it has really fetched is another link."""
    parts = urlsplit(look.settings.public_url)
    if is_this_machine(parts):
        return Seen("this_machine" if look.settings.allow_private_platforms else "private")
    if (port := parts.port) not in (None, *FETCHED):
        return Seen("odd_port", {"port": port})
    try:
        found = socket.getaddrinfo(parts.hostname, 443, type=socket.SOCK_STREAM)
    except OSError:
        return Seen("no_name")
    if all(guard.is_public(str(entry[4][0])) for entry in found):
        return Seen("public")
    return Seen("private_allowed" if look.settings.allow_private_platforms else "private")


def certificate(look: Look) -> Seen:
    parts = urlsplit(look.settings.public_url)
    try:
        answer, _ = look.fetch(f"{look.settings.public_url}/healthz", own=True)
    except http.Unreachable as e:
        return Seen(why_untrusted(e) if is_certificate(e) else "not_from_here")
    if answer.status != 200 or not answer.body.startswith(b"alive"):
        return Seen("not_us")
    return Seen("no_tls" if parts.scheme == "http" else "trusted")


def is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_certificate(e: http.Unreachable) -> bool:
    return str(e) == "SSLError"


def why_untrusted(e: http.Unreachable) -> str:
    said = str(e.__cause__)
    return next((why for mark, why in CERTIFICATE.items() if mark in said), "untrusted")


LINKS: dict[str, Callable[[Look], Seen]] = {
    "database": database, "secret": secret, "storage": storage, "address": address, "certificate": certificate,
}  # fmt: skip
