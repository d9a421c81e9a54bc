"""A tool that was deleted in the LMS and added again is the same one: its new client goes on with the history of the old.

The clients of the new platform become the old platform's, people and courses that both know become one, and the old clients
are switched off. The new platform's row stays and says where everything went.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession, stand_still
from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti import platforms
from diklat_lti.models import Course, Deployment, Finding, Person, Platform, Refusal, Registration
from diklat_lti.training import audit, handing_over, merging
from diklat_lti.training.handing_over import Deployments
from diklat_lti.training.merging import Merged

UNCHANGED = say("Nothing was changed.")
NOBODY = Merged(0, 0)


@dataclass(frozen=True)
class Joined:
    """What the one who joined them is told."""

    people: Merged
    courses: Merged


def join(
    session: WriteSession, new_id: int, old_id: int, actor_id: int | None, now: datetime, other_site: bool = False
) -> Joined:
    """All or nothing, and twice is once. `other_site`: though the two name different hosts, which the operator knows better.

    In a transaction of its own, in which nothing was read before: it waits until launches stand still. In a process that
    serves launches, `known.forget` comes after the commit.
    """
    stand_still(session, Person.__tablename__)  # a launch of one of these people is over, or finds everything joined
    new, old = platforms.find(session, new_id), platforms.find(session, old_id)
    if new.joined_to_id == old_id:
        return Joined(NOBODY, NOBODY)
    check(session, new, old, other_site)
    deployments = Deployments(tuple(_deployments(session, old_id)), _successor(session, new_id))
    courses = merging.courses(session, new_id, old_id)
    people = merging.people(session, new_id, old_id)
    handing_over.hand_over(session, deployments)
    _clients(session, new_id, old_id, now)
    _say_so(session, new, old, now)
    counts = {"people": [people.known, people.new], "courses": [courses.known, courses.new]}
    data = {"joined": new_id, **counts, "course_numbers": [list(pair) for pair in courses.pairs]}
    audit.note(session, old.centre_id, actor_id, "platform_joined", "platform", old_id, data, now)
    return Joined(people, courses)


def check(session: Session, new: Platform, old: Platform, other_site: bool = False) -> None:
    """Raises a `Problem` that says why these two cannot be one."""
    if new.id == old.id:
        raise _refused("same_platform", say("A platform cannot be joined to itself."))
    for platform in (new, old):
        if platform.joined_to_id is not None:
            sentence = say(
                "Platform %(id)s went over to platform %(to)s already.", id=platform.id, to=platform.joined_to_id
            )
            raise _refused("joined_already", sentence)
    theirs, ours = _hosts(session, new.id), _hosts(session, old.id)
    if not other_site and theirs.isdisjoint(ours):
        raise _refused(
            "other_site",
            say("These are two different sites: %(new)s and %(old)s.", new=_said(theirs), old=_said(ours)),
            say("If the LMS has changed its address since, move the old platform there first."),
        )
    _successor(session, new.id)
    if new.centre_id != old.centre_id and _has_courses(session, new.id):
        raise _refused("other_centre", say("Platform %(id)s belongs to another centre.", id=new.id))


def _hosts(session: Session, platform_id: int) -> set[str]:
    issuers = session.scalars(select(Registration.issuer).where(Registration.platform_id == platform_id))
    return {urlsplit(issuer).netloc.lower() for issuer in issuers}


def _said(hosts: set[str]) -> str:
    return ", ".join(sorted(hosts)) or "–"


def _has_courses(session: Session, platform_id: int) -> bool:
    return session.scalar(select(Course.id).where(Course.platform_id == platform_id).limit(1)) is not None


def _deployments(session: Session, platform_id: int) -> list[int]:
    """The newest first."""
    d = Deployment
    of = select(d.id).join(Registration, Registration.id == d.registration_id)
    return list(session.scalars(of.where(Registration.platform_id == platform_id).order_by(d.id.desc())))


def _successor(session: Session, new_id: int) -> int:
    """The one installation that takes the place of the old ones."""
    d, r = Deployment, Registration
    of = select(d.id, d.admitted_at).join(r, r.id == d.registration_id).where(r.platform_id == new_id)
    found = session.execute(of.where(d.disabled_at.is_(None), r.disabled_at.is_(None))).all()
    if len(found) != 1:
        raise _refused(
            "not_one_deployment",
            say(
                "Platform %(id)s must have one installation of the tool, and has %(count)s.",
                id=new_id,
                count=len(found),
            ),
            say("See diklat-lti platform list."),
        )
    if found[0].admitted_at is None:
        raise _refused("deployment_held", say("The installation of platform %(id)s is not admitted yet.", id=new_id))
    return int(found[0].id)


def _clients(session: WriteSession, new_id: int, old_id: int, now: datetime) -> None:
    """The old clients are no more in the LMS: one that came back would find its links taken."""
    r = Registration
    session.execute(update(r).where(r.platform_id == old_id, r.disabled_at.is_(None)).values(disabled_at=now))
    session.execute(update(r).where(r.platform_id == new_id).values(platform_id=old_id))


def _say_so(session: WriteSession, new: Platform, old: Platform, now: datetime) -> None:
    """What was last seen of the LMS was seen by the new connection; the old one's findings tell nothing any more."""
    session.execute(delete(Finding).where(Finding.platform_id == old.id))
    for table in (Finding, Refusal):
        session.execute(update(table).where(table.platform_id == new.id).values(platform_id=old.id))
    session.execute(update(Platform).where(Platform.joined_to_id == new.id).values(joined_to_id=old.id))
    old.product, old.version = new.product or old.product, new.version or old.version
    old.keys_fetched_at, old.keys_fetched_by = new.keys_fetched_at, new.keys_fetched_by
    old.disabled_at = new.disabled_at
    new.joined_to_id, new.disabled_at = old.id, now
    session.flush()


def _refused(reason: str, sentence: Sentence, advice: Sentence = UNCHANGED) -> Problem:
    return Problem(Kind.CONFLICT, reason, sentence, advice)
