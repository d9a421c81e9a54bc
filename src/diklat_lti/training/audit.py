"""Writes audit rows: who did what, when, to whom. Ids only; a free text lies beside, salted, so that it can be emptied."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from diklat_lti.database import WriteSession
from diklat_lti.models.audit import AuditRow, AuditText


def note(
    session: WriteSession,
    centre_id: int | None,
    actor_id: int | None,
    action: str,
    subject_kind: str,
    subject_id: int | None,
    data: dict[str, Any],
    now: datetime,
    text: str | None = None,
) -> None:
    """Inserted unchained in the transaction of its cause; a worker seals the rows in order, per centre."""
    salt = secrets.token_hex(16) if text is not None else None
    digest = hashlib.sha256(f"{salt}{text}".encode()).hexdigest() if text is not None else None
    row = AuditRow(
        centre_id=centre_id,
        at=now,
        actor_id=actor_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        data=data,
        text_digest=digest,
    )
    session.add(row)
    if text is not None:
        session.flush()
        session.add(AuditText(audit_row_id=row.id, salt=salt, text=text))
