"""`diklat-lti platform`: the LMSs that may launch the tool."""

import re
from datetime import timedelta

import click

from diklat_lti.cli.speaking import as_json, opened, show, spoken
from diklat_lti.lti import invites, platforms

SPAN = re.compile(r"(\d{1,4})([hd])")


@click.group()
def platform() -> None:
    """The LMSs that may launch the tool."""


def _span(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    match = SPAN.fullmatch(text)
    if match is None:
        raise click.BadParameter("write hours or days, such as 12h or 7d")
    return timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})


@platform.command("invite")
@click.option("--name", help="What people call this LMS.")
@click.option("--expires", default="7d", show_default=True, callback=_span, help="Hours or days: 12h, 7d.")
@click.option("--centre", "centre_id", type=int, help="The centre it will belong to.")
@spoken
def platform_invite(name: str | None, expires: timedelta, centre_id: int | None) -> None:
    """A one-time registration URL to paste into the LMS (Moodle: Manage tools, Tool URL, Add LTI Advantage)."""
    with opened() as (chosen, db, now):
        with db.write() as session:
            token = invites.invite(session, name, centre_id, expires, now)
        click.echo(f"{chosen.public_url}/lti/register?invite={token}")


@platform.command("add")
@click.option("--issuer", required=True)
@click.option("--client-id", required=True)
@click.option("--auth-login-url", required=True)
@click.option("--token-url", required=True)
@click.option("--jwks-url", required=True)
@click.option("--deployment-id", required=True)
@click.option("--name", help="What people call this LMS.")
@click.option("--centre", "centre_id", type=int)
@spoken
def platform_add(deployment_id: str, name: str | None, centre_id: int | None, **addresses: str) -> None:
    """Registers an LMS by hand, with the values that its form shows. The tool's own values: /lti/config."""
    with opened() as (chosen, db, now), db.write() as session:
        found = platforms.add(session, chosen, platforms.Endpoints(**addresses), deployment_id, name, centre_id, now)
        click.echo(f"Platform {found.platform_id} is registered.")


@platform.command("list")
@as_json
@spoken
def platform_list(as_json: bool) -> None:
    """Platforms with their registrations and deployments."""
    with opened() as (_chosen, db, _now), db.read() as session:
        show(platforms.every(session), as_json, _platform_line)


def _platform_line(row: platforms.PlatformLine) -> str:
    where = ", ".join(f"{deployment_id} {state}" for deployment_id, state in row.deployments)
    off = "  disabled" if row.disabled else ""
    return f"{row.platform_id}  {row.name}  {row.issuer}  client {row.client_id}  deployments: {where or 'none'}{off}"


@platform.command("disable")
@click.argument("platform_id", type=int, metavar="ID")
@spoken
def platform_disable(platform_id: int) -> None:
    """Refuses every launch from it; its grades wait."""
    with opened() as (_chosen, db, now), db.write() as session:
        platforms.set_disabled(session, platform_id, True, now)


@platform.command("enable")
@click.argument("platform_id", type=int, metavar="ID")
@spoken
def platform_enable(platform_id: int) -> None:
    """Lets it in again."""
    with opened() as (_chosen, db, now), db.write() as session:
        platforms.set_disabled(session, platform_id, False, now)


@platform.command("admit")
@click.argument("platform_id", type=int, metavar="ID")
@click.argument("deployment_id", metavar="DEPLOYMENT")
@spoken
def platform_admit(platform_id: int, deployment_id: str) -> None:
    """Lets in a deployment that a launch has shown first."""
    with opened() as (_chosen, db, now), db.write() as session:
        platforms.admit(session, platform_id, deployment_id, now)
