"""The effective time of an event: what a device says is believed as far as it can be true."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from diklat_lti.training.facts import Stamped, effective

STAMP = datetime(2019, 1, 22, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_a_form_without_scripts_counts_when_it_is_received() -> None:
    found = effective(Stamped(STAMP, STAMP + MINUTE))
    assert (found.at, found.flagged) == (STAMP + MINUTE, False)


def test_a_device_whose_clock_kept_its_offset_is_believed() -> None:
    day = timedelta(hours=24)
    told = Stamped(STAMP, STAMP + 5 * HOUR, day, STAMP + day + HOUR, HOUR, STAMP + day + 5 * HOUR)
    assert effective(told).at == STAMP + HOUR
    assert not effective(told).flagged


def test_a_phone_that_slept_six_hours_is_believed_by_its_wall_clock() -> None:
    slept = Stamped(STAMP, STAMP + 8 * HOUR, timedelta(0), STAMP + 7 * HOUR, HOUR, STAMP + 8 * HOUR)
    assert effective(slept).at == STAMP + 7 * HOUR


def test_never_before_what_the_monotonic_clock_ran() -> None:
    set_back = Stamped(STAMP, STAMP + 8 * HOUR, timedelta(0), STAMP + HOUR, 3 * HOUR, STAMP + 8 * HOUR)
    assert effective(set_back).at == STAMP + 3 * HOUR


def test_a_clock_set_back_takes_the_earliest_guess_and_is_flagged() -> None:
    lied = Stamped(STAMP, STAMP + 9 * HOUR, timedelta(0), STAMP - 24 * HOUR, 2 * HOUR, STAMP - 20 * HOUR)
    assert effective(lied).at == STAMP
    assert effective(lied).flagged


def test_a_clock_that_ran_ahead_cannot_be_after_the_receipt() -> None:
    ahead = Stamped(STAMP, STAMP + MINUTE, timedelta(0), STAMP + 5 * HOUR, None, STAMP + MINUTE)
    assert effective(ahead).at == STAMP + MINUTE
    assert effective(ahead).flagged


def test_without_an_offset_only_the_monotonic_clock_counts() -> None:
    found = effective(Stamped(STAMP, STAMP + HOUR, elapsed=10 * MINUTE))
    assert found.at == STAMP + 10 * MINUTE


spans = st.timedeltas(timedelta(days=-40), timedelta(days=40))
moments = spans.map(lambda span: STAMP + span)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=30)), st.none() | spans, st.none() | moments,
       st.none() | st.timedeltas(timedelta(0), timedelta(days=30)), st.none() | moments)  # fmt: skip
def test_it_never_lies_outside_stamp_and_receipt(stamp, later, offset, made, elapsed, sent) -> None:  # type: ignore[no-untyped-def]
    found = effective(Stamped(stamp, stamp + later, offset, made, elapsed, sent))
    assert stamp <= found.at <= stamp + later
