"""The commands that run the service: demo, migrate, serve, worker."""

from pathlib import Path

import click

from diklat_lti.cli.speaking import spoken


@click.command()
@click.option("--check", is_flag=True, help="Walk the whole journey without a browser; a line per step, exit 0 or 1.")
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo stored.")
@click.option("--port", default=8000, show_default=True, help="Of the tool, on localhost.")
@click.option("--lms-port", default=8001, show_default=True, help="Of the demo LMS, on 127.0.0.1.")
@spoken
def demo(check: bool, fresh: bool, port: int, lms_port: int) -> None:
    """Shows the whole thing on this machine.

    Starts the tool, its worker and a small LMS that behaves as Moodle does, and prints the address to open. Its data lie in
    var/demo; a second start goes on there. Ctrl-C ends it. With --check it walks from registration to gradebook by
    itself, in a temporary folder: that is how to see that an installation works.

    \b
    Example:
      diklat-lti demo
      diklat-lti demo --check
    """
    from diklat_lti.demo import journey, runner

    if check:
        raise SystemExit(journey.walk(click.echo))
    runner.run(Path("var/demo"), port, lms_port, fresh, click.echo)


@click.command()
@spoken
def migrate() -> None:
    """Brings the database to the newest revision.

    The first step of an installation and of every upgrade: it makes the tables or changes them, all or nothing. Run twice,
    or by two machines at once, it does its work once.

    \b
    Example:
      diklat-lti migrate
    """
    from diklat_lti.cli import running

    running.migrate()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, help="Processes.")
@spoken
def serve(host: str, port: int, workers: int) -> None:
    """The web service.

    It speaks plain HTTP; a proxy with a certificate stands in front of it. With SQLite it runs the background work, too;
    otherwise start `diklat-lti worker` beside it. On SIGTERM it answers what has come and ends.

    \b
    Example:
      diklat-lti serve
      diklat-lti serve --port 8001 --workers 2
    """
    from diklat_lti.cli import running

    running.serve(host, port, workers)


@click.command()
@spoken
def worker() -> None:
    """Background work: grade delivery and what falls due.

    As many as wanted, on as many machines as wanted: each row is claimed by one. On SIGTERM it brings the deliveries that
    are under way to their end.

    \b
    Example:
      diklat-lti worker
    """
    from diklat_lti.cli import running

    running.worker()
