"""The SQL form of the state equals the Python one, on real rows at any instant; and the counts add up."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import histories as h
import world
from diklat_lti.database import Database
from diklat_lti.models import Enrolment
from diklat_lti.training.progress import COLUMNS
from diklat_lti.training.state import State, state, state_sql, summarise

instants = h.hours | st.sampled_from([h.START, h.END, h.GRACE_END, h.END - timedelta(milliseconds=1)])

EXAMPLES = max(60, settings().max_examples // 10)
"""Each writes real rows: a tenth of what the pure rules get."""


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(h.facts(), min_size=1, max_size=4), st.lists(instants, min_size=1, max_size=4))
def test_the_sql_form_equals_the_python_form_and_counts_add_up(
    db: Database, histories: list[h.Facts], nows: list[datetime]
) -> None:
    with db.write() as session:
        cohort = world.cohort(session)
        for facts in histories:
            summary = summarise(h.history(), facts)
            world.enrolment(session, cohort, **{name: getattr(summary, name) for name in COLUMNS})
    with db.read() as session:
        mine = Enrolment.cohort_id == cohort.id
        for now in nows:
            found = session.execute(select(Enrolment, state_sql(now)).where(mine)).all()
            assert [word for _, word in found] == [state(row, now).value for row, _ in found]
            counts = session.execute(select(state_sql(now).label("s"), func.count()).where(mine).group_by("s")).all()
            assert sum(number for _, number in counts) == len(histories)


def test_at_the_very_end_of_the_grace_both_forms_say_that_time_is_up(db: Database) -> None:
    with db.write() as session:
        enrolment = world.enrolment(session)
        ends = enrolment.grace_end_at
        found = session.execute(select(state_sql(ends)).where(Enrolment.id == enrolment.id)).scalar_one()
        assert found == state(enrolment, ends).value == State.EXPIRED
