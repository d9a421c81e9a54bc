"""Grade items, what they should say (append-only decisions) and how far the telling of it has come (deliveries)."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base, Percent


class GradeItem(Base):
    """Butir nilai: one line item in the LMS that shows a cohort's final score or a module's.

    Coupled to a placement, or made by us without a link and then found again by `resource_id` + `tag`.
    """

    __tablename__ = "grade_items"
    __table_args__ = (UniqueConstraint("placement_id", "module_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"), index=True)
    module_key: Mapped[str] = mapped_column(String(100))
    """Empty: the final score."""
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    lineitem_url: Mapped[str | None] = mapped_column(String(1000))
    """From the last launch's claim, or as found in the container; resolved anew at delivery when None."""
    resource_id: Mapped[str | None] = mapped_column(String(255))
    tag: Mapped[str | None] = mapped_column(String(255))
    label: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    inherits: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The line item may hold grades of another run: of a copied or restored course, or of what its link opened before."""


class GradeDecision(Base):
    """What the gradebook should say about one enrolment, in the final item or a module's. `score` None: nothing."""

    __tablename__ = "grade_decisions"
    __table_args__ = (Index("ix_grade_decisions_enrolment_id_module_key_id", "enrolment_id", "module_key", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    module_key: Mapped[str] = mapped_column(String(100))
    score: Mapped[Decimal | None] = mapped_column(Percent)
    comment: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(30))
    """Why it changed: completed, passed, annulled, remarked, reopened, …"""
    timestamp: Mapped[datetime]
    """UTC, whole seconds, at least one later than the last one of this enrolment and item (CONTRACT.md: 409)."""
    decided_at: Mapped[datetime]


class GradeDelivery(Base):
    """One row per (enrolment, grade item). Due = `wanted_id` and `delivered_id` differ."""

    __tablename__ = "grade_deliveries"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "grade_item_id"),
        Index("ix_grade_deliveries_next_try_at", "next_try_at"),
        Index(
            "uq_grade_deliveries_enrolment_id_on_its_way",  # never two deliveries of one learner at once
            "enrolment_id",
            unique=True,
            sqlite_where=text("claim_token IS NOT NULL"),
            postgresql_where=text("claim_token IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    grade_item_id: Mapped[int] = mapped_column(ForeignKey("grade_items.id"), index=True)
    wanted_id: Mapped[int] = mapped_column(ForeignKey("grade_decisions.id"))
    delivered_id: Mapped[int | None] = mapped_column(ForeignKey("grade_decisions.id"))
    next_try_at: Mapped[datetime | None]
    """None: nothing is due, or it waits for a person (`stopped`)."""
    claim_token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    tries: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    """waiting, delivered, later, unknown, stopped: what the last answer meant (gradebook/answers.py)."""
    answer: Mapped[str | None] = mapped_column(String(60))
    """The reason in a word, such as not_enrolled."""
    http_status: Mapped[int | None]
    delivered_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
