"""What an audit row keeps: whom and what by number, and a free text beside it, under a digest that outlives it."""

from hashlib import sha256

from sqlalchemy import select

from diklat_lti.database import Database
from diklat_lti.models import AuditRow, AuditText
from diklat_lti.training import audit
from world import NOW


def test_a_text_stands_beside_its_row_and_the_row_keeps_its_digest_alone(db: Database) -> None:
    with db.write() as session:
        audit.note(session, None, None, "extension.granted", "enrolment", 7, {"days": 2}, NOW, text="Surat 12/2026")
        audit.note(session, None, None, "extension.revoked", "enrolment", 7, {}, NOW)
    with db.read() as session:
        told, silent = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        kept = session.scalars(select(AuditText)).one()
        assert (kept.audit_row_id, kept.text) == (told.id, "Surat 12/2026")
        assert told.text_digest == sha256(f"{kept.salt}Surat 12/2026".encode()).hexdigest()
        assert (silent.text_digest, told.data, silent.subject_id) == (None, {"days": 2}, 7)
