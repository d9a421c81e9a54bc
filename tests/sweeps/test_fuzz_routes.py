"""Every route of the app with requests at random: whatever comes, the answer is calm, and never 500."""

import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest

import fuzzing
from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from diklat_lti.web import cookies, csrf
from estate import estate
from house import House, open_house
from nasty import IS_PROOF

ROUNDS = 150 if IS_PROOF else 20
"""Each goes over all routes."""


@pytest.fixture
def house(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Names of others lead nowhere, on whatever machine this runs."""
    real = socket.getaddrinfo

    def here_only(host: Any, *more: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here_only)
    with open_house(db, settings) as opened:
        yield opened


def sessions(house: House) -> list[str]:
    """A learner, an admin of the centre with a picker open, and nobody; anew each round, since a request may sign out."""
    guests = house.browser(house.siti.learner, house.siti), house.picking(house.siti)
    return [*(guest.cookie or "" for guest in guests), ""]


@pytest.mark.parametrize("method", ["its own", "any"])
def test_no_request_to_any_route_is_answered_with_500(house: House, method: str) -> None:
    app = create_app(house.door.settings, house.door.clock, house.door.db)
    estate(house, house.siti)
    fields, found = fuzzing.fields_of_pages(), []
    for turn in range(ROUNDS):
        dice = random.Random(f"{method} {turn}")
        names = sessions(house)
        for path, methods in fuzzing.routes(app):
            name = dice.choice(names)
            token = csrf.token(house.door.settings, cookies.name_hash(name))
            asked = methods if method == "its own" else frozenset(fuzzing.METHODS)
            sent = fuzzing.request(dice, path, asked, fields, name, token)
            status, body = fuzzing.send(house.door.origin, sent)
            if status >= 500 or (status >= 400 and sent.method != "HEAD" and not body):
                found.append(f"{status} {sent}")
    assert found == []
