"""What the abuse tests share: a launch whose token is written by hand, and a launch whose text was changed after signing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from door import Begun, Door
from fake_platform import KEY, part

DAY = timedelta(days=1)
HEAD = '{"alg": "RS256", "kid": "key-1"}'


def signed(head: str, claims: str) -> str:
    """Honestly signed, whatever it says."""
    message = f"{part(head.encode())}.{part(claims.encode('utf-8', 'surrogateescape'))}"
    return f"{message}.{part(KEY.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def written(door: Door, change: Callable[[str], str], reason: str, head: str = HEAD) -> None:
    """A launch whose claims are JSON by hand; unchanged, the same text is let in by the platform's own signing."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = signed(head, change(json.dumps(door.claims(begun))))
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), reason)


def with_text(door: Door, change: Callable[[str], str], reason: str) -> None:
    """A launch whose token was honest before its text was changed."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    token = change(door.platform.sign(door.claims(begun)))
    door.assert_refused(door.post(visitor, id_token=token, state=begun.state), reason)


def form(door: Door, begun: Begun, **changes: Any) -> dict[str, str]:
    """What an honest platform posts for a login."""
    return {"id_token": door.platform.sign(door.claims(begun, **changes)), "state": begun.state}
