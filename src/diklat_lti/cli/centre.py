"""`diklat-lti centre`: the training centres that share this installation."""

import click
from sqlalchemy import select

from diklat_lti.cli.speaking import as_json, opened, show, spoken
from diklat_lti.models import Centre


@click.group()
def centre() -> None:
    """The training centres that share this installation."""


@centre.command("list")
@as_json
@spoken
def centre_list(as_json: bool) -> None:
    """Centres with their numbers."""
    with opened() as (_chosen, db, _now), db.read() as session:
        rows = [{"id": id_, "name": name} for id_, name in session.execute(select(Centre.id, Centre.name))]
        show(rows, as_json, lambda row: f"{row['id']}  {row['name']}")


@centre.command("add")
@click.argument("name")
@spoken
def centre_add(name: str) -> None:
    """A new centre; the first LMS makes one by itself if there is none."""
    with opened() as (_chosen, db, now), db.write() as session:
        made = Centre(name=name, created_at=now)
        session.add(made)
        session.flush()
        click.echo(f"Centre {made.id} is made.")
