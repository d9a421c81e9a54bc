"""What a centre has beside its courses: an admin, an LMS of its own with a held deployment, an open invite."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

import world
from diklat_lti.lti.registration import invites
from diklat_lti.models import (
    Centre,
    Course,
    Deployment,
    Grant,
    Invite,
    Member,
    Person,
    Platform,
    Registration,
)
from house import Guest, House, Wing
from world import NOW


def lms(site: str) -> dict[str, str]:
    """What an LMS at this address shows about the tool."""
    return {
        "issuer": site,
        "client_id": "a8Yt2",
        "deployment_id": "3",
        "jwks_url": f"{site}/jwks",
        "token_url": f"{site}/token",
        "auth_login_url": f"{site}/auth",
    }


@dataclass
class Estate:
    house: House
    wing: Wing
    centre: Centre
    platform: Platform
    registration: Registration
    admitted: Deployment
    held: Deployment
    invite: Invite
    grant: Grant
    """The admin's."""

    @property
    def base(self) -> str:
        return f"/centre/{self.centre.id}"

    def boss(self, language: str = "id", **launch: object) -> Guest:
        """The admin of the wing and of its centre, signed in by a launch into the wing's course."""
        browser = self.house.browser(self.wing.admin, self.wing, language, **launch)
        browser.get(self.base)
        return browser

    def person(self, name: str, **columns: object) -> Person:
        """Seen in the wing's course."""
        with self.house.door.db.write() as session:
            home = session.get_one(Platform, session.get_one(Course, self.wing.course.id).platform_id)
            who = world.person(session, home, name=name, **columns)
            session.add(Member(course_id=self.wing.course.id, person_id=who.id, instructor_at=NOW))
        return who


def estate(house: House, wing: Wing) -> Estate:
    with house.door.db.write() as session:
        centre = session.get_one(Centre, session.get_one(Course, wing.course.id).centre_id)
        admin = session.get_one(Person, wing.admin.id)
        platform = world.platform(session, centre, name=f"LMS {admin.name}")
        registration = world.registration(session, platform)
        admitted, held = world.deployment(session, registration), world.deployment(session, registration)
        held.admitted_at = None
        invites.invite(session, f"Undangan {admin.name}", centre.id, timedelta(days=7), house.door.clock.real_now())
        invite = session.scalars(select(Invite).order_by(Invite.id.desc())).first()
        assert invite is not None
        grant = world.grant(session, admin, "centre_admin", centre)
    return Estate(house, wing, centre, platform, registration, admitted, held, invite, grant)
