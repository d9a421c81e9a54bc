"""Invites at their edges: how long one lives, how long a claim holds, and that no other invite is touched."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from diklat_lti.database import Database, WriteSession
from diklat_lti.errors import Problem
from diklat_lti.lti.registration import invites
from diklat_lti.models import AuditRow, Invite
from world import NOW, registration

SECOND = timedelta(seconds=1)


def made(session: WriteSession, expires: timedelta | None = None) -> tuple[str, int]:
    token = invites.invite(session, None, None, expires, NOW)
    return token, invites.find(session, token, NOW).id


@pytest.mark.parametrize(("expires", "lives"), [(None, timedelta(days=7)), (timedelta(hours=1), timedelta(hours=1))])
def test_an_invite_is_over_at_its_end_and_found_a_second_before(
    db: Database, expires: timedelta | None, lives: timedelta
) -> None:
    with db.write() as session:
        made(session)
        token, id_ = made(session, expires)
        assert invites.find(session, token, NOW + lives - SECOND).id == id_
        with pytest.raises(Problem) as refused:
            invites.find(session, token, NOW + lives)
        assert refused.value.reason == "invite_over"


def test_a_claim_holds_a_minute_and_takes_no_other_invite(db: Database) -> None:
    with db.write() as session:
        (_, one), (_, other) = made(session), made(session)
        assert invites.claim(session, one, NOW)
        assert not invites.claim(session, one, NOW + 59 * SECOND)
        assert invites.claim(session, other, NOW)
        assert invites.claim(session, one, NOW + 60 * SECOND)


def test_what_is_released_is_free_again_and_a_neighbour_stays_claimed(db: Database) -> None:
    with db.write() as session:
        (_, one), (_, other) = made(session), made(session)
        assert [invites.claim(session, each, NOW) for each in (one, other)] == [True, True]
        invites.release(session, one)
        spent = dict(session.execute(select(Invite.id, Invite.spent_at)).all())
        assert spent == {one: None, other: NOW}


def test_what_led_to_a_registration_is_neither_claimed_nor_released_again(db: Database) -> None:
    with db.write() as session:
        _, one = made(session)
        assert invites.claim(session, one, NOW)
        session.get_one(Invite, one).registration_id = registration(session).id
        session.flush()
        assert not invites.claim(session, one, NOW + timedelta(days=1))
        invites.release(session, one)
        assert session.scalars(select(Invite.spent_at)).one() == NOW


def test_a_list_tells_what_became_of_each(db: Database) -> None:
    with db.write() as session:
        for expires in (None, timedelta(hours=1), None, None):
            invites.invite(session, "LMS", None, expires, NOW)
        open_, over, revoked, used = [line.id for line in invites.every(session, NOW)]
        invites.revoke(session, revoked, NOW)
        session.get_one(Invite, used).registration_id = (by := registration(session)).id
        found = {line.id: (line.state, line.platform_id) for line in invites.every(session, NOW + timedelta(hours=1))}
        assert found == {
            open_: ("open", None), over: ("over", None), revoked: ("revoked", None), used: ("used", by.platform_id),
        }  # fmt: skip


def test_what_is_revoked_is_neither_found_nor_claimed_and_says_so_once(db: Database) -> None:
    with db.write() as session:
        token, one = made(session)
        invites.revoke(session, one, NOW)
        invites.revoke(session, one, NOW + SECOND)
        assert session.get_one(Invite, one).revoked_at == NOW
        assert not invites.claim(session, one, NOW)
        with pytest.raises(Problem) as refused:
            invites.find(session, token, NOW)
        assert refused.value.reason == "invite_over"
        assert session.scalars(select(AuditRow.action)).all() == ["invite.revoked"]


def test_revoking_a_used_one_closes_its_page_and_leaves_what_it_made(db: Database) -> None:
    with db.write() as session:
        token, one = made(session)
        session.get_one(Invite, one).registration_id = registration(session).id
        assert invites.find(session, token, NOW + timedelta(days=900)).id == one
        invites.revoke(session, one, NOW)
        with pytest.raises(Problem):
            invites.find(session, token, NOW)
