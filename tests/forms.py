"""Each POST route with a form that is right: who sends it, whereto, what stands in it, and whose number would be foreign."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import requests
from fastapi import FastAPI
from sqlalchemy import select

import school
import trained
from diklat_lti.lti.registration import invites
from diklat_lti.models import BrowserSession, Cohort, KeptForm, Ruling
from diklat_lti.training import progress
from diklat_lti.web.learn import routes as learn
from diklat_lti.web.lti import routes as lti
from door import Visitor
from fake_platform import LTI, Reply
from house import Guest, House
from world import NOW

CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
READ, QUIZ = "sesi-keuangan", "sesi-meminjam-menabung"


@dataclass
class Good:
    """`foreign` is the same address with a row of Candra's centre in it; None where an address names no row."""

    path: str
    fields: dict[str, Any]
    browser: Guest | Visitor
    foreign: str | None = None
    is_json: bool = False

    def send(self, language: str, path: str | None = None, **changes: Any) -> requests.Response:
        return self.send_all(language, {**self.fields, **changes}, path)

    def send_all(self, language: str, fields: Any, path: str | None = None) -> requests.Response:
        told = {"Accept-Language": language}
        if not self.is_json:
            return self.browser.ask("POST", path or self.path, fields, **told)
        told |= {"Accept": "application/json", "Content-Type": "application/json", "X-Diklat": "1"}
        body = json.dumps({"sent_at": "2026-11-24T03:00:00Z", "events": [fields]} if fields else fields)
        return self.browser.ask("POST", path or self.path, body.encode(), **told)


Maker = Callable[[House, str], Good]
MAKERS: dict[str, Maker] = {}


def form(route: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        MAKERS[route] = maker
        return maker

    return keep


def post_routes(app: FastAPI) -> set[str]:
    """The app's own list, routers within routers too."""
    found = set()
    for route in [*lti.HOT_ROUTES, *learn.HOT_ROUTES, *app.routes]:
        inside = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        found |= {r.path for r in inside if "POST" in (getattr(r, "methods", None) or ())}
    return found


def every(house: House, language: str) -> Iterator[tuple[str, Good]]:
    for route, maker in MAKERS.items():
        yield route, maker(house, language)


def _opened(house: House, language: str, page: str, where: str = "", foreign: str | None = None, to: str = "",
            **fields: Any) -> Good:  # fmt: skip
    """A form of one of Siti's pages; `{base}` is her own address, in `foreign` Joko's."""
    base, other = (f"/learn/{wing.enrolment.id}" for wing in (house.siti, house.candra))
    siti = house.browser(house.siti.learner, house.siti, language)
    siti.get(page.format(base=base))
    path = (to or page).format(base=base)
    return Good(path, siti.form(where) | fields, siti, (foreign or to or page).format(base=other))


@form("/learn/{enrolment:int}/lessons/{key}")
def confirm(house: House, language: str) -> Good:
    return _opened(house, language, f"{{base}}/lessons/{READ}", "data-work")


@form("/learn/{enrolment:int}/lessons/{key}/quiz")
def begin(house: House, language: str) -> Good:
    return _opened(house, language, f"{{base}}/lessons/{QUIZ}/quiz", "data-work")


@form("/learn/{enrolment:int}/attempts/{uuid}")
def answer(house: House, language: str) -> Good:
    own, other = (f"{{base}}/attempts/{wing.attempt}" for wing in (house.siti, house.candra))
    return _opened(house, language, own, "data-quiz", other, action="save", **_answers(house))


def _answers(house: House) -> dict[str, Any]:

    with house.door.db.read() as session:
        right = trained.answers(session, session.get_one(Cohort, house.siti.cohort.id), school.PAGE_AND_QUIZ)
    return school.filled(right)


@form("/learn/{enrolment:int}/welcome")
def welcome(house: House, language: str) -> Good:
    return _opened(house, language, "{base}/welcome", region="18.03.01", name="Siti Aminah")


@form("/learn/{enrolment:int}/events")
def events(house: House, language: str) -> Good:
    good = _opened(house, language, f"{{base}}/lessons/{READ}", to="{base}/events")
    fields = {"id": "0f0e0d0c-0001-4002-8003-000000000001", "kind": "confirmed", "lesson": READ,
              "stamp": good.browser.device()["stamp"], "offset_ms": 0, "made_at": "2026-11-24T03:00:00Z",
              "elapsed_ms": 1000, "attempt": "0f0e0d0c-0001", "body": {"answers": {}}}  # fmt: skip
    return Good(good.path, fields, good.browser, good.foreign, is_json=True)


@form("/learn/{enrolment:int}/start")
def start(house: House, language: str) -> Good:
    """Of a cohort in which everybody starts on a day of their own."""
    with house.door.db.write() as session:
        cohort = session.get_one(Cohort, house.siti.cohort.id)
        ruling = session.scalars(select(Ruling).where(Ruling.cohort_id == cohort.id, Ruling.kind == "rules")).one()
        days = {"mode": "rolling", "starts_on": None, "opens_on": "2026-11-01", "last_start_on": "2026-12-01"}
        ruling.body = {**ruling.body, "window": {**ruling.body["window"], **days}}
        cohort.mode, cohort.starts_on = "rolling", None
        progress.freshen(session, house.siti.enrolment.id, NOW)
    return _opened(house, language, "{base}/start", "data-work")


@form("/learn/{enrolment:int}/kept")
def save_left_over(house: House, language: str) -> Good:
    """Answers that Siti sent when her session had ended."""
    late = answer(house, language)
    assert isinstance(late.browser, Guest)
    with house.door.db.write() as session:
        session.get_one(BrowserSession, late.browser.session_id).ended_at = house.door.clock.real_now()
    late.send(language)
    with house.door.db.read() as session:
        kept = session.scalars(select(KeptForm.id).order_by(KeptForm.id.desc()).limit(1)).one()
    return _opened(house, language, "{base}/kept", kept=str(kept), action="save")


def _of_rina(house: House, language: str, page: str, path: str, foreign: str, **fields: Any) -> Good:
    rina = house.browser(house.siti.admin, house.siti, language)
    rina.get(page)
    return Good(path, {"csrf": rina.form()["csrf"], **fields}, rina, foreign)


@form("/manage/{cohort}/requests/{request}")
def answer_request(house: House, language: str) -> Good:
    mine, other = (f"/manage/{wing.cohort.id}" for wing in (house.siti, house.candra))
    own, foreign = f"{mine}/requests/{house.siti.request}", f"{mine}/requests/{house.candra.request}"
    assert other != mine
    return _of_rina(house, language, mine, own, foreign, answer="supervisor")


@form("/manage/{cohort}/people/{enrolment}/resend")
def resend(house: House, language: str) -> Good:
    mine = f"/manage/{house.siti.cohort.id}"
    own, other = (f"{mine}/people/{wing.enrolment.id}/resend" for wing in (house.siti, house.candra))
    return _of_rina(house, language, mine, own, other)


@form("/manage/pick/{launch}")
def pick(house: House, language: str) -> Good:
    rina, candra = house.picking(house.siti, language), house.picking(house.candra, language)
    path = f"/manage/pick/{rina.launch_id}"
    rina.get(path)
    fields = {"csrf": rina.form()["csrf"], "version": str(house.siti.cohort.version_id), "shape": "whole",
              "name": "Angkatan II", "starts_on": "2026-12-01", "length_days": "15", "zone": "Asia/Jakarta",
              "cohort": "", "step": "add"}  # fmt: skip
    return Good(path, fields, rina, f"/manage/pick/{candra.launch_id}")


@form("/manage/copied/{launch}")
def copied(house: House, language: str) -> Good:
    """A link of the wing's course that names a run of another course of its centre."""
    rina, candra = (house.copied(wing, language) for wing in (house.siti, house.candra))
    path = f"/manage/copied/{rina.launch_id}"
    rina.get(path)
    fields = {"csrf": rina.form()["csrf"], "name": "Angkatan II", "starts_on": "2026-12-01", "length_days": "15",
              "zone": "Asia/Jakarta", "step": "make"}  # fmt: skip
    return Good(path, fields, rina, f"/manage/copied/{candra.launch_id}")


@form("/manage/{cohort}/arrivals")
def arrivals(house: House, language: str) -> Good:
    own, other = (f"/manage/{wing.cohort.id}" for wing in (house.siti, house.candra))
    return _of_rina(house, language, own, f"{own}/arrivals", f"{other}/arrivals")


@form("/lti/login")
def login(house: House, language: str) -> Good:
    return Good("/lti/login", house.door.login_fields(), house.door.visitor())


@form("/lti/launch")
def launch(house: House, language: str) -> Good:
    visitor, door = house.door.visitor(), house.door
    begun = door.begin(visitor)
    claims = door.claims(begun)
    claims[f"{LTI}launch_presentation"]["locale"] = language
    return Good("/lti/launch", {"id_token": door.platform.sign(claims), "state": begun.state}, visitor)


@form("/lti/register")
def register(house: House, language: str) -> Good:
    """Each one an LMS of its own, in so far as its issuer says so."""
    door = house.door
    door.platform.pages |= {"/config": lambda *_: _json(_configuration(door.platform.issuer)),
                            "/register": lambda *_: _json({"client_id": f"client-{language}"})}  # fmt: skip
    with door.db.write() as session:
        token = invites.invite(session, None, None, timedelta(days=1), door.clock.real_now())
    fields = {"invite": token, "openid_configuration": f"{door.platform.issuer}/config", "registration_token": "t"}
    return Good("/lti/register", fields, door.visitor())


@form("/lti/register/look")
def look(house: House, language: str) -> Good:
    """By an invite that made something, from an LMS that grants nothing."""
    made = register(house, language)
    assert made.send(language).status_code == 303
    house.door.platform.pages["/token"] = lambda *_: (400, "text/html", b'{"error" : "invalid_scope"}')
    return Good("/lti/register/look", {"invite": made.fields["invite"]}, house.door.visitor())


def _json(body: dict[str, Any]) -> Reply:
    return 200, "application/json", json.dumps(body).encode()


def _configuration(issuer: str) -> dict[str, Any]:
    places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks",
              "registration_endpoint": "register"}  # fmt: skip
    named = {name: f"{issuer}/{path}" for name, path in places.items()}
    return {"issuer": issuer, CONFIGURATION: {"product_family_code": "moodle", "version": "4.5"}, **named}


@form("/language")
def choose_language(house: House, language: str) -> Good:
    good = _opened(house, language, "{base}", "/language", to="/language", here="/learn")
    return replace(good, fields=good.fields | {"language": language})


@form("/logout")
def leave(house: House, language: str) -> Good:
    return _opened(house, language, "{base}", "/logout", to="/logout")
