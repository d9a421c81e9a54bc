"""Whether an address that a platform names is one of ours."""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from diklat_lti.lti.guard import ODD


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
