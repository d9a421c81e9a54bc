"""Reads a .quiz.yaml file: its questions as they are kept, and what is wrong with them."""

from collections.abc import Iterator
from typing import Any

from diklat_lti.content import fitting, markdown, yaml_text
from diklat_lti.content.format import Body, Identity, Reading, Source
from diklat_lti.content.shapes import AnswerShape, QuestionShape, QuizShape
from diklat_lti.content.yaml_text import Document
from diklat_lti.errors import say

SUFFIX = ".quiz.yaml"


def read(source: Source) -> Reading | None:
    document = yaml_text.read(source.text, source.report)
    if document is None:
        return None
    quiz = fitting.fit(QuizShape, document, source.report)
    body = _Writer(source, document).body(quiz) if quiz else {"questions": [], "assets": [], "counts": True}
    return Reading(document, quiz, body, tuple(_ids(document)))


class _Writer:
    def __init__(self, source: Source, document: Document) -> None:
        self.where = markdown.Where(source.file, source.assets, source.report)
        self.report = source.report
        self.document = document
        self.assets: set[str] = set()

    def body(self, quiz: QuizShape) -> Body:
        settings = quiz.model_dump(mode="json", include={"attempts", "pass_mark", "shuffle", "time_limit_s", "counts"})
        questions = [self.question(question, place) for place, question in enumerate(quiz.questions)]
        return {**settings, "questions": questions, "assets": sorted(self.assets)}

    def question(self, question: QuestionShape, place: int) -> Body:
        loc = ("questions", place)
        self.check(question, self.document.line(loc))
        answers = [self.answer(answer, (*loc, "answers", at)) for at, answer in enumerate(question.answers)]
        return {
            "key": question.id,
            "kind": question.kind,
            "points": str(question.points),
            "html": self.html(markdown.block(question.text, self.where, self.document.line((*loc, "text")))),
            "feedback": self.feedback(question.feedback, loc),
            "answers": _true_and_false(question) if question.kind == "truefalse" else answers,
        }

    def answer(self, answer: AnswerShape, loc: yaml_text.Loc) -> Body:
        text = markdown.inline(answer.text, self.where, self.document.line((*loc, "text")))
        feedback = self.feedback(answer.feedback, loc)
        return {"key": answer.id, "html": self.html(text), "correct": answer.correct, "feedback": feedback}

    def feedback(self, text: str | None, loc: yaml_text.Loc) -> str | None:
        line = self.document.line((*loc, "feedback"))
        return None if text is None else self.html(markdown.inline(text, self.where, line))

    def html(self, rendered: markdown.Rendered) -> str:
        self.assets.update(rendered.assets)
        return rendered.html

    def check(self, question: QuestionShape, line: int) -> None:
        right = sum(answer.correct for answer in question.answers)
        if question.kind == "truefalse":
            if question.correct is None or question.answers:
                what = say("A question of true or false has “correct” and no answers.")
                self.report(line, what, say("Write “correct: true” or “correct: false” and leave “answers” out."))
        elif question.correct is not None:
            what = say("“correct” stands at the question instead of at an answer.")
            self.report(line, what, say("Move it to the answer that is right."))
        elif len(question.answers) < 2:
            self.report(line, say("The question has fewer than two answers."), say("Add answers below “answers”."))
        elif not right:
            self.report(line, say("No answer is marked as right."), say("Add “correct: true” to it."))
        elif question.kind == "single" and right > 1:
            what = say("%(count)s answers are marked as right.", count=right)
            self.report(line, what, say("Keep one, or write “kind: multiple”."))


def _true_and_false(question: QuestionShape) -> list[Body]:
    """Without a text: the page says true and false in the reader's language."""
    sides = (("true", question.correct is True), ("false", question.correct is False))
    return [{"key": key, "html": None, "correct": correct, "feedback": None} for key, correct in sides]


def _ids(document: Document) -> Iterator[Identity]:
    """Taken from the bare data, so that a mistake elsewhere in the file does not hide them."""
    yield from _id(document, document.data, (), "lesson")
    for place, question in _entries(document.data, "questions"):
        loc: yaml_text.Loc = ("questions", place)
        yield from _id(document, question, loc, "question")
        for at, answer in _entries(question, "answers"):
            yield from _id(document, answer, (*loc, "answers", at), f"answer {question.get('id')}")


def _id(document: Document, data: Any, loc: yaml_text.Loc, role: str) -> Iterator[Identity]:
    if isinstance(data, dict) and isinstance(data.get("id"), str):
        yield Identity(data["id"], role, document.line((*loc, "id")))


def _entries(data: Any, name: str) -> Iterator[tuple[int, Any]]:
    entries = data.get(name) if isinstance(data, dict) else None
    if isinstance(entries, list):
        yield from enumerate(entries)
