"""A centre's LMSs and invites at their edges: how long a name and a life may be, their order, and whose they are."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import world
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti.centre import invites, platforms
from diklat_lti.models import AuditRow, Invite, Launch, Platform
from diklat_lti.training.cohorts import BadFields
from world import NOW

DAY = timedelta(days=1)


class Here:
    """Rina's centre with two LMSs, and one beside it."""

    def __init__(self, session: Session) -> None:
        self.centre, self.beside = world.centre(session), world.centre(session, name="BBPPKS Makassar")
        self.late = world.platform(session, self.centre, name="LMS Z")
        self.early = world.platform(session, self.centre, name="LMS A")
        self.foreign = world.platform(session, self.beside, name="LMS Makassar")
        self.rina = world.person(session, self.late).id


def made(session: Session, here: Here, name: str = "LMS", days: str = "7", form: str = "1") -> str:
    return invites.make(session, "secret", here.centre.id, here.rina, name, days, form, NOW, NOW + DAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "life"), [("1", 1), ("30", 30), ("07", 7)])
def test_an_invite_lives_from_one_day_to_thirty(db: Database, days: str, life: int) -> None:
    with db.write() as session:
        made(session, Here(session), days=days)
        invite = session.scalars(select(Invite)).one()
        assert (invite.created_at, invite.expires_at) == (NOW, NOW + life * DAY)
        (note,) = session.scalars(select(AuditRow)).all()
        assert (note.action, note.subject_id, note.data, note.at) == (
            "invite.made",
            invite.id,
            {"days": life},
            NOW + DAY,
        )


@pytest.mark.parametrize("days", ["", "0", "31", "x", "1.5"])
def test_what_is_no_number_of_days_makes_no_invite(db: Database, days: str) -> None:
    with db.write() as session:
        with pytest.raises(BadFields) as bad:
            made(session, Here(session), days=days)
        assert set(bad.value.fields) == {"days"}
        assert session.scalars(select(Invite)).all() == []


def test_a_name_of_an_invite_has_two_hundred_characters_at_most(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        made(session, here, "x" * 200)
        with pytest.raises(BadFields) as bad:
            made(session, here, "x" * 201)
        assert set(bad.value.fields) == {"name"}


def test_invites_are_listed_the_newest_first_with_what_they_made_in_this_centre(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        for form in "123":
            made(session, here, f"LMS {form}", form=form)
        first, second, third = session.scalars(select(Invite).order_by(Invite.id)).all()
        first.registration_id = world.registration(session, here.early).id
        second.registration_id = world.registration(session, here.foreign).id
        told = [(line.id, line.state, line.made) for line in invites.every(session, here.centre.id, NOW)]
        assert told == [(third.id, "open", None), (second.id, "used", None), (first.id, "used", "LMS A")]
        assert invites.every(session, here.beside.id, NOW) == []


def test_an_invite_of_another_centre_is_not_revoked(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        made(session, here)
        invite = session.scalars(select(Invite)).one()
        with pytest.raises(Problem) as refused:
            invites.revoke(session, here.beside.id, invite.id, here.rina, NOW, NOW)
        assert (refused.value.reason, invite.revoked_at) == ("not_found", None)


def test_lmss_are_listed_by_name_and_those_that_went_over_last(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        gone = world.platform(session, here.centre, name="LMS 1", joined_to_id=here.late.id)
        second = world.platform(session, here.centre, name="LMS A")
        cards = platforms.every(session, here.centre.id)
        assert [(card.id, card.joined_to) for card in cards] == [
            (here.early.id, None), (second.id, None), (here.late.id, None), (gone.id, "LMS Z"),
        ]  # fmt: skip


def test_each_lms_has_its_own_clients_and_its_own_last_launch(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        row = world.deployment(session, world.registration(session, here.early, client_id="a", disabled_at=NOW))
        world.deployment(session, world.registration(session, here.late, client_id="z"), deployment_id="9")
        for number, at in enumerate((NOW, NOW - DAY)):
            columns = {"message_type": "LtiResourceLinkRequest", "roles": "learner", "led_to": "/", "framed": True}
            launch = {"ticket_id": str(number), "person_id": here.rina, "deployment_id": row.id, "bounce": "known"}
            session.add(Launch(**columns, **launch, at=at, expires_at=at))
        session.flush()
        early, late = platforms.every(session, here.centre.id)
        assert [(one.client_id, one.disabled) for one in early.registrations] == [("a", True)]
        assert [one.deployment_id for one in late.registrations[0].deployments] == ["9"]
        assert (early.last_launch_at, late.last_launch_at) == (NOW, None)


@pytest.mark.parametrize("name", ["x", "x" * 200])
def test_an_lms_has_a_name_of_one_to_two_hundred_characters(db: Database, name: str) -> None:
    with db.write() as session:
        here = Here(session)
        platforms.rename(session, here.centre.id, here.early.id, name, here.rina, NOW)
        assert session.get_one(Platform, here.early.id).name == name
        with pytest.raises(Problem):
            platforms.rename(session, here.beside.id, here.early.id, "y", here.rina, NOW)


def test_a_deployment_that_is_let_in_again_was_first_let_in_on_its_first_day(db: Database) -> None:
    with db.write() as session:
        here = Here(session)
        row = world.deployment(session, world.registration(session, here.early), admitted_at=NOW)
        for admitted, later in ((True, DAY), (False, 2 * DAY), (True, 3 * DAY), (True, 4 * DAY)):
            platforms.settle(session, here.centre.id, row.id, admitted, here.rina, NOW + later)
        assert (row.admitted_at, row.disabled_at) == (NOW, None)
        noted = session.execute(select(AuditRow.action, AuditRow.at).order_by(AuditRow.id)).all()
        assert [tuple(each) for each in noted] == [
            ("deployment_disabled", NOW + 2 * DAY), ("deployment_admitted", NOW + 3 * DAY),
        ]  # fmt: skip
        with pytest.raises(Problem):
            platforms.settle(session, here.beside.id, row.id, False, here.rina, NOW)
