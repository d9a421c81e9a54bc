"""The naive model of counting: which work counts, from when on, and which attempts hold a place."""

from dataclasses import replace
from datetime import datetime, timedelta

from naive.clocks import effective
from naive.days import Window, window
from naive.facts import Extension, History, Lesson, Rules, Work, remembered


def known_at(history: History, now: datetime) -> History:
    """The facts that were stored by then: what arrives later is not known yet."""
    return _known_at(history.whole or history, now)


@remembered
def _known_at(history: History, now: datetime) -> History:
    return History(
        history.dates,
        [rules for number, rules in enumerate(history.rules) if number == 0 or rules.since <= now],
        [pressed for pressed in history.presses if pressed <= now],
        [work for work in history.work if work.telling.received_at <= now],
        [judged for judged in history.judgements if judged.at <= now],
        [_extension_at(one, now) for one in history.extensions if one.at <= now],
        [one for one in history.more if one.at <= now],
        [one for one in history.admissions if one.at <= now],
        [
            type(one)(one.at, one.returned_at if one.returned_at and one.returned_at <= now else None)
            for one in history.withdrawals
            if one.at <= now
        ],
        [one for one in history.annulments if one.at <= now],
        whole=history,
    )


def _extension_at(one: Extension, now: datetime) -> Extension:
    is_revoked = one.revoked_at is not None and one.revoked_at <= now
    return Extension(one.at, one.until, one.revoked_at if is_revoked else None)


def in_force(history: History, at: datetime) -> Rules:
    found = history.rules[0]
    for rules in history.rules[1:]:
        if rules.since <= at and rules.since >= found.since:
            found = rules
    return found


@remembered
def all_work(history: History) -> list[Work]:
    """Each piece once, however often it was sent."""
    return list({work.id: work for work in history.work}.values())


def is_in_window(work: Work, frame: Window) -> bool:
    made = effective(work.telling).at
    return frame.is_begun and frame.start <= made < frame.effective_end and work.telling.received_at < frame.grace_ends


@remembered
def frame_of(history: History) -> Window:
    return window(history)


def admitted_at(history: History, work: Work) -> datetime | None:
    times = [one.at for one in history.admissions if one.what in (work.id, work.attempt)]
    return min(times) if times else None


@remembered
def counts_from(history: History, work: Work) -> datetime | None:
    """The instant since when it counts: when it was done, or its admission. None of what is void or late."""
    if is_void(history, work):
        return None
    if is_in_window(work, frame_of(history)):
        return effective(work.telling).at
    admitted = admitted_at(history, work)
    return None if admitted is None else max(admitted, effective(work.telling).at)


def is_void(history: History, work: Work) -> bool:
    return any(work.attempt in one.attempts for one in history.annulments if work.attempt)


def is_late(history: History, work: Work) -> bool:
    """Kept, and marked: done or come after its time, and nobody let it in."""
    frame = window(history)
    made = effective(work.telling).at
    after = made >= frame.effective_end or work.telling.received_at >= frame.grace_ends
    return frame.is_begun and after and admitted_at(history, work) is None


@remembered
def attempts_of(history: History, lesson: str) -> list[Work]:
    """The beginnings of attempts that count, in the order in which they first counted on the server."""
    begun = [
        work
        for work in all_work(history)
        if work.kind == "begin" and work.lesson == lesson and counts_from(history, work) is not None
    ]
    return sorted(begun, key=lambda work: (first_counted(history, work), effective(work.telling).at, work.id))


@remembered
def first_counted(history: History, work: Work) -> datetime:
    """Its receipt; else the first ruling with which it counted."""
    received = work.telling.received_at
    rulings = [one.at for one in history.extensions] + [one.at for one in history.admissions]
    for instant in sorted([received, *[ruling for ruling in rulings if ruling > received]]):
        then = replace(known_at(history, instant), presses=history.presses, notes={})
        if counts_from(then, work) is not None:
            return instant
    return received


def limit(history: History, lesson: Lesson, at: datetime) -> int:
    added = 0
    for one in history.more:
        if one.lesson == lesson.name and one.at <= at:
            added += one.number
    return lesson.attempts + added


def holders(history: History, lesson: Lesson, at: datetime) -> list[Work]:
    return attempts_of(history, lesson.name)[: limit(history, lesson, at)]


def time_over(lesson: Lesson, begun: Work) -> datetime | None:
    if lesson.minutes is None:
        return None
    return effective(begun.telling).at + timedelta(minutes=lesson.minutes)
