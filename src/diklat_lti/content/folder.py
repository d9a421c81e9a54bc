"""Checks a program folder as a whole: every mistake at once, or the program ready to be published."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from diklat_lti.content import assemble, fitting, lessons, outline, tree, weights, yaml_text
from diklat_lti.content.format import Body
from diklat_lti.content.identity import Previous, Register
from diklat_lti.content.lessons import ModuleDraft
from diklat_lti.content.mistakes import Mistake, Mistakes
from diklat_lti.content.outline import Outline
from diklat_lti.content.shapes import ProgramShape
from diklat_lti.content.tree import Tree
from diklat_lti.content.yaml_text import Document
from diklat_lti.errors import say

PROGRAM = "program.yaml"


@dataclass(frozen=True)
class AssetFile:
    path: str
    disk: Path
    sha256: str
    media_type: str
    size: int


@dataclass(frozen=True)
class CheckedProgram:
    """A program without a mistake."""

    outline: Outline
    contents: dict[tuple[str, str], Body]
    """Lesson and kind → body."""
    assets: tuple[AssetFile, ...]
    """Those that a lesson or question shows or links to."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything in it."""
        whole = [
            outline.dump(self.outline),
            [[*place, body] for place, body in sorted(self.contents.items())],
            [[asset.path, asset.sha256, asset.media_type] for asset in self.assets],
        ]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Checked:
    mistakes: tuple[Mistake, ...]
    program: CheckedProgram | None
    """None as long as there is a single mistake."""


def check(path: Path, previous: Previous | None = None) -> Checked:
    """`previous` finds the last published version, against whose ids this one is held."""
    mistakes = Mistakes()
    if not path.is_dir():
        mistakes.of(str(path))(1, say("There is no such folder."), say("Give the folder that holds program.yaml."))
        return Checked(mistakes.sorted(), None)
    files = tree.scan(path, mistakes)
    register = Register(mistakes)
    document, program = _program(files, mistakes)
    modules = _modules(files, mistakes, register)
    last = previous(program.id) if program and previous else None
    if document and program:
        _check_whole(document, program, modules, register, last, mistakes)
    if mistakes.found or program is None:
        return Checked(mistakes.sorted(), None)
    made = assemble.outline(program, modules, register.roles, last)
    contents = assemble.contents(modules)
    return Checked((), CheckedProgram(made, contents, _assets(files, contents)))


def _program(files: Tree, mistakes: Mistakes) -> tuple[Document | None, ProgramShape | None]:
    report = mistakes.of(PROGRAM)
    if PROGRAM not in files.texts:
        report(1, say("The folder has no program.yaml."), say("Add it, with id and title."))
        return None, None
    text = files.text(PROGRAM, report)
    document = None if text is None else yaml_text.read(text, report)
    return document, None if document is None else fitting.fit(ProgramShape, document, report)


def _modules(files: Tree, mistakes: Mistakes, register: Register) -> list[ModuleDraft]:
    folders = files.folders()
    lessons.check_slugs(folders, mistakes)
    for name in files.texts_in("."):
        if name != PROGRAM:
            what = say("This file belongs to no module.")
            mistakes.of(name)(1, what, say("Put it into the folder of a module, such as 01-basics."))
    if not folders:
        mistakes.of(PROGRAM)(1, say("The program has no module."), say("Add a folder such as 01-basics."))
    return [lessons.read_module(files, folder, mistakes, register) for folder in folders]


def _check_whole(
    document: Document,
    program: ProgramShape,
    modules: list[ModuleDraft],
    register: Register,
    last: Outline | None,
    mistakes: Mistakes,
) -> None:
    """What only the whole can tell. Skipped where a file could not be read: its ids and quizzes are not known."""
    report, retired_line = mistakes.of(PROGRAM), document.line(("retired",))
    register.check_retired(program.retired, report, retired_line)
    known = all(module.shape and all(lesson.key for lesson in module.lessons) for module in modules)
    if not known:
        return
    quizzes = {module.shape.id: module.quizzes for module in modules if module.shape}
    if program.weights is not None:
        weights.check(program.weights, quizzes, report, document.line(("weights",)))
    elif program.passing == "score" and modules and not any(any(of.values()) for of in quizzes.values()):
        what = say("No quiz counts, so nobody could pass by score.")
        report(document.line(("passing",)), what, say("Add a quiz, or write “passing: none”."))
    if last is not None:
        register.compare(last, program.retired, report, retired_line)


def _assets(files: Tree, contents: dict[tuple[str, str], Body]) -> tuple[AssetFile, ...]:
    shown = sorted({path for body in contents.values() for path in body["assets"]})
    return tuple(_asset(files, path) for path in shown)


def _asset(files: Tree, path: str) -> AssetFile:
    disk = files.root / path
    data = disk.read_bytes()
    return AssetFile(path, disk, hashlib.sha256(data).hexdigest(), files.assets[path], len(data))
