"""Stamps and device tokens: what we signed is read back, with old keys too; anything else is refused."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from diklat_lti.errors import Problem
from diklat_lti.settings import Settings
from diklat_lti.web.learn import device_token, stamps
from world import NOW

OLD, NEW = "an old key of more than 32 characters", "a new key of more than 32 characters"


def keyed(keys: str) -> Settings:
    return Settings(_env_file=None, database_url="sqlite://", secret_key=SecretStr(keys))


def test_a_stamp_tells_its_time_to_the_millisecond() -> None:
    settings, stamp = keyed(NEW), stamps.new(NOW + timedelta(milliseconds=999, microseconds=7))
    read = stamps.read(settings, stamps.sign(settings, stamp))
    assert (read.at, read.serial) == (NOW + timedelta(milliseconds=999), stamp.serial)
    assert stamps.new(NOW).serial != stamps.new(NOW).serial


def test_stamps_and_tokens_of_an_older_key_hold_until_the_key_is_gone() -> None:
    stamp = stamps.sign(keyed(OLD), stamps.new(NOW))
    token = device_token.make(keyed(OLD), 7, "name")
    both = keyed(f"{NEW},{OLD}")
    assert stamps.read(both, stamp).at == NOW
    assert device_token.read(both, token, 7).enrolment_id == 7
    with pytest.raises(Problem, match="sent as it is"):
        stamps.read(keyed(NEW), stamp)
    with pytest.raises(Problem, match="may not send work"):
        device_token.read(keyed(NEW), token, 7)


@pytest.mark.parametrize("given", [None, "", "x", 5, ["x"]])
def test_what_is_no_stamp_is_refused(given: object) -> None:
    with pytest.raises(Problem) as refused:
        stamps.read(keyed(NEW), given)
    assert refused.value.reason == ("stamp_forged" if given else "stamp_missing")


def test_a_stamp_is_no_device_token_and_the_reverse() -> None:
    settings = keyed(NEW)
    with pytest.raises(Problem):
        device_token.read(settings, stamps.sign(settings, stamps.new(NOW)), 7)
    with pytest.raises(Problem):
        stamps.read(settings, device_token.make(settings, 7, "name"))


def test_a_browsers_pages_are_one_device_and_another_browser_is_another() -> None:
    settings = keyed(NEW)
    ids = [device_token.read(settings, device_token.make(settings, 7, name), 7).device_id for name in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] != "a"


def test_a_token_of_another_enrolment_is_refused() -> None:
    settings = keyed(NEW)
    with pytest.raises(Problem) as refused:
        device_token.read(settings, device_token.make(settings, 7, "name"), 8)
    assert refused.value.reason == "device_token_of_another"
