"""`diklat-lti centre`: the training centres that share this installation."""

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken


@click.group(cls=InOrder)
def centre() -> None:
    """The training centres that share this installation.

    Programs and platforms belong to a centre, and one centre sees nothing of another. The first LMS makes one by itself;
    more are needed only where several centres share one installation.
    """


@centre.command("add")
@click.argument("name")
@spoken
def centre_add(name: str) -> None:
    """Makes a new centre, and prints its number.

    \b
    Example:
      diklat-lti centre add "BBPPKS Bandung"
    """
    from diklat_lti.models import Centre

    with opened() as (_chosen, db, now), db.write() as session:
        made = Centre(name=name, created_at=now)
        session.add(made)
        session.flush()
        click.echo(f"Centre {made.id} is made.")


@centre.command("list")
@as_json
@spoken
def centre_list(as_json: bool) -> None:
    """Centres with their numbers.

    \b
    Example:
      diklat-lti centre list
    """
    from sqlalchemy import select

    from diklat_lti.models import Centre

    with opened() as (_chosen, db, _now), db.read() as session:
        rows = [{"id": id_, "name": name} for id_, name in session.execute(select(Centre.id, Centre.name))]
        show(rows, as_json, lambda row: f"{row['id']}  {row['name']}")
