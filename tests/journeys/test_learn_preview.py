"""The preview for those who teach, and the calm page of a launch that leads nowhere yet."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

import world
from diklat_lti.database import Database
from diklat_lti.models import Course, Enrolment, Launch, Member, Person
from diklat_lti.settings import Settings
from school import READ, Pupil, School, open_school
from world import NOW


@pytest.fixture
def school(db: Database, settings: Settings) -> Iterator[School]:
    with open_school(db, settings) as opened:
        yield opened


def teacher(school: School) -> Pupil:
    with school.db.write() as session:
        budi: Person = world.person(session, school.platform, name="Budi")
        world.stored(session, Member(course_id=school.course.id, person_id=budi.id, instructor_at=NOW))
    return school.browser(budi)


def test_somebody_known_as_teacher_sees_everything_and_nothing_counts(school: School) -> None:
    budi, base = teacher(school), f"/learn/preview/{school.cohort.id}"
    page = budi.get(base)
    assert "Ini pratinjau. Tidak ada yang dihitung di sini." in page
    assert "minta admin kursus menandai Anda sebagai peserta" in page
    assert "Contoh, bukan modul resmi Kemensos" in page
    page = budi.get(f"{base}/lessons/{READ}")
    assert "Sesi 1: Menjadi Orang Tua yang Lebih Baik" in page
    assert "Selesai, lanjut" not in page
    picture = budi.last.split('<img src="')[-1].split('"')[0]
    assert picture.startswith(f"{base}/files/")
    assert budi.ask("GET", picture).status_code == 200
    assert budi.ask("GET", picture.replace("/files/", "/files/9")).status_code == 404
    budi.get(f"{base}/lessons/none", 404)
    with school.db.read() as session:
        assert session.scalar(select(func.count(Enrolment.id))) == 1, "Siti's alone"


def test_a_watcher_of_the_course_may_look_too(school: School) -> None:
    with school.db.write() as session:
        rina = world.person(session, school.platform, name="Rina")
        world.grant(session, rina, "cohort_admin", session.get_one(Course, school.course.id))
    assert "Pratinjau" in school.browser(rina).get(f"/learn/preview/{school.cohort.id}")


def test_a_learner_and_somebody_from_elsewhere_see_no_preview(school: School) -> None:
    base = f"/learn/preview/{school.cohort.id}"
    for pupil in (school.browser(), school.browser(school.person("Candra"))):
        pupil.get(base, 404)
        pupil.get(f"{base}/lessons/{READ}", 404)
    teacher(school).get("/learn/preview/999", 404)


def test_a_quiz_alone_is_named_in_the_preview_and_not_opened(school: School) -> None:
    school.lesson_is(kinds=["quiz"])
    budi, base = teacher(school), f"/learn/preview/{school.cohort.id}"
    assert "Sesi 2: Memahami Perilaku Anak" in budi.get(base)
    assert f"{base}/lessons/sesi-perilaku-anak" not in budi.last
    budi.get(f"{base}/lessons/sesi-perilaku-anak", 404)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"course_id": None}, "tanpa menyebut kursusnya"),
        ({"roles": "none"}, "tidak menyebut Anda sebagai peserta atau pengajar"),
        ({"roles": "learner"}, "Belum ada diklat yang dipilih"),
    ],
)
def test_a_launch_that_leads_nowhere_says_what_is_missing(
    school: School, columns: dict[str, object], said: str
) -> None:
    pupil = school.browser(school.person("Dewi"), **columns)
    with school.db.read() as session:
        launch_id = session.scalar(select(func.max(Launch.id)))
    page = pupil.get(f"/learn/missing/{launch_id}")
    assert "Belum disiapkan" in page
    assert said in page
    school.browser().get(f"/learn/missing/{launch_id}", 404)
