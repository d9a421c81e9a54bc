"""Who did what, when, to whom: append-only rows, later sealed in order per centre by one worker; their texts beside them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base


class AuditRow(Base):
    """Names people by internal id only. Inserted unchained: `seal_seq` and `seal` come afterwards."""

    __tablename__ = "audit_rows"
    __table_args__ = (
        Index("ix_audit_rows_centre_id_seal_seq", "centre_id", "seal_seq"),
        Index("ix_audit_rows_subject_kind_subject_id", "subject_kind", "subject_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """None: the operator or the service itself."""
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int | None]
    data: Mapped[dict[str, Any]]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    """Salted SHA-256 of the text beside it: the seal stays whole when the text is emptied."""
    seal_seq: Mapped[int | None]
    seal: Mapped[str | None] = mapped_column(String(64))


class AuditText(Base):
    """Free text of an audit row, with its salt; both can be emptied when a person is erased."""

    __tablename__ = "audit_texts"
    audit_row_id: Mapped[int] = mapped_column(ForeignKey("audit_rows.id"), primary_key=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)
