"""Signing keys: the first is used at once, a new one only after it was published a while, a retired one stays published."""

import base64
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import deep_linking, keys
from diklat_lti.lti.sealed import seal, unseal
from diklat_lti.models import SigningKey
from diklat_lti.training.arrival import DeepLinking
from world import NOW, deployment, registration

SECRETS = ("the first secret, forty characters long ok",)
DL = deep_linking.DL


def published(db: Database, after: timedelta = timedelta(0)) -> list[str]:
    with db.read() as session:
        return [key["kid"] for key in keys.public_jwks(session, NOW + after)["keys"]]


def signs(db: Database, after: timedelta = timedelta(0)) -> str:
    with db.read() as session:
        return keys.current(session, SECRETS, NOW + after).kid


def test_the_first_key_is_made_once_and_used_at_once(db: Database) -> None:
    with db.write() as session:
        first = keys.ensure(session, SECRETS, NOW).kid
        assert keys.ensure(session, SECRETS, NOW).kid == first
    assert (published(db), signs(db)) == ([first], first)


def test_without_a_key_nothing_is_signed_and_nothing_published(db: Database) -> None:
    assert published(db) == []
    with pytest.raises(Problem, match="no signing key"):
        signs(db)


def test_a_rotation_publishes_the_new_key_before_it_signs_and_the_old_one_after(db: Database) -> None:
    with db.write() as session:
        old = keys.rotate(session, SECRETS, NOW).kid
        new = keys.rotate(session, SECRETS, NOW).kid
    assert (published(db), signs(db)) == ([old, new], old)
    assert signs(db, keys.SETTLING - timedelta(seconds=1)) == old
    assert signs(db, keys.SETTLING) == new
    assert published(db, keys.SETTLING + keys.KEPT - timedelta(seconds=1)) == [old, new]
    assert published(db, keys.SETTLING + keys.KEPT) == [new]


def test_a_revoked_key_is_gone_at_once_and_another_signs(db: Database) -> None:
    with db.write() as session:
        lost = keys.ensure(session, SECRETS, NOW).kid
        fresh = keys.revoke(session, SECRETS, lost, NOW).kid
    assert (published(db), signs(db)) == ([fresh], fresh)
    with db.read() as session:
        assert [key.revoked_at is None for key in keys.every(session)] == [False, True]
    with db.write() as session, pytest.raises(Problem, match="no key"):
        keys.revoke(session, SECRETS, lost, NOW)


def test_the_private_half_lies_encrypted_and_opens_with_an_older_secret_too(db: Database) -> None:
    with db.write() as session:
        key = keys.ensure(session, SECRETS, NOW)
        assert b"PRIVATE KEY" not in key.private_key
    newer = ("the second secret, forty characters long", *SECRETS)
    with db.read() as session:
        assert keys.current(session, newer, NOW).kid == key.kid
    with db.read() as session, pytest.raises(Problem) as refused:
        keys.current(session, newer[:1], NOW)
    assert refused.value.reason == "secret_key_changed"


def test_the_public_half_has_all_that_moodle_wants_of_a_key(db: Database) -> None:
    with db.write() as session:
        key = keys.ensure(session, SECRETS, NOW)
    assert set(key.public_jwk) == {"kty", "n", "e", "kid", "alg", "use"}


def test_what_is_sealed_is_opened_with_any_of_the_secrets() -> None:
    box = seal(SECRETS, b"token")
    assert unseal(("another secret that is newer than the first", *SECRETS), box) == b"token"


def answered(db: Database, wish: DeepLinking, items: list[deep_linking.LinkItem], **said: str) -> dict[str, object]:
    with db.write() as session:
        keys.ensure(session, SECRETS, NOW)
        deployment(session)
        row = deployment(session, registration(session, issuer="https://lms.test", client_id="c-1"), deployment_id="7")
        token = deep_linking.answer(session, SECRETS, row.id, wish, items, NOW, **said)
        (jwk,) = keys.public_jwks(session, NOW)["keys"]
    head = jwt.get_unverified_header(token)
    assert (head["alg"], head["kid"]) == ("RS256", jwk["kid"])
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"], audience="https://lms.test", options=options)


WISH = DeepLinking("https://lms.test/return", ("ltiResourceLink",), True, None, None, None)
ITEM = deep_linking.LinkItem(
    title="Diklat P2K2",
    url="https://diklat.test/lti/launch",
    text="15 hari",
    custom={"diklat_link": "u-1"},
    icon_url="https://diklat.test/logo.svg",
    resource_id="diklat-cohort-1",
    tag="final",
    review_url="https://diklat.test/lti/launch",
)


def test_case_34_to_37_an_answer_is_a_signed_deep_linking_response_for_this_platform(db: Database) -> None:
    claims = answered(db, WISH, [ITEM])
    assert (claims["iss"], claims["aud"]) == ("c-1", "https://lms.test")
    assert (claims["iat"], claims["exp"]) == (int(NOW.timestamp()) - 30, int(NOW.timestamp()) + 300)
    assert len(str(claims["nonce"])) > 16
    assert claims[deep_linking.LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert (claims[deep_linking.LTI + "version"], claims[deep_linking.LTI + "deployment_id"]) == ("1.3.0", "7")
    assert not [name for name in claims if name in (DL + "data", DL + "msg", DL + "errormsg")]


def test_case_37b_data_is_echoed_unchanged_where_it_was_given(db: Database) -> None:
    wish = DeepLinking("https://lms.test/return", ("ltiResourceLink",), True, ' {"a": "ü"}\n', None, None)
    assert answered(db, wish, [])[DL + "data"] == ' {"a": "ü"}\n'


def test_case_39_an_item_says_all_that_was_picked(db: Database) -> None:
    assert answered(db, WISH, [ITEM])[DL + "content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Diklat P2K2",
            "url": "https://diklat.test/lti/launch",
            "text": "15 hari",
            "custom": {"diklat_link": "u-1"},
            "icon": {"url": "https://diklat.test/logo.svg"},
            "lineItem": {
                "scoreMaximum": 100,
                "label": "Diklat P2K2",
                "resourceId": "diklat-cohort-1",
                "tag": "final",
                "submissionReview": {
                    "reviewableStatus": ["InProgress", "Submitted", "Completed"],
                    "url": "https://diklat.test/lti/launch",
                },
            },
        }
    ]


def test_a_bare_item_without_a_grade_says_no_more_than_its_name(db: Database) -> None:
    item = deep_linking.LinkItem("Diklat", "https://diklat.test/lti/launch", graded=False)
    assert answered(db, WISH, [item])[DL + "content_items"] == [
        {"type": "ltiResourceLink", "title": "Diklat", "url": "https://diklat.test/lti/launch"}
    ]


def test_case_38_more_than_the_request_accepts_is_never_sent(db: Database) -> None:
    one_only = DeepLinking("https://lms.test/return", ("ltiResourceLink",), False, None, None, None)
    with pytest.raises(ValueError, match="one link alone"):
        answered(db, one_only, [ITEM, ITEM])
    no_links = DeepLinking("https://lms.test/return", ("link",), True, None, None, None)
    with pytest.raises(ValueError, match="does not accept links"):
        answered(db, no_links, [ITEM])


def test_case_41_cancelling_answers_with_an_empty_list_and_a_word(db: Database) -> None:
    claims = answered(db, WISH, [], message="Dibatalkan", error="Tidak ada program")
    assert (claims[DL + "content_items"], claims[DL + "msg"], claims[DL + "errormsg"]) == (
        [], "Dibatalkan", "Tidak ada program",
    )  # fmt: skip


def test_two_keys_never_share_a_name(db: Database) -> None:
    with db.write() as session:
        made = [keys.rotate(session, SECRETS, NOW).kid for _ in range(3)]
        assert len(set(made)) == 3
        assert session.query(SigningKey).count() == 3


def test_the_key_in_use_stays_where_the_one_that_was_to_take_over_is_revoked(db: Database) -> None:
    with db.write() as session:
        old, new = (keys.rotate(session, SECRETS, NOW).kid for _ in range(2))
        assert keys.revoke(session, SECRETS, new, NOW).kid == old
    assert [signs(db, timedelta(days=days)) for days in (0, 1, 400)] == [old] * 3


def test_a_key_that_is_to_retire_does_so_where_another_one_is_revoked(db: Database) -> None:
    with db.write() as session:
        lost, new = (keys.rotate(session, SECRETS, NOW).kid for _ in range(2))
        fresh = keys.revoke(session, SECRETS, lost, NOW).kid
        row = session.scalars(select(SigningKey).where(SigningKey.kid == lost)).one()
        assert (row.revoked_at, row.retired_at) == (NOW, NOW + keys.SETTLING)
        keys.revoke(session, SECRETS, fresh, NOW)
        row = session.scalars(select(SigningKey).where(SigningKey.kid == fresh)).one()
        assert row.retired_at == NOW
    assert signs(db, keys.SETTLING) == new


def test_a_rotation_goes_on_where_an_older_key_is_revoked(db: Database) -> None:
    day = timedelta(days=1)
    with db.write() as session:
        oldest, old = (keys.rotate(session, SECRETS, NOW).kid for _ in range(2))
        keys.rotate(session, SECRETS, NOW + day)
        assert keys.revoke(session, SECRETS, oldest, NOW + day).kid == old
        row = session.scalars(select(SigningKey).where(SigningKey.kid == old)).one()
        assert row.retired_at == NOW + day + keys.SETTLING


def test_of_two_keys_the_one_that_began_last_signs(db: Database) -> None:
    with db.write() as session:
        lost, planned = (keys.rotate(session, SECRETS, NOW).kid for _ in range(2))
        emergency = keys.revoke(session, SECRETS, lost, NOW).kid
    assert (signs(db), signs(db, keys.SETTLING)) == (emergency, planned)


def test_a_new_key_is_shown_ten_minutes_before_it_signs_and_an_old_one_a_fortnight_after(db: Database) -> None:
    assert (timedelta(minutes=10), timedelta(days=14)) == (keys.SETTLING, keys.KEPT)


def test_a_key_that_retired_before_keeps_its_day(db: Database) -> None:
    """Else every rotation would keep every key published for another fortnight."""
    with db.write() as session:
        old = keys.rotate(session, SECRETS, NOW)
        keys.rotate(session, SECRETS, NOW)
        retired = old.retired_at
        keys.rotate(session, SECRETS, NOW + timedelta(days=1))
        session.flush()
        assert old.retired_at == retired == NOW + keys.SETTLING


def test_a_key_has_2048_bits_and_its_numbers_are_written_without_a_needless_byte(db: Database) -> None:
    with db.write() as session:
        jwk = keys.ensure(session, SECRETS, NOW).public_jwk
    modulus = base64.urlsafe_b64decode(jwk["n"] + "==")
    assert (jwk["e"], len(modulus), int.from_bytes(modulus, "big").bit_length()) == ("AQAB", 256, 2048)


def test_keys_are_listed_in_the_order_in_which_they_were_made(db: Database) -> None:
    with db.write() as session:
        first, second = (keys.rotate(session, SECRETS, NOW).kid for _ in range(2))
    with db.write() as session:
        keys.revoke(session, SECRETS, first, NOW)
        assert [key.kid for key in keys.every(session)][:2] == [first, second]
