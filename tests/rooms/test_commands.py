"""The commands, as an operator types them: what they print, and their exit codes; nobody ever sees a traceback."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from book import Book
from diklat_lti import __version__
from diklat_lti.cli import main
from diklat_lti.cli.speaking import spoken
from diklat_lti.content import samples
from diklat_lti.database import Database
from diklat_lti.models import Deployment, GradeDelivery, Platform, SigningKey
from diklat_lti.training.verdict import AT_ONCE
from world import NOW

ADDRESSES = [
    "--issuer=https://lms.example.id",
    "--client-id=abc",
    "--auth-login-url=https://lms.example.id/auth",
    "--token-url=https://lms.example.id/token",
    "--jwks-url=https://lms.example.id/jwks",
    "--deployment-id=1",
]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIKLAT_DATABASE_URL", database_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", "k" * 40)

    def typed(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return typed


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def failed(result: Result) -> str:
    """The one line on stderr of a command that could not do its job."""
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    return line


def test_the_version_and_the_help_that_teaches(run) -> None:  # type: ignore[no-untyped-def]
    assert lines(run("--version")) == [f"diklat-lti, version {__version__}"]
    assert "diklat-lti demo" in run("--help").stdout
    assert run("fly").exit_code == 2


def test_migrate_brings_an_empty_database_up_and_twice_changes_nothing(run, empty_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DIKLAT_DATABASE_URL", empty_url)
    assert failed(run("platform", "list")) == "Error: The database is not migrated. Run: diklat-lti migrate"
    assert failed(run("serve")) == "Error: The database is not migrated. Run: diklat-lti migrate"
    assert failed(run("worker")) == "Error: The database is not migrated. Run: diklat-lti migrate"
    first, second = lines(run("migrate")), lines(run("migrate"))
    assert first == second
    assert lines(run("platform", "list")) == []


def test_a_platform_is_added_listed_admitted_disabled_and_enabled(run, db: Database) -> None:  # type: ignore[no-untyped-def]
    added = run("platform", "add", *ADDRESSES, "--name=LMS Bandung")
    assert lines(added) == ["Platform 1 is registered."]
    assert len(added.stderr.splitlines()) == 3
    assert failed(run("platform", "add", *ADDRESSES)).startswith("Error: The client abc of https://lms.example.id is")
    (line,) = lines(run("platform", "list"))
    assert line == "1  LMS Bandung  https://lms.example.id  client abc  deployments: 1 admitted"
    with db.write() as session:
        session.scalars(select(Deployment)).one().admitted_at = None
    assert lines(run("platform", "admit", "1", "1")) == []
    assert lines(run("platform", "disable", "1")) == []
    assert lines(run("platform", "list"))[0].endswith("disabled")
    assert lines(run("platform", "enable", "1")) == []
    (found,) = json.loads(run("platform", "list", "--json").stdout)
    assert (found["name"], found["disabled"]) == ("LMS Bandung", False)
    assert "no" in failed(run("platform", "disable", "7"))


def test_an_address_that_may_not_be_called_is_refused(run) -> None:  # type: ignore[no-untyped-def]
    plain = [word.replace("https://lms.example.id/token", "http://10.0.0.1/token") for word in ADDRESSES]
    assert failed(run("platform", "add", *plain)).startswith("Error: ")
    assert lines(run("platform", "list")) == []


def test_an_invite_is_an_address_to_paste(run) -> None:  # type: ignore[no-untyped-def]
    (address,) = lines(run("platform", "invite", "--expires", "12h"))
    assert address.startswith("http://localhost:8000/lti/register?invite=")
    assert run("platform", "invite", "--expires", "soon").exit_code == 2


def test_invites_are_listed_and_revoked_and_their_addresses_are_not_told(run) -> None:  # type: ignore[no-untyped-def]
    address = lines(run("platform", "invite", "--name", "LMS Bandung"))[0]
    (line,) = lines(run("platform", "invites"))
    assert line.startswith("1  LMS Bandung  open  until ")
    assert address.split("=")[1] not in line
    assert lines(run("platform", "revoke-invite", "1")) == lines(run("platform", "revoke-invite", "1")) == []
    (told,) = json.loads(run("platform", "invites", "--json").stdout)
    assert (told["state"], told["platform_id"]) == ("revoked", None)
    assert failed(run("platform", "revoke-invite", "7")).startswith("Error: There is no invite 7.")


def test_a_service_without_an_lms_names_the_command_that_makes_an_invite_and_no_secret(  # type: ignore[no-untyped-def]
    run, monkeypatch
) -> None:
    started = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **told: started.append(told["port"]))
    run("migrate")
    first = run("serve")
    assert first.stderr == "No LMS is connected yet. To connect one: diklat-lti platform invite\n"
    assert lines(run("platform", "invites")) == []
    run("platform", "add", *ADDRESSES)
    assert run("serve").stderr == ""
    assert started == [8000, 8000]


def test_centres_are_made_and_listed(run) -> None:  # type: ignore[no-untyped-def]
    assert lines(run("centre", "add", "BBPPKS Bandung")) == ["Centre 1 is made."]
    assert lines(run("centre", "list")) == ["1  BBPPKS Bandung"]
    assert json.loads(run("centre", "list", "--json").stdout) == [{"id": 1, "name": "BBPPKS Bandung"}]


def test_a_program_is_checked_imported_once_and_listed(run) -> None:  # type: ignore[no-untyped-def]
    sample = str(samples.path("p2k2"))
    assert lines(run("program", "check", sample))[0].endswith("4 lessons, no mistakes.")
    assert failed(run("program", "import", sample)).startswith("Error: There is no such centre. Connect an LMS first")
    run("centre", "add", "BBPPKS Bandung")
    for _ in range(2):
        assert lines(run("program", "import", sample))[0].endswith("version 1 is published.")
    assert lines(run("program", "list"))[0].startswith("p2k2  version 1  ")
    assert json.loads(run("program", "list", "--json").stdout)[0]["program"] == "p2k2"


def test_a_folder_with_mistakes_says_all_of_them_and_imports_nothing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run("centre", "add", "BBPPKS Bandung")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "program.yaml").write_text("id: x\ntitle: X\ndays: many\nmood: good\n")
    for words in (("program", "check"), ("program", "import")):
        result = run(*words, str(broken))
        assert result.exit_code == 1
        told = result.stderr.splitlines()
        assert len(told) >= 2
        assert any(line.startswith("program.yaml:3: ") for line in told)
    assert lines(run("program", "list")) == []


def test_grades_that_wait_are_listed_and_retried(run, db: Database) -> None:  # type: ignore[no-untyped-def]
    assert lines(run("grades", "pending")) == []
    assert json.loads(run("grades", "failed", "--json").stdout) == []
    assert lines(run("grades", "retry")) == ["0 grades will be sent again."]


def test_a_grade_that_waits_is_one_line_that_people_can_read(run, book: Book) -> None:  # type: ignore[no-untyped-def]
    delivery = book.learner("85", next_try_at=AT_ONCE)
    [line] = lines(run("grades", "pending"))
    assert line.startswith(f"{delivery}  ")
    assert line.endswith("  final  waiting, tried 0 times  decided 2026-11-24 03:00 UTC  due now")
    with book.db.write() as session:
        row = session.get_one(GradeDelivery, delivery)
        row.outcome, row.answer, row.http_status, row.tries, row.next_try_at = "stopped", "locked", 409, 2, None
    assert lines(run("grades", "pending")) == []
    [line] = lines(run("grades", "failed"))
    assert line.endswith("  final  stopped, tried 2 times  locked 409  decided 2026-11-24 03:00 UTC")
    with book.db.write() as session:
        row = session.get_one(GradeDelivery, delivery)
        row.outcome, row.next_try_at = "later", NOW + timedelta(minutes=5)
    [line] = lines(run("grades", "pending"))
    assert line.endswith("  next 2026-11-24 03:05 UTC")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DIKLAT_PUBLIC_URL", "http://diklat.example.id", "DIKLAT_PUBLIC_URL must be https://"),
        ("DIKLAT_DATABASE_URL", "mysql://x/y", "DIKLAT_DATABASE_URL must begin with sqlite://"),
        ("DIKLAT_WINDOWDAYS", "15", "DIKLAT_WINDOWDAYS is unknown"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(run, monkeypatch, name: str, value: str, said: str) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv(name, value)
    result = run("platform", "list")
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_database_that_is_not_there_is_one_line(run, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DIKLAT_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nothing")
    said = failed(run("platform", "list"))
    assert said.startswith("Error: The database does not answer.")
    assert "secret" not in said
    assert run("demo", "--check").exit_code == 1


def test_several_web_processes_do_not_each_run_the_worker(run, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DIKLAT_EMBEDDED_WORKER", "true")
    result = run("serve", "--workers", "2")
    assert result.exit_code == 2
    assert "DIKLAT_EMBEDDED_WORKER=false" in result.stderr


def test_the_first_process_makes_the_key_to_sign_with(run, db: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DIKLAT_EMBEDDED_WORKER", "true")
    run("serve", "--workers", "2")
    with db.read() as session:
        assert session.scalars(select(SigningKey)).one().private_key
        assert session.scalars(select(Platform)).all() == []


def test_a_mistake_of_our_own_is_not_dressed_up_as_the_operators() -> None:
    with pytest.raises(ZeroDivisionError):
        spoken(lambda: 1 / 0)()
