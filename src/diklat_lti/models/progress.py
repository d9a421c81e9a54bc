"""Enrolments with their summary, and the facts from which it is made: events, attempts, judgements. Facts are append-only."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from diklat_lti.database import Base, Exact, Percent


class Enrolment(Base):
    """A person in a cohort. From `rules_seq` on the columns are the summary, rewritten in the transaction of each fact."""

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("cohort_id", "person_id"),
        Index("ix_enrolments_cohort_id_region_code", "cohort_id", "region_code"),
        Index("ix_enrolments_next_change_at", "next_change_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    help_code: Mapped[str] = mapped_column(String(12), unique=True)
    """Kode bantuan: what a learner reads to support."""
    source: Mapped[str] = mapped_column(String(10))
    """launch, roster or import."""
    is_trial: Mapped[bool]
    """Marked by an admin; counts nowhere."""
    region_code: Mapped[str | None] = mapped_column(String(13))
    region_source: Mapped[str | None] = mapped_column(String(10))
    """learner, roster or admin."""
    welcomed_at: Mapped[datetime | None]
    """When the learner finished the first-launch page."""
    enrolled_at: Mapped[datetime]

    rules_seq: Mapped[int]
    """The cohort's `rules_seq` that this summary was made under."""
    summarised_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    """Before it the state is `scheduled`."""
    end_at: Mapped[datetime]
    """effective_end: the latest of the window's end and all extensions."""
    grace_end_at: Mapped[datetime]
    first_work_at: Mapped[datetime | None]
    done_count: Mapped[int]
    done_keys: Mapped[list[Any]] = mapped_column(default=list)
    """The lessons that are done, by key: for the first page after a launch, which must not read all facts."""
    required_count: Mapped[int]
    all_done: Mapped[bool]
    attempts_left: Mapped[int]
    """Of the quizzes that could still raise the score; 0 when none is left."""
    score: Mapped[Decimal | None] = mapped_column(Percent)
    """The final score of counted work, rounded; None as long as nothing was judged."""
    completed_at: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(10))
    """learner or admin."""
    judge_at: Mapped[datetime | None]
    """When the oldest attempt that nobody handed in is due to be judged; None: none is open."""
    next_change_at: Mapped[datetime | None]
    """The next instant at which something is due without anybody's doing."""
    last_work_at: Mapped[datetime | None]


class Assignment(Base):
    """A person who watches over one enrolment ("peserta saya"); part of the scope that `access` decides."""

    __tablename__ = "assignments"
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class LearnerEvent(Base):
    """One thing that a learner did. `training/facts.effective` is a pure function of these columns."""

    __tablename__ = "learner_events"
    __table_args__ = (UniqueConstraint("enrolment_id", "event_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    event_id: Mapped[str] = mapped_column(String(36))
    """Made by the page or the device; the same event sent twice is stored once."""
    kind: Mapped[str] = mapped_column(String(20))
    """started, opened, confirmed, last_page, answered, submitted, handed_in: see `training/facts.py`."""
    lesson_key: Mapped[str | None] = mapped_column(String(100))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"), index=True)
    body: Mapped[dict[str, Any] | None]
    device_id: Mapped[str | None] = mapped_column(String(36))
    stamp_at: Mapped[datetime]
    """Server time of the page under which it was made."""
    stamp_serial: Mapped[str] = mapped_column(String(36))
    offset_ms: Mapped[int | None]
    """The device's clock minus the server's, as noted when that stamp was fresh."""
    made_at: Mapped[datetime | None]
    """The device's clock when it was made."""
    elapsed_ms: Mapped[int | None]
    """Since the stamp, by the device's monotonic clock."""
    sent_at: Mapped[datetime | None]
    """The device's clock when its batch was sent."""
    received_at: Mapped[datetime]


class Attempt(Base):
    """One sitting of a quiz: a version, a seed, a place among the allowed attempts."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("enrolment_id", "attempt_uuid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    attempt_uuid: Mapped[str] = mapped_column(String(36))
    lesson_key: Mapped[str] = mapped_column(String(100))
    version_id: Mapped[int] = mapped_column(ForeignKey("program_versions.id"))
    seed: Mapped[int]
    started_event_id: Mapped[int | None] = mapped_column(ForeignKey("learner_events.id", use_alter=True))
    started_at: Mapped[datetime]
    """Effective start."""
    received_at: Mapped[datetime]
    time_limit_s: Mapped[int | None]


class Judgement(Base):
    """What an attempt came to. A re-marking adds one; the newest counts from its own time on."""

    __tablename__ = "judgements"
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    finished_at: Mapped[datetime]
    """Effective time of the submission, or of the last answer that counted."""
    arrived_at: Mapped[datetime]
    """When that submission or answer was received."""
    judged_at: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(10))
    """submitted, closed or remarked."""
    ruling_id: Mapped[int | None] = mapped_column(ForeignKey("rulings.id"))
    score: Mapped[Decimal] = mapped_column(Exact)
    """0 to 100, not rounded."""
    detail: Mapped[dict[str, Any]]
    """Per question: the answer, the points, the points possible."""
