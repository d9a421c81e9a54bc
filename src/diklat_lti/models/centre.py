"""Centres (Lembaga), who may do what in them, requests for a role, and regions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base


class Centre(Base):
    """A BBPPKS. Two centres on one LMS see nothing of each other."""

    __tablename__ = "centres"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Grant(Base):
    """A role that a person holds: in a centre, one of its courses or one of its cohorts.

    Roles: centre_admin, cohort_admin, author, korkab, supervisor, dinas. Made and revoked in
    `training/access.py` alone.
    """

    __tablename__ = "grants"
    __table_args__ = (Index("ix_grants_person_id_role", "person_id", "role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(20))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"), index=True)
    """None: in every course of the centre."""
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts.id"))
    """None: in every cohort of the course."""
    source: Mapped[str] = mapped_column(String(20))
    """deep_linking, request, admin, operator or code."""
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    granted_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class CentreCode(Base):
    """A one-time code of the operator: whoever enters it after a launch becomes admin of the centre."""

    __tablename__ = "centre_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    """Of the secret part; the part before it is this row's id, so that wrong tries count against one code."""
    tries_left: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    spent_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class GrantRegion(Base):
    """A Kemendagri code prefix that a grant reaches: `18.03` is the whole kabupaten."""

    __tablename__ = "grant_regions"
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(13), primary_key=True)


class RoleRequest(Base):
    """An Instructor without a role waits for an admin's word. One open request for each person and course."""

    __tablename__ = "role_requests"
    __table_args__ = (Index("ix_role_requests_course_id_answered_at", "course_id", "answered_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(20))
    """A role, `learner` or `refused`."""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Region(Base):
    """Province, kabupaten or kecamatan by its Kemendagri code, as text with dots. Never a BPS code."""

    __tablename__ = "regions"
    code: Mapped[str] = mapped_column(String(13), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(200))
