"""What lies on the picker's desk: the deep-linking request, the programs and runs to choose from, and what was typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from diklat_lti.content import publish
from diklat_lti.content.outline import Outline
from diklat_lti.errors import Kind, Problem, Sentence, not_found, say
from diklat_lti.languages import translate
from diklat_lti.models import Cohort, Course, Launch, ProgramVersion
from diklat_lti.training import access, arrivals, cohorts, copies
from diklat_lti.training.arrival import DeepLinking
from diklat_lti.training.arrivals import Missing
from diklat_lti.training.cohorts import ZONES, BadFields, Wish
from diklat_lti.training.window import local_day
from diklat_lti.web.deps import Visit
from diklat_lti.web.manage import door
from diklat_lti.web.viewer import Viewer

WHOLE, MODULES = "whole", "modules"
LINK = "ltiResourceLink"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|", re.ASCII)
"""What a browser's date field can show; anything else that was typed is shown as text, so that it is not lost."""


@dataclass(frozen=True)
class Choice:
    """A form of the picker as it was typed; nothing in it is checked yet."""

    version: str = ""
    shape: str = WHOLE
    name: str = ""
    starts_on: str = ""
    length_days: str = ""
    zone: str = ""
    cohort: str = ""
    """An existing run to link again; empty: a new one."""

    def uuid(self, launch_id: int, part: str | None) -> str:
        """The same choice made twice in one picker is the same link: a double click makes no second run."""
        typed = "\n".join((self.version, self.name, self.starts_on, self.length_days, self.zone, self.cohort))
        return str(uuid5(NAMESPACE_URL, f"diklat:{launch_id}\n{part or ''}\n{self.shape}\n{typed}"))


@dataclass(frozen=True)
class Desk:
    """One picker. Rows are loaded, so a page can be made of it after its session has ended."""

    launch: Launch
    course: Course
    wish: DeepLinking
    programs: list[tuple[ProgramVersion, Outline]]
    """The newest version of each program of the centre."""
    runs: list[tuple[Cohort, Outline]]
    """Cohorts of this course, newest first."""
    missing: list[Missing]
    """What was picked and did not arrive in the course."""
    copied: bool
    """Whether activities of another course wait here for somebody to say what they open."""
    may_publish: bool

    @property
    def takes_links(self) -> bool:
        return LINK in self.wish.accept_types

    def outline(self, version: str) -> Outline | None:
        return next((outline for row, outline in self.programs if str(row.id) == version), None)

    def run(self, cohort: str) -> tuple[Cohort, Outline] | None:
        return next((run for run in self.runs if str(run[0].id) == cohort), None)


def lay(session: Session, viewer: Viewer, launch_id: int, visit: Visit, lock: bool = False) -> Desk:
    """For the person of that deep-linking launch alone, while they administer the course."""
    launch = door.launch(session, viewer, launch_id, visit, lock)
    if launch.deep_linking is None:
        raise not_found()
    course = session.get_one(Course, launch.course_id)
    if not access.is_admin(session, viewer.person_id, course, visit.now):
        what = say("You are not an admin of this training any more.")
        raise Problem(Kind.FORBIDDEN, "role_revoked", what, say("Ask another admin of the course."))
    versions = publish.latest(session, course.centre_id)
    return Desk(
        launch=launch,
        course=course,
        wish=DeepLinking(**launch.deep_linking),
        programs=[(version, publish.outline_of(session, version.id)) for version in versions],
        runs=[(run, publish.outline_of(session, run.version_id)) for run in cohorts.of_course(session, course.id)],
        missing=missing(session, course.id),
        copied=copies.find(session, course.id, None, viewer.person_id, visit.now) is not None,
        may_publish=access.may_publish(session, viewer.person_id, course, visit.now),
    )


def missing(session: Session, course_id: int) -> list[Missing]:
    """Each run's as its program has the modules; what is for the whole comes last."""
    found = arrivals.missing(session, course_id)
    for one in found:
        modules = [module.key for module in publish.outline_of(session, one.cohort.version_id).modules]
        places = {key: place for place, key in enumerate(modules)}
        one.links.sort(key=lambda link: places.get(link.module_key or "", len(places)))
    return found


def proposal(desk: Desk, visit: Visit, language: str) -> Choice:
    """What the empty form begins with: tomorrow, the program's own length, the zone of the course's last run."""
    zone = desk.runs[0][0].zone if desk.runs else next(iter(ZONES))
    one = desk.programs[0] if len(desk.programs) == 1 else None
    return Choice(
        version=str(one[0].id) if one else "",
        name=translate(say("Run %(number)s", number=len(desk.runs) + 1), language),
        starts_on=str(local_day(visit.now, zone) + timedelta(days=1)),
        length_days=str(one[1].days) if one else "",
        zone=zone,
    )


def date_type(typed: str) -> str:
    return "date" if ISO_DAY.fullmatch(typed) else "text"


def read(form: Mapping[str, str]) -> Choice:
    names = ("version", "shape", "name", "starts_on", "length_days", "zone", "cohort")
    return Choice(**{name: form.get(name, "") for name in names})


def plan(session: Session, desk: Desk, choice: Choice, visit: Visit) -> cohorts.Plan:
    """The checked plan of a new run; raises `BadFields` with all that is wrong, beside its field."""
    outline = desk.outline(choice.version)
    wish = Wish(
        version_id=int(choice.version) if outline else 0,
        name=choice.name,
        starts_on=choice.starts_on,
        length_days=choice.length_days or (str(outline.days) if outline else "0"),
        zone=choice.zone,
    )
    try:
        made = cohorts.plan(session, desk.course.id, wish, visit.now)
    except BadFields as bad:
        if outline is None and not choice.length_days:
            bad.fields.pop("length_days", None)
        raise BadFields({**bad.fields, **wrong_shape(desk, choice)}) from bad
    if wrong := wrong_shape(desk, choice):
        raise BadFields(wrong)
    return made


def wrong_shape(desk: Desk, choice: Choice) -> dict[str, Sentence]:
    if choice.shape == WHOLE or (choice.shape == MODULES and desk.wish.accept_multiple):
        return {}
    return {"shape": say("Choose one of these.")}
