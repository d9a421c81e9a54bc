"""`diklat-lti centre invite`, `courses` and `assign`, as an operator types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import world
from diklat_lti.cli import main
from diklat_lti.database import Database
from diklat_lti.models import CentreCode, Course
from diklat_lti.training import centre_codes

KEY = "k" * 40


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIKLAT_DATABASE_URL", database_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", KEY)

    def typed(*words: str) -> Result:
        return CliRunner().invoke(main, ["centre", *words])

    return typed


def test_invite_prints_a_code_that_the_tool_takes(run, db: Database) -> None:  # type: ignore[no-untyped-def]
    run("add", "BBPPKS Bandung")
    code = run("invite", "1").stdout.strip()
    with db.write() as session:
        row = session.scalars(select(CentreCode)).one()
        found = centre_codes.look(session, (KEY,), code, row.created_at)
        assert found is not None
        assert found.name == "BBPPKS Bandung"
    nobody = run("invite", "7")
    assert (nobody.exit_code, nobody.stderr) == (1, "Error: There is no centre 7. See: diklat-lti centre list\n")


def test_courses_are_listed_with_their_numbers_and_given_to_another_centre(run, db: Database) -> None:  # type: ignore[no-untyped-def]
    with db.write() as session:
        course = world.course(session, title="Diklat P2K2")
        world.cohort(session, course, name="Angkatan I")
        other = world.centre(session, name="BBPPKS Makassar")
    assert run("courses", str(course.centre_id)).stdout == f"{course.id}  Diklat P2K2  runs: Angkatan I\n"
    (listed,) = json.loads(run("courses", str(course.centre_id), "--json").stdout)
    assert (listed["id"], listed["runs"][0]["name"]) == (course.id, "Angkatan I")
    assert run("assign", str(course.id), str(other.id)).exit_code == 0
    with db.read() as session:
        assert session.get_one(Course, course.id).centre_id == other.id
    assert run("courses", str(course.centre_id)).stdout == ""
    assert run("assign", "99", str(other.id)).stderr.startswith("Error: There is no course 99.")
