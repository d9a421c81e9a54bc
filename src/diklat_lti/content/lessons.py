"""Reads one module's folder: its module.yaml, and each lesson from the file or files of its slug."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diklat_lti.content import FORMATS, fitting, yaml_text
from diklat_lti.content.format import Identity, Reading, Source
from diklat_lti.content.identity import Register
from diklat_lti.content.mistakes import Mistakes, Report
from diklat_lti.content.shapes import LessonShape, ModuleShape
from diklat_lti.content.tree import Tree
from diklat_lti.errors import say

SLUG = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")
OWN = ("id", "title", "minutes", "completion")


@dataclass(frozen=True)
class LessonDraft:
    readings: dict[str, Reading]
    """Kind → what was read; the first one speaks for the lesson."""

    @property
    def shape(self) -> LessonShape | None:
        return next((reading.lesson for reading in self.readings.values()), None)

    @property
    def key(self) -> str | None:
        return self.shape.id if self.shape else None


@dataclass(frozen=True)
class ModuleDraft:
    shape: ModuleShape | None
    lessons: list[LessonDraft]

    @property
    def quizzes(self) -> dict[str, bool]:
        """Lesson with a quiz → whether it counts by itself."""
        return {
            lesson.key: lesson.readings["quiz"].body["counts"]
            for lesson in self.lessons
            if lesson.key and "quiz" in lesson.readings
        }


def check_slugs(names: list[str], report_of: Mistakes, prefix: str = "") -> None:
    """Names begin with two digits that give their order, no two with the same."""
    taken: dict[str, str] = {}
    for name in names:
        report = report_of.of(prefix + name)
        if not SLUG.fullmatch(name):
            what = say("“%(name)s” is not a name for a module or lesson.", name=name)
            report(1, what, say("Name it like 01-first-steps: two digits, a hyphen, small letters."))
        elif taken.setdefault(name[:2], name) != name:
            what = say("“%(name)s” and “%(other)s” have the same number.", name=name, other=taken[name[:2]])
            report(1, what, say("Give each a number of its own."))


def read_module(tree: Tree, folder: str, mistakes: Mistakes, register: Register) -> ModuleDraft:
    shape = _module_shape(tree, f"{folder}/module.yaml", mistakes, register)
    files = _lesson_files(tree, folder, mistakes)
    check_slugs(list(files), mistakes, f"{folder}/")
    lessons = [_read_lesson(tree, kinds, mistakes, register) for kinds in files.values()]
    if not files:
        mistakes.of(folder)(1, say("The module has no lesson."), say("Add a file such as 01-first-steps.md."))
    return ModuleDraft(shape, lessons)


def _module_shape(tree: Tree, file: str, mistakes: Mistakes, register: Register) -> ModuleShape | None:
    report = mistakes.of(file)
    if file not in tree.texts:
        report(1, say("The module has no module.yaml."), say("Add it, with id and title."))
        return None
    text = tree.text(file, report)
    document = None if text is None else yaml_text.read(text, report)
    if document is None:
        return None
    shape = fitting.fit(ModuleShape, document, report)
    if shape:
        register.add(file, Identity(shape.id, "module", document.line(("id",))))
    return shape


def _lesson_files(tree: Tree, folder: str, mistakes: Mistakes) -> dict[str, dict[str, str]]:
    """Slug → kind → file, slugs in order, kinds as FORMATS lists them."""
    files: dict[str, dict[str, str]] = {}
    for name in tree.texts_in(folder):
        for kind, form in FORMATS.items():
            if name.endswith(form.SUFFIX):
                files.setdefault(name.removesuffix(form.SUFFIX), {})[kind] = f"{folder}/{name}"
                break
        else:
            if name != "module.yaml":
                what = say("This file belongs to no lesson.")
                mistakes.of(f"{folder}/{name}")(1, what, say("Quizzes end in .quiz.yaml, lessons in .md."))
    order = {kind: place for place, kind in enumerate(FORMATS)}
    return {slug: dict(sorted(kinds.items(), key=lambda item: order[item[0]])) for slug, kinds in files.items()}


def _read_lesson(tree: Tree, kinds: dict[str, str], mistakes: Mistakes, register: Register) -> LessonDraft:
    readings: dict[str, Reading] = {}
    for kind, file in kinds.items():
        report = mistakes.of(file)
        text = tree.text(file, report)
        reading = None if text is None else FORMATS[kind].read(Source(file, text, tree.assets, report))
        if reading is not None:
            readings[kind] = reading
    lesson = LessonDraft(readings)
    for kind, reading in readings.items():
        speaks = kind == next(iter(kinds))
        _check_lesson(reading, list(kinds), speaks, mistakes.of(kinds[kind]))
        for identity in _identities(reading, lesson.key, speaks):
            register.add(kinds[kind], identity)
    return lesson


def _check_lesson(reading: Reading, kinds: list[str], speaks: bool, report: Report) -> None:
    """`speaks`: this file speaks for the lesson; a quiz beside a .md leaves that to it."""
    shape, line = reading.lesson, reading.document.line
    if shape is None:
        return
    for name in OWN:
        if not speaks and name in shape.model_fields_set:
            what = say("“%(field)s” stands in the .md of this lesson already.", field=name)
            report(line((name,)), what, say("Remove it here."))
        elif speaks and name in ("id", "title") and getattr(shape, name) is None:
            report(line((name,)), say("“%(field)s” is missing.", field=name), say("Add it here."))
    if speaks and (shape.completion or "").startswith("quiz_") and "quiz" not in kinds:
        what = say("This lesson has no quiz to submit or pass.")
        report(line(("completion",)), what, say("Write “completion: opened”, or add a quiz of the same name."))
    if speaks and shape.completion == "opened" and "page" not in kinds:
        what = say("This lesson has no text to open.")
        report(line(("completion",)), what, say("Write “completion: quiz_submitted” or “completion: quiz_passed”."))


def _identities(reading: Reading, lesson_key: str | None, speaks: bool) -> Iterator[Identity]:
    for identity in reading.ids:
        if identity.role == "question":
            yield Identity(identity.key, f"question {lesson_key}", identity.line)
        elif speaks or identity.role != "lesson":
            yield identity
