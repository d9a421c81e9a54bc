"""What a database keeps of JSON: no NUL, no half of a pair, no number that is none, nothing without a bottom."""

import pytest

from diklat_lti.lti.storable import storable


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        (None, True),
        ("teks ✓", True),
        ({"a": [1, 2.5, None, True, "b"]}, True),
        ("a\x00b", False),
        ({"\x00": 1}, False),
        ("\ud800", False),
        (["\udfff"], False),
        (float("nan"), False),
        ({"a": float("inf")}, False),
    ],
)
def test_a_value_is_kept_or_not(value: object, is_kept: bool) -> None:
    assert storable(value) is is_kept


def test_what_is_nested_without_end_is_not_kept() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert storable(value) is False
