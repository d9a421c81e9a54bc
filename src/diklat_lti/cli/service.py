"""The commands that run the service: serve, worker, migrate, demo."""

from datetime import datetime
from pathlib import Path

import click

from diklat_lti import logs, migrations
from diklat_lti.cli.speaking import opened, spoken
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import keys, platforms
from diklat_lti.settings import Settings
from diklat_lti.training import regions


@click.command()
@click.option("--check", is_flag=True, help="Walk the whole journey without a browser; a line per step, exit 0 or 1.")
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo stored.")
@click.option("--port", default=8000, show_default=True, help="Of the tool, on localhost.")
@click.option("--lms-port", default=8001, show_default=True, help="Of the demo LMS, on 127.0.0.1.")
@spoken
def demo(check: bool, fresh: bool, port: int, lms_port: int) -> None:
    """The whole thing on this machine: the tool, its worker and a small LMS that behaves as Moodle does."""
    from diklat_lti.demo import journey, runner

    if check:
        raise SystemExit(journey.walk(click.echo))
    runner.run(Path("var/demo"), port, lms_port, fresh, click.echo)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes.")
@spoken
def serve(host: str, port: int, workers: int) -> None:
    """The web service. With SQLite it runs the background work, too."""
    import uvicorn

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


@click.command()
@spoken
def worker() -> None:
    """Background work: grade delivery and what falls due. As many as wanted."""
    from diklat_lti.worker import run_until_told

    with opened() as (chosen, db, now):
        _ready(chosen, db, now)
        logs.set_up(chosen.logs_json)
        run_until_told(db, chosen, Clock())


@click.command()
@spoken
def migrate() -> None:
    """Brings the database to the newest revision."""
    with opened() as (_chosen, db, _now):
        migrations.upgrade(db.engine)
        with db.write() as session:
            regions.load_shipped(session)
    click.echo(f"The database is at revision {migrations.head()}.")
