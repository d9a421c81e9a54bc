"""A folder is published once as a version that never changes; a changed one is the next."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

import programs
import world
from diklat_lti.content import files, folder, publish, samples
from diklat_lti.content.folder import CheckedProgram
from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem
from diklat_lti.models import Asset, LessonContent, ProgramVersion
from programs import edited
from world import NOW

PAGE = "01-first/01-hello.md"
QUIZ = "01-first/01-hello.quiz.yaml"


@pytest.fixture
def centre_id(db: Database) -> int:
    with db.write() as session:
        return world.centre(session).id


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "files"


def test_a_folder_published_twice_is_one_version(db: Database, centre_id: int, storage: Path, tmp_path: Path) -> None:
    program = checked(programs.write(tmp_path / "p"))
    with db.write() as session:
        first = publish.publish(session, centre_id, program, storage, None, NOW)
    with db.write() as session:
        again = publish.publish(session, centre_id, checked(tmp_path / "p"), storage, None, NOW)
    assert (again.id, again.number, again.published_at) == (first.id, 1, NOW)
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(ProgramVersion)) == 1
        assert session.scalar(select(func.count()).select_from(LessonContent)) == 3
        assert publish.outline_of(session, first.id) == program.outline


def test_a_changed_folder_is_number_2_and_the_first_stays(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    with db.write() as session:
        one = publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with db.read() as session:
        before = publish.lesson_body(session, one.id, "hello", "page")
    changed = programs.write(tmp_path / "p", **edited(PAGE, "## Why", "## Because"), **edited(QUIZ, "Red", "Rose"))
    with db.write() as session:
        again = publish.check(session, centre_id, changed)
        assert again.program is not None
        two = publish.publish(session, centre_id, again.program, storage, None, NOW)
    assert (two.number, two.program_id) == (2, one.program_id)
    with db.read() as session:
        after = publish.lesson_body(session, one.id, "hello", "page")
        kept = session.scalar(select(LessonContent.body).filter_by(version_id=one.id, lesson_key="hello", kind="page"))
        assert after == before == kept
        assert "Because" in publish.lesson_body(session, two.id, "hello", "page")["html"]
        assert [version.number for version in publish.versions(session, centre_id)] == [2, 1]
        assert [version.id for version in publish.latest(session, centre_id)] == [two.id]


def test_files_lie_in_storage_and_are_found_by_their_path(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    with db.write() as session:
        made = publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with db.read() as session:
        dot: Asset = publish.asset(session, made.id, "01-first/dot.png")
        assert (dot.media_type, dot.size) == ("image/png", len(programs.PNG))
        assert files.path(storage, dot.sha256).read_bytes() == programs.PNG
        with pytest.raises(Problem) as caught:
            publish.asset(session, made.id, "01-first/../../secret")
        assert caught.value.kind is Kind.NOT_FOUND


def test_a_program_without_files_is_published_too(db: Database, centre_id: int, storage: Path, tmp_path: Path) -> None:
    plain = {PAGE: "---\nid: hello\ntitle: Hello\n---\nText.\n", "01-first/dot.png": None}
    test = edited("02-second/01-test.quiz.yaml", " ![two dots](../01-first/dot.png)", "")
    with db.write() as session:
        made = publish.publish(
            session, centre_id, checked(programs.write(tmp_path / "p", **plain, **test)), storage, None, NOW
        )
        assert publish.lesson_body(session, made.id, "hello", "page")["assets"] == []


def test_what_is_not_there_is_not_found(db: Database, centre_id: int, storage: Path, tmp_path: Path) -> None:
    with db.write() as session:
        made = publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with db.read() as session:
        for find in (
            lambda: publish.outline_of(session, made.id + 1),
            lambda: publish.lesson_body(session, made.id, "hello", "video"),
            lambda: publish.lesson_body(session, made.id, "nothing", "page"),
        ):
            with pytest.raises(Problem):
                find()
    with pytest.raises(Problem), db.write() as session:
        publish.publish(session, centre_id + 1, checked(tmp_path / "p"), storage, None, NOW)


def test_candra_s_centre_sees_nothing_and_may_use_the_same_id(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    program = checked(programs.write(tmp_path / "p"))
    with db.write() as session:
        publish.publish(session, centre_id, program, storage, None, NOW)
        other = world.centre(session, name="BBPPKS Padang").id
        assert publish.versions(session, other) == publish.latest(session, other) == []
        assert publish.last_outline(session, other, "small") is None
        assert publish.publish(session, other, program, storage, None, NOW).number == 1


def test_the_newest_of_each_program_come_by_title(db: Database, centre_id: int, storage: Path, tmp_path: Path) -> None:
    with db.write() as session:
        publish.publish(session, centre_id, checked(samples.path("p2k2")), storage, None, NOW)
        publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with db.read() as session:
        titles = [version.title for version in publish.latest(session, centre_id)]
        assert titles == ["A small program", "Pertemuan Peningkatan Kemampuan Keluarga (P2K2)"]


def test_an_id_that_vanished_while_somebody_else_published_is_refused(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    stale = checked(programs.write(tmp_path / "stale", **edited(QUIZ, "id: colour-blue", "id: colour-green")))
    with db.write() as session:
        publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with pytest.raises(Problem) as caught, db.write() as session:
        publish.publish(session, centre_id, stale, storage, None, NOW)
    assert caught.value.reason == "program_changed"
    with db.read() as session:
        (mistake,) = publish.check(session, centre_id, tmp_path / "stale").mistakes
        assert "colour-blue" in str(mistake.what)


def test_a_file_that_changes_between_check_and_import_is_refused(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    program = checked(programs.write(tmp_path / "p"))
    (tmp_path / "p/01-first/dot.png").write_bytes(programs.PNG + b"changed")
    with pytest.raises(Problem) as caught, db.write() as session:
        publish.publish(session, centre_id, program, storage, None, NOW)
    assert caught.value.kind is Kind.CONFLICT
    with db.read() as session:
        assert publish.versions(session, centre_id) == []


def test_a_version_that_was_rolled_back_leaves_nothing_behind(
    db: Database, centre_id: int, storage: Path, tmp_path: Path
) -> None:
    first = checked(programs.write(tmp_path / "p"))
    second = checked(programs.write(tmp_path / "q", **edited("program.yaml", "A small program", "The other")))
    with pytest.raises(ZeroDivisionError):
        publish_and_fail(db, centre_id, first, storage)
    with db.write() as session:
        made = publish.publish(session, centre_id, second, storage, None, NOW).id
    with db.read() as session:
        assert publish.outline_of(session, made).title == "The other"


def test_what_was_read_once_is_kept_and_the_store_stays_small(
    db: Database, centre_id: int, storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as session:
        made = publish.publish(session, centre_id, checked(programs.write(tmp_path / "p")), storage, None, NOW)
    with db.read() as session:
        first = publish.outline_of(session, made.id)
    with db.read() as session:
        assert publish.outline_of(session, made.id) is first
        monkeypatch.setattr(publish, "KEPT_AT_MOST", 0)
        assert publish.outline_of(session, made.id) is not first


def test_storage_keeps_bytes_once_and_gives_no_other_file(tmp_path: Path) -> None:
    name = files.put(tmp_path, b"abc")
    assert name == files.put(tmp_path, b"abc")
    assert files.exists(tmp_path, name)
    assert not files.exists(tmp_path, "0" * 64)
    assert [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()] == [b"abc"]
    for wrong in ("../secret", name.upper(), name[:-1], ""):
        with pytest.raises(Problem):
            files.path(tmp_path, wrong)


def checked(root: Path) -> CheckedProgram:
    program = folder.check(root).program
    assert program is not None
    return program


def publish_and_fail(db: Database, centre_id: int, program: CheckedProgram, storage: Path) -> None:
    with db.write() as session:
        made = publish.publish(session, centre_id, program, storage, None, NOW)
        assert publish.outline_of(session, made.id).title == program.outline.title
        raise ZeroDivisionError
