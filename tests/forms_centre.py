"""The forms of a centre's pages, each as its admin Rina sends it; `foreign` names a row of Candra's centre."""

import re
from typing import Any

import world
from diklat_lti.models import Centre, Deployment, Person, Platform
from diklat_lti.training import centre_codes
from estate import Estate, estate, lms
from forms import Good, form
from house import House


def _estates(house: House) -> tuple[Estate, Estate]:
    return estate(house, house.siti), estate(house, house.candra)


def _sent(here: Estate, language: str, page: str, path: str, foreign: str | None, **fields: Any) -> Good:
    """A form of one of Rina's pages. Its token is the page's; hidden fields come along where the page is the form's own."""
    rina = here.boss(language)
    rina.get(page)
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|form)" value="([^"]*)"', rina.last))
    return Good(path, {**(hidden if page == path else {"csrf": hidden["csrf"]}), **fields}, rina, foreign)


@form("/centre/code")
def enter_code(house: House, language: str) -> Good:
    """The last step: the code was right, and the button is pressed. Candra's centre gets one admin more."""
    _here, there = _estates(house)
    door = house.door
    with door.db.write() as session:
        code = centre_codes.make(session, door.settings.secret_keys, there.centre.id, door.clock.real_now())
    rina = house.browser(house.siti.admin, house.siti, language)
    rina.get("/centre/code")
    return Good("/centre/code", {**rina.form("/centre/code"), "code": code, "step": "confirm"}, rina)


@form("/centre/{centre}/platforms/{platform}/name")
def rename(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{here.base}/platforms/{of.platform.id}/name" for of in (here, there))
    return _sent(here, language, here.base, own, foreign, name=f"LMS {next(world.numbers)}")


@form("/centre/{centre}/platforms/{platform}/state")
def switch(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{here.base}/platforms/{of.platform.id}/state" for of in (here, there))
    return _sent(here, language, here.base, own, foreign, state="disabled")


@form("/centre/{centre}/platforms/{platform}/join")
def join(house: House, language: str) -> Good:
    """A new client of the same site goes on with the history of Rina's LMS."""
    here, there = _estates(house)
    with house.door.db.write() as session:
        session.get_one(Deployment, here.held.id).disabled_at = session.get_one(Platform, here.platform.id).created_at
        new = world.platform(session, session.get_one(Centre, here.centre.id), name="LMS lagi")
        world.deployment(session, world.registration(session, new, issuer=here.registration.issuer))
    own = f"{here.base}/platforms/{new.id}/join"
    foreign = f"{here.base}/platforms/{there.platform.id}/join"
    return _sent(here, language, own, own, foreign, old=str(here.platform.id), step="join")


@form("/centre/{centre}/deployments/{deployment}")
def settle(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{here.base}/deployments/{of.held.id}" for of in (here, there))
    return _sent(here, language, here.base, own, foreign, state="admitted")


@form("/centre/{centre}/platforms/new")
def add_by_hand(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{of.base}/platforms/new" for of in (here, there))
    return _sent(
        here, language, own, own, foreign, **lms(house.door.platform.issuer) | {"client_id": f"c{next(world.numbers)}"}
    )


@form("/centre/{centre}/invites")
def make_invite(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{of.base}/invites" for of in (here, there))
    return _sent(here, language, own, own, foreign, name=here.invite.name, days="7")


@form("/centre/{centre}/invites/{invite}/revoke")
def revoke_invite(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{here.base}/invites/{of.invite.id}/revoke" for of in (here, there))
    return _sent(here, language, f"{here.base}/invites", own, foreign)


@form("/centre/{centre}/courses/{course}")
def assign(house: House, language: str) -> Good:
    """To a second centre that Rina leads. The course is one of her centre's others, so that hers stays."""
    here, there = _estates(house)
    with house.door.db.write() as session:
        second = world.centre(session, name="BBPPKS kedua")
        world.grant(session, session.get_one(Person, here.wing.admin.id), "centre_admin", second)
        course = world.course(session, here.platform, centre_id=here.centre.id)
    own, foreign = (f"{here.base}/courses/{id_}" for id_ in (course.id, there.wing.course.id))
    return _sent(here, language, f"{here.base}/courses", own, foreign, to=str(second.id))


@form("/centre/{centre}/people/{person}")
def give(house: House, language: str) -> Good:
    here, there = _estates(house)
    own, foreign = (f"{here.base}/people/{of.person('Budi').id}" for of in (here, there))
    return _sent(here, language, f"{here.base}/people", own, foreign, role="author")


@form("/centre/{centre}/roles/{grant}/revoke")
def take_back(house: House, language: str) -> Good:
    here, there = _estates(house)
    budis = [(of.person("Budi"), of.centre) for of in (here, there)]
    with house.door.db.write() as session:
        given = [world.grant(session, budi, "author", centre).id for budi, centre in budis]
    own, foreign = (f"{here.base}/roles/{id_}/revoke" for id_ in given)
    return _sent(here, language, f"{here.base}/people", own, foreign)
