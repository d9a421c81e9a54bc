"""The revisions make the same tables as the models, on each engine, and run once however many processes start."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from diklat_lti import migrations
from diklat_lti.database import Database, make_engines
from diklat_lti.models import Centre


def test_models_and_migrations_agree(db: Database) -> None:
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Centre.metadata) == []


def test_the_names_of_keys_and_constraints_are_those_of_the_models(db: Database, empty_url: str) -> None:
    engine, _ = make_engines(empty_url)
    Centre.metadata.create_all(engine)
    assert names(engine) == names(db.engine)
    engine.dispose()


def names(engine: Engine) -> dict[str, Any]:
    look = inspect(engine)
    return {
        table: sorted(
            str(constraint["name"])
            for constraint in (
                *look.get_foreign_keys(table),
                *look.get_unique_constraints(table),
                *look.get_check_constraints(table),
                *look.get_indexes(table),
                look.get_pk_constraint(table),
            )
        )
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def test_a_database_says_its_revision_before_and_after(empty_url: str) -> None:
    assert migrations.current(empty_url) is None
    migrations.upgrade(empty_url)
    assert migrations.current(empty_url) == migrations.head() is not None


def test_four_that_migrate_at_once_all_succeed(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrations.upgrade, [empty_url] * 4))
    assert migrations.current(empty_url) == migrations.head()


def test_foreign_keys_hold_again_after_a_migration(empty_url: str) -> None:
    _, engine = make_engines(empty_url, connections=1)
    migrations.upgrade(engine)
    with pytest.raises(Exception, match=r"(?i)foreign key"), engine.begin() as connection:
        connection.execute(text("INSERT INTO waves (centre_id, label) VALUES (77, 'nobody')"))
    engine.dispose()


def test_a_migration_refuses_to_leave_a_row_without_its_parent(tmp_path: Any) -> None:
    file = tmp_path / "old.db"
    migrations.upgrade(f"sqlite:///{file}")
    with sqlite3.connect(file) as raw:
        raw.execute("INSERT INTO waves (centre_id, label) VALUES (77, 'nobody')")
    raw.close()
    with pytest.raises(RuntimeError, match="a row of waves without its centres"):
        migrations.upgrade(f"sqlite:///{file}")
