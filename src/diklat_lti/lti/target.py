"""Whether an address that a platform names is one of ours."""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from diklat_lti.lti.guard import ODD
from diklat_lti.settings import Settings


def leads_here(address: str, settings: Settings) -> bool:
    """Ours by the name of today, or by one of before: a link in an LMS keeps the address that it was made with."""
    return any(is_ours(address, url) for url in (settings.public_url, *settings.former_urls))


@lru_cache(maxsize=256)
def is_ours(address: str, public_url: str) -> bool:
    """Same scheme, host and port, and nothing that browsers and we could read differently."""
    if ODD.search(address):
        return False
    try:
        theirs, ours = urlsplit(address), urlsplit(public_url)
        return theirs.username is None and _origin(theirs) == _origin(ours)
    except ValueError:
        return False


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
