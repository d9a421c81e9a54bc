"""Who comes through the proxy while the proof restarts things: learners who launch from the demo LMS, and bare logins."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from boxes import Failed
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from diklat_lti.demo import learning, steps
from diklat_lti.demo.browser import Broken, Browser
from diklat_lti.demo.lms import seed
from diklat_lti.demo.steps import Journey

LEARNERS = [f"{given} {family}" for _, given, family in seed.LEARNERS]
LOGINS = 4
"""Threads that log in again and again."""
AS_BROWSERS_DO = Retry(total=None, connect=0, read=1, other=1, status=0, allowed_methods=None)
"""A kept connection that the proxy closed meanwhile, without an answer: once more on a new one. No status is tried again."""


@dataclass
class Trusting(Journey):
    """A journey whose browsers know the proxy's certificate."""

    certificate: Path = Path()

    def browser(self, who: str) -> Browser:
        browser = super().browser(who)
        _trust(browser.session, self.certificate)
        return browser


def _trust(session: requests.Session, certificate: Path) -> None:
    session.verify = str(certificate)
    session.mount("https://", HTTPAdapter(max_retries=AS_BROWSERS_DO))


def connect(journey: Trusting) -> str:
    """From the invite to the first learner's page, as the guide of the package says."""
    for step in (steps.register, steps.activate, steps.offer, steps.add):
        step(journey)
    return steps.launch(journey).headings[0]


def learn(journey: Trusting, who: str) -> None:
    for _ in learning.learn(journey.browser(who), steps.launch(journey, who)):
        pass


def await_grade(journey: Trusting, who: str, seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if number := steps.grade(journey, who):
            return number
        time.sleep(0.5)
    raise Failed(f"no grade of {who} in the gradebook after {seconds:.0f} seconds")


@dataclass
class Seen:
    """What the visitors met."""

    lms: str
    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return ", ".join(f"{number} {name}" for name, number in self.done.items()) + f", {len(self.failures)} failed"


@contextmanager
def coming(journey: Trusting, login: dict[str, str]) -> Iterator[Seen]:
    """Until the block ends. One failed request is one too many."""
    seen, stop = Seen(journey.lms), threading.Event()
    last = LEARNERS[-1]
    jobs: list[tuple[str, Callable[[], object]]] = [("logins", _logins(journey, login)) for _ in range(LOGINS)]
    jobs += [("launches", lambda who=who: steps.launch(journey, who)) for who in LEARNERS[:-1]]  # type: ignore[misc]
    threads = [threading.Thread(target=_again, args=(*job, seen, stop)) for job in jobs]
    threads.append(threading.Thread(target=_once, args=("trainings", lambda: learn(journey, last), seen)))
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if seen.failures:
        raise Failed(f"{seen}:\n" + "\n".join(dict.fromkeys(seen.failures)))


def _again(name: str, work: Callable[[], object], seen: Seen, stop: threading.Event) -> None:
    while not stop.is_set():
        _once(name, work, seen)


def _once(name: str, work: Callable[[], object], seen: Seen) -> None:
    try:
        work()
        seen.done[name] += 1
    except (Broken, Failed, OSError) as error:
        if str(error).startswith(seen.lms):
            seen.done["troubles of the LMS"] += 1  # it is no part of what is restarted here
        else:
            seen.failures.append(f"{name}: {type(error).__name__}: {error}"[:400])


def _logins(journey: Trusting, login: dict[str, str]) -> Callable[[], None]:
    """Each on a connection of its own that is kept, as browsers do; the answer must lead on."""
    session = requests.Session()
    session.trust_env = False
    _trust(session, journey.certificate)

    def login_once() -> None:
        answer = session.post(f"{journey.tool}/lti/login", login, allow_redirects=False, timeout=30)
        session.cookies.clear()
        if answer.status_code != 303:
            raise Failed(f"a login was answered with {answer.status_code}")

    return login_once
