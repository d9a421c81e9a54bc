"""A naive history as the tool stores it: the only place of this folder that knows both."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from diklat_lti.training import facts as real
from diklat_lti.training.rules import DatedRules, LessonRule
from diklat_lti.training.rules import Rules as RealRules
from diklat_lti.training.window import WindowRules
from naive.clocks import effective
from naive.counting import in_force
from naive.facts import Dates, History, Judgement, Lesson, Rules, Telling, Work
from naive.scoring import answers_until, finished_at, judged_answers, points

KINDS = {"begin": "attempt_started", "answer": "answered", "submit": "submitted"}
RULES = {"confirmed": "opened", "submitted": "quiz_submitted", "passed": "quiz_passed"}


def number(id_: str) -> int:
    return int(id_.lstrip("a"))


def decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def dated_rules(history: History) -> tuple[DatedRules, ...]:
    return tuple(DatedRules(rules.since, _rules(rules, history.dates)) for rules in history.rules)


def _rules(rules: Rules, dates: Dates) -> RealRules:
    return RealRules(
        window=_window(dates),
        lessons=tuple(_lesson(lesson) for lesson in rules.lessons),
        pass_mark=decimal(rules.pass_mark),
        keep=rules.lessons[-1].keep,
        passing="score" if rules.is_scored else "none",
        grace_hours=dates.grace // timedelta(hours=1),
    )


def _window(dates: Dates) -> WindowRules:
    if not dates.is_rolling:
        return WindowRules("fixed", dates.zone, dates.length_days, starts_on=dates.start_on)
    return WindowRules("rolling", dates.zone, dates.length_days, None, dates.start_on, dates.last_start_on,
                       dates.hard_end_on)  # fmt: skip


def _lesson(lesson: Lesson) -> LessonRule:
    return LessonRule(
        key=lesson.name,
        module_key="m",
        completion=RULES.get(lesson.rule, lesson.rule),
        weight=decimal(lesson.weight),
        attempts=lesson.attempts,
        time_limit_s=lesson.minutes * 60 if lesson.minutes else None,
        pass_mark=decimal(lesson.own_mark) if lesson.rule == "passed" else None,
    )


def told(telling: Telling) -> real.Stamped:
    stamp = telling.received_at if telling.stamp_at is None else telling.stamp_at
    return real.Stamped(
        stamp, telling.received_at, telling.offset_at_stamp, telling.made_at, telling.elapsed, telling.sent_at
    )


def facts(history: History) -> real.Facts:
    events = tuple(_event(work) for work in history.work)
    answers: dict[int, tuple[real.Event, ...]] = {}
    for event in events:
        if event.kind == "answered" and event.attempt_id is not None:
            answers[event.attempt_id] = (*answers.get(event.attempt_id, ()), event)
    begun = {work.attempt: work for work in history.work if work.kind == "begin"}
    return real.Facts(
        events=(*events, *(real.Event(9000 + n, "started", at, at) for n, at in enumerate(history.presses))),
        attempts=tuple(_attempt(history, work) for work in begun.values()),
        judgements=tuple(_judgements(history, begun)),
        extensions=tuple(real.ExtensionFact(x.until, x.at, x.revoked_at) for x in history.extensions),
        rulings=tuple(_rulings(history)),
        answers=answers,
    )


def _event(work: Work) -> real.Event:
    when = real.effective(told(work.telling))
    attempt = number(work.attempt) if work.attempt else None
    kind = KINDS.get(work.kind, work.kind)
    return real.Event(
        number(work.id), kind, when.at, work.telling.received_at, work.lesson, attempt, flagged=when.flagged
    )


def _attempt(history: History, begun: Work) -> real.AttemptFact:
    event = _event(begun)
    minutes = _as_first_ruled(history, begun).minutes
    return real.AttemptFact(
        number(begun.attempt), begun.lesson, event.at, event.received_at, minutes * 60 if minutes else None
    )


def _as_first_ruled(history: History, begun: Work) -> Lesson:
    return next(lesson for lesson in history.rules[0].lessons if lesson.name == begun.lesson)


def _judgements(history: History, begun: dict[str, Work]) -> list[real.JudgementFact]:
    found = []
    for work in {work.id: work for work in history.work if work.kind == "submit"}.values():
        answers = answers_until(history, begun[work.attempt], work)
        at, received = effective(work.telling).at, work.telling.received_at
        found += _marked(history, begun[work.attempt], answers, (at, received, received), "submitted")
    for judged in history.judgements:
        found += _closed(history, begun[judged.attempt], judged)
    return found


def _closed(history: History, begun: Work, judged: Judgement) -> list[real.JudgementFact]:
    answers = judged_answers(history, begun, judged)
    last = max(answers, key=lambda work: (effective(work.telling).at, work.id), default=begun)
    times = (finished_at(history, begun, judged), last.telling.received_at, judged.at)
    return _marked(history, begun, answers, times, "closed")


def _marked(
    history: History, begun: Work, answers: list[Work], times: tuple[datetime, datetime, datetime], cause: str
) -> list[real.JudgementFact]:
    """The first by the marking as it was when the work was finished; one more for each later marking."""
    finished, arrived, judged = times
    marking = _marking(history, begun, finished)
    id_ = number(begun.attempt)
    found = [real.JudgementFact(id_, finished, arrived, judged, cause, decimal(points(marking, answers)))]
    for rules in history.rules[1:]:
        newer = _marking(history, begun, rules.since)
        if rules.since > finished and newer.marking != marking.marking:
            marking, score = newer, decimal(points(newer, answers))
            again = max(judged, rules.since)
            found.append(real.JudgementFact(id_, finished, arrived, again, "remarked", score))
    return found


def _marking(history: History, begun: Work, at: datetime) -> Lesson:
    return next(x for x in in_force(history, at).lessons if x.name == begun.lesson)


def _rulings(history: History) -> list[real.RulingFact]:
    fact = real.RulingFact
    found = [fact("attempts_added", one.at, lesson_key=one.lesson, number=one.number) for one in history.more]
    for admitted in history.admissions:
        ids = frozenset({number(admitted.what)})
        is_attempt = admitted.what.startswith("a")
        found.append(
            fact("admitted", admitted.at, attempts=ids) if is_attempt else fact("admitted", admitted.at, events=ids)
        )
    for gone in history.withdrawals:
        found.append(fact("withdrawn", gone.at))
        found += [fact("returned", gone.returned_at)] if gone.returned_at else []
    for void in history.annulments:
        found.append(fact("annulled", void.at, attempts=frozenset(number(attempt) for attempt in void.attempts)))
    return found
