"""A site that changed its name: its addresses move, what lies elsewhere stays, and everybody is who they were."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import world
from diklat_lti.cli import main
from diklat_lti.database import Database
from diklat_lti.errors import Problem
from diklat_lti.lti import moving, target
from diklat_lti.models import AccessToken, AuditRow, Course, GradeItem, Launch, Platform, Registration
from diklat_lti.settings import Settings
from world import NOW

OLD, NEW = "https://lms.example.id", "https://belajar.example.id"


@pytest.mark.parametrize(
    ("old", "new", "address", "there"),
    [
        (OLD, NEW, f"{OLD}/mod/lti/token.php", f"{NEW}/mod/lti/token.php"),
        (OLD, NEW, f"{OLD}/2/lineitems?type_id=1&x=a%2Fb", f"{NEW}/2/lineitems?type_id=1&x=a%2Fb"),
        (OLD, NEW, OLD, NEW),
        (OLD, NEW, f"{OLD}?a=1", f"{NEW}?a=1"),
        (f"{OLD}/", NEW, f"{OLD}/mod", f"{NEW}/mod"),
        (OLD, f"{NEW}/", f"{OLD}/mod", f"{NEW}/mod"),
        (f"{OLD}/moodle", NEW, f"{OLD}/moodle/mod", f"{NEW}/mod"),
        (f"{OLD}/moodle", f"{NEW}/lms", f"{OLD}/sso", f"{NEW}/sso"),
        (f"{OLD}/moodle", f"{NEW}/lms", f"{OLD}/moodle2/x", f"{NEW}/moodle2/x"),
        (OLD, NEW, f"{OLD}.evil.example/mod", f"{OLD}.evil.example/mod"),
        (OLD, NEW, f"{OLD}:8443/mod", f"{OLD}:8443/mod"),
        (OLD, NEW, "https://sso.example.id/auth", "https://sso.example.id/auth"),
        ("http://lms.example.id", NEW, f"{OLD}/mod", f"{OLD}/mod"),
    ],
)
def test_an_address_moves_with_its_site_or_stays(old: str, new: str, address: str, there: str) -> None:
    assert moving.mover(old, new)(address) == there


def settled(db: Database) -> tuple[int, int]:
    """A site with a course, a grade item and a launch, and its neighbour; the ids of both platforms."""
    with db.write() as session:
        ids = []
        for client in ("ours", "theirs"):
            registration = world.registration(
                session, issuer=OLD, client_id=client, auth_login_url=f"{OLD}/auth", token_url=f"{OLD}/token",
                jwks_url="https://keys.example.id/jwks", jwks={"keys": []}, jwks_read_at=NOW, jwks_tried_at=NOW,
            )  # fmt: skip
            platform = session.get_one(Platform, registration.platform_id)
            deployment = world.deployment(session, registration)
            services = {"lineitems_url": f"{OLD}/items", "memberships_url": f"{OLD}/members"}
            course = world.course(session, platform, **services)
            cohort = world.cohort(session, course)
            item = {"cohort_id": cohort.id, "deployment_id": deployment.id, "label": "N", "created_at": NOW}
            world.stored(session, GradeItem(module_key="", lineitem_url=f"{OLD}/items/1", **item))
            for n, expires in ((1, NOW + timedelta(hours=1)), (2, NOW)):
                came = {"person_id": world.person(session, platform).id, "deployment_id": deployment.id}
                world.stored(session, _launch(f"{client}{n}", return_url=f"{OLD}/back", expires_at=expires, **came))
            token = {"scopes": "a", "granted": "a", "token": b"x", "expires_at": NOW}
            world.stored(session, AccessToken(registration_id=registration.id, **token))
            ids.append(platform.id)
        return ids[0], ids[1]


def _launch(ticket: str, **columns: Any) -> Launch:
    return Launch(
        ticket_id=ticket, message_type="LtiResourceLinkRequest", roles="learner", framed=True, bounce="known",
        led_to="/", at=NOW, **columns,
    )  # fmt: skip


def move(db: Database, settings: Settings, platform_id: int, issuer: str = NEW) -> moving.Moved:
    with db.write() as session:
        return moving.move(session, settings, platform_id, issuer, None, NOW)


def seen(db: Database, platform_id: int) -> list[Any]:
    with db.read() as session:
        r = session.scalars(select(Registration).where(Registration.platform_id == platform_id)).one()
        course = session.scalars(select(Course).where(Course.platform_id == platform_id)).one()
        (item,) = session.scalars(
            select(GradeItem)
            .join(world.Cohort, world.Cohort.id == GradeItem.cohort_id)
            .where(world.Cohort.course_id == course.id)
        ).all()
        tokens = session.scalars(select(AccessToken.id).where(AccessToken.registration_id == r.id)).all()
        back = session.scalars(
            select(Launch.return_url).where(Launch.deployment_id == item.deployment_id).order_by(Launch.ticket_id)
        ).all()
        return [
            r.issuer, r.auth_login_url, r.token_url, r.jwks_url, course.lineitems_url, course.memberships_url,
            item.lineitem_url, *back, r.jwks_tried_at, len(tokens),
        ]  # fmt: skip


def at(issuer: str, over: str = OLD) -> list[Any]:
    """What `seen` says of the platform; `over`: where a launch that is over came from."""
    return [
        issuer, f"{issuer}/auth", f"{issuer}/token", "https://keys.example.id/jwks", f"{issuer}/items",
        f"{issuer}/members", f"{issuer}/items/1", f"{issuer}/back", f"{over}/back",
    ]  # fmt: skip


def test_all_addresses_of_the_site_move_and_the_neighbours_stay(db: Database, settings: Settings) -> None:
    mine, neighbour = settled(db)
    done = move(db, settings, mine)
    assert (done.old_issuer, done.addresses) == (OLD, 4)
    assert seen(db, mine) == [*at(NEW), None, 0]
    assert seen(db, neighbour) == [*at(OLD), NOW, 1]
    with db.read() as session:
        (row,) = session.scalars(select(AuditRow)).all()
        assert (row.action, row.subject_id, row.data["from"], row.data["to"]) == ("platform_moved", mine, OLD, NEW)
        assert session.scalars(select(Registration.jwks).where(Registration.platform_id == mine)).one() == {"keys": []}


def test_a_move_back_leaves_everything_as_it_was(db: Database, settings: Settings) -> None:
    mine, _ = settled(db)
    for issuer in (NEW, OLD):
        move(db, settings, mine, issuer)
    assert seen(db, mine)[:9] == at(OLD)


def test_all_clients_of_the_site_move_and_one_of_another_site_stays(db: Database, settings: Settings) -> None:
    mine, _ = settled(db)
    with db.write() as session:
        platform = session.get_one(Platform, mine)
        elsewhere = world.registration(session, platform, issuer="https://other.example.id").id
        second = world.registration(session, platform, issuer=OLD, client_id="second", disabled_at=NOW).id
    move(db, settings, mine)
    with db.read() as session:
        assert session.get_one(Registration, second).issuer == NEW
        assert session.get_one(Registration, elsewhere).issuer == "https://other.example.id"


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        (OLD, "same_issuer"),
        ("http://10.0.0.1", "forbidden_address"),
        ("javascript:alert(1)", "forbidden_address"),
        ("https://lms.example.id@evil.example", "forbidden_address"),
        (f"https://{'a' * 500}.example.id", "forbidden_address"),
        ("https://taken.example.id", "already_registered"),
    ],
)
def test_a_move_that_cannot_be_changes_nothing(db: Database, settings: Settings, issuer: str, reason: str) -> None:
    mine, _ = settled(db)
    with db.write() as session:
        world.registration(session, issuer="https://taken.example.id", client_id="ours")
    strict = settings.model_copy(update={"allow_private_platforms": False})
    with pytest.raises(Problem) as problem:
        move(db, strict, mine, issuer)
    assert problem.value.reason == reason
    assert seen(db, mine) == [*at(OLD), NOW, 1]


def test_a_platform_that_is_not_there_or_has_no_client_cannot_move(db: Database, settings: Settings) -> None:
    with db.write() as session:
        empty = world.platform(session).id
    for platform_id, reason in ((999, "no_such_platform"), (empty, "platform_without_client")):
        with pytest.raises(Problem) as problem:
            move(db, settings, platform_id)
        assert problem.value.reason == reason


def test_an_address_that_grows_too_long_is_forgotten_and_told_by_the_next_launch(
    db: Database, settings: Settings
) -> None:
    mine, _ = settled(db)
    fits = "/" + "x" * (1000 - len(NEW) - 1)
    with db.write() as session:
        course = session.scalars(select(Course).where(Course.platform_id == mine)).one()
        course.lineitems_url, course.memberships_url = f"{OLD}{fits}x", f"{OLD}{fits}"
    move(db, settings, mine, NEW)
    with db.read() as session:
        course = session.scalars(select(Course).where(Course.platform_id == mine)).one()
        assert (course.lineitems_url, course.memberships_url) == (None, f"{NEW}{fits}")


def test_what_moves_is_the_site_of_the_newest_client(db: Database, settings: Settings) -> None:
    mine, _ = settled(db)
    with db.write() as session:
        platform = session.get_one(Platform, mine)
        newest = world.registration(session, platform, issuer="https://newest.example.id").id
    move(db, settings, mine)
    with db.read() as session:
        assert session.get_one(Registration, newest).issuer == NEW
        assert session.scalars(select(Registration.issuer).where(Registration.client_id == "ours")).one() == OLD


def test_platforms_are_moved_and_joined_by_command(
    db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, second = settled(db)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIKLAT_DATABASE_URL", database_url)
    monkeypatch.setenv("DIKLAT_SECRET_KEY", "k" * 40)

    def typed(*words: object) -> str:
        result = CliRunner().invoke(main, ["platform", *map(str, words)])
        return result.output if result.exit_code == 0 else f"{result.exit_code} {result.stderr}"

    told = f"Platform {mine} was at {OLD} and is at {NEW}. Addresses changed: "
    assert typed("move", mine, "--issuer", NEW).startswith(told)
    assert typed("move", mine).startswith("2 ")
    said = typed("join", second, mine)
    assert said.startswith("1 Error: These are two different sites: lms.example.id and belajar.example.id. ")
    assert typed("join", second, mine, "--other-site").startswith("1 Error: Platform ")
    with db.write() as session:
        session.get_one(Platform, second).centre_id = session.get_one(Platform, mine).centre_id
    assert typed("join", second, mine, "--other-site").startswith(
        f"Platform {second} goes on with the history of platform {mine}."
    )


def test_a_target_under_a_name_of_before_leads_here(settings: Settings) -> None:
    known = settings.model_copy(
        update={
            "public_url": "https://diklat.example.id",
            "former_urls": ("https://old.example.id", "https://older.example.id"),
        }
    )
    for host, leads in (("diklat", True), ("old", True), ("older", True), ("oldest", False)):
        assert target.leads_here(f"https://{host}.example.id/lti/launch", known) is leads
    assert not target.leads_here("http://old.example.id/lti/launch", known)
