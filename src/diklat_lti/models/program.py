"""Programs and their published versions, which never change; lesson contents and files by their SHA-256."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base


class Program(Base):
    """A training of a centre, by the `id` of its program.yaml."""

    __tablename__ = "programs"
    __table_args__ = (UniqueConstraint("centre_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    key: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class ProgramVersion(Base):
    """A numbered, immutable version. `outline` is what `content/outline.py` reads: all but the lessons' text."""

    __tablename__ = "program_versions"
    __table_args__ = (UniqueConstraint("program_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("programs.id"))
    number: Mapped[int]
    label: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    outline: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over everything in it: importing the same folder twice makes no second version."""
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class LessonContent(Base):
    """One lesson's reading and quiz as its formats wrote them at publication."""

    __tablename__ = "lesson_contents"
    version_id: Mapped[int] = mapped_column(ForeignKey("program_versions.id"), primary_key=True)
    lesson_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    """A key of `content.FORMATS`: page, quiz, …"""
    body: Mapped[dict[str, Any]]


class Asset(Base):
    """A file of a version, by its path in the program folder; the bytes lie in storage under `sha256`."""

    __tablename__ = "assets"
    version_id: Mapped[int] = mapped_column(ForeignKey("program_versions.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(500), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
