"""Who and what is there on the first day: a course in Lampung and its people. No tool is registered."""

from secrets import token_hex

from sqlalchemy import insert, select

from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import course, enrolment, person, site

COURSE = 2
ADMIN, TEACHER, SUPERVISOR, FIRST_LEARNER = 2, 3, 4, 5

STAFF = (
    ("admin", "Ayu", "Wulandari", "", None),
    ("bbppks", "Hendra", "Saputra", "ID-bbppks", "editingteacher"),
    ("budi", "Budi", "Santoso", "ID-budi", "teacher"),
)
LEARNERS = (
    ("siti", "Siti", "Rahmawati"),
    ("dewi", "Dewi", "Lestari"),
    ("agus", "Agus", "Setiawan"),
    ("rina", "Rina", "Marlina"),
    ("yusuf", "Yusuf", "Hidayat"),
    ("putri", "Putri", "Anggraini"),
)


def plant(db: Connection) -> None:
    """Does nothing when the course is there already: a second start continues."""
    if db.execute(select(course.c.id)).first():
        return
    db.execute(insert(site).values(key="guid", value=token_hex(16)))
    db.execute(
        insert(course).values(
            id=COURSE,
            fullname="Diklat E-Learning PKH",
            shortname="DIKLAT",
            idnumber="DIKLAT-2026-01",
            place="Lampung",
        )
    )
    learners = [(username, given, family, f"ID-{username}", "student") for username, given, family in LEARNERS]
    for number, (username, given, family, idnumber, role) in enumerate((*STAFF, *learners), start=ADMIN):
        db.execute(
            insert(person).values(
                id=number,
                username=username,
                given_name=given,
                family_name=family,
                email=f"{username}@lms.example",
                idnumber=idnumber,
                is_admin=number == ADMIN,
            )
        )
        if role:
            db.execute(insert(enrolment).values(course_id=COURSE, person_id=number, role=role))


def guid(db: Connection) -> str:
    """The site's own identifier, for the claim `tool_platform`."""
    return str(db.execute(select(site.c.value).where(site.c.key == "guid")).scalar_one())
