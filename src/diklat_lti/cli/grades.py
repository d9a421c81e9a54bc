"""`diklat-lti grades`: what has not reached the gradebooks yet, and why."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken

if TYPE_CHECKING:
    from diklat_lti.gradebook import outbox


@click.group(cls=InOrder)
def grades() -> None:
    """What has not reached the gradebooks yet, and why.

    Grades go by themselves. These commands are for when something is in the way.
    """


def _grade_line(row: "outbox.Undelivered") -> str:
    """Whose, what it is, how it went so far, and when it goes on."""
    tried = f"{row.outcome}, tried {row.tries} times"
    why = " ".join(str(word) for word in (row.reason, row.http_status) if word)
    decided, again = f"decided {row.decided_at:%Y-%m-%d %H:%M} UTC", _when(row.next_try_at)
    words = (
        row.delivery_id,
        row.platform,
        row.cohort,
        row.help_code,
        row.module_key or "final",
        tried,
        why,
        decided,
        again,
    )
    return "  ".join(str(word) for word in words if word)


def _when(next_try_at: datetime | None) -> str:
    """A grade that was never tried is due since ever."""
    if next_try_at is None:
        return ""
    return f"next {next_try_at:%Y-%m-%d %H:%M} UTC" if next_try_at.year > 1970 else "due now"


@grades.command("pending")
@as_json
@spoken
def grades_pending(as_json: bool) -> None:
    """What goes by itself: waiting, or to be tried again.

    \b
    Example:
      diklat-lti grades pending
    """
    from diklat_lti.gradebook import outbox

    with opened() as (_chosen, db, _now), db.read() as session:
        show(outbox.pending(session), as_json, _grade_line)


@grades.command("failed")
@as_json
@spoken
def grades_failed(as_json: bool) -> None:
    """What waits for a person, with the reason.

    \b
    Example:
      diklat-lti grades failed --json
    """
    from diklat_lti.gradebook import outbox

    with opened() as (_chosen, db, _now), db.read() as session:
        show(outbox.failed(session), as_json, _grade_line)


@grades.command("retry")
@spoken
def grades_retry() -> None:
    """Makes all that waits for a person due at once.

    For when the reason is mended, such as an activity whose grade is unlocked again. A worker must run.

    \b
    Example:
      diklat-lti grades retry
    """
    from diklat_lti.gradebook import outbox

    with opened() as (_chosen, db, now), db.write() as session:
        click.echo(f"{outbox.retry(session, None, now)} grades will be sent again.")
