"""The one door to platforms: limits of time and size, our name, no retries, no redirects, no private networks."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from diklat_lti import __version__
from diklat_lti.lti import guard
from diklat_lti.settings import Settings

TIMEOUT = (5.0, 20.0)
"""To connect, and between two bytes; the whole call is bounded by `Limits.seconds`."""

Why = Literal["forbidden", "not_sent", "maybe_sent", "too_large"]


@dataclass(frozen=True)
class Limits:
    """What one call may cost."""

    seconds: float = 30.0
    bytes: int = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What a platform said. `reason` is kept: Moodle tells some errors only in its status line."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):  # noqa: N818 - it tells where the platform is
    """No whole answer. `maybe_sent` tells whether the platform may have got, and obeyed, the request."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why: Why = why

    @property
    def maybe_sent(self) -> bool:
        return self.why in ("maybe_sent", "too_large")


def trusted() -> ssl.SSLContext:
    """The authorities that we ship, and the machine's: an LMS inside an institution often has a certificate of its own."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()  # OpenSSL looks where SSL_CERT_FILE says, else in the system's store
    return context


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=trusted())
        self.poolmanager.pool_classes_by_scheme = {"http": guard.GuardedHTTPPool, "https": guard.GuardedHTTPSPool}

    def cert_verify(self, *_: Any) -> None:
        """Nothing to add: the context verifies. The library would read all its authorities again for each connection."""


@lru_cache(maxsize=4)
def _session(public_url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # else a .netrc replaces our Authorization header
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = f"Diklat-LTI/{__version__} (+{public_url})"
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(pool_maxsize=16, max_retries=0))
    return session


def fetch(
    settings: Settings,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    data: bytes | Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """One call, whatever its status. A redirect is an answer like any other: nothing is followed."""
    if not guard.speaks_allowed(url, settings.allow_private_platforms):
        raise Unreachable("forbidden", "only https addresses on the public internet are called")
    guard.call.deadline = time.monotonic() + limits.seconds
    guard.call.allow_private = settings.allow_private_platforms
    guard.call.sent = guard.call.forbidden = False
    timeout = (min(TIMEOUT[0], limits.seconds), min(TIMEOUT[1], limits.seconds))
    try:
        with _session(settings.public_url).request(
            method, url, headers=headers, data=data, timeout=timeout, stream=True, allow_redirects=False
        ) as answer:
            body = _read(answer, limits)
            return Answer(answer.status_code, answer.reason or "", answer.headers, body)
    except (requests.RequestException, HTTPError, OSError, UnicodeError) as e:  # a header that is no latin-1, too
        if guard.call.forbidden:
            raise Unreachable("forbidden", "its name leads into a private network") from e
        raise Unreachable("maybe_sent" if guard.call.sent else "not_sent", type(e).__name__) from e


def _read(answer: requests.Response, limits: Limits) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(8192):
        body += chunk
        if len(body) > limits.bytes:
            raise Unreachable("too_large", f"more than {limits.bytes} bytes")
        if time.monotonic() > guard.call.deadline:
            raise TimeoutError("the whole time of this call is over")
    return bytes(body)
