"""Abuse of routes that serve files: paths that climb, are written otherwise, or name what is another's."""

from collections.abc import Iterator

import pytest

import fuzzing
from diklat_lti.content import files
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.settings import Settings
from house import House, open_house


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        yield opened


def absent(house: House, path: str, cookie: str | None = None) -> None:
    """As it is written, byte for byte: an ordinary client would tidy the path up."""
    headers = {"Cookie": f"__Host-diklat={cookie}"} if cookie else {}
    status, body = fuzzing.send(house.door.origin, fuzzing.Sent("GET", path, b"", headers))
    assert status == 404
    assert b"root:" not in body
    assert b"SQLite" not in body


def test_abuse_169_a_static_file_two_folders_up(house: House) -> None:
    absent(house, "/static/x/../../app.py")


def test_abuse_170_a_static_file_up_in_percents(house: House) -> None:
    absent(house, "/static/x/%2e%2e%2f%2e%2e%2fapp.py")


def test_abuse_171_a_static_file_up_by_backslashes(house: House) -> None:
    absent(house, "/static/x/..%5c..%5capp.py")


def test_abuse_172_a_static_file_from_the_root(house: House) -> None:
    absent(house, "/static/x//etc/passwd")


def test_abuse_173_a_static_file_with_a_nul_behind_it(house: House) -> None:
    absent(house, "/static/x/logo.svg%00.css")


def of_siti(house: House, path: str) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    absent(house, f"/learn/{house.siti.enrolment.id}/files/{house.siti.cohort.version_id}/{path}", siti.cookie)


def test_abuse_174_a_programs_file_four_folders_up(house: House) -> None:
    of_siti(house, "../../../../etc/passwd")


def test_abuse_175_a_programs_file_up_in_double_percents(house: House) -> None:
    of_siti(house, "%252e%252e%252f%252e%252e%252fetc%252fpasswd")


def test_abuse_176_a_programs_file_from_the_root(house: House) -> None:
    of_siti(house, "%2fetc%2fpasswd")


def test_abuse_177_a_programs_file_with_a_nul(house: House) -> None:
    of_siti(house, "a%00b")


def test_abuse_178_a_file_of_another_version(house: House) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    other = house.candra.cohort.version_id
    assert other != house.siti.cohort.version_id
    absent(house, f"/learn/{house.siti.enrolment.id}/files/{other}/program.yaml", siti.cookie)


def test_abuse_179_a_file_by_somebody_elses_enrolment(house: House) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    path = f"/learn/{house.candra.enrolment.id}/files/{house.candra.cohort.version_id}/program.yaml"
    absent(house, path, siti.cookie)


def test_abuse_180_a_learner_reads_files_by_the_preview(house: House) -> None:
    siti = house.browser(house.siti.learner, house.siti)
    cohort = house.siti.cohort
    absent(house, f"/learn/preview/{cohort.id}/files/{cohort.version_id}/program.yaml", siti.cookie)


def test_abuse_181_a_stored_name_that_climbs(house: House) -> None:
    with pytest.raises(Problem):
        files.path(house.door.settings.storage_folder, "../../../../etc/passwd")


def test_abuse_182_a_stored_name_with_a_line_break_behind_it(house: House) -> None:
    with pytest.raises(Problem):
        files.path(house.door.settings.storage_folder, "a" * 64 + "\n")


def test_abuse_183_a_guide_two_folders_up(house: House) -> None:
    absent(house, "/help/guides/..%2f..%2fapp.py")


def test_abuse_184_a_guide_whose_name_is_a_path(house: House) -> None:
    absent(house, "/help/guides/../../../../etc/passwd")


def test_abuse_185_a_number_of_4400_digits_in_an_address(house: House) -> None:
    absent(house, "/learn/" + "9" * 4400)
