"""Evenings on the last day: many launches at once, each with its pages, and not one failure."""

from concurrent.futures import ThreadPoolExecutor

from diklat_lti.models import Enrolment, Launch, Person
from diklat_lti.training import placements
from door import Door

LEARNERS, AT_ONCE = 50, 128


def test_200_requests_at_128_at_once_end_without_one_failure(door: Door, link: str) -> None:
    """50 learners launch for the first time, each over login, bounce, launch and first page: 200 requests."""
    custom = {placements.CUSTOM: link}

    def arrive(number: int) -> str:
        visitor = door.visitor()
        landed = door.launch(visitor, sub=str(number), lti__custom=custom, name=f"Peserta {number}")
        assert landed.status_code == 303, landed.text
        page = visitor.ask("GET", landed.headers["location"])
        assert page.status_code == 200, page.text
        assert f"Peserta {number}" in page.text
        return landed.headers["location"]

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        paths = list(crowd.map(arrive, range(100, 100 + LEARNERS)))
    assert len(set(paths)) == LEARNERS
    assert (door.count(Person), door.count(Enrolment), door.count(Launch)) == (LEARNERS + 1, LEARNERS, LEARNERS)


def test_128_pages_at_once_of_one_learner(door: Door, link: str) -> None:
    visitor = door.visitor()
    path = door.launch(visitor, lti__custom={placements.CUSTOM: link}).headers["location"]
    visitor.ask("GET", path)
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(lambda _: visitor.ask("GET", path).status_code, range(200)))
    assert answers == [200] * 200


def test_a_launch_that_is_refused_after_its_ticket_was_spent_cannot_be_repaired(door: Door, link: str) -> None:
    """The same state with a good token afterwards: the ticket is gone, nobody comes in by it."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    bad = door.platform.sign(door.claims(begun, nonce="another"))
    good = door.platform.sign(door.claims(begun))
    assert door.post(visitor, id_token=bad, state=begun.state).status_code >= 400
    assert door.post(visitor, id_token=good, state=begun.state).status_code >= 400
    assert (door.count(Launch), door.count(Enrolment)) == (0, 0)
    assert door.launch(visitor, lti__custom={placements.CUSTOM: link}).status_code == 303
