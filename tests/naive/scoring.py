"""The naive model of marks: the points of an attempt, the score of a lesson, the final score, as they were at an instant."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from naive.clocks import effective
from naive.counting import all_work, counts_from, holders, in_force
from naive.facts import History, Judgement, Lesson, Work, remembered


def two_decimals(number: Fraction) -> Decimal:
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@remembered
def results(history: History, lesson: Lesson, begun: Work, at: datetime) -> list[Fraction]:
    """What the attempt had brought by then, in 100: handed in, judged, or both; the marking is the one in force."""
    found = []
    since = counts_from(history, begun)
    for work in all_work(history):
        if work.attempt == begun.attempt and work.kind == "submit":
            finished = counts_from(history, work)
            if finished is not None and max(since, finished) <= at:
                found.append(points(lesson, answers_until(history, begun, work)))
    for judged in history.judgements:
        if judged.attempt == begun.attempt and max(since, finished_at(history, begun, judged)) <= at:
            found.append(points(lesson, judged_answers(history, begun, judged)))
    return found


@remembered
def answers_until(history: History, begun: Work, submit: Work) -> list[Work]:
    end = effective(submit.telling).at
    return [
        work
        for work in _answers(history, begun)
        if effective(work.telling).at <= end and counts_from(history, work) is not None
    ]


@remembered
def judged_answers(history: History, begun: Work, judged: Judgement) -> list[Work]:
    return [
        work
        for work in _answers(history, begun)
        if effective(work.telling).at < judged.before
        and work.telling.received_at < judged.arrived_before
        and work.telling.received_at <= judged.at
    ]


@remembered
def finished_at(history: History, begun: Work, judged: Judgement) -> datetime:
    times = [effective(work.telling).at for work in judged_answers(history, begun, judged)]
    return max([effective(begun.telling).at, *times])


@remembered
def _answers(history: History, begun: Work) -> list[Work]:
    return [work for work in all_work(history) if work.kind == "answer" and work.attempt == begun.attempt]


def points(lesson: Lesson, answers: list[Work]) -> Fraction:
    """The last answer to each question stands."""
    got, full = Fraction(0), Fraction(0)
    for question, marks in lesson.marking.items():
        full += max(marks.values())
        given = [work for work in answers if work.question == question]
        if given:
            last = max(given, key=lambda work: (effective(work.telling).at, work.id))
            got += marks.get(last.choice, Fraction(0))
    return got / full * 100


@remembered
def lesson_score(history: History, lesson: Lesson, at: datetime) -> Fraction | None:
    """The better where one attempt was judged and went on; of the attempts, the best, the first or the last."""
    finished = []
    for begun in holders(history, lesson, at):
        brought = results(history, lesson, begun, at)
        if brought:
            finished.append(max(brought))
    if not finished:
        return None
    if lesson.keep == "first":
        return finished[0]
    if lesson.keep == "last":
        return finished[-1]
    return max(finished)


def is_done(history: History, lesson: Lesson, at: datetime) -> bool:
    """A quiz to pass is passed by any attempt. Who confirms a lesson has reached its last page."""
    if lesson.rule in ("submitted", "passed"):
        brought = [score for begun in holders(history, lesson, at) for score in results(history, lesson, begun, at)]
        mark = lesson.own_mark if lesson.rule == "passed" else Fraction(0)
        return any(two_decimals(score) >= mark for score in brought)
    kinds = ("last_page", "confirmed") if lesson.rule == "last_page" else (lesson.rule,)
    for work in all_work(history):
        if work.lesson == lesson.name and work.kind in kinds:
            since = counts_from(history, work)
            if since is not None and since <= at:
                return True
    return False


def done(history: History, at: datetime) -> list[str]:
    return [lesson.name for lesson in in_force(history, at).lessons if is_done(history, lesson, at)]


@remembered
def are_all_done(history: History, at: datetime) -> bool:
    return len(done(history, at)) == len(in_force(history, at).lessons)


@remembered
def final_score(history: History, at: datetime) -> Decimal:
    """By weights; where completing is passing it is 100 with the last lesson."""
    rules = in_force(history, at)
    if not rules.is_scored:
        return Decimal(100 if are_all_done(history, at) else 0)
    total = Fraction(0)
    for lesson in rules.lessons:
        total += lesson.weight * (lesson_score(history, lesson, at) or 0) / 100
    return two_decimals(total)


@remembered
def meets_all(history: History, at: datetime) -> bool:
    rules = in_force(history, at)
    if not are_all_done(history, at):
        return False
    return not rules.is_scored or final_score(history, at) >= two_decimals(rules.pass_mark)
