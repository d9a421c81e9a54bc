"""Puts the parts of a folder without mistakes together: the outline and the contents of its lessons."""

from collections.abc import Mapping
from decimal import Decimal

from diklat_lti.content import weights
from diklat_lti.content.format import Body
from diklat_lti.content.lessons import LessonDraft, ModuleDraft
from diklat_lti.content.outline import Outline, OutlineLesson, OutlineModule
from diklat_lti.content.shapes import LessonShape, ModuleShape, ProgramShape


def outline(
    program: ProgramShape, modules: list[ModuleDraft], roles: Mapping[str, str], previous: Outline | None
) -> Outline:
    quizzes = {_module(module).id: module.quizzes for module in modules}
    shares = weights.shares(program.weights, quizzes)
    retired = {*program.retired, *(previous.retired if previous else ())}
    return Outline(
        key=program.id,
        title=program.title,
        label=program.label,
        language=program.language,
        days=program.days,
        pass_mark=program.pass_mark,
        attempts=program.attempts,
        keep=program.keep,
        passing=program.passing,
        order=program.order,
        notice=program.notice,
        modules=_modules(modules, shares),
        ids=dict(sorted(roles.items())),
        retired=tuple(sorted(retired)),
    )


def contents(modules: list[ModuleDraft]) -> dict[tuple[str, str], Body]:
    return {
        (_key(lesson), kind): reading.body
        for module in modules
        for lesson in module.lessons
        for kind, reading in lesson.readings.items()
    }


def _modules(drafts: list[ModuleDraft], shares: Mapping[str, Decimal]) -> tuple[OutlineModule, ...]:
    made, number = [], 1
    for draft in drafts:
        lessons = tuple(_lesson(lesson, number + place, shares) for place, lesson in enumerate(draft.lessons))
        number += len(lessons)
        shape = _module(draft)
        made.append(OutlineModule(shape.id, shape.title, shape.summary, lessons))
    return tuple(made)


def _lesson(draft: LessonDraft, number: int, shares: Mapping[str, Decimal]) -> OutlineLesson:
    shape, key = _shape(draft), _key(draft)
    quiz = draft.readings["quiz"].body if "quiz" in draft.readings else {}
    mark = quiz.get("pass_mark")
    return OutlineLesson(
        key=key,
        title=shape.title or key,
        number=number,
        minutes=shape.minutes,
        completion=shape.completion or ("quiz_submitted" if quiz else "opened"),
        kinds=tuple(draft.readings),
        weight=shares.get(key, Decimal(0)),
        attempts=quiz.get("attempts"),
        time_limit_s=quiz.get("time_limit_s"),
        pass_mark=None if mark is None else Decimal(mark),
        question_count=len(quiz.get("questions", ())),
    )


def _module(draft: ModuleDraft) -> ModuleShape:
    assert draft.shape is not None, "checked before"
    return draft.shape


def _shape(draft: LessonDraft) -> LessonShape:
    assert draft.shape is not None, "checked before"
    return draft.shape


def _key(draft: LessonDraft) -> str:
    assert draft.key is not None, "checked before"
    return draft.key
