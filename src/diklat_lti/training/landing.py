"""Receives an arrival: who came is recognised, led to a first page, and the launch is stored with its browser's session.

This is the hot path: one look at everything that is known, then only the inserts that are missing (architecture.md).
Its statements are built once and run on the connection: to build one anew costs five times as much as to run it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from diklat_lti.models.people import Launch
from diklat_lti.training import first_page, launch_session, recognition
from diklat_lti.training.arrival import Arrival, ArrivedBrowser
from diklat_lti.training.recognition import Known

UNKNOWN_BROWSER = ArrivedBrowser()


@dataclass(frozen=True)
class Landing:
    """The first page after a launch, and the launch's row."""

    path: str
    launch_id: int


def arrive(
    connection: Connection,
    arrival: Arrival,
    real_now: datetime,
    now: datetime,
    browser: ArrivedBrowser = UNKNOWN_BROWSER,
) -> Landing:
    """`real_now` is the protocol's clock (how long the launch is good for), `now` the training's (when somebody enrolled).

    May raise IntegrityError where two launches make the same row at once: run it through `Database.write_again`.
    """
    known = recognition.recognise(connection, arrival, browser, real_now, now)
    path, ends = first_page.lead(connection, arrival, known, now)
    expires_at = real_now + launch_session.lifetime(arrival, ends, now)
    session_id = launch_session.joined(connection, browser, known, real_now, expires_at)
    values = _launch_values(arrival, browser.family, known, path, session_id, real_now, expires_at)
    launch_id = connection.execute(_NEW_LAUNCH, values).scalar_one()
    if "{launch}" in path:
        path = path.format(launch=launch_id)
        connection.execute(update(Launch).where(Launch.id == launch_id).values(led_to=path))
    return Landing(path, launch_id)


def _launch_values(
    arrival: Arrival,
    family: str | None,
    known: Known,
    path: str,
    session_id: int | None,
    real_now: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    wish = arrival.deep_linking
    roles = [word for word, is_it in (("instructor", arrival.is_instructor), ("learner", arrival.is_learner)) if is_it]
    return {
        "ticket_id": arrival.ticket_id,
        "session_id": session_id,
        "person_id": known.person_id,
        "deployment_id": arrival.deployment_row,
        "course_id": known.course_id,
        "placement_id": known.placement_id,
        "message_type": arrival.message_type,
        "roles": " ".join(roles) or "none",
        "framed": arrival.framed,
        "bounce": arrival.bounce,
        "browser_family": family,
        "locale": arrival.locale,
        "return_url": arrival.return_url,
        "deep_linking": wish.as_json() if wish else None,
        "led_to": path,
        "at": real_now,
        "expires_at": expires_at,
    }


_NEW_LAUNCH = insert(Launch).returning(Launch.id)
