"""Background work: grades that are due, enrolments whose time has come, rows that nobody needs any more, keys grown old."""

import logging
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from diklat_lti.clock import Clock
from diklat_lti.database import DELIVERIES, Database, WriteSession
from diklat_lti.gradebook import arrived, delivery, outbox
from diklat_lti.gradebook.answers import Meaning, Verdict
from diklat_lti.gradebook.outbox import Claim
from diklat_lti.lti import keys
from diklat_lti.models import AccessToken, BrowserSession, KeptForm, Launch, Refusal, SpentTicket
from diklat_lti.settings import Settings
from diklat_lti.training import arrivals, progress

log = logging.getLogger(__name__)

IDLE = 1.0
TROUBLED = 5.0
BETWEEN_CLEANINGS = timedelta(hours=1)
BETWEEN_ROUNDS = timedelta(minutes=1)
"""In which activities are looked for that were picked and not seen yet."""
BATCH = 50
BROKEN_WAITS = timedelta(minutes=1)
KEPT = timedelta(days=30)
"""Sessions stay so long after their end: what was typed in one is applied when its person comes back."""
TICKETS_KEPT = timedelta(days=1)


class Worker:
    """As many as wanted, in as many processes as wanted: each row is claimed by one of them."""

    def __init__(self, db: Database, settings: Settings, clock: Clock) -> None:
        self.db = db
        self.settings = settings
        self.clock = clock
        self.cleaned_at: datetime | None = None
        self.went_round_at: datetime | None = None
        self.looked_for: dict[int, datetime] = {}
        self.broken: dict[int, datetime] = {}
        self.under_way: set[Future[None]] = set()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; deliveries that are under way then are brought to their end."""
        with ThreadPoolExecutor(DELIVERIES, "delivery") as pool:
            while not stop.is_set():
                try:
                    if not self._step(pool):
                        self._rest(stop)
                except Exception:
                    # The database may be away for a while: nothing is lost, the rows wait there.
                    log.exception("background work failed, trying again")
                    stop.wait(TROUBLED)

    def run_once(self) -> int:
        """Everything that is due now, to its end; returns how many rows that were."""
        done = 0
        with ThreadPoolExecutor(DELIVERIES, "delivery") as pool:
            while found := self._step(pool):
                done += found
                wait(self.under_way)
        return done

    def _step(self, pool: ThreadPoolExecutor) -> int:
        """Sets free threads to work and settles what is due; returns how many rows it found."""
        self.under_way = {future for future in self.under_way if not future.done()}
        claims = self._claim(DELIVERIES - len(self.under_way))
        self.under_way |= {pool.submit(self._deliver, claim) for claim in claims}
        settled = self._settle()
        self._go_round_now_and_then(pool)
        self._clean_now_and_then()
        return len(claims) + settled

    def _rest(self, stop: threading.Event) -> None:
        """Until a delivery ends and frees its thread, else for a second."""
        if self.under_way:
            wait(self.under_way, timeout=IDLE, return_when=FIRST_COMPLETED)
        else:
            stop.wait(IDLE)

    def _claim(self, limit: int) -> list[Claim]:
        if limit == 0:
            return []
        try:
            with self.db.write() as session:
                return outbox.claim(session, limit, self.clock.real_now())
        except IntegrityError:
            return []  # another worker took another row of one of these learners at the same moment

    def _deliver(self, claim: Claim) -> None:
        """A row that breaks our own code waits like any other, and stops nothing else."""
        try:
            delivery.deliver(self.db, self.settings, claim, self.clock.real_now())
        except Exception:
            log.exception("grade delivery %d broke", claim.delivery_id)
            with self.db.write() as session:
                outbox.put_back(session, claim, Verdict(Meaning.UNKNOWN, "our_fault"), self.clock.real_now())

    def _settle(self) -> int:
        """One transaction each: an enrolment that breaks our own code holds up nobody else, and waits a minute."""
        now, today = self.clock.real_now(), self.clock.training_now()
        self.broken = {key: until for key, until in self.broken.items() if until > now}
        with self.db.read() as session:
            found = [key for key in progress.due(session, today, BATCH + len(self.broken)) if key not in self.broken]
        for enrolment_id in found:
            try:
                with self.db.write() as session:
                    progress.freshen(session, enrolment_id, today)
            except Exception:
                log.exception("settling enrolment %d failed, trying again in a minute", enrolment_id)
                self.broken[enrolment_id] = now + BROKEN_WAITS
        return len(found)

    def _go_round_now_and_then(self, pool: ThreadPoolExecutor) -> None:
        """Asks LMSs which of the activities that were picked they have; one that does not say is left alone for a while."""
        now = self.clock.real_now()
        if self.went_round_at is not None and now < self.went_round_at + BETWEEN_ROUNDS:
            return
        self.went_round_at = now
        self.looked_for = {run: at for run, at in self.looked_for.items() if at > now - arrivals.BETWEEN_LOOKS}
        with self.db.read() as session:
            due = [run for run in arrivals.due(session, self.clock.training_now()) if run not in self.looked_for]
        for run in due[: max(DELIVERIES - len(self.under_way), 0)]:
            self.looked_for[run] = now
            self.under_way.add(pool.submit(self._look, run))

    def _look(self, cohort_id: int) -> None:
        try:
            arrived.look(self.db, self.settings, cohort_id, self.clock.real_now(), self.clock.training_now())
        except Exception:
            log.exception("looking for the activities of run %d broke", cohort_id)

    def _clean_now_and_then(self) -> None:
        now = self.clock.real_now()
        if self.cleaned_at is None or now >= self.cleaned_at + BETWEEN_CLEANINGS:
            with self.db.write() as session:
                clean(session, now)
            with self.db.write() as session:
                keys.renew(session, self.settings.secret_keys, now)
            self.cleaned_at = now


def clean(session: WriteSession, now: datetime) -> None:
    """Forgets what nobody can use any more. Launches stay, without their session."""
    old = select(BrowserSession.id).where(BrowserSession.expires_at < now - KEPT)
    for statement in (
        delete(KeptForm).where(or_(KeptForm.session_id.in_(old), KeptForm.received_at < now - KEPT)),
        update(Launch).where(Launch.session_id.in_(old)).values(session_id=None),
        delete(BrowserSession).where(BrowserSession.id.in_(old)),
        delete(SpentTicket).where(SpentTicket.spent_at < now - TICKETS_KEPT),
        delete(Refusal).where(Refusal.at < now - KEPT),
        delete(AccessToken).where(AccessToken.expires_at < now),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def run_until_told(db: Database, settings: Settings, clock: Clock) -> None:
    """The command `worker`: ends politely on SIGTERM and Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(db, settings, clock).run(stop)
