"""`diklat-lti doctor`: each link of the chain to each LMS, whether it holds, and what mends it."""

from typing import TYPE_CHECKING, Any

import click

from diklat_lti.cli.speaking import Spoken, as_json, opened, show, spoken
from diklat_lti.errors import Kind, Problem, say

if TYPE_CHECKING:
    from datetime import datetime

    from diklat_lti.database import Database
    from diklat_lti.lti.doctor.reading import Line
    from diklat_lti.settings import Settings


@click.command()
@click.option("--platform", "platform_id", type=int, metavar="ID", help="Only this LMS; else all.")
@click.option("--write", is_flag=True, help="Also make a column in a gradebook and delete it at once.")
@as_json
@spoken
def doctor(platform_id: int | None, write: bool, as_json: bool) -> None:
    """Looks at every link of the chain to each LMS.

    Settings, database, files, address and certificate; then for each LMS the way there, its answers, clock and keys, whether
    it knows the tool, each permission, gradebook columns, participants, names, picker, launches and grades. Beside each link that
    is not green stands what mends it. What lies behind a red link is grey. Half a minute at most for each LMS. Exit 0
    if nothing is red, else 1.

    \b
    Example:
      diklat-lti doctor
      diklat-lti doctor --platform 1 --json
    """
    with opened() as (chosen, db, now):
        rows = _look(db, chosen, platform_id, write, now)
    show(rows, as_json, _line)
    if red := sum(row["light"] == "red" for row in rows):
        raise Spoken(
            Problem(
                Kind.CONFLICT, "red", say("Red: %(count)s.", count=red), say("What mends it stands beside each link.")
            )
        )


def _look(
    db: "Database", chosen: "Settings", platform_id: int | None, write: bool, now: "datetime"
) -> list[dict[str, Any]]:
    from diklat_lti.lti.doctor import checkup, reading

    own = checkup.of_service(db, chosen, now)
    rows = [_row(line, None) for line in reading.lines(own, now) if line.link.own]
    if own["database"].reason != "migrated":
        return rows
    for one in _platforms(db, platform_id):
        found = own | checkup.of_platform(db, chosen, one, own, now, write)
        rows += [_row(line, one) for line in reading.lines(found, now) if not line.link.own]
    return rows


def _platforms(db: "Database", platform_id: int | None) -> list[int]:
    """Those that are in use, or the one that was named."""
    from diklat_lti.lti import platforms

    with db.read() as session:
        known = platforms.every(session)
    if platform_id is None:
        return sorted({one.platform_id for one in known if not one.disabled})
    if all(one.platform_id != platform_id for one in known):
        raise Problem(
            Kind.NOT_FOUND,
            "no_such_platform",
            say("There is no platform %(id)s.", id=platform_id),
            say("See diklat-lti platform list."),
        )
    return [platform_id]


def _row(line: "Line", platform_id: int | None) -> dict[str, Any]:
    said = f"{line.sentence} ({line.because} comes first.)" if line.because else str(line.sentence)
    return {
        "platform": platform_id,
        "link": line.name,
        "light": line.light,
        "reason": line.found.reason if line.found and not line.because else None,
        "sentence": said,
        "mends": str(line.advice) if line.advice and line.light != "green" else None,
        "data": line.found.data if line.found else {},
    }


def _line(row: dict[str, Any]) -> str:
    where = f"platform {row['platform']}" if row["platform"] else "the tool"
    mends = f"\n       -> {row['mends']}" if row["mends"] else ""
    return f"{row['light']:6} {where}  {row['link']}: {row['sentence']}{mends}"
