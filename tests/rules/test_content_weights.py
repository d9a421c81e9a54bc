"""The final score is shared out among the quizzes, and the shares are always 100 in all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diklat_lti.content import weights

D = Decimal

SHARED: dict[str, tuple[dict[str, Decimal] | None, dict[str, weights.Quizzes], dict[str, str]]] = {
    "equally": (None, {"m": {"a": True}, "n": {"b": True, "c": True}}, {"a": "33.3333", "b": "33.3333", "c": "33.3334"}),
    "without a pre-test": (None, {"m": {"a": False, "b": True}}, {"a": "0", "b": "100"}),
    "none counts": (None, {"m": {"a": False}}, {"a": "0"}),
    "by lesson": ({"a": D(30), "b": D(70)}, {"m": {"a": True, "b": False, "c": True}}, {"a": "30", "b": "70", "c": "0"}),
    "by module": ({"m": D(25), "n": D(75)}, {"m": {"a": True, "x": False}, "n": {"b": True, "c": True}},
                  {"a": "25", "x": "0", "b": "37.5", "c": "37.5"}),
    "a module of weight 0": ({"m": D(100), "n": D(0)}, {"m": {"a": True}, "n": {}}, {"a": "100"}),
}  # fmt: skip


@pytest.mark.parametrize(("given_weights", "modules", "shares"), SHARED.values(), ids=SHARED)
def test_the_score_is_shared_out(
    given_weights: dict[str, Decimal] | None, modules: dict[str, weights.Quizzes], shares: dict[str, str]
) -> None:
    made = weights.shares(given_weights, modules)
    assert made == {lesson: Decimal(share) for lesson, share in shares.items()}


@given(st.integers(1, 200))
def test_equal_shares_add_up_to_exactly_100(count: int) -> None:
    made = weights.shares(None, {"m": {str(number): True for number in range(count)}})
    assert sum(made.values()) == 100
    assert max(made.values()) - min(made.values()) < Decimal("0.02")
