"""Settings are read from the environment; a wrong one is named, with what it must be."""

from pathlib import Path
from typing import Any

import pytest

from diklat_lti import settings
from diklat_lti.errors import Problem
from diklat_lti.settings import Settings

LONG = "k" * 32


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_without_any_setting_everything_lies_in_one_folder_and_the_worker_runs_along() -> None:
    found = settings.load()
    assert (found.is_sqlite, found.runs_worker, found.storage_folder) == (True, True, Path("./var/files"))


def test_a_dotenv_file_counts_and_the_environment_counts_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DIKLAT_PUBLIC_URL=https://one.example.id\nDIKLAT_LOG_FORMAT=json\n")
    monkeypatch.setenv("DIKLAT_PUBLIC_URL", "https://two.example.id/")
    found = settings.load()
    assert (found.public_url, found.logs_json) == ("https://two.example.id", True)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PUBLIC_URL", "http://diklat.example.id", "must be https"),
        ("PUBLIC_URL", "diklat", "must be https"),
        ("PUBLIC_URL", "https://diklat.example.id/tool", "must be an origin without a path"),
        ("DATABASE_URL", "nonsense", "is not a database URL"),
        ("DATABASE_URL", "mysql://localhost/diklat", "must begin with sqlite:// or postgresql"),
        ("STORAGE_URL", "s3://bucket", "must begin with file:"),
        ("EMBEDDED_WORKER", "perhaps", "boolean"),
        ("WINDOW_DAYS", "15", "is unknown"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_must_be(
    name: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DIKLAT_{name}", value)
    with pytest.raises(Problem, match=f"DIKLAT_{name} .*{why}") as problem:
        settings.load()
    assert problem.value.reason == "wrong_setting"


def test_plain_http_is_enough_on_this_machine_only() -> None:
    assert made(public_url="http://127.0.0.1:9000/").public_url == "http://127.0.0.1:9000"


def test_origins_are_separated_by_spaces() -> None:
    assert made(frame_ancestors="https://a.id  https://b.id").frame_ancestors == ("https://a.id", "https://b.id")
    assert made(former_urls="https://a.id/ https://b.id").former_urls == ("https://a.id", "https://b.id")
    for wrong in ("http://a.id", "https://a.id/path", "a.id"):
        with pytest.raises(ValueError, match="must be"):
            made(former_urls=wrong)


def test_the_worker_runs_along_where_it_is_told_or_where_the_database_is_a_file() -> None:
    server = "postgresql+psycopg://localhost/diklat"
    assert [
        made().runs_worker,
        made(embedded_worker=False).runs_worker,
        made(database_url=server).runs_worker,
        made(database_url=server, embedded_worker=True).runs_worker,
    ] == [True, False, False, True]


def test_a_key_is_made_once_beside_the_file_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/diklat.db"
    first, second = made(database_url=url), made(database_url=url)
    assert first.secret_keys == second.secret_keys
    assert len(first.secret_keys[0]) >= 32
    assert (tmp_path / "new" / "diklat.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["diklat.key"]


def test_two_that_make_the_key_at_once_end_with_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "diklat.key"

    def link_after_the_other(draft: Path, goal: Path) -> None:
        file.write_text("the other process's key\n")
        raise FileExistsError(goal)

    monkeypatch.setattr("os.link", link_after_the_other)
    assert settings.kept_secret(file) == "the other process's key"


def test_several_keys_stand_newest_first() -> None:
    assert made(secret_key=f"{LONG}new, {LONG}old,").secret_keys == (f"{LONG}new", f"{LONG}old")


@pytest.mark.parametrize("keys", [LONG[1:], f"{LONG},short", ","])
def test_a_short_key_is_refused(keys: str) -> None:
    with pytest.raises(Problem, match="at least 32 characters"):
        _ = made(secret_key=keys).secret_keys


def test_postgresql_needs_a_key_of_its_own() -> None:
    with pytest.raises(Problem, match="DIKLAT_SECRET_KEY is required with PostgreSQL"):
        _ = made(database_url="postgresql+psycopg://localhost/diklat").secret_keys
