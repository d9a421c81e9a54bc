"""Registrations with an LMS that says nonsense: registered or refused with a page, and never a failure of ours."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from door import Door
from nasty import often, spoilt, texts, things
from registering import TOOL, Moodle, invited, opened, said_yes


def registered(door: Door, **form: str) -> None:
    """The page before, the button, and the page after: each calm."""
    invite = invited(door)
    asked = {name: value for name, value in form.items() if name != "names"}
    for answer in (opened(door, invite, **asked), said_yes(door, invite, **form), opened(door, invite)):
        assert answer.status_code < 500, answer.text
        assert answer.text or answer.status_code == 303


@often
@given(data=st.data())
def test_no_configuration_breaks_a_registration(door: Door, data: st.DataObject) -> None:
    moodle = Moodle(door.platform)
    moodle.configuration = data.draw(spoilt(moodle.configuration))
    registered(door)


@often
@given(
    data=st.data(),
    body=st.one_of(st.none(), things.map(lambda thing: json.dumps(thing).encode()), st.binary(max_size=50)),
)
def test_no_answer_breaks_a_registration(door: Door, data: st.DataObject, body: bytes | None) -> None:
    moodle = Moodle(door.platform)
    honest: dict[str, Any] = {"client_id": "c", "scope": "a b", TOOL: {"deployment_id": "12", "claims": ["sub"]}}
    told = json.dumps(data.draw(spoilt(honest))).encode() if body is None else body
    moodle.answer = lambda: (200, "application/json", told)
    registered(door)


@often
@given(name=st.sampled_from(["invite", "openid_configuration", "registration_token", "names", "edits"]), value=texts)
def test_no_field_breaks_a_registration(door: Door, name: str, value: str) -> None:
    Moodle(door.platform)
    invite = invited(door)
    value = value.encode("utf-8", "replace").decode()
    form = {"invite": invite, "openid_configuration": f"{door.platform.issuer}/config", "registration_token": "t"}
    for method, path in (("GET", f"/lti/register?{door.query(form | {name: value})}"), ("POST", "/lti/register")):
        answer = door.visitor().ask(method, path, (form | {name: value}) if method == "POST" else None)
        assert answer.status_code < 500, answer.text
