"""From what was picked to the links that the LMS is asked to make, and the page that brings them there."""

from fastapi.responses import HTMLResponse

from diklat_lti import languages
from diklat_lti.content import publish
from diklat_lti.content.outline import Outline
from diklat_lti.database import WriteSession
from diklat_lti.errors import Kind, Problem, Sentence, not_found, say
from diklat_lti.lti import deep_linking
from diklat_lti.lti.deep_linking import LinkItem
from diklat_lti.models import Cohort, PickedLink
from diklat_lti.training import arrivals, cohorts, placements
from diklat_lti.training.cohorts import BadFields
from diklat_lti.web import static_files, viewer
from diklat_lti.web.deps import Visit
from diklat_lti.web.manage import pick_desk
from diklat_lti.web.manage.pick_desk import MODULES, Choice, Desk
from diklat_lti.web.viewer import Viewer

LONGEST_TITLE = 250
"""Moodle keeps 255 characters of an activity's name and drops the whole item where there are more."""


def make(session: WriteSession, desk: Desk, choice: Choice, step: str, who: Viewer, visit: Visit) -> str:
    """The signed answer: the chosen links, or none where it was cancelled. Raises `BadFields` for a wrong form."""
    items, why_none = [], None
    if step == "cancel":
        why_none = languages.translate(_why_none(desk), who.language)
    elif not desk.takes_links:
        raise not_found()
    else:
        items = _items(session, desk, choice, step, who, visit)
    keys, deployment = visit.settings.secret_keys, desk.launch.deployment_id
    return deep_linking.answer(session, keys, deployment, desk.wish, items, visit.real_now, error=why_none)


def _why_none(desk: Desk) -> Sentence:
    """The LMS shows it, so that an empty answer is not a riddle there."""
    if not desk.takes_links:
        return say("The LMS asked for a kind of content that this tool does not have.")
    if not desk.programs and not desk.runs:
        return say("There is no program in this tool yet.")
    return say("Nothing was chosen.")


def page(visit: Visit, desk: Desk, jwt: str) -> HTMLResponse:
    """Sends itself where scripts are on; its form may go to that one place."""
    origin = viewer.origin_of(desk.wish.return_url)
    if origin is None:
        what = say("The LMS named an address that we cannot send your choice to.")
        raise Problem(Kind.BAD_INPUT, "bad_return_url", what, say("Ask the LMS's admin."))
    visit.request.state.form_action = (origin,)
    return visit.page("manage/pick_answer.html", return_url=desk.wish.return_url, jwt=jwt)


def _items(session: WriteSession, desk: Desk, choice: Choice, step: str, who: Viewer, visit: Visit) -> list[LinkItem]:
    if step == "again":
        return _missing(session, desk, choice, visit)
    cohort, outline = _run(session, desk, choice, step, who, visit)
    deployment, items = desk.launch.deployment_id, []
    together = choice.uuid(desk.launch.id, "answer")
    for title, part in titles(cohort.name, outline, choice.shape):
        uuid = choice.uuid(desk.launch.id, part)
        picked = cohorts.pick(session, cohort, deployment, part, who.person_id, visit.now, uuid, title, together)
        items.append(_item(title, part, outline, cohort, picked, visit))
    return items


def _missing(session: WriteSession, desk: Desk, choice: Choice, visit: Visit) -> list[LinkItem]:
    """Just those of the run that did not arrive, as they were: one of them where the LMS takes one at a time."""
    found = next((m for m in desk.missing if str(m.cohort.id) == choice.cohort), None)
    if found is None:
        raise BadFields({"cohort": say("Choose a run.")})
    outline = publish.outline_of(session, found.cohort.version_id)
    uuids = [link.uuid for link in found.links][: None if desk.wish.accept_multiple else 1]
    links = arrivals.send_again(session, uuids, visit.now)
    return [
        _item(link.title or found.cohort.name, link.module_key, outline, found.cohort, link, visit) for link in links
    ]


def _run(
    session: WriteSession, desk: Desk, choice: Choice, step: str, who: Viewer, visit: Visit
) -> tuple[Cohort, Outline]:
    """An existing run, what the same form made a moment ago, or a new one."""
    if step == "link":
        run = desk.run(choice.cohort)
        wrong = pick_desk.wrong_shape(desk, choice) | ({} if run else {"cohort": say("Choose a run.")})
        if run is None or wrong:
            raise BadFields(wrong)
        return run
    made = session.get(PickedLink, choice.uuid(desk.launch.id, None))
    if made is not None:
        cohort = session.get_one(Cohort, made.cohort_id)
        return cohort, publish.outline_of(session, cohort.version_id)
    plan = pick_desk.plan(session, desk, choice, visit)
    return cohorts.create(session, desk.course.id, plan, who.person_id, visit.now), plan.outline


def titles(name: str, outline: Outline, shape: str) -> list[tuple[str, str | None]]:
    """Each activity's title and module (None: the whole). One for each module always comes with one for the whole."""
    language = _language(outline)
    if shape != MODULES:
        return [(f"{outline.title} · {name}"[:LONGEST_TITLE], None)]
    modules = [
        (languages.translate(say("Module %(number)s: %(title)s", number=n, title=module.title), language), module.key)
        for n, module in enumerate(outline.modules, 1)
    ]
    final = languages.translate(say("Final score · %(name)s", name=name), language)
    return [(title[:LONGEST_TITLE], key) for title, key in [*modules, (final, None)]]


def _item(title: str, part: str | None, outline: Outline, cohort: Cohort, picked: PickedLink, visit: Visit) -> LinkItem:
    lessons = outline.module(part).lessons if part else outline.lessons
    minutes = sum(lesson.minutes for lesson in lessons)
    text = say("On your own: lessons: %(lessons)s, about %(minutes)s minutes.", lessons=len(lessons), minutes=minutes)
    return LinkItem(
        title=title,
        url=f"{visit.settings.public_url}/lti/launch",
        text=languages.translate(text, _language(outline)),
        custom={placements.CUSTOM: picked.uuid},
        icon_url=visit.settings.public_url + static_files.address("logo.svg"),
        resource_id=placements.resource_id(cohort.id),
        tag=part or "final",
        review_url=f"{visit.settings.public_url}/lti/launch",
    )


def _language(outline: Outline) -> str:
    """What learners read in their course is in the program's language, whoever picked it."""
    return outline.language if outline.language in languages.LANGUAGES else languages.LANGUAGES[0]
