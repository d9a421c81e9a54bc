"""The effective time of an event: what a device says is believed as far as it can be true."""

from datetime import UTC, datetime, timedelta

import pytest
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


MILLISECOND = timedelta(milliseconds=1)


def drifted(by: timedelta) -> Stamped:
    """Its clock stood right under the stamp, and `by` wrong at the sending; the event was made an hour after the stamp."""
    received = STAMP + 5 * HOUR
    return Stamped(STAMP, received, timedelta(0), STAMP + HOUR, None, received + by)


@pytest.mark.parametrize("sign", [1, -1])
def test_two_minutes_of_drift_are_believed_and_a_millisecond_more_is_not(sign: int) -> None:
    believed, doubted = effective(drifted(sign * 2 * MINUTE)), effective(drifted(sign * (2 * MINUTE + MILLISECOND)))
    assert (believed.at, believed.flagged) == (STAMP + HOUR, False)
    assert doubted.flagged


def test_a_doubted_clock_is_set_right_by_what_it_showed_at_the_sending_too() -> None:
    set_forward = Stamped(STAMP, STAMP + 5 * HOUR, timedelta(0), STAMP + 28 * HOUR, None, STAMP + 29 * HOUR)
    assert effective(set_forward).at == STAMP + 4 * HOUR
    assert effective(set_forward).flagged


@pytest.mark.parametrize(("ahead", "flagged"), [(2 * MINUTE, False), (2 * MINUTE + MILLISECOND, True)])
def test_a_clamp_over_two_minutes_is_flagged(ahead: timedelta, flagged: bool) -> None:
    received = STAMP + HOUR
    found = effective(Stamped(STAMP, received, timedelta(0), received + ahead, None, received))
    assert (found.at, found.flagged) == (received, flagged)


def test_a_device_that_says_only_when_it_made_it_counts_at_the_receipt() -> None:
    found = effective(Stamped(STAMP, STAMP + HOUR, made_at=STAMP + MINUTE))
    assert (found.at, found.flagged) == (STAMP + HOUR, True)


def test_an_offset_noted_under_another_stamp_alone_is_doubted() -> None:
    found = effective(Stamped(STAMP, STAMP + HOUR, offset=MINUTE, made_at=STAMP + 11 * MINUTE))
    assert (found.at, found.flagged) == (STAMP + 10 * MINUTE, True)


def test_a_stamp_that_seems_later_than_the_receipt_counts_itself() -> None:
    """Two servers whose clocks differ a little."""
    assert effective(Stamped(STAMP, STAMP - MILLISECOND)).at == STAMP
    assert effective(Stamped(STAMP, STAMP - MILLISECOND, elapsed=MINUTE)).at == STAMP


spans = st.timedeltas(timedelta(days=-40), timedelta(days=40))
moments = spans.map(lambda span: STAMP + span)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=30)), st.none() | spans, st.none() | moments,
       st.none() | st.timedeltas(timedelta(0), timedelta(days=30)), st.none() | moments)  # fmt: skip
def test_it_never_lies_outside_stamp_and_receipt(stamp, later, offset, made, elapsed, sent) -> None:  # type: ignore[no-untyped-def]
    found = effective(Stamped(stamp, stamp + later, offset, made, elapsed, sent))
    assert stamp <= found.at <= stamp + later
