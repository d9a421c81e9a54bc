"""A program folder is read whole, or refused with every mistake at its file and line."""

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import programs
from diklat_lti.content import folder, outline, samples, tree
from diklat_lti.content.outline import Outline
from diklat_lti.errors import Problem
from programs import edited

PROGRAM = "program.yaml"
MODULE = "01-first/module.yaml"
PAGE = "01-first/01-hello.md"
QUIZ = "01-first/01-hello.quiz.yaml"
TEST = "02-second/01-test.quiz.yaml"
DOT = "01-first/dot.png"


def test_a_good_folder_becomes_an_outline_and_contents(tmp_path: Path) -> None:
    checked = folder.check(programs.write(tmp_path))
    assert checked.mistakes == ()
    assert checked.program is not None
    made = checked.program.outline
    assert (made.key, made.days, made.pass_mark, made.attempts, made.keep) == ("small", 15, Decimal(70), 3, "best")
    assert [module.key for module in made.modules] == ["basics", "more"]
    hello, test = made.lessons
    assert (hello.number, hello.kinds, hello.minutes, hello.completion) == (1, ("page", "quiz"), 10, "quiz_submitted")
    assert (hello.weight, hello.attempts, hello.question_count) == (Decimal(40), None, 1)
    assert (test.number, test.kinds, test.completion, test.weight) == (2, ("quiz",), "quiz_passed", Decimal(60))
    assert (test.attempts, test.time_limit_s, test.pass_mark, test.question_count) == (2, 600, Decimal(80), 2)
    assert made.minutes == 30
    assert set(checked.program.contents) == {("hello", "page"), ("hello", "quiz"), ("test", "quiz")}
    assert [(asset.path, asset.media_type) for asset in checked.program.assets] == [(DOT, "image/png")]


def test_an_outline_comes_back_from_json_as_it_was(tmp_path: Path) -> None:
    made = good(tmp_path)
    assert outline.load(outline.dump(made)) == made
    assert made.lesson("test").has_quiz
    assert made.module("more").title == "More"
    for find in (made.lesson, made.module):
        with pytest.raises(Problem):
            find("nothing-of-that-name")


def test_the_sample_has_four_lessons_two_quizzes_and_says_what_it_is() -> None:
    checked = folder.check(samples.path("p2k2"))
    assert checked.mistakes == ()
    assert checked.program is not None
    made = checked.program.outline
    assert made.notice == "Contoh, bukan modul resmi Kemensos"
    assert len(made.modules) == 2
    assert len(made.lessons) == 4
    assert [lesson.question_count for lesson in made.lessons if lesson.has_quiz] == [5, 5]
    assert sum(lesson.weight for lesson in made.lessons) == 100
    assert all(20 <= lesson.minutes <= 30 for lesson in made.lessons)
    assert all(asset.size < 15_000 for asset in checked.program.assets)


BROKEN: dict[str, tuple[dict[str, Any], str, int, str]] = {
    # what is broken: files, then the mistake's file, line and a piece of its sentence
    "no program.yaml": ({PROGRAM: None}, PROGRAM, 1, "no program.yaml"),
    "yaml that is none": (edited(PROGRAM, "title: A", "title: 'A"), PROGRAM, 7, "not YAML"),
    "two documents": ({PROGRAM: "id: small\n---\ntitle: x\n"}, PROGRAM, 2, "not YAML"),
    "a control character": ({MODULE: "id: basics\ntitle: \x01\n"}, MODULE, 1, "cannot be read"),
    "brackets without end": ({MODULE: "id: " + "[" * 3000}, MODULE, 1, "cannot be read"),
    "a key twice": (edited(PROGRAM, "title: A small program", "id: other"), PROGRAM, 2, "second time"),
    "a key that is a list": ({MODULE: "? [a]\n: b\nid: basics\ntitle: T\n"}, MODULE, 1, "must be one word"),
    "an alias": ({MODULE: "id: &x basics\ntitle: *x\n"}, MODULE, 1, "Aliases"),
    "an unknown field": (edited(PROGRAM, "title:", "titel:"), PROGRAM, 2, "“titel” is unknown"),
    "a missing title": (edited(MODULE, "title: Basics\n", ""), MODULE, 1, "“title” is missing"),
    "an empty title": (edited(MODULE, "title: Basics", "title:"), MODULE, 2, "empty or not a text"),
    "a title of blanks": (edited(MODULE, "title: Basics", "title: ' '"), MODULE, 2, "“title” is empty"),
    "a list for a file": ({MODULE: "- a\n"}, MODULE, 1, "no names in it"),
    "an id with capitals": (edited(MODULE, "id: basics", "id: Basics"), MODULE, 1, "not allowed"),
    "days beyond 90": ({PROGRAM: "id: s\ntitle: S\ndays: 91\n"}, PROGRAM, 3, "“days” is too large"),
    "days in words": ({PROGRAM: "id: s\ntitle: S\ndays: lima\n"}, PROGRAM, 3, "not a whole number"),
    "a mark that is none": ({PROGRAM: "id: s\ntitle: S\npass_mark: 7x\n"}, PROGRAM, 3, "not a number"),
    "an unknown keep": ({PROGRAM: "id: s\ntitle: S\nkeep: mean\n"}, PROGRAM, 3, "unknown"),
    "weights without 100": (edited(PROGRAM, "test: 60", "test: 59.5"), PROGRAM, 3, "add up to 99.5"),
    "a weight for nobody": (edited(PROGRAM, "test: 60", "exam: 60"), PROGRAM, 3, "“exam” in “weights”"),
    "a weight twice": (edited(PROGRAM, "basics: 40", "more: 40"), PROGRAM, 3, "its module has one too"),
    "a quizless weight": (
        edited(QUIZ, "questions:", "counts: no\nquestions:"),
        PROGRAM,
        3,
        "“basics” has a weight, but no quiz",
    ),
    "weights as a list": ({PROGRAM: "id: s\ntitle: S\nweights: [1]\n"}, PROGRAM, 3, "no names in it"),
    "nothing that counts": (
        {PROGRAM: "id: s\ntitle: S\n", QUIZ: None, TEST: None, "02-second/01-t.md": "---\nid: t\ntitle: T\n---\nx\n"},
        PROGRAM,
        1,
        "No quiz counts",
    ),
    "retired but here": (edited(PROGRAM, "retired: []", "retired: [hello]"), PROGRAM, 6, "still in the program"),
    "an id twice": (edited(MODULE, "id: basics", "id: hello"), PAGE, 2, "01-first/module.yaml, line 1"),
    "an answer's id twice": (edited(QUIZ, "id: colour-blue", "id: colour-red"), QUIZ, 9, "line 5"),
    "no module.yaml": ({MODULE: None}, MODULE, 1, "no module.yaml"),
    "no lesson": ({TEST: None}, "02-second", 1, "no lesson"),
    "a folder without number": ({"extra/module.yaml": "id: e\ntitle: E\n"}, "extra", 1, "not a name"),
    "a number twice": ({"01-again/module.yaml": "id: e\ntitle: E\n"}, "01-first", 1, "same number"),
    "a lesson's name": ({"01-first/Hello.md": "---\nid: h\ntitle: H\n---\nx\n"}, "01-first/Hello", 1, "not a name"),
    "a stray text": ({"notes.md": "x"}, "notes.md", 1, "no module"),
    "a stray yaml": ({"01-first/02-x.yaml": "a: b"}, "01-first/02-x.yaml", 1, "no lesson"),
    "a program in it": ({"01-first/run.exe": b"MZ"}, "01-first/run.exe", 1, "“.exe” are not used"),
    "a drawing": ({"01-first/x.svg": "<svg/>"}, "01-first/x.svg", 1, "“.svg” are not used"),
    "a false picture": ({DOT: b"GIF89a"}, DOT, 1, "not what its ending"),
    "a large picture": ({DOT: programs.PNG + b"0" * tree.IMAGE_LIMIT}, DOT, 1, "larger than 2 MB"),
    "a name with a space": ({"01-first/my dot.png": programs.PNG}, "01-first/my dot.png", 1, "not allowed"),
    "latin-1": ({PAGE: b"---\nid: hello\ntitle: Hello\n---\ncaf\xe9\n"}, PAGE, 5, "not UTF-8"),
    "no front matter": ({PAGE: "# Hello\n"}, PAGE, 1, "front matter"),
    "front matter that is none": (edited(PAGE, "title: Hello", "title: [Hello"), PAGE, 4, "not YAML"),
    "an unknown front matter": (edited(PAGE, "minutes: 10", "minute: 10"), PAGE, 4, "“minute” is unknown"),
    "no text": ({PAGE: "---\nid: hello\ntitle: Hello\n---\n"}, PAGE, 5, "no text"),
    "no id": (edited(PAGE, "id: hello\n", ""), PAGE, 2, "“id” is missing"),
    "an id for both": (edited(QUIZ, "questions:", "id: x\nquestions:"), QUIZ, 1, "“id” stands in the .md"),
    "opened without text": (edited(TEST, "quiz_passed", "opened"), TEST, 3, "no text to open"),
    "submitted without quiz": ({QUIZ: None, **edited(PAGE, "minutes: 10", "completion: quiz_passed")}, PAGE, 4, "quiz"),
    "a title inside": (edited(PAGE, "## Why", "# Why"), PAGE, 6, "stands above"),
    "a level skipped": (edited(PAGE, "## Why", "#### Why"), PAGE, 6, "skips a level"),
    "a picture that is gone": (edited(PAGE, "(dot.png)", "(Dot.png)"), PAGE, 8, "“Dot.png” is not in"),
    "a picture from outside": (edited(PAGE, "dot.png", "../../dot.png"), PAGE, 8, "leads out"),
    "a picture of the root": (edited(PAGE, "dot.png", "/etc/passwd"), PAGE, 8, "leads out"),
    "a picture from the web": (edited(PAGE, "dot.png", "https://x.id/dot.png"), PAGE, 8, "leads out"),
    "a host without scheme": (edited(PAGE, "dot.png", "//x.id/dot.png"), PAGE, 8, "leads out"),
    "a place on the page": (edited(PAGE, "![red dot](dot.png)", "[x](#why)"), PAGE, 8, "is not in"),
    "an address without words": (edited(PAGE, "![red dot](dot.png)", "[x]()"), PAGE, 8, "is not in"),
    "our own scheme": (edited(PAGE, "![red dot](dot.png)", "[x](asset:x.png)"), PAGE, 8, "leads out"),
    "a picture without words": (edited(PAGE, "![red dot]", "![]"), PAGE, 8, "cannot see it"),
    "a sound as a picture": ({**edited(PAGE, "dot.png", "a.mp3"), "01-first/a.mp3": b"x"}, PAGE, 8, "not a picture"),
    "html": (edited(PAGE, "A !", "One\ntwo <b>three</b>\n!"), PAGE, 9, "HTML is not used"),
    "an unknown box": (edited(PAGE, "A !", "::: cards\nA !"), PAGE, 8, "opens no box"),
    "no question": ({QUIZ: "questions: []\n"}, QUIZ, 1, "“questions” has no entry"),
    "questions that are words": ({QUIZ: "questions: none\n"}, QUIZ, 1, "not a list"),
    "a quiz that is none": ({QUIZ: "questions: [\n"}, QUIZ, 2, "not YAML"),
    "an unknown kind": (edited(QUIZ, "    text: Which", "    kind: essay\n    text: Which"), QUIZ, 3, "unknown"),
    "a wrong word in an answer": (edited(QUIZ, "correct: true", "corect: true"), QUIZ, 7, "“corect” is unknown"),
    "maybe right": (edited(QUIZ, "correct: true", "correct: maybe"), QUIZ, 7, "neither true nor false"),
    "no points": (edited(QUIZ, "    text: Which", "    points: 0\n    text: Which"), QUIZ, 3, "too small"),
    "too fine points": (edited(TEST, "points: 2", "points: 0.001"), TEST, 13, "too many decimals"),
    "none is right": (edited(QUIZ, "        correct: true\n", ""), QUIZ, 2, "No answer is marked"),
    "two are right": (edited(QUIZ, "text: Blue", "text: Blue\n        correct: true"), QUIZ, 2, "2 answers are marked"),
    "one answer": (
        {QUIZ: "questions:\n- id: a\n  text: b\n  answers: [{id: c, text: d}]\n"},
        QUIZ,
        2,
        "fewer than two",
    ),
    "correct at the question": (edited(QUIZ, "    answers:", "    correct: true\n    answers:"), QUIZ, 2, "instead of"),
    "true or false without": (edited(TEST, "    correct: true\n", ""), TEST, 9, "has “correct” and no answers"),
    "html in a question": (edited(QUIZ, "Which colour?", "<i>Which</i>?"), QUIZ, 3, "HTML is not used"),
    "a lost picture in feedback": (edited(QUIZ, "Look again.", "'![x](x.png)'"), QUIZ, 11, "“x.png” is not in"),
}


@pytest.mark.parametrize(("files", "file", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_a_mistake_is_found_at_its_file_and_line(
    tmp_path: Path, files: dict[str, Any], file: str, line: int, words: str
) -> None:
    checked = folder.check(programs.write(tmp_path, **files))
    assert checked.program is None
    found = [((mistake.file, mistake.line), str(mistake.what)) for mistake in checked.mistakes]
    assert any(place == (file, line) and words in what for place, what in found), found
    assert all(str(mistake.mend) for mistake in checked.mistakes)
    assert not any(re.search(r"%\(", f"{mistake.what}{mistake.mend}") for mistake in checked.mistakes)


def test_all_mistakes_come_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    changes = {
        **edited(PROGRAM, "60", "50"),
        **edited(PAGE, "## Why", "# Why"),
        **edited(QUIZ, "correct: true", "x: y"),
    }
    checked = folder.check(programs.write(tmp_path, **changes))
    assert [(mistake.file, mistake.line) for mistake in checked.mistakes] == [(PAGE, 6), (QUIZ, 7), (PROGRAM, 3)]


def test_a_misspelt_field_is_told_the_right_one(tmp_path: Path) -> None:
    checked = folder.check(programs.write(tmp_path, **edited(QUIZ, "text: Which", "txt: Which")))
    assert "Did you mean “text”?" in {str(mistake.mend) for mistake in checked.mistakes}


def test_a_folder_that_is_not_there_is_one_mistake(tmp_path: Path) -> None:
    (mistake,) = folder.check(tmp_path / "nowhere").mistakes
    assert "no such folder" in str(mistake.what)


def test_a_program_without_modules_says_so(tmp_path: Path) -> None:
    files = dict.fromkeys(programs.FILES) | {PROGRAM: "id: s\ntitle: S\n"}
    (mistake,) = folder.check(programs.write(tmp_path, **files)).mistakes
    assert (mistake.file, str(mistake.what)) == (PROGRAM, "The program has no module.")


def test_links_out_of_the_folder_are_refused_whatever_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(programs.PNG)
    root = programs.write(tmp_path / "program", **{DOT: None})
    (root / DOT).symlink_to(tmp_path / "secret.png")
    (root / "03-third").symlink_to(tmp_path)
    found = {mistake.file: str(mistake.what) for mistake in folder.check(root).mistakes}
    assert found[DOT] == found["03-third"] == "This is a link to another place."


def test_hidden_files_and_pipes_are_passed_over(tmp_path: Path) -> None:
    root = programs.write(tmp_path, **{".DS_Store": b"x", ".git/config": b"x"})
    os.mkfifo(root / "01-first" / "pipe.md")
    assert folder.check(root).mistakes == ()


def test_a_folder_of_thousands_of_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "FILES_LIMIT", 5)
    mistakes = folder.check(programs.write(tmp_path)).mistakes
    assert any("more than 5 files" in str(mistake.what) for mistake in mistakes)


def test_a_change_anywhere_changes_the_digest(tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {},
        edited(PROGRAM, "A small", "Another"),
        edited(PAGE, "here", "there"),
        edited(QUIZ, "Yes.", "Right."),
        {DOT: programs.PNG + b"!"},
    ]
    digests = set()
    for number, change in enumerate(changes):
        checked = folder.check(programs.write(tmp_path / str(number), **change))
        assert checked.program is not None
        digests.add(checked.program.digest)
    assert len(digests) == len(changes)


class TestAgainstTheLastVersion:
    def test_what_stays_is_accepted_also_in_another_module(self, tmp_path: Path) -> None:
        last = good(tmp_path / "last")
        moved = {
            PROGRAM: "id: small\ntitle: A small program\n",
            TEST: None,
            "01-first/02-test.quiz.yaml": programs.FILES[TEST],
            "02-second/01-x.md": page("x"),
        }
        root = programs.write(tmp_path / "new", **moved)
        assert folder.check(root, lambda _key: last).mistakes == ()

    def test_what_vanished_is_named(self, tmp_path: Path) -> None:
        last = good(tmp_path / "last")
        root = programs.write(tmp_path / "new", **edited(QUIZ, "id: colour-blue", "id: colour-green"))
        (mistake,) = folder.check(root, lambda _key: last).mistakes
        assert (mistake.file, mistake.line) == (PROGRAM, 6)
        assert str(mistake.what) == "“colour-blue” was in the last version and is gone."

    def test_what_vanished_and_is_retired_is_accepted_and_remembered(self, tmp_path: Path) -> None:
        last = good(tmp_path / "last")
        green = edited(QUIZ, "id: colour-blue", "id: colour-green")
        root = programs.write(tmp_path / "new", **green, **edited(PROGRAM, "[]", "[colour-blue]"))
        checked = folder.check(root, lambda _key: last)
        assert checked.program is not None
        new = checked.program.outline
        forgotten = programs.write(tmp_path / "new", **green, **edited(PROGRAM, "retired: []\n", ""))
        again = folder.check(forgotten, lambda _key: new).program
        assert again is not None
        assert again.outline.retired == ("colour-blue",)
        (mistake,) = folder.check(programs.write(tmp_path / "third"), lambda _key: new).mistakes[:1]
        assert (mistake.file, mistake.line) == (QUIZ, 9)
        assert str(mistake.what) == "“colour-blue” was retired in an earlier version."

    def test_what_names_something_else_is_refused_where_it_stands(self, tmp_path: Path) -> None:
        last = good(tmp_path / "last")
        swapped = edited(QUIZ, "id: colour\n", "id: some\n") | edited(TEST, "id: some\n", "id: colour\n")
        mistakes = folder.check(programs.write(tmp_path / "new", **swapped), lambda _key: last).mistakes
        assert {(QUIZ, 2), (TEST, 14)} <= {(mistake.file, mistake.line) for mistake in mistakes}
        assert all("named something else" in str(mistake.what) for mistake in mistakes)

    def test_an_unreadable_file_does_not_make_its_ids_vanish(self, tmp_path: Path) -> None:
        last = good(tmp_path / "last")
        root = programs.write(tmp_path / "new", **{PAGE: "no front matter"})
        (mistake,) = folder.check(root, lambda _key: last).mistakes
        assert mistake.file == PAGE

    def test_a_program_of_another_id_has_no_last_version(self, tmp_path: Path) -> None:
        root = programs.write(tmp_path, **edited(PROGRAM, "id: small", "id: other"))
        asked: list[str] = []
        assert folder.check(root, asked.append).mistakes == ()
        assert asked == ["other"]


def good(root: Path) -> Outline:
    checked = folder.check(programs.write(root))
    assert checked.program is not None
    return checked.program.outline


def page(key: str) -> str:
    return f"---\nid: {key}\ntitle: {key}\n---\nText.\n"
