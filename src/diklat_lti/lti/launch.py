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
from diklat_lti.lti import claims, known, login, message, platform_keys, refusals, stopped, tickets
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
    """A launch that was not let in. `address` and `label` are the button that leads on, where there is one.

    `returns`: it is the LMS's own return address, which is told that something failed.
    """

    def __init__(
        self,
        problem: Problem,
        platform_id: int | None,
        address: str | None = None,
        label: Sentence | None = None,
        returns: bool = False,
    ) -> None:
        super().__init__(problem.kind, problem.reason, problem.sentence, problem.advice)
        self.platform_id = platform_id
        self.address = address
        self.label = label
        self.returns = returns


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
        ticket = _ticket(db, settings, form, now)
        registration = known.by_id(db, ticket.registration_id, now)
        if registration is None:
            raise login.refused("unknown_registration", say("This LMS is not connected to this tool."))
        _own_browser(db, settings, ticket, cookies)
        if "error" in form:
            raise Refused(stopped.problem(form["error"]), registration.platform_id, registration.issuer, BACK_TO_LMS)
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


def _ticket(db: Database, settings: Settings, form: Mapping[str, str], now: datetime) -> Ticket:
    state = form.get("state")
    if not state:
        raise _without_state(db, form, now)
    ticket = tickets.read(settings.secret_keys, state)
    if ticket is None or not ticket.bounce:
        raise untrusted("unknown_state", claims.NOT_THIS_LOGIN)
    if not -claims.LEEWAY <= ticket.age(now) <= tickets.LIFE:
        raise untrusted("ticket_expired", claims.TOO_LATE)
    return ticket


def _without_state(db: Database, form: Mapping[str, str], now: datetime) -> Problem:
    if "error" in form:
        return stopped.problem(form["error"])
    if "id_token" in form:
        return _from_app(db, form["id_token"], now)
    return Problem(Kind.BAD_INPUT, "not_a_launch", claims.NOT_LTI, claims.TELL_ADMIN)


def _from_app(db: Database, id_token: str, now: datetime) -> Problem:
    """The Moodle app does so where its site has switched off the automatic sign-in of the browser.

    Nothing in the token is believed. But where it names an LMS that we know, its address is one that we know.
    """
    problem = untrusted(
        "unsolicited",
        say("The activity cannot be opened from inside the app."),
        say("Open your course in the browser of your phone, then open the activity there."),
    )
    try:
        said = Token(id_token).claimed
    except Problem:
        return problem
    issuer, client = said.get("iss"), said.get("aud")
    if not isinstance(issuer, str) or not isinstance(client, str) or not (issuer + client).isprintable():
        return problem
    lms = known.by_name(db, issuer, client, now)
    return Refused(problem, None, lms.issuer, say("Open the LMS in the browser")) if lms else problem


def _own_browser(db: Database, settings: Settings, ticket: Ticket, cookies: Mapping[str, str]) -> None:
    if tickets.proves(settings.secret_keys, ticket.id, cookies.get(tickets.COOKIE + ticket.id)):
        return
    # The first page after a launch takes the login's cookie away; from then on the session's tells whose it was.
    session_name = cookies.get(login.OURS)
    if session_name and (led_to := _led_to(db, ticket, session_name)) is not None:
        raise _repeated(led_to)
    if _is_over(db, ticket):
        raise untrusted(
            "session_over",
            say("This sign-in was used already, and it is over."),
            say(
                "Somebody signed out on this device, or somebody else signed in. Open the activity again from your course."
            ),
        )
    raise untrusted(
        "no_ticket_cookie",
        say("This sign-in was begun in another browser, or your browser did not keep its cookie."),
        say("Open the activity again from your course. If this page comes back, allow cookies for this site."),
    )


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


def _is_over(db: Database, ticket: Ticket) -> bool:
    """Whether its launch was let in, and the session that it was in has been ended since."""
    ended = (
        select(BrowserSession.ended_at)
        .join(Launch, Launch.session_id == BrowserSession.id)
        .where(Launch.ticket_id == ticket.id)
    )
    with db.engine.connect() as connection:
        return connection.scalar(ended) is not None


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
    try:
        claims.judge(verified, registration, ticket, settings, now)
        deployment = _deployment(db, registration, claims.deployment_id(verified), now)
    except Problem as problem:
        raise _with_way_back(problem, message.return_url(verified, settings), registration) from problem
    return message.arrival(verified, registration, deployment.row, ticket, settings)


def _with_way_back(problem: Problem, address: str | None, registration: Known) -> Problem:
    """Only for whoever this sign-in belonged to: the message was judged to be its answer."""
    if problem.reason not in BELONGS or address is None:
        return problem
    return Refused(problem, registration.platform_id, address, say("Back to the course"), returns=True)


def _deployment(db: Database, registration: Known, named: str, now: datetime) -> known.KnownDeployment:
    deployment = registration.deployments.get(named)
    if deployment is None:
        _hold(db, registration, named, now)
        raise login.held()
    login.check_open(registration, deployment)
    return deployment


def _hold(db: Database, registration: Known, deployment_id: str, now: datetime) -> None:
    """Seen for the first time, by a signed message: it waits for the operator's word."""
    row = {"registration_id": registration.id, "deployment_id": deployment_id, "created_at": now}
    try:
        with db.writer.begin() as connection:
            connection.execute(insert(Deployment).values(row))
    except IntegrityError:
        pass  # two launches at once: it waits already
    known.reread(db, registration.id, now)


BACK_TO_LMS = say("Back to the LMS")
BELONGS = frozenset({"no_sub", "deployment_held", "deployment_disabled"})
"""Refused for what it says, after address, times and nonce were found right."""
_SPEND = insert(SpentTicket)
"""Made once: building it costs as much as running it."""
