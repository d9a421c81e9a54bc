"""`diklat-lti platform`: the LMSs that may launch the tool."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken

if TYPE_CHECKING:
    from diklat_lti.lti import platforms
    from diklat_lti.lti.registration import invites

SPAN = re.compile(r"(\d{1,4})([hd])")
identity = click.argument("platform_id", type=int, metavar="ID")


@click.group(cls=InOrder)
def platform() -> None:
    """The LMSs that may launch the tool.

    A Moodle gets to know the tool by `invite`, whose address its administrator pastes. Where that is not possible, `add`
    takes the values that its form shows.
    """


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
    """Prints a one-time address to paste into the LMS.

    In Moodle: Site administration, Plugins, External tool, Manage tools. Paste it as Tool URL, press Add LTI Advantage, on
    the page that comes Connect, then Activate. Whoever has the address can register an LMS, once: send it as you would
    send a password.

    \b
    Example:
      diklat-lti platform invite --name "LMS Bandung" --expires 12h
    """
    from diklat_lti.lti.registration import invites

    with opened() as (chosen, db, now):
        with db.write() as session:
            token = invites.invite(session, name, centre_id, expires, now)
        click.echo(f"{chosen.public_url}/lti/register?invite={token}")


@platform.command("invites")
@as_json
@spoken
def platform_invites(as_json: bool) -> None:
    """Invites: open, used, revoked or over. Their addresses are not kept.

    \b
    Example:
      diklat-lti platform invites
    """
    from diklat_lti.lti.registration import invites

    with opened() as (_chosen, db, now), db.read() as session:
        show(invites.every(session, now), as_json, _invite_line)


def _invite_line(row: "invites.InviteLine") -> str:
    made = f"  platform {row.platform_id}" if row.platform_id is not None else ""
    until = f"  until {row.expires_at:%Y-%m-%d %H:%M} UTC" if row.state == "open" else ""
    return f"{row.id}  {row.name or '-'}  {row.state}{until}{made}"


@platform.command("revoke-invite")
@click.argument("invite_id", type=int, metavar="ID")
@spoken
def platform_revoke_invite(invite_id: int) -> None:
    """Closes the address of an invite. What was registered by it stays.

    Nobody can register by it any more; where somebody has, the page that shows it is gone, too.

    \b
    Example:
      diklat-lti platform revoke-invite 3
    """
    from diklat_lti.lti.registration import invites

    with opened() as (_chosen, db, now), db.write() as session:
        invites.revoke(session, invite_id, now)


@platform.command("add")
@click.option("--issuer", required=True, help="Platform ID: in Moodle, its own address.")
@click.option("--client-id", required=True, help="Client ID.")
@click.option("--auth-login-url", required=True, help="Authentication request URL.")
@click.option("--token-url", required=True, help="Access token URL.")
@click.option("--jwks-url", required=True, help="Public keyset URL.")
@click.option("--deployment-id", required=True, help="Deployment ID.")
@click.option("--name", help="What people call this LMS.")
@click.option("--centre", "centre_id", type=int, help="The centre it will belong to.")
@spoken
def platform_add(deployment_id: str, name: str | None, centre_id: int | None, **addresses: str) -> None:
    """Registers an LMS by hand, with the values that its form shows.

    In Moodle they stand behind the magnifying glass on the tool's card. The tool's own values: /lti/config. Each address
    is tried, and what answered is said; only one that is no address, or may not be called, is refused.

    \b
    Example:
      diklat-lti platform add --issuer https://lms.example.id --client-id 8uYt \\
        --auth-login-url https://lms.example.id/mod/lti/auth.php \\
        --token-url https://lms.example.id/mod/lti/token.php \\
        --jwks-url https://lms.example.id/mod/lti/certs.php --deployment-id 3
    """
    from diklat_lti.lti import platforms

    with opened() as (chosen, db, now):
        endpoints = platforms.Endpoints(**addresses)
        seen = platforms.try_addresses(chosen, endpoints)
        with db.write() as session:
            found = platforms.add(session, chosen, endpoints, deployment_id, name, centre_id, now)
            click.echo(f"Platform {found.platform_id} is registered.")
        for tried in seen:
            click.echo(f"{tried.address}  {tried.said}", err=True)


@platform.command("list")
@as_json
@spoken
def platform_list(as_json: bool) -> None:
    """Platforms with their registrations and deployments.

    \b
    Example:
      diklat-lti platform list
    """
    from diklat_lti.lti import platforms

    with opened() as (_chosen, db, _now), db.read() as session:
        show(platforms.every(session), as_json, _platform_line)


def _platform_line(row: "platforms.PlatformLine") -> str:
    where = ", ".join(f"{deployment_id} {state}" for deployment_id, state in row.deployments)
    off = "  disabled" if row.disabled else ""
    return f"{row.platform_id}  {row.name}  {row.issuer}  client {row.client_id}  deployments: {where or 'none'}{off}"


@platform.command("admit")
@identity
@click.argument("deployment_id", metavar="DEPLOYMENT")
@spoken
def platform_admit(platform_id: int, deployment_id: str) -> None:
    """Lets in a deployment that a launch has shown first.

    \b
    Example:
      diklat-lti platform admit 1 4
    """
    from diklat_lti.lti import platforms

    with opened() as (_chosen, db, now), db.write() as session:
        platforms.admit(session, platform_id, deployment_id, now)


@platform.command("disable")
@identity
@spoken
def platform_disable(platform_id: int) -> None:
    """Refuses every launch from it; its grades wait.

    \b
    Example:
      diklat-lti platform disable 1
    """
    _set_disabled(platform_id, True)


@platform.command("enable")
@identity
@spoken
def platform_enable(platform_id: int) -> None:
    """Lets it in again.

    \b
    Example:
      diklat-lti platform enable 1
    """
    _set_disabled(platform_id, False)


def _set_disabled(platform_id: int, disabled: bool) -> None:
    from diklat_lti.lti import platforms

    with opened() as (_chosen, db, now), db.write() as session:
        platforms.set_disabled(session, platform_id, disabled, now)
