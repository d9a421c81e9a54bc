"""The replay of our own trial: what passed between this tool and two real Moodles is done again with the demo LMS."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import delete

import replay
import replay_worlds as worlds
from diklat_lti.demo.lms import tables
from recordings import Excused, Recording
from replay import Act, Answered, Files
from replay_site import Site, add_course, add_person, number, site

FILE = "trial"
"""Lies in the repository alone, beside the few that it keeps of the others."""
ENCODINGS = "compressions that the site's machine knows: its curl's, not Moodle's"
LEARNERS = (("siti", "Siti", "Aminah"), ("dewi", "Dewi", "Lestari"), ("rina", "Rina", "Marlina"),
            ("agus", "Agus", "Wijaya"), ("eko", "Eko", "Prasetyo"))  # fmt: skip
OVERRIDDEN = {
    "4.5.6": datetime(2026, 11, 24, 18, 23, 20, tzinfo=UTC),
    "5.1.3": datetime(2026, 11, 24, 18, 22, 20, tzinfo=UTC),
}
"""When the teacher's form was saved: the result tells it."""


def trial(version: str, files: Files) -> Iterator[Answered]:
    """One course, one activity with a pass mark, five learners; the requests are this tool's own."""
    found = files.get(FILE, [])
    if not found:
        return
    opening, registration, keys, selecting, picked, fetched, *others = found
    platform = selecting.said["claims"][replay.LTI + "tool_platform"]
    with site(version, "Asia/Jakarta", platform["guid"], 0, named=platform["name"]) as here:
        yield replay.opened(here, opening, "")
        yield replay.registered(here, registration)
        planted(here)
        shown = keys.said["response"]["body"]
        yield replay.keys_shown(here, keys)
        yield replay.launched(here, selecting, shown)
        yield replay.picked(here, picked, 2, path="/lti/launch", pass_mark="70", completion="pass")
        yield Answered(fetched, {name: fetched.said[name] for name in ("method", "path", "headers")}, asked_of(here))
        number(here.lms, 2, [(1, 2)], [2])
        for kind, some in groupby(others, _kind):
            yield from again(here, version, kind, list(some), shown)


def asked_of(here: Site) -> dict[str, Any]:
    """How the LMS asked the tool for its keys: the names that were recorded, and who asks."""
    asked = here.tool.asked
    head = {name: asked["headers"].get(name) for name in ("accept", "accept-encoding", "user-agent")}
    return {**asked, "headers": {**head, "accept-encoding": Excused(ENCODINGS)}}


def _kind(one: Recording) -> str:
    if "claims" in one.said:
        return "launch"
    return "token" if one.name == "token" else "update" if "update" in one.name else "services"


def again(here: Site, version: str, kind: str, some: list[Recording], shown: dict[str, object]) -> Iterator[Answered]:
    if kind == "services":
        here.clock.set(some[0].said["captured_at"])
        yield from replay.served(here, some, {name: act(version) for name, act in ACTS.items()})
    if kind == "update":
        yield from (replay.registered(here, one, "1") for one in some)
    for one in some if kind in ("launch", "token") else ():
        here.clock.set(one.said["captured_at"])
        if one.name.endswith("by the menu"):
            duplicated(here)
        yield replay.token_granted(here, one) if kind == "token" else replay.launched(here, one, shown)


def planted(here: Site) -> None:
    with here.lms.lms.store.write() as db:
        db.execute(delete(tables.person).where(tables.person.c.id == 3))
        add_person(db, 3, "hendra", "Hendra", "Saputra", "")
        add_person(db, 4, "budi", "Budi", "Santoso", "")
        for place, (name, given, family) in enumerate(LEARNERS, 5):
            add_person(db, place, name, given, family, "")
    people = {3: "editingteacher", 4: "teacher", **dict.fromkeys(range(5, 10), "student")}
    add_course(here.lms, 2, "Diklat E-Learning Bandung", "DIKLAT", "", people)
    worlds.activated(here, 2)


def duplicated(here: Site) -> None:
    with here.visitor(3) as teacher:
        teacher.send("/course/mod.php", activity=1, action="duplicate")
    number(here.lms, 2, [(1, 2), (2, 3)], [2, 3])


def _overridden(version: str) -> Act:
    """By Moodle's form, which brings the tool's comment along."""

    def act(here: Site) -> None:
        then = here.clock.real_now()
        here.clock.set(OVERRIDDEN[version])
        _graded(here, 7, overridden=1, finalgrade="61", feedback="Belum lulus, sisa kesempatan: 4")
        here.clock.set(then)

    return act


def _graded(here: Site, person: int, **fields: object) -> None:
    with here.visitor(3) as teacher:
        teacher.send("/grade/edit/tree/grade.php", courseid=2, itemid=2, userid=person, **fields)


ACTS: dict[str, Callable[[str], Act]] = {
    "score: better, after the teacher's own grade by the form": _overridden,
    "score: into a locked grade": lambda _: lambda here: _graded(here, 9, locked=1),
    "score: unlocked": lambda _: lambda here: _graded(here, 9),
    "score: maintenance by the command": lambda _: replay.fault("maintenance"),
    "score: after the maintenance": lambda _: replay.fault(""),
}
