"""What the doctor found, as people read it: with its age, grey behind what is broken, and never green by hearsay."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from diklat_lti.errors import Sentence, say
from diklat_lti.lti.doctor.chain import CHAIN, Link
from diklat_lti.lti.doctor.word import Light
from diklat_lti.models import Finding

STALE = timedelta(hours=24)
"""What was green longer ago may have broken since."""
NEVER = say("Not looked at yet.")
NOT_YOURS = say("This is read off what people did in all courses of the LMS. The admins of its own centre see it.")
TELLS_OF_PEOPLE = {"activation": "at", "roster": "members"}
"""Data of other links that do: the last launch, the participants of the course that was launched into last."""
ON_WISH = say("Only looked at when you ask for it: it makes a column in the gradebook and deletes it at once.")


@dataclass(frozen=True)
class Found:
    """What was seen of one link, and when."""

    reason: str
    data: dict[str, Any]
    looked_at: datetime


@dataclass(frozen=True)
class Line:
    """A link for its reader. `because`: the label of the link in front of it that does not hold."""

    link: Link
    light: Light
    sentence: Sentence
    advice: Sentence | None = None
    because: Sentence | None = None
    found: Found | None = None

    @property
    def name(self) -> str:
        return self.link.name

    @property
    def together(self) -> str | None:
        """What it shares with its neighbours, where nothing else is to be said of it: they are one entry."""
        if self.because is not None:
            return self.because.text
        return NOT_YOURS.text if self.sentence == NOT_YOURS else None

    @property
    def was(self) -> Light | None:
        """The light when it was looked at, however long ago."""
        return self.link.word(self.found.reason).light if self.found else None

    @property
    def word(self) -> str | None:
        """The reason of what the sentence counts: of most refusals, of the last grade's answer."""
        return self.found.data.get("word") if self.found else None

    @property
    def event_at(self) -> datetime | None:
        """When what the sentence speaks of happened: the last launch, the last grade."""
        at = self.found.data.get("at") if self.found else None
        return datetime.fromisoformat(at) if at else None


def report(session: Session, platform_id: int, now: datetime, guest: bool = False) -> list[Line]:
    """All links of one LMS, with our own in front. `guest`: for a centre that only has courses on another one's LMS."""
    if not guest:
        return lines(stored(session, platform_id), now)
    found = {name: _without_people(name, one) for name, one in stored(session, platform_id).items()}
    return [Line(line.link, "grey", NOT_YOURS) if line.link.of_people else line for line in lines(found, now)]


def _without_people(name: str, found: Found) -> Found:
    return replace(found, data={key: value for key, value in found.data.items() if key != TELLS_OF_PEOPLE.get(name)})


def stored(session: Session, platform_id: int) -> dict[str, Found]:
    rows = session.scalars(
        select(Finding)
        .where(or_(Finding.platform_id == platform_id, Finding.platform_id.is_(None)))
        .order_by(Finding.looked_at)  # two processes may each have stored one of ours: the newer one counts
    )
    return {row.link: Found(row.reason, row.data, row.looked_at) for row in rows}


def lines(found: Mapping[str, Found], now: datetime) -> list[Line]:
    """Every link of the chain once, in its order."""
    made: dict[str, Line] = {}
    for link in CHAIN:
        made[link.name] = _line(link, found.get(link.name), made, now)
    return list(made.values())


def _line(link: Link, found: Found | None, before: Mapping[str, Line], now: datetime) -> Line:
    if (broken := _in_front(link, before)) is not None:
        return Line(link, "grey", say("Not looked at."), because=broken, found=found)
    if found is None:
        return Line(link, "grey", ON_WISH if link.on_wish else NEVER)
    word = link.word(found.reason)
    sentence = Sentence(word.sentence.text, found.data)
    advice = word.advice and Sentence(word.advice.text, found.data)
    old = word.light == "green" and now - found.looked_at > STALE
    return Line(link, "grey" if old else word.light, sentence, advice, found=found)


def _in_front(link: Link, before: Mapping[str, Line]) -> Sentence | None:
    """The label of the link that this one waits for, however far in front: red, or with nothing there to look at."""
    for name in link.needs:
        line = before[name]
        if line.light == "red" or (line.light == "grey" and line.was == "grey"):
            return line.link.label
        if line.because is not None:
            return line.because
    return None
