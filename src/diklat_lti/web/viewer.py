"""Who is looking: the person behind a session, the launches that brought them, their language, who may frame them."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Row, bindparam, select

from diklat_lti.database import Reading
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models import (
    BrowserSession,
    Cohort,
    Deployment,
    Enrolment,
    Launch,
    Person,
    Placement,
    Platform,
    Registration,
)
from diklat_lti.web import cookies, language
from diklat_lti.web.errors import Signpost

MOST_LAUNCHES = 30
"""The newest of a session; older ones into the same course add nothing."""


@dataclass(frozen=True)
class Entry:
    """One launch that is still good, as pages need it."""

    launch_id: int
    ticket_id: str
    course_id: int | None
    placement_id: int | None
    deployment_id: int
    message_type: str
    roles: frozenset[str]
    framed: bool
    locale: str | None
    return_url: str | None


@dataclass
class Viewer:
    """A session with at least one good launch. `current` is the newest, until a page says which course it is of."""

    session_id: int
    name_hash: str
    expires_at: datetime
    person_id: int
    name: str | None
    platform_id: int | None
    language: str
    entries: list[Entry]
    current: Entry
    origins: tuple[str, ...]
    """Of the platform: issuer, authorisation, return addresses. Only these may frame this person's pages."""

    def enter(self, session: Reading, course_id: int) -> Entry:
        """The newest launch into this course; from here on the page's way back leads there."""
        entry = self.find(session, course_id)
        if entry is None:
            raise open_from_course(way_in(session, Placement.course_id == course_id))
        self.current = entry
        return entry

    def find(self, session: Reading, course_id: int) -> Entry | None:
        """Into this course, or from a copied course whose link goes on with a run of this one."""
        if entry := next((entry for entry in self.entries if entry.course_id == course_id), None):
            return entry
        placed = [entry.placement_id for entry in self.entries if entry.placement_id is not None]
        runs = select(Placement.id).join(Cohort, Cohort.id == Placement.cohort_id)
        found = set(session.scalars(runs.where(Placement.id.in_(placed), Cohort.course_id == course_id)))
        return next((entry for entry in self.entries if entry.placement_id in found), None)

    @property
    def return_url(self) -> str | None:
        return self.current.return_url

    @property
    def framed(self) -> bool:
        return self.current.framed


_LOOK = (
    select(
        BrowserSession.id.label("session_id"),
        BrowserSession.name_hash,
        BrowserSession.expires_at.label("session_ends"),
        BrowserSession.locale.label("chosen_here"),
        Person.id.label("person_id"),
        Person.name.label("person_name"),
        Person.platform_id,
        Person.locale.label("chosen_before"),
        Launch.id.label("launch_id"),
        Launch.ticket_id,
        Launch.course_id,
        Launch.placement_id,
        Launch.deployment_id,
        Launch.message_type,
        Launch.roles,
        Launch.framed,
        Launch.locale,
        Launch.return_url,
        Registration.issuer,
        Registration.auth_login_url,
    )
    .join(Person, Person.id == BrowserSession.person_id)
    .join(Launch, Launch.session_id == BrowserSession.id)
    .join(Deployment, Deployment.id == Launch.deployment_id)
    .join(Registration, Registration.id == Deployment.registration_id)
    .where(
        BrowserSession.name_hash == bindparam("name_hash"),
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > bindparam("now"),
        Launch.expires_at > bindparam("now"),
    )
    .order_by(Launch.id.desc())
    .limit(MOST_LAUNCHES)
)


def look(session: Reading, name: str | None, now: datetime) -> Viewer | None:
    """One statement: this is on the way of every page."""
    if not name:
        return None
    rows = session.execute(_LOOK, {"name_hash": cookies.name_hash(name), "now": now}).all()
    return _viewer(rows) if rows else None


def _viewer(rows: Any) -> Viewer:
    newest, entries = rows[0], [_entry(row) for row in rows]
    addresses = [a for row in rows for a in (row.issuer, row.auth_login_url, row.return_url)]
    return Viewer(
        session_id=newest.session_id,
        name_hash=newest.name_hash,
        expires_at=newest.session_ends,
        person_id=newest.person_id,
        name=newest.person_name,
        platform_id=newest.platform_id,
        language=language.choose([newest.chosen_here, newest.chosen_before], newest.locale),
        entries=entries,
        current=entries[0],
        origins=tuple(dict.fromkeys(origin for a in addresses if (origin := origin_of(a)) is not None)),
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        launch_id=row.launch_id,
        ticket_id=row.ticket_id,
        course_id=row.course_id,
        placement_id=row.placement_id,
        deployment_id=row.deployment_id,
        message_type=row.message_type,
        roles=frozenset(row.roles.split()),
        framed=row.framed,
        locale=row.locale,
        return_url=row.return_url if origin_of(row.return_url) else None,
    )


@lru_cache(maxsize=1000)
def origin_of(address: str | None) -> str | None:
    """`https://lms.example.id:8443` of a web address; None for anything else."""
    parts = urlsplit(address or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c in parts.netloc for c in " ;,'\"@*"):
        return None
    return f"{parts.scheme}://{parts.netloc}"


def open_from_course(address: str | None) -> Problem:
    """An address without a session, or of a course this browser was not sent into."""
    sentence = say("Please open this page from your course.")
    advice = say("The sign-in of this browser has ended, or this is another browser than the one you started in.")
    if address is None:
        return Problem(Kind.UNTRUSTED, "no_session", sentence, advice)
    return Signpost(Kind.UNTRUSTED, "no_session", sentence, advice, address, say("Open from the course"))


def way_in(session: Reading, which: ColumnElement[bool]) -> str | None:
    """Where the LMS opens the activity of such a placement, if the LMS is one whose addresses we know."""
    row = session.execute(
        select(Registration.issuer, Placement.resource_link_id)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .join(Placement, Placement.deployment_id == Deployment.id)
        .join(Platform, Platform.id == Registration.platform_id)
        .where(which, Placement.cohort_id.is_not(None), Platform.product == "moodle")
        .order_by(Placement.module_key.is_not(None), Placement.id)
        .limit(1)
    ).first()
    # Moodle's resource_link id is the number of the activity's own row; mod/lti/view.php takes it as `l`.
    if row is None or not row.resource_link_id.isdigit():
        return None
    return f"{row.issuer.rstrip('/')}/mod/lti/view.php?l={row.resource_link_id}"


def way_to_address(session: Reading, path_params: dict[str, Any]) -> str | None:
    """The same for an address of ours that names an enrolment or a cohort."""
    enrolment_id, cohort_id = (str(path_params.get(name)) for name in ("enrolment", "cohort"))
    if enrolment_id.isdecimal():  # `1.0` is a number, too, for who reads the address, and names no row here
        of_enrolment = select(Enrolment.cohort_id).where(Enrolment.id == int(enrolment_id)).scalar_subquery()
        return way_in(session, Placement.cohort_id == of_enrolment)
    if cohort_id.isdecimal():
        return way_in(session, Placement.cohort_id == int(cohort_id))
    return None
