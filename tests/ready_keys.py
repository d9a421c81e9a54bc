"""RSA keys made before: a process makes few and lends them to each test anew. One costs 60 ms to make and 50 ms to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from diklat_lti.demo.lms import keys as lms_keys
from diklat_lti.lti import keys

made: list[RSAPrivateKey] = []
read = lru_cache(maxsize=100)(load_pem_private_key)


@contextmanager
def at_hand() -> Iterator[None]:
    """For as long as one database lives: within it no two keys are the same."""
    numbers = count()

    def lent(public_exponent: int, key_size: int) -> RSAPrivateKey:
        assert (public_exponent, key_size) == (65537, 2048)
        number = next(numbers)
        while len(made) <= number:
            made.append(generate_private_key(public_exponent, key_size))
        return made[number]

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(keys, "generate_private_key", lent)
        patching.setattr(rsa, "generate_private_key", lent)
        for room in (keys, lms_keys):
            patching.setattr(room, "load_pem_private_key", read)
        yield
