"""Launches whose claims, header or form are spoilt at random: let in or refused with a page, and never a failure of ours."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from door import Door
from fake_platform import LTI
from nasty import often, spoilt, texts, things

DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
kinds = st.sampled_from(["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest"])
roles = st.sampled_from(["Learner", "Instructor"])


def whole(door: Door, kind: str, role: str) -> dict[str, Any]:
    """All that the tool reads of any message, in one; the nonce comes later."""
    settings = {"deep_link_return_url": f"{door.platform.issuer}/return", "accept_types": ["ltiResourceLink"],
                "accept_multiple": True, "data": "d", "title": "t", "text": "x"}  # fmt: skip
    more = {f"{LTI}message_type": kind, f"{LTI}roles": [role], f"{LTI}for_user": {"user_id": "7"}, DEEP: settings,
            NRPS: {"context_memberships_url": f"{door.platform.issuer}/members"}, "azp": door.platform.client_id}  # fmt: skip
    return door.platform.claims("", door.clock.real_now(), door.target) | more


def posted(door: Door, claims: dict[str, Any]) -> None:
    """Answered calmly, and so is the page that it leads to."""
    visitor = door.visitor()
    begun = door.begin(visitor)
    if claims.get("nonce") == "":
        claims["nonce"] = begun.nonce
    answer = door.post(visitor, id_token=door.platform.sign(claims), state=begun.state)
    assert answer.status_code < 500, answer.text
    assert answer.text or answer.status_code == 303
    if answer.status_code == 303:
        page = visitor.ask("GET", answer.headers["location"])
        assert page.status_code < 500, page.text


@often
@given(data=st.data(), kind=kinds, role=roles)
def test_no_claims_break_a_launch(door: Door, data: st.DataObject, kind: str, role: str) -> None:
    posted(door, data.draw(spoilt(whole(door, kind, role))))


@often
@given(data=st.data(), kind=kinds, role=roles)
def test_no_claims_break_a_launch_that_is_let_in(door: Door, data: st.DataObject, kind: str, role: str) -> None:
    """Only what decides nothing is spoilt, and more of it."""
    claims = whole(door, kind, role)
    told = {
        name: claims[name] for name in claims if isinstance(claims[name], dict) or "name" in name or name == "email"
    }
    told.pop(f"{LTI}resource_link"), told.pop(f"{LTI}for_user")
    told[DEEP].pop("deep_link_return_url")
    changed = data.draw(spoilt(told, most=10))
    if isinstance(changed.get(DEEP), dict):
        changed[DEEP]["deep_link_return_url"] = f"{door.platform.issuer}/return"
    posted(door, claims | changed)


@often
@given(data=st.data())
def test_no_header_breaks_a_launch(door: Door, data: st.DataObject) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    header = data.draw(spoilt({"typ": "JWT", "kid": "key-1", "b64": True, "jwk": {"kty": "RSA"}, "x5c": ["x"]}))
    answer = door.post(visitor, id_token=door.platform.sign(door.claims(begun), **header), state=begun.state)
    assert answer.status_code in (303, 401), answer.text


@often
@given(name=st.sampled_from(["id_token", "state", "error", "iss", "login_hint", "target_link_uri", "ticket", "client_id"]),
       value=st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))))  # fmt: skip
def test_no_field_breaks_login_or_launch(door: Door, name: str, value: str) -> None:
    visitor = door.visitor()
    begun = door.begin(visitor)
    form = {"id_token": door.platform.sign(door.claims(begun)), "state": begun.state}
    for path, fields in (("/lti/launch", form), ("/lti/login", door.login_fields())):
        assert visitor.ask("POST", path, fields | {name: value}).status_code < 500


@often
@given(issuer=st.one_of(texts, things), client=texts)
def test_no_unasked_token_breaks_the_page_that_it_gets(door: Door, issuer: object, client: str) -> None:
    answer = door.post(door.visitor(), id_token=door.platform.sign({"iss": issuer, "aud": client}))
    assert answer.status_code == 401
