"""What a platform really grants, scope by scope, as its token endpoint said last: kept with the registration."""

from collections.abc import Iterable
from datetime import datetime

from diklat_lti.database import WriteSession
from diklat_lti.models import Registration


def note(
    session: WriteSession, registration_id: int, asked: Iterable[str], given: Iterable[str], now: datetime
) -> None:
    """Of what was asked for only: an older word about another scope stands."""
    registration, wanted, got = session.get_one(Registration, registration_id), set(asked), set(given)
    registration.scopes_granted = sorted(set(registration.scopes_granted or ()) - wanted | got)
    registration.scopes_refused = sorted((set(registration.scopes_refused or ()) | wanted) - got)
    registration.scopes_granted_at = now
