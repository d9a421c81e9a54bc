"""The demo LMS answers each recorded exchange as the real Moodle did, and no recording can be altered unnoticed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings import FOLDER, KEPT, VERSIONS, Excused, Recording, altered, broken_pins, compare, leaves, read
from replay import Answered, holds
from replay_told import tell


@pytest.mark.parametrize("version", VERSIONS)
def test_each_recorded_exchange_is_answered_as_moodle_did(version: str) -> None:
    """In the same breath: a recorded answer with any one value altered would have been noticed, unless it is excused."""
    told = tell(FOLDER, (version,))
    print("\n".join(told.lines))
    assert told.wrong == []
    for answered in told.answers:
        assert len(list(unnoticed(answered))) == sum(answered.verdict().excused.values())


def unnoticed(answered: Answered) -> Iterator[str]:
    for path in leaves(answered.recorded):
        if not compare(altered(answered.recorded, path), answered.ours).different:
            yield f"{answered.recording.where} {path}"


def kept() -> list[Recording]:
    return [one for version in VERSIONS for one in read(KEPT, version)]


def test_any_altered_value_of_a_recording_is_noticed_requests_and_random_numbers_too() -> None:
    for one in kept():
        for path in leaves(one.said):
            changed = Recording(one.version, one.file, one.place, altered(one.said, path))
            assert changed.digest != one.digest, f"{one.where} {path}"


def test_an_altered_a_foreign_and_a_missing_exchange_break_the_replay() -> None:
    found = read(KEPT, "5.1.3")
    assert broken_pins(found, "5.1.3", complete=False) == []
    first, *others = found
    changed = Recording(first.version, first.file, first.place, {**first.said, "more": 1})
    foreign = Recording("5.1.3", "ags", 99, {"name": "made up"})
    assert broken_pins([changed, *others], "5.1.3", complete=False) == [f"altered: {first.where}"]
    assert broken_pins([*found, foreign], "5.1.3", complete=False) == ["unknown: 5.1.3/ags#99 made up"]
    assert broken_pins(others, "5.1.3", complete=False) == [f"missing: {first.where}"]
    assert "missing: 5.1.3/ags#0 ags.lineitems.get" in broken_pins(found, "5.1.3", complete=True)


def test_a_folder_that_is_not_there_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tell(tmp_path / "nowhere")


def test_a_folder_with_everything_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    (tmp_path / "4.5.6").mkdir()
    (tmp_path / "4.5.6" / "token.json").write_text(json.dumps([{"name": "a"}, {"step": "b"}]))
    assert [one.where for one in read(tmp_path, "4.5.6")] == ["4.5.6/token#0 a", "4.5.6/token#1 b"]


def test_a_recorded_token_must_hold_and_say_what_is_recorded() -> None:
    keys = next(one for one in kept() if one.file == "jwks").said["response"]["body"]
    launch = next(one for one in kept() if one.file == "launches").said
    assert holds(launch, keys)
    assert not holds({**launch, "claims": {**launch["claims"], "sub": "7"}}, keys)
    assert not holds({**launch, "jwt_header": {**launch["jwt_header"], "kid": "none"}}, keys)
    form = {**launch["launch_post"]["form"], "id_token": launch["launch_post"]["form"]["id_token"][:-6] + "AAAAAA"}
    assert not holds({**launch, "launch_post": {"form": form}}, keys)


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        (85, 85.0), ("1", 1), ({"a": 1}, {}), ({}, {"a": 1}), ([1], [1, 2]), ([], [1]), (True, 1), (None, ""),
        ('{"launchid":12}', '{"launchid":"12"}'), ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}),
    ],
)  # fmt: skip
def test_the_comparison_is_strict(recorded: object, ours: object) -> None:
    assert len(compare(recorded, ours).different) == 1


def test_what_is_drawn_by_lot_and_what_is_excused() -> None:
    found = compare(
        {"hint": "ltilaunch1_12", "head": {"a": 1, "b": []}}, {"hint": "ltilaunch1_7", "head": Excused("why")}
    )
    assert (found.equal, found.excused["why"], found.different) == (1, 2, [])
