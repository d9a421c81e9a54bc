"""Only the training's clock can be moved; what is said keeps its blanks until it meets its reader."""

from datetime import timedelta

from diklat_lti.clock import Clock
from diklat_lti.errors import say


def test_a_moved_clock_moves_the_training_and_not_the_protocol() -> None:
    clock = Clock(shift=timedelta(days=15))
    assert timedelta(days=15) <= clock.training_now() - clock.real_now() + timedelta(seconds=5) < timedelta(days=16)
    assert clock.real_now().utcoffset() == timedelta(0)
    assert abs(Clock().real_now() - clock.real_now()) < timedelta(seconds=5)


def test_a_sentence_fills_its_blanks_only_when_it_is_read() -> None:
    assert str(say("%(n)s of 14 sessions", n=9)) == "9 of 14 sessions"
    assert str(say("100 % done")) == "100 % done"
