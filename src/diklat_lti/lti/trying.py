"""Addresses that somebody typed are tried before they are kept: what answers there, in a sentence. Nothing is sent."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import http, platform_keys
from diklat_lti.settings import Settings

LIMITS = http.Limits(seconds=10, bytes=64 * 1024)


@dataclass(frozen=True)
class Tried:
    """`field` is its name in the form; `works`: what answered can be what it should be."""

    field: str
    address: str
    works: bool
    said: Sentence


def every(settings: Settings, addresses: Mapping[str, str]) -> list[Tried]:
    """Side by side. A `Problem` for one that may not be called; whatever else does not work is only told."""
    with ThreadPoolExecutor(max(1, len(addresses))) as threads:
        return list(threads.map(lambda named: _tried(settings, *named), addresses.items()))


def _tried(settings: Settings, field: str, address: str) -> Tried:
    works, said = TRIES.get(field, _page)(settings, address)
    return Tried(field, address, works, said)


def _page(settings: Settings, address: str) -> tuple[bool, Sentence]:
    """A bare GET is a wrong question there, so any answer but "not here" and "out of order" is a good one."""
    try:
        status = http.fetch(settings, "GET", address, limits=LIMITS).status
    except http.Unreachable as e:
        return False, _unreached(e, address)
    if status == 404:
        return False, say("There is nothing at this address (404).")
    if status >= 500:
        return False, say("The LMS answers that it is out of order (%(status)s).", status=status)
    return True, say("The LMS answers.")


def _keys(settings: Settings, address: str) -> tuple[bool, Sentence]:
    works, said = _page(settings, address)
    if not works:
        return works, said
    if platform_keys.read(settings, address) is None:
        return False, say("The LMS answers, but with no keys.")
    return True, say("The LMS answers with its keys.")


def _unreached(e: http.Unreachable, address: str) -> Sentence:
    if e.why == "forbidden":
        sentence = say("This address leads into a private network: %(address)s", address=address[:200])
        raise Problem(Kind.BAD_INPUT, "forbidden_address", sentence, ONLY_PUBLIC) from e
    return UNREACHED[e.why]


ONLY_PUBLIC = say("DIKLAT_ALLOW_PRIVATE_PLATFORMS=true admits it, for an LMS in your own network.")
UNREACHED: dict[http.Why, Sentence] = {
    "not_sent": say("Nothing answers at this address."),
    "maybe_sent": say("The LMS did not answer in time."),
    "too_large": say("The answer of the LMS was far too long."),
}
TRIES: dict[str, Callable[[Settings, str], tuple[bool, Sentence]]] = {"jwks_url": _keys}
