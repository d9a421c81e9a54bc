"""Where a learner stands: `summarise(rules, facts)` and `state(summary, now)`, pure; and `state_sql`, held equal by a test."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, and_, case, literal, or_

from diklat_lti.models.progress import Enrolment
from diklat_lti.training import scoring
from diklat_lti.training.counting import Counted, count, limit_of
from diklat_lti.training.facts import Facts, RulingFact
from diklat_lti.training.rules import DatedRules, Rules
from diklat_lti.training.window import NEVER


class State(StrEnum):
    """The eight states, in the order in which the first match wins."""

    WITHDRAWN = "withdrawn"
    PASSED = "passed"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    NOT_STARTED = "not_started"
    SYNCING = "syncing"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Summary:
    """What the facts come to. `Enrolment` has a column for each field but the last four."""

    opens_at: datetime
    end_at: datetime
    grace_end_at: datetime
    first_work_at: datetime | None
    last_work_at: datetime | None
    done_count: int
    required_count: int
    all_done: bool
    attempts_left: int
    score: Decimal | None
    completed_at: datetime | None
    passed_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    judge_at: datetime | None
    passing_score: Decimal | None
    """The highest final score since `passed_at`, never below the mark it was passed under."""
    done: frozenset[str]
    module_scores: dict[str, Decimal | None]
    annulled: bool


class Standing(Protocol):
    """What `state` needs: a `Summary`, or an `Enrolment` row."""

    @property
    def opens_at(self) -> datetime: ...
    @property
    def end_at(self) -> datetime: ...
    @property
    def grace_end_at(self) -> datetime: ...
    @property
    def first_work_at(self) -> datetime | None: ...
    @property
    def all_done(self) -> bool: ...
    @property
    def passed_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...
    @property
    def judge_at(self) -> datetime | None: ...


def state(s: Standing, now: datetime) -> State:
    if s.withdrawn_at is not None:
        return State.WITHDRAWN
    if s.passed_at is not None:
        return State.PASSED
    if now < s.opens_at:
        return State.SCHEDULED
    if now < s.end_at:
        return State.NOT_STARTED if s.first_work_at is None else State.ACTIVE
    if now < s.grace_end_at or s.judge_at is not None:
        return State.SYNCING
    return State.FAILED if s.all_done else State.EXPIRED


def state_sql(now: datetime) -> ColumnElement[str]:
    """The same over `Enrolment`'s columns, for lists and counts."""
    e = Enrolment
    at = literal(now, e.end_at.type)
    return case(
        (e.withdrawn_at.is_not(None), State.WITHDRAWN.value),
        (e.passed_at.is_not(None), State.PASSED.value),
        (at < e.opens_at, State.SCHEDULED.value),
        (and_(at < e.end_at, e.first_work_at.is_(None)), State.NOT_STARTED.value),
        (at < e.end_at, State.ACTIVE.value),
        (or_(at < e.grace_end_at, e.judge_at.is_not(None)), State.SYNCING.value),
        (e.all_done, State.FAILED.value),
        else_=State.EXPIRED.value,
    )


def summarise(history: tuple[DatedRules, ...], facts: Facts) -> Summary:
    """A pure function of the dated rules of the cohort and all facts; stored facts in any order, or twice, change nothing."""
    rules = history[-1].rules
    counted = count(rules, facts)
    completed_at, passed_at, passing_score = _milestones(history, facts, counted)
    done = scoring.done_keys(rules, counted, NEVER)
    withdrawal = _withdrawal(facts)
    return Summary(
        opens_at=counted.window.opens_at,
        end_at=counted.end,
        grace_end_at=counted.grace_end,
        first_work_at=counted.first_work_at,
        last_work_at=counted.last_work_at,
        done_count=len(done),
        required_count=len(rules.lessons),
        all_done=len(done) == len(rules.lessons),
        attempts_left=_attempts_left(rules, facts, counted),
        score=scoring.final_score(rules, counted, NEVER),
        completed_at=completed_at,
        passed_at=passed_at,
        withdrawn_at=withdrawal.made_at if withdrawal else None,
        withdrawn_by=withdrawal.by if withdrawal else None,
        judge_at=counted.judge_at,
        passing_score=passing_score,
        done=done,
        module_scores={
            key: scoring.module_score(rules, counted, key, NEVER) for key in {x.module_key for x in rules.lessons}
        },
        annulled=bool(facts.of_kind("annulled")),
    )


def _withdrawal(facts: Facts) -> RulingFact | None:
    decisions = facts.of_kind("withdrawn") + facts.of_kind("returned")
    last = max(decisions, key=lambda r: (r.made_at, r.kind == "returned"), default=None)
    return last if last and last.kind == "withdrawn" else None


def _attempts_left(rules: Rules, facts: Facts, counted: Counted) -> int:
    """Of the quizzes that weigh and could still rise."""
    left = 0
    for lesson in rules.lessons:
        if lesson.weight and (scoring.lesson_score(rules, counted, lesson.key, NEVER) or 0) < scoring.FULL:
            finished = sum(1 for a in counted.attempts.get(lesson.key, ()) if a.marks)
            left += limit_of(rules, facts, lesson.key) - finished
    return left


def _milestones(
    history: tuple[DatedRules, ...], facts: Facts, counted: Counted
) -> tuple[datetime | None, datetime | None, Decimal | None]:
    """completed_at, passed_at, and the highest score since the pass: each the earliest instant at which it was true."""
    moments = _moments(history, facts, counted)
    completed_at = next((at for at, rules, then in moments if scoring.all_done(rules, then, at)), None)
    passed = next(((at, rules) for at, rules, then in moments if _passes(rules, then, at)), None)
    if passed is None:
        return completed_at, None, None
    passed_at, under = passed
    scores = [scoring.final_score(rules, then, at) for at, rules, then in moments if at >= passed_at]
    lowest = under.pass_mark if under.passing == "score" else scoring.FULL
    return completed_at, passed_at, max([lowest, *(score for score in scores if score is not None)])


def _passes(rules: Rules, counted: Counted, instant: datetime) -> bool:
    if not scoring.all_done(rules, counted, instant):
        return False
    score = scoring.final_score(rules, counted, instant)
    return rules.passing == "none" or (score is not None and score >= rules.pass_mark)


def _moments(history: tuple[DatedRules, ...], facts: Facts, counted: Counted) -> list[tuple[datetime, Rules, Counted]]:
    """Instants with the rules in force and the work that counted so far under them, in order: effective times of counted
    work and times of rulings. Where the first or the last attempt decides, also as it was known before each arrival that
    could tell otherwise: what comes later undoes no pass."""
    found = _seen(history, facts, counted)
    if any(dated.rules.keep != "best" for dated in history):
        for time in {j.judged_at for j in facts.judgements} | {x.granted_at for x in facts.extensions}:
            found += [moment for moment in _seen(history, facts.before(time)) if moment[0] < time]
    return sorted(found, key=lambda moment: moment[0])


def _seen(
    history: tuple[DatedRules, ...], facts: Facts, counted: Counted | None = None
) -> list[tuple[datetime, Rules, Counted]]:
    newest = history[-1].rules
    counted = counted or count(newest, facts)
    under = [_counted_under(dated.rules, newest, facts, counted) for dated in history]
    found = []
    for instant in _instants(history, facts, under):
        number = _in_force(history, instant)
        found.append((instant, history[number].rules, under[number]))
    return found


def _counted_under(rules: Rules, newest: Rules, facts: Facts, counted: Counted) -> Counted:
    """The window is the newest rules' for all time; how many attempts count is each rules' own."""
    if {x.key: x.attempts for x in rules.lessons} == {x.key: x.attempts for x in newest.lessons}:
        return counted
    return count(replace(rules, window=newest.window, grace_hours=newest.grace_hours), facts)


def _instants(history: tuple[DatedRules, ...], facts: Facts, under: list[Counted]) -> list[datetime]:
    found = {r.made_at for r in facts.rulings} | {dated.since for dated in history[1:]}
    for counted in under:
        found |= set(counted.done.values())
        found |= {mark.since for kept in counted.attempts.values() for a in kept for mark in a.marks}
    return sorted(found)


def _in_force(history: tuple[DatedRules, ...], instant: datetime) -> int:
    return max((number for number, dated in enumerate(history) if dated.since <= instant or not number), default=0)
