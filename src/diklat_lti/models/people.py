"""People, courses, who was seen in which course, launches, the sessions of browsers, and what came after their end."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base


class Person(Base):
    """(platform, `sub`), or a guest of a centre. The only table with names, e-mail and phone."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("platform_id", "sub"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platforms.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    """Set for guests, who came by a one-time link and have no LMS account."""
    sub: Mapped[str | None] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(300))
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(20))
    locale: Mapped[str | None] = mapped_column(String(20))
    """`id` or `en` if the person chose one; else each launch's own counts."""
    region_code: Mapped[str | None] = mapped_column(String(13))
    """The last one, only proposed to the next enrolment."""
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    joined_to_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    """The same person as that one, who has all of it since their platforms were joined: only the audit names this one."""


class Course(Base):
    """A context of a platform; belongs to one centre."""

    __tablename__ = "courses"
    __table_args__ = (UniqueConstraint("platform_id", "context_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(300))
    label: Mapped[str | None] = mapped_column(String(200))
    lineitems_url: Mapped[str | None] = mapped_column(String(1000))
    memberships_url: Mapped[str | None] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class Member(Base):
    """What a person was seen as in a course, and what an admin marked them as (`learner` or `staff`).

    Moodle lists non-editing teachers as Learner in the roster: whoever launched as Instructor is not one.
    """

    __tablename__ = "members"
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    instructor_at: Mapped[datetime | None]
    learner_at: Mapped[datetime | None]
    marked: Mapped[str | None] = mapped_column(String(10))


class BrowserSession(Base):
    """A browser that somebody launched from. The cookie holds a random name; its hash stands here."""

    __tablename__ = "browser_sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    name_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    device: Mapped[str | None] = mapped_column(String(60))
    """A label for people, such as "Chrome, Android"; no fingerprint."""
    locale: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class Launch(Base):
    """One accepted launch, joined to the browser's session by the first page after it."""

    __tablename__ = "launches"
    __table_args__ = (Index("ix_launches_session_id_course_id", "session_id", "course_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[str] = mapped_column(String(64), unique=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("browser_sessions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    placement_id: Mapped[int | None] = mapped_column(ForeignKey("placements.id"))
    message_type: Mapped[str] = mapped_column(String(60))
    roles: Mapped[str] = mapped_column(String(30))
    """What the roles come to: learner, instructor, both or none; sorted, separated by a space."""
    framed: Mapped[bool]
    """Inside the LMS's page (False: the tool is first party, as on a phone)."""
    bounce: Mapped[str] = mapped_column(String(20))
    """How the login learnt that cookies work: known, document, bounced or new_tab."""
    browser_family: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str | None] = mapped_column(String(20))
    return_url: Mapped[str | None] = mapped_column(String(2000))
    deep_linking: Mapped[dict[str, Any] | None]
    """The settings of a deep-linking request, with `data` kept exactly as it came."""
    led_to: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]


class KeptForm(Base):
    """What a form sent when its session had ended: applied only when that very person comes back and says yes."""

    __tablename__ = "kept_forms"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("browser_sessions.id"), index=True)
    path: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    """As it came, `application/x-www-form-urlencoded`."""
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When it was applied, or dropped by its person."""
