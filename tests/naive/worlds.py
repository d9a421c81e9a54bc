"""Random trainings for the naive model: zones whose clocks change, phones that sleep and lie, admins who rule."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st

from naive.clocks import effective
from naive.counting import known_at, time_over
from naive.days import first_instant, window
from naive.facts import (
    Admission,
    Annulment,
    Dates,
    Extension,
    History,
    Judgement,
    Lesson,
    MoreAttempts,
    Rules,
    Telling,
    Withdrawal,
    Work,
)
from naive.passing import waiting

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT, MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)
BEGINNING = datetime.min.replace(tzinfo=UTC)
PLACES = [
    ("Asia/Jakarta", date(2019, 1, 8)),
    ("Asia/Makassar", date(2024, 2, 20)),
    ("Asia/Jayapura", date(2023, 12, 28)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
    ("Africa/Cairo", date(2023, 4, 28)),
    ("Asia/Beirut", date(2022, 10, 30)),
    ("America/Havana", date(2022, 11, 6)),
    ("Australia/Lord_Howe", date(2023, 10, 1)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("Pacific/Apia", date(2011, 12, 30)),
]
"""A zone and a date near which its clocks change, midnight being left out, told twice, or the whole day missing."""
BESIDE = [timedelta(0), INSTANT, -INSTANT, MILLISECOND, -MILLISECOND]
CHOICES = ["good"] * 6 + ["half", "half", "bad"]


Integer = Callable[[int, int], int]
"""Between the two, both of them included."""


class World:
    """What is drawn on the way to one history."""

    def __init__(self, integer: Integer, shuffled: Callable[[list[Any]], list[Any]]) -> None:
        self.integer, self.shuffled = integer, shuffled
        self.edges: list[datetime] = []
        self.span: tuple[datetime, datetime]
        self.number = 0

    def pick(self, options: list[Any]) -> Any:
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.integer(0, 99) >= 100 - percent

    def id(self) -> str:
        self.number += 1
        return f"{self.number:03}"

    def moment(self) -> datetime:
        """Most often inside the window; else a boundary, or beside it."""
        if self.chance(75):
            start, end = self.span
            return start + (end - start) * self.integer(0, 999) / 1000
        return self.edge()

    def edge(self) -> datetime:
        return self.pick(self.edges) + self.pick([*BESIDE, *BESIDE, HOUR, -HOUR, DAY])

    def after(self, earliest: datetime) -> datetime:
        """A ruling's time: after what it is about."""
        found = self.pick([earliest, earliest + HOUR, earliest + 3 * DAY, self.edge()])
        return max(found, earliest)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """By Hypothesis, which makes one that fails as small as it can."""
    return _history(
        World(lambda least, most: draw(st.integers(least, most)), lambda found: draw(st.permutations(found)))
    )


def by_chance(seed: int) -> History:
    """Each thing as often as it should: Hypothesis varies what it has drawn, so that some come up a hundred times or never."""
    chance = Random(seed)
    return _history(World(chance.randint, lambda found: chance.sample(found, len(found))))


def _history(world: World) -> History:
    dates = _dates(world)
    history = History(dates, [_rules(world)])
    _press(world, history)
    frame = window(history)
    world.span = (frame.start, frame.effective_end)
    world.edges = [frame.start, frame.effective_end, frame.grace_ends]
    if world.chance(45):
        history.extensions.append(_extension(world, frame.effective_end))
    for lesson in history.rules[0].lessons:
        _work(world, history, lesson)
    _decide(world, history)
    if world.chance(45):
        _change_rules(world, history)
    _judge(world, history)
    if history.judgements:  # nothing in the tool marks anew yet: how what is closed later is marked then is not decided
        history.rules = [rules for rules in history.rules if rules.lessons[-1].marking == _marking(False)]
    _mix(world, history)
    return replace(history, notes={})


def _dates(world: World) -> Dates:
    zone, near = world.pick(PLACES)
    first = near + timedelta(days=world.integer(-16, 3))
    length = world.pick([1, 2, 14, 15, 15, 15, 29, 90, world.integer(1, 90)])
    grace = timedelta(hours=world.pick([72, 72, 72, 24, 0]))
    if world.chance(65):
        return Dates(zone, False, length, first, grace=grace)
    last = first + timedelta(days=world.pick([0, 5, 20]))
    hard = last + timedelta(days=world.pick([0, 3, length - 1, length + 10]))
    return Dates(zone, True, length, first, last, hard if world.chance(40) else None, grace)


def _marking(is_new: bool) -> dict[str, dict[str, Fraction]]:
    half = Fraction(1, 3) if not is_new else Fraction(9, 10)
    return {name: {"good": Fraction(1), "half": half, "bad": Fraction(0)} for name in ("q1", "q2", "q3")}


def _rules(world: World) -> Rules:
    keep = world.pick(["best", "best", "last", "first"])
    weights = world.pick([["100"], ["50", "50"], ["33.33", "66.67"], ["20", "80"]])
    lessons = [Lesson("read", world.pick(["confirmed", "last_page", "handed_in"]))]
    for number, weight in enumerate(weights, 1):
        rule = world.pick(["submitted", "submitted", "passed"])
        minutes = 30 if world.chance(20) else None
        lessons.append(
            Lesson(f"quiz{number}", rule, Fraction(weight), world.integer(1, 3), keep,
                   Fraction(world.pick([40, 70])), _marking(False), minutes)
        )  # fmt: skip
    mark = Fraction(world.pick(["70", "70", "60", "66.67", "100"]))
    return Rules(BEGINNING, lessons, mark, world.chance(85))


def _press(world: World, history: History) -> None:
    dates = history.dates
    if not dates.is_rolling or world.chance(25):
        return
    days = (dates.last_start_on - dates.start_on).days
    day = dates.start_on + timedelta(days=world.integer(0, days))
    opens, closes = first_instant(day, dates.zone), first_instant(day + timedelta(days=1), dates.zone)
    if closes <= opens:
        return
    pressed = world.pick([opens, closes - MILLISECOND, closes - 10 * MINUTE, opens + (closes - opens) / 2])
    history.presses = [pressed, pressed + world.pick([MILLISECOND, HOUR, 2 * DAY])] if world.chance(30) else [pressed]


def _extension(world: World, end: datetime) -> Extension:
    granted = world.pick([end - DAY, end, end + HOUR, end + 5 * DAY, world.moment()])
    until = end + world.pick([DAY, 3 * DAY, 15 * DAY])
    revoked = max(granted, world.pick([granted, end + DAY, until - INSTANT, until + DAY])) if world.chance(40) else None
    world.edges += [until, until if revoked is None else min(until, revoked)]
    if world.chance(50):
        world.span = (world.span[0], until)
    return Extension(granted, until, revoked)


def _work(world: World, history: History, lesson: Lesson) -> None:
    if lesson.marking:
        for _ in range(world.pick([0, 1, 1, 1, 2, 2, 3, 4])):
            _attempt(world, history, lesson)
        return
    for _ in range(world.pick([0, 1, 1, 1, 1, 1, 1, 2])):
        kind = lesson.rule if world.chance(90) else world.pick(["confirmed", "last_page", "handed_in"])
        made = world.moment()
        history.work.append(Work(world.id(), lesson.name, kind, _telling(world, made, _arrival(world, made))))


def _arrival(world: World, made: datetime) -> datetime:
    if world.chance(10):
        grace_ends = world.edges[2]
        return max(made, grace_ends + world.pick([timedelta(0), timedelta(0), -INSTANT, -MILLISECOND]))
    if world.chance(60):
        return made + world.pick([timedelta(0), 400 * MILLISECOND])
    return max(made, world.pick([made + HOUR, made + DAY, made + 4 * DAY, world.edge()]))


def _telling(world: World, made: datetime, received: datetime) -> Telling:
    """Told by a form, by an honest phone whose clock stands anywhere, or by one that was set while it lay in a pocket."""
    if made == received and world.chance(50):
        return Telling(received)
    offset = world.pick([timedelta(0), DAY, -3 * HOUR, 400 * MILLISECOND])
    stamp = made - world.pick([timedelta(0), 5 * MINUTE, 2 * DAY])
    elapsed = world.pick([made - stamp, (made - stamp) / 2, None])
    if world.chance(80):
        return Telling(received, stamp, made + offset, offset, received + offset, elapsed)
    drift = world.pick([2 * MINUTE, -2 * MINUTE, 2 * MINUTE + INSTANT, -2 * MINUTE - INSTANT, DAY, -DAY])
    shown = made + world.pick([offset, offset + drift, offset + 3 * DAY])
    known = world.pick([offset, offset, None])
    sent = world.pick([received + offset + drift, received + offset, None])
    return Telling(received, stamp, world.pick([shown, shown, None]), known, sent, elapsed)


def _attempt(world: World, history: History, lesson: Lesson) -> None:
    """One sitting: begun, answered, handed in or left. A timed one is done with a connection, and within its time."""
    attempt, made = "a" + world.id(), world.moment()
    steps: list[tuple[str, str, datetime]] = [("begin", "", made)]
    pauses = [MINUTE] if lesson.minutes else [MINUTE, MINUTE, MINUTE, MINUTE, HOUR, 2 * DAY]
    for question in lesson.marking:
        if world.chance(90):
            made += world.pick(pauses)
            steps.append(("answer", question, made))
    if world.chance(75):
        made += MINUTE
        steps.append(("submit", "", made))
    received = _arrival(world, made) if world.chance(30) and not lesson.minutes else None
    found = [_step(world, lesson, attempt, step, received) for step in steps]
    if _is_in_order(found):
        history.work += found
        return
    for work in found:  # a liar whose sitting would end before it began: taken as an honest one
        work.telling = Telling(max(work.telling.received_at, found[0].telling.received_at))
    history.work += found


def _step(
    world: World, lesson: Lesson, attempt: str, step: tuple[str, str, datetime], received: datetime | None
) -> Work:
    kind, question, made = step
    arrived = made if received is None else received
    told = Telling(made) if lesson.minutes else _telling(world, made, arrived)
    return Work(world.id(), lesson.name, kind, told, attempt, question, world.pick(CHOICES) if question else "")


def _is_in_order(works: list[Work]) -> bool:
    times = [effective(work.telling).at for work in works]
    return times == sorted(times)


def _decide(world: World, history: History) -> None:
    sittings = [work for work in history.work if work.kind == "begin"]
    pages = [work for work in history.work if not work.attempt]
    if world.chance(12):
        history.extensions.append(_extension(world, window(history).effective_end))
    if world.chance(20):
        lesson = world.pick(history.rules[0].lessons[1:])
        history.more.append(MoreAttempts(world.moment(), lesson.name, world.pick([1, 2])))
    for work in (sittings + pages) if world.chance(40) else []:
        if world.chance(50):
            admitted = world.after(work.telling.received_at)
            history.admissions.append(Admission(admitted, work.attempt or work.id))
    if sittings and world.chance(12):
        voided = world.pick(sittings)
        last = max(work.telling.received_at for work in history.work if work.attempt == voided.attempt)
        history.annulments.append(Annulment(world.after(last), [voided.attempt]))
    if world.chance(20):
        gone = world.moment()
        history.withdrawals.append(Withdrawal(gone, gone + world.pick([INSTANT, DAY]) if world.chance(70) else None))


def _change_rules(world: World, history: History) -> None:
    before = history.rules[0]
    for since in sorted([world.moment() for _ in range(world.pick([1, 1, 2]))]):
        before = world.pick([_raise, _lower, _mark_anew, _mark_anew, _allow, _allow, _keep, _add])(world, before)
        history.rules.append(replace(before, since=since))


def _raise(world: World, rules: Rules) -> Rules:
    return replace(rules, pass_mark=min(Fraction(100), rules.pass_mark + 20))


def _lower(world: World, rules: Rules) -> Rules:
    return replace(rules, pass_mark=rules.pass_mark - 30)


def _mark_anew(world: World, rules: Rules) -> Rules:
    return replace(rules, lessons=[replace(x, marking=_marking(True) if x.marking else {}) for x in rules.lessons])


def _allow(world: World, rules: Rules) -> Rules:
    number = world.pick([1, 2, 3, 4])
    return replace(rules, lessons=[replace(x, attempts=number) for x in rules.lessons])


def _keep(world: World, rules: Rules) -> Rules:
    keep = world.pick(["best", "last", "first"])
    return replace(rules, lessons=[replace(x, keep=keep) for x in rules.lessons])


def _add(world: World, rules: Rules) -> Rules:
    """A version with one lesson more, or without the first."""
    if world.chance(30):
        return replace(rules, lessons=rules.lessons[1:])
    return replace(rules, lessons=[Lesson("sheet", "handed_in"), *rules.lessons])


def _judge(world: World, history: History) -> None:
    """Whoever looked first after an instant stored what was due: on time, or days later."""
    frame = window(history)
    looks = [
        frame.grace_ends,
        frame.grace_ends - INSTANT,
        *[edge + world.pick([HOUR, 4 * DAY]) for edge in world.edges],
    ]
    for look in sorted({look for look in looks if world.chance(60)}):
        known = known_at(history, look)
        frame = window(known)
        for attempt in waiting(known, look):
            begun = next(work for work in known.work if work.attempt == attempt and work.kind == "begin")
            lesson = next(x for rules in known.rules for x in rules.lessons if x.name == begun.lesson)
            over = time_over(lesson, begun)
            before = frame.effective_end if over is None else min(over, frame.effective_end)
            history.judgements.append(Judgement(attempt, look, before, frame.grace_ends))


def _mix(world: World, history: History) -> None:
    """In any order, and twice."""
    history.work = world.shuffled(history.work)
    if world.chance(30):
        history.work = history.work + history.work[:3]
