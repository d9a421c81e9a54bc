"""Builders of valid rows: `world.enrolment(session)` makes all that an enrolment stands on. Keywords set any column."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from diklat_lti.models import (
    Centre,
    Cohort,
    Course,
    Deployment,
    Enrolment,
    Grant,
    Person,
    Placement,
    Platform,
    Program,
    ProgramVersion,
    Registration,
)

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""10.00 WIB on a Tuesday: the second day of the fixed cohorts that are made here."""
OUTLINE: dict[str, Any] = {}
Row = TypeVar("Row")
numbers = count(1)


def stored(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def centre(session: Session, **columns: Any) -> Centre:
    return stored(session, Centre(**{"name": "BBPPKS Bandung", "created_at": NOW} | columns))


def platform(session: Session, of: Centre | None = None, **columns: Any) -> Platform:
    of = of or centre(session)
    defaults = {"centre_id": of.id, "name": "LMS Bandung", "product": "moodle", "version": "4.5.6", "created_at": NOW}
    return stored(session, Platform(**defaults | columns))


def registration(session: Session, of: Platform | None = None, **columns: Any) -> Registration:
    of = of or platform(session)
    site = f"https://lms{next(numbers)}.example.id"
    defaults = {
        "platform_id": of.id,
        "issuer": site,
        "client_id": f"client-{next(numbers)}",
        "auth_login_url": f"{site}/mod/lti/auth.php",
        "token_url": f"{site}/mod/lti/token.php",
        "jwks_url": f"{site}/mod/lti/certs.php",
        "created_at": NOW,
    }
    return stored(session, Registration(**defaults | columns))


def deployment(session: Session, of: Registration | None = None, **columns: Any) -> Deployment:
    of = of or registration(session)
    defaults = {"registration_id": of.id, "deployment_id": str(next(numbers)), "created_at": NOW, "admitted_at": NOW}
    return stored(session, Deployment(**defaults | columns))


def course(session: Session, of: Platform | None = None, **columns: Any) -> Course:
    of = of or platform(session)
    defaults = {
        "platform_id": of.id,
        "centre_id": of.centre_id,
        "context_id": str(next(numbers)),
        "title": "Diklat P2K2",
        "label": "P2K2",
        "created_at": NOW,
    }
    return stored(session, Course(**defaults | columns))


def person(session: Session, of: Platform | None = None, **columns: Any) -> Person:
    of = of or platform(session)
    defaults = {"platform_id": of.id, "sub": f"u{next(numbers)}", "name": "Siti Aminah", "created_at": NOW}
    return stored(session, Person(**defaults | columns))


def version(session: Session, of: Centre | None = None, **columns: Any) -> ProgramVersion:
    """The first version of a new program."""
    of = of or centre(session)
    program = stored(session, Program(centre_id=of.id, key=f"program-{next(numbers)}", created_at=NOW))
    defaults = {
        "program_id": program.id,
        "number": 1,
        "title": "Pertemuan Peningkatan Kemampuan Keluarga",
        "outline": OUTLINE,
        "digest": f"{next(numbers):064x}",
        "published_at": NOW,
    }
    return stored(session, ProgramVersion(**defaults | columns))


def cohort(session: Session, of: Course | None = None, **columns: Any) -> Cohort:
    """Fixed, 15 days in WIB, day 1 is the day before `NOW`."""
    of = of or course(session)
    if "version_id" not in columns:
        columns["version_id"] = version(session, session.get_one(Centre, of.centre_id)).id
    defaults = {
        "course_id": of.id,
        "name": "Angkatan 1",
        "mode": "fixed",
        "zone": "Asia/Jakarta",
        "length_days": 15,
        "starts_on": date(2026, 11, 23),
        "sync_grace_hours": 72,
        "rules_seq": 1,
        "created_at": NOW,
    }
    return stored(session, Cohort(**defaults | columns))


def placement(session: Session, of: Cohort | None = None, **columns: Any) -> Placement:
    """The link of the whole program in the cohort's course."""
    of = of or cohort(session)
    if "deployment_id" not in columns:
        home = session.get_one(Platform, session.get_one(Course, of.course_id).platform_id)
        columns["deployment_id"] = deployment(session, registration(session, home)).id
    defaults = {
        "course_id": of.course_id,
        "cohort_id": of.id,
        "resource_link_id": str(next(numbers)),
        "title": "Diklat P2K2",
        "created_at": NOW,
    }
    return stored(session, Placement(**defaults | columns))


def enrolment(session: Session, of: Cohort | None = None, who: Person | None = None, **columns: Any) -> Enrolment:
    """Launched an hour ago, nothing done yet; the summary is that of a fixed cohort made here."""
    of = of or cohort(session)
    if who is None:
        who = person(session, session.get_one(Platform, session.get_one(Course, of.course_id).platform_id))
    opens_at = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    defaults = {
        "cohort_id": of.id,
        "person_id": who.id,
        "help_code": f"H{next(numbers):05}",
        "source": "launch",
        "is_trial": False,
        "enrolled_at": NOW - timedelta(hours=1),
        "rules_seq": of.rules_seq,
        "summarised_at": NOW - timedelta(hours=1),
        "opens_at": opens_at,
        "end_at": opens_at + timedelta(days=15),
        "grace_end_at": opens_at + timedelta(days=18),
        "done_count": 0,
        "required_count": 4,
        "all_done": False,
        "attempts_left": 3,
        "next_change_at": opens_at + timedelta(days=15),
    }
    return stored(session, Enrolment(**defaults | columns))


def grant(session: Session, who: Person, role: str, of: Course | Cohort | Centre, **columns: Any) -> Grant:
    """`role` in a centre, in one course or in one cohort."""
    place: Course | None = session.get_one(Course, of.course_id) if isinstance(of, Cohort) else None
    place = of if isinstance(of, Course) else place
    defaults = {
        "person_id": who.id,
        "role": role,
        "centre_id": of.id if isinstance(of, Centre) else place and place.centre_id,
        "course_id": place and place.id,
        "cohort_id": of.id if isinstance(of, Cohort) else None,
        "source": "operator",
        "granted_at": NOW,
    }
    return stored(session, Grant(**defaults | columns))
