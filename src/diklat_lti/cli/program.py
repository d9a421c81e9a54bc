"""`diklat-lti program`: program folders, checked, published as immutable versions, listed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken
from diklat_lti.errors import Kind, Problem, say

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from diklat_lti.content.folder import Checked


@click.group(cls=InOrder)
def program() -> None:
    """Program folders: checked, published as versions, listed.

    A program is a folder of Markdown and quiz files. What is published never changes; a new import makes a new version.
    """


folder = click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
of_centre = click.option("--centre", "centre_id", type=int, help="By default the first one.")


def _centre(session: "Session", centre_id: int | None) -> int:
    from sqlalchemy import select

    from diklat_lti.models import Centre

    first = select(Centre.id).order_by(Centre.id).limit(1)
    found = session.scalar(first if centre_id is None else first.where(Centre.id == centre_id))
    if found is None:
        raise Problem(
            Kind.NOT_FOUND,
            "no_centre",
            say("There is no such centre."),
            say("Connect an LMS first (diklat-lti platform invite), or: diklat-lti centre add NAME"),
        )
    return found


def _tell(checked: "Checked") -> None:
    """All mistakes at once: file, line, what is wrong, how to mend it."""
    for mistake in checked.mistakes:
        click.echo(f"{mistake.file}:{mistake.line}: {mistake.what} {mistake.mend}", err=True)
    if checked.mistakes:
        raise SystemExit(1)


@program.command("check")
@folder
@spoken
def program_check(folder: Path) -> None:
    """Says everything that is wrong with a program folder.

    A line for each mistake: file, line, what is wrong, how to mend it. Needs no database.

    \b
    Example:
      diklat-lti program check programs/p2k2
    """
    from diklat_lti.content.folder import check

    checked = check(folder)
    _tell(checked)
    assert checked.program is not None
    click.echo(f"{checked.program.outline.title}: {len(checked.program.outline.lessons)} lessons, no mistakes.")


@program.command("import")
@folder
@of_centre
@spoken
def program_import(folder: Path, centre_id: int | None) -> None:
    """Publishes a program folder as a new version.

    The same folder twice makes no second one. Teachers then find it in Moodle under Select content.

    \b
    Example:
      diklat-lti program import programs/p2k2
    """
    from diklat_lti.content import publish

    with opened() as (chosen, db, now), db.write() as session:
        centre_id = _centre(session, centre_id)
        checked = publish.check(session, centre_id, folder)
        _tell(checked)
        assert checked.program is not None
        version = publish.publish(session, centre_id, checked.program, chosen.storage_folder, None, now)
        click.echo(f"{version.title}: version {version.number} is published.")


@program.command("list")
@of_centre
@as_json
@spoken
def program_list(centre_id: int | None, as_json: bool) -> None:
    """Published versions, the newest of each program first.

    \b
    Example:
      diklat-lti program list
    """
    from diklat_lti.content import publish

    with opened() as (_chosen, db, _now), db.read() as session:
        rows = [
            {"program": v.outline["key"], "version": v.number, "title": v.title, "published_at": v.published_at}
            for v in publish.versions(session, _centre(session, centre_id))
        ]
        show(
            rows,
            as_json,
            lambda r: f"{r['program']}  version {r['version']}  {r['title']}  {r['published_at']:%Y-%m-%d}",
        )
