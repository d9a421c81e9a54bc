"""Abuse of forms by other sites: without their token, with another's, and as a browser sends them from elsewhere."""

import json
from collections.abc import Callable, Iterator

import pytest
import requests

import forms
import forms_centre  # noqa: F401 - its forms are in the list then
import forms_decisions  # noqa: F401
import forms_doctor  # noqa: F401
from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.lti import signed
from diklat_lti.settings import Settings
from diklat_lti.web import cookies, csrf
from forms import Good
from house import Guest, House, open_house

NO_SESSION = {"/lti/login", "/lti/launch", "/lti/register", "/lti/register/look"}
"""These are for platforms; ticket, signature and invite are their secrets."""


@pytest.fixture
def house(db: Database, settings: Settings) -> Iterator[House]:
    with open_house(db, settings) as opened:
        yield opened


def every(house: House, send: Callable[[Good], requests.Response]) -> None:
    """No form of a page with a session is taken, though each is right in everything else."""
    taken = []
    assert set(forms.MAKERS) == forms.post_routes(create_app(house.door.settings))
    for route, good in forms.every(house, "en"):
        if route not in NO_SESSION and (answer := send(good)).status_code not in (401, 403):
            taken.append(f"{route}: {answer.status_code}")
    assert taken == []


def batch(good: Good) -> bytes:
    return json.dumps({"sent_at": "2026-11-24T03:00:00Z", "events": [good.fields]}).encode()


def without_token(good: Good) -> requests.Response:
    if good.is_json:  # scripts prove themselves by a header that no other site can add
        return good.browser.ask("POST", good.path, batch(good), **{"Content-Type": "application/json"})
    return good.browser.ask("POST", good.path, {name: value for name, value in good.fields.items() if name != "csrf"})


def test_abuse_106_every_form_without_its_token(house: House) -> None:
    every(house, without_token)


def from_elsewhere(good: Good) -> requests.Response:
    told = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    if good.is_json:
        return good.browser.ask("POST", good.path, batch(good), **told | {"Content-Type": "text/plain"})
    return good.browser.ask("POST", good.path, good.fields, **told)


def test_abuse_107_every_form_from_another_site(house: House) -> None:
    every(house, from_elsewhere)


def left(house: House, token: Callable[[Guest], str | None], **told: str) -> None:
    """Signing out, as a form of another site would make somebody do it; afterwards the session is still there."""
    siti = house.browser(house.siti.learner, house.siti, "en")
    given = token(siti)
    answer = siti.ask("POST", "/logout", {"csrf": given} if given is not None else {}, **told)
    assert answer.status_code == 403
    assert siti.ask("GET", f"/learn/{house.siti.enrolment.id}").status_code == 200


def own(house: House) -> Callable[[Guest], str]:
    return lambda who: csrf.token(house.door.settings, cookies.name_hash(who.cookie or ""))


def test_abuse_108_a_form_with_the_token_of_another_session(house: House) -> None:
    other = house.browser(house.candra.learner, house.candra, "en")
    left(house, lambda _: own(house)(other))


def test_abuse_109_a_form_with_a_token_of_another_key(house: House) -> None:
    stranger = ("another key, forty characters long, oh yes",)
    left(house, lambda who: signed.sign(stranger, csrf.PURPOSE, f"{cookies.name_hash(who.cookie or '')}.0"))


def test_abuse_110_a_form_with_a_token_signed_for_another_purpose(house: House) -> None:
    secrets = house.door.settings.secret_keys
    left(house, lambda who: signed.sign(secrets, "login ticket", f"{cookies.name_hash(who.cookie or '')}.0"))


def test_abuse_111_a_form_from_an_origin_that_is_null(house: House) -> None:
    left(house, own(house), Origin="null")


def test_abuse_112_a_form_from_an_origin_that_begins_like_ours(house: House) -> None:
    left(house, own(house), Origin=f"{house.door.origin}.evil.test")


def test_abuse_113_a_form_from_another_host_of_the_same_site(house: House) -> None:
    left(house, own(house), **{"Sec-Fetch-Site": "same-site"})


def test_abuse_114_a_form_from_our_host_without_tls(house: House) -> None:
    left(house, own(house), Origin=house.door.origin.replace("http:", "https:"))
