"""From a saying to rows: one decision for each change, and every item of it on its way, nobody else's touched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import histories as h
import trained
import world
from diklat_lti.database import Database, WriteSession
from diklat_lti.models import Cohort, Enrolment, GradeDecision, GradeDelivery, GradeItem, Person, Ruling
from diklat_lti.training import ledger, progress, rules, verdict
from diklat_lti.training.state import Summary, summarise
from world import NOW

SECOND = timedelta(seconds=1)


def passed(score: int = 80, **changed: Any) -> Summary:
    return replace(summarise(h.history(), h.passed_on_day_3(score)), **changed)


class Desk:
    """A cohort with one item for the final score; Siti and Ani in it, and Joko in another."""

    def __init__(self, session: WriteSession) -> None:
        self.session = session
        self.cohort, other = world.cohort(session), world.cohort(session)
        self.item, self.foreign = self.new_item(), self.new_item(other)
        self.siti, self.ani = (world.enrolment(session, self.cohort) for _ in range(2))
        self.joko = world.enrolment(session, other)

    def new_item(self, of: Cohort | None = None, module_key: str = "", **columns: Any) -> GradeItem:
        of = of or self.cohort
        link = world.placement(self.session, of)
        values = {"cohort_id": of.id, "module_key": module_key, "placement_id": link.id, "label": "Nilai akhir",
                  "deployment_id": link.deployment_id, "created_at": NOW}  # fmt: skip
        return world.stored(self.session, GradeItem(**values | columns))

    def decide(self, who: Enrolment, summary: Summary, at: Any = NOW) -> None:
        verdict.decide(self.session, who, h.rules(), summary, at)

    def decisions(self, who: Enrolment) -> list[tuple[str, Decimal | None, str]]:
        d = GradeDecision
        rows = self.session.execute(
            select(d.module_key, d.score, d.reason).where(d.enrolment_id == who.id).order_by(d.id)
        )
        return [(key, score, reason) for key, score, reason in rows]

    def row(self, who: Enrolment, item: GradeItem) -> GradeDelivery:
        d = GradeDelivery
        found = self.session.scalars(select(d).where(d.enrolment_id == who.id, d.grade_item_id == item.id)).one()
        self.session.refresh(found)
        return found

    def tell(self, who: Enrolment, item: GradeItem) -> None:
        """As the delivery leaves it when the gradebook has it."""
        row = self.row(who, item)
        row.delivered_id, row.outcome, row.next_try_at, row.answer, row.tries = (
            row.wanted_id,
            "delivered",
            None,
            "ok",
            3,
        )
        self.session.flush()


@pytest.fixture
def desk(db: Database) -> Any:
    with db.write() as session:
        yield Desk(session)


def test_a_first_decision_is_due_at_once_and_nothing_delivered_yet(desk: Desk) -> None:
    desk.decide(desk.siti, passed())
    row = desk.row(desk.siti, desk.item)
    assert desk.decisions(desk.siti) == [("", Decimal(80), "passed")]
    assert (row.outcome, row.tries, row.delivered_id, row.next_try_at) == ("waiting", 0, None, verdict.AT_ONCE)
    assert desk.session.scalar(select(func.count()).select_from(GradeDelivery)) == 1


def test_a_changed_decision_goes_out_anew_and_leaves_other_learners_and_items_alone(desk: Desk) -> None:
    module = desk.new_item(module_key="m1")
    for who in (desk.siti, desk.ani):
        desk.decide(who, passed())
        desk.tell(who, desk.item)
        desk.tell(who, module)
    desk.decide(desk.siti, passed(passing_score=Decimal(90)), NOW + SECOND)
    row = desk.row(desk.siti, desk.item)
    newest = desk.session.scalar(select(func.max(GradeDecision.id)))
    assert (row.wanted_id, row.outcome, row.tries, row.answer, row.next_try_at) == (
        newest, "waiting", 0, None, verdict.AT_ONCE,
    )  # fmt: skip
    assert row.delivered_id != row.wanted_id
    still = [desk.row(desk.siti, module), desk.row(desk.ani, desk.item), desk.row(desk.ani, module)]
    assert [(row.outcome, row.tries, row.wanted_id == row.delivered_id) for row in still] == [
        ("delivered", 3, True)
    ] * 3


def test_the_same_saying_again_decides_nothing_and_wakes_nothing(desk: Desk) -> None:
    desk.decide(desk.siti, passed())
    desk.tell(desk.siti, desk.item)
    desk.decide(desk.siti, passed(), NOW + SECOND)
    assert len(desk.decisions(desk.siti)) == 1
    assert desk.row(desk.siti, desk.item).outcome == "delivered"


@pytest.mark.parametrize("changed", [{"passing_score": Decimal(81)}, {"passed_at": h.START + h.DAY}])
def test_another_score_or_another_comment_is_another_decision(desk: Desk, changed: Any) -> None:
    desk.decide(desk.siti, passed())
    desk.decide(desk.siti, passed(**changed), NOW)
    assert len(desk.decisions(desk.siti)) == 2
    first, second = desk.session.scalars(select(GradeDecision.timestamp).order_by(GradeDecision.id))
    assert second - first == SECOND


def test_an_item_that_came_later_gets_what_stands_already(desk: Desk) -> None:
    desk.decide(desk.siti, passed())
    desk.tell(desk.siti, desk.item)
    twin = desk.new_item()
    desk.decide(desk.siti, passed(), NOW + SECOND)
    assert (desk.row(desk.siti, twin).outcome, desk.row(desk.siti, desk.item).outcome) == ("waiting", "delivered")
    assert len(desk.decisions(desk.siti)) == 1


def test_an_item_that_was_withdrawn_is_told_nothing(desk: Desk) -> None:
    gone = desk.new_item(withdrawn_at=NOW)
    desk.decide(desk.siti, passed())
    found = desk.session.scalars(select(GradeDelivery.grade_item_id)).all()
    assert (found, gone.id in found) == ([desk.item.id], False)


def test_a_lower_score_goes_out_as_one_that_was_lowered(desk: Desk) -> None:
    desk.decide(desk.siti, passed())
    desk.decide(desk.siti, passed(passed_at=None, annulled=True, score=Decimal(40), all_done=False), NOW)
    assert desk.decisions(desk.siti)[-1] == ("", Decimal(40), "lowered_annulled")


def test_nothing_to_say_drops_what_still_waits_and_leaves_what_was_told(desk: Desk) -> None:
    gone = passed(withdrawn_at=NOW)
    desk.decide(desk.joko, gone)
    assert desk.decisions(desk.joko) == []
    desk.decide(desk.siti, passed())
    desk.decide(desk.ani, passed())
    desk.tell(desk.ani, desk.item)
    for who in (desk.siti, desk.ani):
        desk.decide(who, gone, NOW + SECOND)
    assert [score for _, score, _ in desk.decisions(desk.siti)] == [Decimal(80), None]
    assert [score for _, score, _ in desk.decisions(desk.ani)] == [Decimal(80)]


def test_what_waits_of_a_module_is_not_what_waits_of_the_whole(desk: Desk) -> None:
    module = desk.new_item(module_key="m1")
    desk.decide(desk.siti, passed())
    desk.tell(desk.siti, desk.item)
    desk.decide(desk.siti, passed(withdrawn_at=NOW), NOW + SECOND)
    said = desk.decisions(desk.siti)
    assert [score for key, score, _ in said if key == ""] == [Decimal(80)]
    assert [score for key, score, _ in said if key == "m1"] == [Decimal(80), None]
    assert desk.row(desk.siti, module).outcome == "waiting"


def test_a_trial_is_told_nothing(desk: Desk) -> None:
    desk.siti.is_trial = True
    desk.decide(desk.siti, passed())
    assert desk.decisions(desk.siti) == []


def test_a_new_item_shows_the_newest_decision_of_everybody_in_its_run_and_of_nobody_else(desk: Desk) -> None:
    desk.decide(desk.siti, passed())
    desk.decide(desk.siti, passed(passing_score=Decimal(95)), NOW + SECOND)
    desk.decide(desk.ani, passed())
    desk.decide(desk.ani, passed(withdrawn_at=NOW), NOW + SECOND)
    desk.decide(desk.joko, passed())
    twin, module = desk.new_item(), desk.new_item(module_key="m1")
    for item in (twin, module):
        verdict.spread(desk.session, item)
    desk.session.flush()
    d = GradeDelivery
    shown = desk.session.execute(
        select(d.enrolment_id, d.grade_item_id, GradeDecision.score)
        .join(GradeDecision, GradeDecision.id == d.wanted_id)
        .where(d.grade_item_id.in_((twin.id, module.id)))
    ).all()
    assert [tuple(row) for row in shown] == [(desk.siti.id, twin.id, Decimal(95))]
    assert desk.row(desk.siti, twin).outcome == "waiting"


def set_to(desk: Desk, who: Enrolment, item: GradeItem, outcome: str, answer: str | None) -> None:
    row = desk.row(who, item)
    row.outcome, row.answer, row.tries, row.next_try_at = outcome, answer, 7, None
    if outcome == "delivered":
        row.delivered_id = row.wanted_id
    desk.session.flush()


def woken(desk: Desk, who: Enrolment, item: GradeItem) -> bool:
    row = desk.row(who, item)
    again = (row.tries, row.next_try_at) == (0, verdict.AT_ONCE)
    assert again or (row.tries, row.next_try_at) == (7, None)
    return again


@pytest.mark.parametrize(
    ("outcome", "answer", "again"),
    [("stopped", "no_item", True), ("stopped", "no_access", True), ("stopped", "not_enrolled", False),
     ("waiting", "no_item", False), ("delivered", "no_item", False)],
)  # fmt: skip
def test_only_what_stopped_for_a_cause_that_is_gone_is_sent_again(
    desk: Desk, outcome: str, answer: str, again: bool
) -> None:
    for who, item in ((desk.siti, desk.item), (desk.joko, desk.foreign)):
        desk.decide(who, passed())
        set_to(desk, who, item, outcome, answer)
    verdict.send_again(desk.session, GradeDelivery.grade_item_id == desk.item.id, "no_item", "no_access")
    assert woken(desk, desk.siti, desk.item) is again
    assert not woken(desk, desk.joko, desk.foreign)
    assert desk.row(desk.siti, desk.item).outcome == ("waiting" if again else outcome)


@pytest.mark.parametrize(
    ("outcome", "answer", "again"),
    [("delivered", None, True), ("stopped", verdict.NOT_ENROLLED, True), ("stopped", "no_item", False),
     ("waiting", verdict.NOT_ENROLLED, False)],
)  # fmt: skip
def test_of_whoever_is_back_in_a_course_all_that_was_told_is_looked_for(
    desk: Desk, outcome: str, answer: str | None, again: bool
) -> None:
    """Siti is back; Ani of the same course, and Siti's other course, are as they were."""
    siti = desk.session.get_one(Person, desk.siti.person_id)
    elsewhere = world.enrolment(desk.session, desk.session.get_one(Cohort, desk.joko.cohort_id), siti)
    told = ((desk.siti, desk.item), (desk.ani, desk.item), (elsewhere, desk.foreign))
    for who, item in told:
        desk.decide(who, passed())
        set_to(desk, who, item, outcome, answer)
    verdict.look_again(desk.session, siti.id, desk.cohort.course_id)
    assert [woken(desk, who, item) for who, item in told] == [again, False, False]
    row = desk.row(desk.siti, desk.item)
    assert (row.outcome, row.delivered_id) == (("unknown", None) if again else (outcome, None))


def test_the_newest_rules_say_of_how_many_days_it_was(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        cohort = trained.cohort(session, tmp_path)
        trained.grade_item(session, cohort)
        siti = trained.enrolled(session, cohort)
        longer = _ruled(session, cohort, 20)
        for lesson in trained.lessons(session, cohort)[0]:
            trained.reads(session, siti, lesson, NOW)
        for quiz in trained.lessons(session, cohort)[1]:
            trained.sits(session, cohort, siti, quiz, NOW)
        comment = session.scalars(select(GradeDecision.comment)).one()
        assert comment is not None
        assert comment.endswith(f"dari {longer.window.length_days}")
        assert (siti.end_at, siti.rules_seq) == (trained.END + timedelta(days=5), 2)


def _ruled(session: Session, cohort: Cohort, days: int) -> rules.Rules:
    own = ledger.history(session, cohort.id)[-1].rules
    longer = replace(own, window=replace(own.window, length_days=days))
    session.add(Ruling(cohort_id=cohort.id, seq=2, kind="rules", body=rules.dump(longer), made_at=NOW))
    cohort.rules_seq = 2
    session.flush()
    return longer


@pytest.mark.parametrize(
    ("changed", "now", "coming"),
    [
        ({}, h.START, None),
        ({"judge_at": h.END}, h.START, h.END),
        ({"passed_at": None}, h.START, h.GRACE_END),
        ({"passed_at": None}, h.GRACE_END - SECOND, h.GRACE_END),
        ({"passed_at": None}, h.GRACE_END, None),
        ({"passed_at": None, "judge_at": h.END}, h.START, h.END),
        ({"passed_at": None, "judge_at": h.END}, h.END, h.GRACE_END),
        ({"passed_at": None, "judge_at": h.GRACE_END + h.DAY}, h.START, h.GRACE_END),
    ],
)
def test_what_is_due_next_is_a_judgement_or_the_closing(changed: Any, now: Any, coming: Any) -> None:
    assert progress.next_change(passed(**changed), now) == coming


@pytest.mark.parametrize(
    ("next_change_at", "rules_seq", "stale"),
    [(None, 3, False), (NOW + SECOND, 3, False), (NOW, 3, True), (NOW - SECOND, 3, True), (None, 2, True),
     (None, 4, False)],
)  # fmt: skip
def test_an_enrolment_is_stale_once_its_time_has_come_or_its_rules_changed(
    next_change_at: Any, rules_seq: int, stale: bool
) -> None:
    enrolment = Enrolment(next_change_at=next_change_at, rules_seq=rules_seq)
    assert progress.is_stale(enrolment, 3, NOW) is stale
