"""The launch: ticket, token and claims are judged, in this order, and what is left is an `Arrival`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import claims, known, login, message, platform_keys, refusals, tickets
from diklat_lti.lti.adapter import Token, untrusted
from diklat_lti.lti.known import Known
from diklat_lti.lti.tickets import Ticket
from diklat_lti.models import BrowserSession, Deployment, Launch, SpentTicket
from diklat_lti.settings import Settings
from diklat_lti.training.arrival import Arrival

Result = TypeVar("Result")
Land = Callable[[Connection, Arrival], Result]
"""What receives the arrival, and stores it."""


@dataclass(frozen=True)
class Sender:
    """What a refusal says of the request: no address, no name."""

    user_agent: str | None
    reference: str


class Refused(Problem):
    """A launch that was not let in. `address` and `label` are the button that leads on, where there is one."""

    def __init__(
        self, problem: Problem, platform_id: int | None, address: str | None = None, label: Sentence | None = None
    ) -> None:
        super().__init__(problem.kind, problem.reason, problem.sentence, problem.advice)
        self.platform_id = platform_id
        self.address = address
        self.label = label


def accept(
    db: Database,
    settings: Settings,
    form: Mapping[str, str],
    cookies: Mapping[str, str],
    sender: Sender,
    now: datetime,
    land: Land[Result],
    at_hand: bool,
) -> Result:
    """Who came, from where, through which link, handed to `land`; its ticket is spent in the same transaction.

    Anything that cannot be trusted raises `Refused`, and is recorded. `at_hand`: without asking the platform for its keys,
    or `known.NotAtHand`; nothing is stored then.
    """
    registration: Known | None = None
    try:
        ticket = _ticket(settings, form, now)
        registration = known.by_id(db, ticket.registration_id, now)
        if registration is None:
            raise login.refused("unknown_registration", say("This LMS is not connected to this tool."))
        _own_browser(db, settings, ticket, cookies)
        if "error" in form:
            raise _platform_error(registration)
        try:
            arrival = _trusted(db, settings, form, ticket, registration, now, at_hand)
        except Problem:
            _once(db, ticket, now, lambda _: None)  # what is refused opens no second launch either
            raise
        return _once(db, ticket, now, lambda connection: land(connection, arrival))
    except Problem as problem:
        platform_id = None if registration is None else registration.platform_id
        refusals.record(db, problem.reason, platform_id, sender.user_agent, sender.reference, now)
        raise problem if isinstance(problem, Refused) else Refused(problem, platform_id) from problem


def _ticket(settings: Settings, form: Mapping[str, str], now: datetime) -> Ticket:
    state = form.get("state")
    if not state:
        raise _without_state(form)
    ticket = tickets.read(settings.secret_keys, state)
    if ticket is None or not ticket.bounce:
        raise untrusted("unknown_state", claims.NOT_THIS_LOGIN)
    if not -claims.LEEWAY <= ticket.age(now) <= tickets.LIFE:
        raise untrusted("ticket_expired", claims.TOO_LATE)
    return ticket


def _without_state(form: Mapping[str, str]) -> Problem:
    if "error" in form:
        return untrusted("platform_error", LMS_STOPPED)
    if "id_token" in form:
        # The Moodle app does so where its site has switched off the automatic sign-in of the browser.
        return untrusted(
            "unsolicited",
            say("The activity cannot be opened from inside the app."),
            say("Open your course in the browser of your phone, then open the activity there."),
        )
    return Problem(Kind.BAD_INPUT, "not_a_launch", claims.NOT_LTI, claims.TELL_ADMIN)


def _own_browser(db: Database, settings: Settings, ticket: Ticket, cookies: Mapping[str, str]) -> None:
    if tickets.proves(settings.secret_keys, ticket.id, cookies.get(tickets.COOKIE + ticket.id)):
        return
    # The first page after a launch takes the login's cookie away; from then on the session's tells whose it was.
    session_name = cookies.get(login.OURS)
    if session_name and (led_to := _led_to(db, ticket, session_name)) is not None:
        raise _repeated(led_to)
    raise untrusted(
        "no_ticket_cookie",
        say("This sign-in was begun in another browser, or your browser did not keep its cookie."),
        say("Open the activity again from your course. If this page comes back, allow cookies for this site."),
    )


def _platform_error(registration: Known) -> Problem:
    problem = untrusted("platform_error", LMS_STOPPED)
    return Refused(problem, registration.platform_id, registration.issuer, say("Back to the LMS"))


class _SpentBefore(Exception):  # noqa: N818 - nothing failed: a repeated POST
    """This ticket has opened a launch, or was refused with one."""


def _once(db: Database, ticket: Ticket, now: datetime, work: Callable[[Connection], Result]) -> Result:
    """The ticket is spent and the work stored, or neither: what fails on our side may be sent once more."""

    def spend_and_work(connection: Connection) -> Result:
        try:
            connection.execute(_SPEND, {"ticket_id": ticket.id, "spent_at": now})
        except IntegrityError as e:
            raise _SpentBefore from e
        return work(connection)

    try:
        return db.write_again(spend_and_work)
    except _SpentBefore as e:
        raise _repeated(_led_to(db, ticket)) from e


def _led_to(db: Database, ticket: Ticket, session_name: str | None = None) -> str | None:
    """Where the launch of this ticket led; with a session's name only if the launch is that session's."""
    led_to = select(Launch.led_to).where(Launch.ticket_id == ticket.id)
    if session_name is not None:
        name_hash = sha256(session_name.encode()).hexdigest()
        led_to = led_to.join(BrowserSession, BrowserSession.id == Launch.session_id).where(
            BrowserSession.name_hash == name_hash, BrowserSession.ended_at.is_(None)
        )
    with db.engine.connect() as connection:
        return connection.scalar(led_to)


def _repeated(led_to: str | None) -> Problem:
    """Its own browser asks again (Back, a double click): it is shown where the first one led."""
    problem = Problem(
        Kind.CONFLICT,
        "ticket_spent",
        say("This sign-in was used already."),
        say("Go on where it led to.") if led_to else say("Open the activity again from your course."),
    )
    return Refused(problem, None, led_to, say("Go on")) if led_to else problem


def _trusted(
    db: Database,
    settings: Settings,
    form: Mapping[str, str],
    ticket: Ticket,
    registration: Known,
    now: datetime,
    at_hand: bool,
) -> Arrival:
    login.check_open(registration, None)
    if not (id_token := form.get("id_token")):
        raise Problem(Kind.BAD_INPUT, "no_id_token", claims.NOT_LTI, claims.TELL_ADMIN)
    token = Token(id_token)
    if not isinstance(token.kid, str) or not token.kid:
        raise untrusted("no_kid", claims.NOT_LTI)
    key = platform_keys.find(db, settings, registration, token.kid, now, at_hand)
    if key is None:
        raise untrusted("unknown_key", say("The sign-in message does not come from your LMS."), claims.TELL_ADMIN)
    verified = token.verified(key)
    claims.judge(verified, registration, ticket, settings, now)
    deployment = registration.deployments.get(claims.deployment_id(verified))
    if deployment is None:
        _hold(db, registration, claims.deployment_id(verified), now)
        raise login.held()
    login.check_open(registration, deployment)
    return message.arrival(verified, registration, deployment.row, ticket, settings)


def _hold(db: Database, registration: Known, deployment_id: str, now: datetime) -> None:
    """Seen for the first time, by a signed message: it waits for the operator's word."""
    row = {"registration_id": registration.id, "deployment_id": deployment_id, "created_at": now}
    try:
        with db.writer.begin() as connection:
            connection.execute(insert(Deployment).values(row))
    except IntegrityError:
        pass  # two launches at once: it waits already
    known.reread(db, registration.id, now)


LMS_STOPPED = say("Your LMS stopped the sign-in.")
_SPEND = insert(SpentTicket)
"""Made once: building it costs as much as running it."""
