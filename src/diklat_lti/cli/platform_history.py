"""`diklat-lti platform move|join`: an LMS that changed its name, or forgot the tool and was given it again."""

import click

from diklat_lti.cli.platform import identity
from diklat_lti.cli.speaking import opened, spoken


@click.command("move")
@identity
@click.option("--issuer", required=True, help="Platform ID as it is now: in Moodle, its own address.")
@spoken
def platform_move(platform_id: int, issuer: str) -> None:
    """For an LMS that changed its address. People, courses, runs and grades go on.

    The addresses of the LMS that the tool knows get the new name: sign-in, tokens, keys, gradebook, roster. Nothing has to
    be registered again.

    \b
    Example:
      diklat-lti platform move 1 --issuer https://belajar.example.id
    """
    from diklat_lti.lti import moving

    with opened() as (chosen, db, now), db.write() as session:
        done = moving.move(session, chosen, platform_id, issuer, None, now)
        click.echo(
            f"Platform {platform_id} was at {done.old_issuer} and is at {issuer}. Addresses changed: {done.addresses}."
        )


@click.command("join")
@click.argument("new_id", type=int, metavar="NEW")
@click.argument("old_id", type=int, metavar="OLD")
@click.option("--other-site", is_flag=True, help="Though the two have different addresses.")
@spoken
def platform_join(new_id: int, old_id: int, other_site: bool) -> None:
    """For a tool that was deleted in the LMS and added again: NEW goes on with the history of OLD.

    The clients of NEW become clients of OLD, people and courses that both know become one, learners keep their runs and
    grades. The old client is switched off; both stand below OLD in the list then. This cannot be taken back.

    \b
    Example:
      diklat-lti platform join 2 1
    """
    from diklat_lti.lti import joining

    with opened() as (_chosen, db, now), db.write() as session:
        done = joining.join(session, new_id, old_id, None, now, other_site)
        click.echo(
            f"Platform {new_id} goes on with the history of platform {old_id}. "
            f"People known before: {done.people.known}, new: {done.people.new}. "
            f"Courses known before: {done.courses.known}, new: {done.courses.new}."
        )
