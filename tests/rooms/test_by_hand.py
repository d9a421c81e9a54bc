"""What a centre's admin types by hand: how long each may be, and that a mistake stands beside its field."""

import pytest

from diklat_lti.lti.centre import by_hand
from diklat_lti.settings import Settings
from diklat_lti.training.cohorts import BadFields

SITE = "https://lms.example.id"
LENGTHS = dict.fromkeys(by_hand.FIELDS, 500) | {"client_id": 255, "deployment_id": 255, "name": 200}


def typed(**changes: str) -> dict[str, str]:
    addresses = dict.fromkeys(("issuer", *by_hand.CALLED), f"{SITE}/x")
    return addresses | {"client_id": "abc", "deployment_id": "3", "name": "LMS"} | changes


def filled(field: str, length: int) -> str:
    begin = f"{SITE}/" if length > 400 else ""
    return begin + "x" * (length - len(begin))


@pytest.mark.parametrize("field", LENGTHS)
def test_each_field_has_its_longest_length(settings: Settings, field: str) -> None:
    by_hand.check(settings, typed(**{field: filled(field, LENGTHS[field])}))
    with pytest.raises(BadFields) as bad:
        by_hand.check(settings, typed(**{field: filled(field, LENGTHS[field] + 1)}))
    assert set(bad.value.fields) == {field}


def test_a_name_may_be_left_out_and_nothing_else(settings: Settings) -> None:
    by_hand.check(settings, {field: value for field, value in typed().items() if field != "name"})
    with pytest.raises(BadFields) as bad:
        by_hand.check(settings, {})
    assert set(bad.value.fields) == set(by_hand.FIELDS)
