"""Cohorts (Angkatan), the links that lead to them, and the dated decisions of admins about them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base


class Wave(Base):
    """Putaran: a label that joins cohorts of one centre."""

    __tablename__ = "waves"
    __table_args__ = (UniqueConstraint("centre_id", "label"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    label: Mapped[str] = mapped_column(String(100))


class Cohort(Base):
    """One run of a program version in one course. Its rules are dated rulings; the columns repeat those in force."""

    __tablename__ = "cohorts"
    __table_args__ = (
        CheckConstraint("mode IN ('fixed', 'rolling')", name="mode"),
        CheckConstraint("length_days BETWEEN 1 AND 90", name="length_days"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("program_versions.id"))
    name: Mapped[str] = mapped_column(String(200))
    mode: Mapped[str] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(60))
    """An IANA name: Asia/Jakarta is WIB."""
    length_days: Mapped[int]
    starts_on: Mapped[date | None]
    """fixed: day 1."""
    opens_on: Mapped[date | None]
    last_start_on: Mapped[date | None]
    hard_end_on: Mapped[date | None]
    sync_grace_hours: Mapped[int]
    rules_seq: Mapped[int]
    """Number of the newest ruling about the whole cohort; an enrolment with a lower one is due to be summarised."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    archived_at: Mapped[datetime | None]


class Placement(Base):
    """(deployment, course, resource link) → a cohort, and in it the whole program or one module."""

    __tablename__ = "placements"
    __table_args__ = (UniqueConstraint("deployment_id", "course_id", "resource_link_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    resource_link_id: Mapped[str] = mapped_column(String(255))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id"), index=True)
    """None: nobody chose a content for this link yet."""
    module_key: Mapped[str | None] = mapped_column(String(100))
    """None: the whole program."""
    title: Mapped[str | None] = mapped_column(String(300))
    picked_uuid: Mapped[str | None] = mapped_column(String(36))
    """The picked link that its custom values named last. Of this course: what it opens; of another: a copy, only a hint."""
    created_at: Mapped[datetime]


class PickedLink(Base):
    """What an admin chose in the picker. `uuid` travels in the link's custom values and is only a hint:
    teachers can edit it, and copies of a course carry it along."""

    __tablename__ = "picked_links"
    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"), index=True)
    module_key: Mapped[str | None] = mapped_column(String(100))
    picked_at: Mapped[datetime]
    picked_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str | None] = mapped_column(String(300))
    answer: Mapped[str | None] = mapped_column(String(36))
    """The same for all links that one answer to the LMS held: it may have dropped some of them silently."""
    seen_at: Mapped[datetime | None]
    """When a launch or a line item first showed that the LMS has it."""
    looked_at: Mapped[datetime | None]
    """When the LMS's line items were last looked through for it, in vain."""


class Ruling(Base):
    """An admin's dated decision about a cohort, or about one enrolment of it. Append-only.

    Kinds and their `body` are listed in `training/facts.py`. `reason` can be emptied (erasure); nothing else changes.
    """

    __tablename__ = "rulings"
    __table_args__ = (
        Index("ix_rulings_enrolment_id", "enrolment_id"),
        Index("ix_rulings_cohort_id_seq", "cohort_id", "seq"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolments.id"))
    """None: about the whole cohort; then `seq` counts up the cohort's `rules_seq`."""
    seq: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(30))
    body: Mapped[dict[str, Any]]
    reason: Mapped[str | None] = mapped_column(Text)
    letter_number: Mapped[str | None] = mapped_column(String(100))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """None: the operator or the service itself."""
    made_at: Mapped[datetime]


class Extension(Base):
    """One enrolment's part of an extension ruling. A revoked one runs to min(until, revoked_at)."""

    __tablename__ = "extensions"
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    ruling_id: Mapped[int] = mapped_column(ForeignKey("rulings.id"), index=True)
    until: Mapped[datetime]
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoking_ruling_id: Mapped[int | None] = mapped_column(ForeignKey("rulings.id"))
