"""What `serve`, `worker` and `migrate` do. Imported when one of them runs: it brings the whole house with it."""

from datetime import datetime

import click
import uvicorn

from diklat_lti import logs, migrations
from diklat_lti.cli.speaking import opened
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import keys, platforms
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from diklat_lti.worker import run_until_told


def serve(host: str, port: int, workers: int) -> None:
    with opened() as (chosen, db, now):
        _ready(chosen, db, now)
        if workers > 1 and chosen.runs_worker:
            raise Problem(
                Kind.BAD_INPUT,
                "wrong_setting",
                say("Several web processes cannot each run the background work."),
                say("Set DIKLAT_EMBEDDED_WORKER=false and run diklat-lti worker beside them."),
            )
        _hint(db)
    logs.set_up(chosen.logs_json)
    # uvloop by name: with several workers the plain loop makes every kept-alive request wait 40 ms (uvicorn 3149).
    uvicorn.run(
        "diklat_lti.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips=chosen.trusted_proxies,
        server_header=False,
    )


def worker() -> None:
    with opened() as (chosen, db, now):
        _ready(chosen, db, now)
        logs.set_up(chosen.logs_json)
        run_until_told(db, chosen, Clock())


def migrate() -> None:
    with opened() as (_chosen, db, _now):
        migrations.upgrade(db.writer)
        with db.write() as session:
            regions.load_shipped(session)
    click.echo(f"The database is at revision {migrations.head()}.")


def _ready(chosen: Settings, db: Database, now: datetime) -> None:
    """The database is migrated, and there is a key to sign with: made, or missed, before the first visitor."""
    if migrations.current(db.engine) != migrations.head():
        raise Problem(
            Kind.UNAVAILABLE, "not_migrated", say("The database is not migrated."), say("Run: diklat-lti migrate")
        )
    with db.write() as session:
        keys.ensure(session, chosen.secret_keys, now)


def _hint(db: Database) -> None:
    with db.read() as session:
        if not platforms.every(session):
            click.echo("No LMS is connected yet. To connect one: diklat-lti platform invite", err=True)
