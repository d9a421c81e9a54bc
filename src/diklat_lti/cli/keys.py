"""`diklat-lti keys`: the key pairs that the tool signs with."""

from typing import TYPE_CHECKING

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken

if TYPE_CHECKING:
    from diklat_lti.lti import keys as signing


@click.group(cls=InOrder)
def keys() -> None:
    """The key pairs that the tool signs with.

    A worker makes a new one every 90 days by itself: published ten minutes before it signs, the old one published 14
    days more. These commands are for doing so earlier, and for a key that somebody else may have.
    """


@keys.command("list")
@as_json
@spoken
def keys_list(as_json: bool) -> None:
    """All keys, the newest first, with what each is good for.

    \b
    settling   published, and signs soon
    signing    the one in use
    published  no longer used; platforms may still ask for it
    gone       no longer published
    revoked    withdrawn

    \b
    Example:
      diklat-lti keys list
    """
    from diklat_lti.lti import keys as signing

    with opened() as (_chosen, db, now), db.read() as session:
        show(signing.lines(session, now), as_json, _line)


def _line(row: "signing.KeyLine") -> str:
    until = f", published until {row.published_until:%Y-%m-%d %H:%M} UTC" if row.published_until else ""
    return (
        f"{row.kid}  {row.state}  made {row.created_at:%Y-%m-%d}, signs from {row.signs_from:%Y-%m-%d %H:%M} UTC{until}"
    )


@keys.command("rotate")
@spoken
def keys_rotate() -> None:
    """Publishes a new key, which signs from ten minutes later on.

    Nothing has to be done in an LMS: it finds the new key where it found the old one.

    \b
    Example:
      diklat-lti keys rotate
    """
    from diklat_lti.lti import keys as signing

    with opened() as (chosen, db, now), db.write() as session:
        made = signing.rotate(session, chosen.secret_keys, now)
        click.echo(f"{made.kid} is published and signs from {made.used_from:%Y-%m-%d %H:%M} UTC.")


@keys.command("revoke")
@click.argument("kid")
@spoken
def keys_revoke(kid: str) -> None:
    """Withdraws a key at once, because somebody else may have it.

    What it signed is not believed any more by whoever reads the key set anew. Moodle keeps a key that it has read until it
    meets one that it does not know: the next grade brings that about.

    \b
    Example:
      diklat-lti keys revoke Yt3kQ...
    """
    from diklat_lti.lti import keys as signing

    with opened() as (chosen, db, now), db.write() as session:
        used = signing.revoke(session, chosen.secret_keys, kid, now)
        click.echo(f"{kid} is withdrawn. {used.kid} signs now.")
