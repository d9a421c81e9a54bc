"""The doctor and the demo LMS: one link broken at a time is the one red, those behind it are grey, the rest is green."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

import clinic as clinics
import engines
import tls_server
import world
from clinic import Clinic
from diklat_lti.cli import main
from diklat_lti.database import Database
from diklat_lti.demo import running_lms
from diklat_lti.lti import sealed
from diklat_lti.lti.doctor import bundle, chain, checkup
from diklat_lti.lti.doctor.chain import CHAIN
from diklat_lti.lti.doctor.reading import Line
from diklat_lti.models import (
    AccessToken,
    Course,
    Deployment,
    GradeDecision,
    GradeDelivery,
    Launch,
    Person,
    PickedLink,
    Platform,
    Refusal,
    Registration,
    SigningKey,
)
from diklat_lti.training.verdict import AT_ONCE

ALL = {link.name for link in CHAIN}
HISTORY = {"names", "picker", "launch", "grade", "frame"}
COLUMNS = {"path_info", "header", "line_items", "new_item", "roster"}
PERMISSIONS = {"scope_score", "scope_result", "scope_lineitem_readonly", "scope_lineitem", "scope_roster"}
BEHIND_ACTIVATION = HISTORY | COLUMNS
BEHIND_KEYS = PERMISSIONS | COLUMNS | {"grade"}
BEHIND_CLIENT = BEHIND_KEYS | BEHIND_ACTIVATION | {"our_keys", "activation"}
BEHIND_ENDPOINTS = BEHIND_CLIENT | {"clock", "keyset", "client"}


@pytest.fixture(scope="module")
def running(engine: engines.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with (
        engine.lent(migrated=True) as url,
        clinics.open_clinic(url, tmp_path_factory.mktemp("clinic") / "files") as opened,
    ):
        yield opened


@pytest.fixture
def clinic(running: Clinic) -> Iterator[Clinic]:
    yield running
    running.heal()


def lights(seen: dict[str, Line], *wanted: str) -> dict[str, str]:
    return {name: line.found.reason if line.found else "" for name, line in seen.items() if line.light in wanted}


def test_a_whole_chain_is_green_from_end_to_end(clinic: Clinic) -> None:
    seen = clinic.look()
    assert lights(seen, "red", "amber", "grey") == {}
    assert set(seen) == ALL


@dataclass(frozen=True)
class Break:
    """How a link is broken, what it is found to be then, and which links cannot be looked at behind it."""

    link: str
    reason: str
    do: Callable[[Clinic], object] = lambda clinic: None
    behind: frozenset[str] | set[str] = frozenset()
    settings: Callable[[Clinic], dict[str, Any]] = lambda clinic: {}
    light: str = "red"


def fault(link: str, name: str, reason: str, behind: frozenset[str] | set[str] = frozenset()) -> Break:
    return Break(link, reason, lambda clinic: clinic.fault(name), behind)


def held(clinic: Clinic) -> None:
    clinic.change(Deployment, admitted_at=None)


def disabled(clinic: Clinic) -> None:
    clinic.change(Platform, disabled_at=clinic.clock.real_now())


def refused(clinic: Clinic) -> None:
    with clinic.db.write() as session:
        for _ in range(3):
            values = {"reason": "clock_behind", "reference": "abc", "platform_id": clinic.platform}
            world.stored(session, Refusal(at=clinic.clock.real_now(), **values))
    clinic.mended.append(lambda: forget_refusals(clinic))


def forget_refusals(clinic: Clinic) -> None:
    with clinic.db.write() as session:
        session.query(Refusal).delete()


def stuck(clinic: Clinic) -> None:
    clinic.change(GradeDelivery, outcome="later", answer="unauthorised", delivered_id=None)


def asleep(clinic: Clinic) -> None:
    clinic.change(GradeDelivery, outcome="waiting", delivered_id=None, next_try_at=AT_ONCE)
    clinic.change(GradeDecision, decided_at=clinic.clock.real_now() - timedelta(hours=1))


def one_waits(clinic: Clinic) -> None:
    clinic.change(GradeDelivery, outcome="stopped", answer="not_enrolled", delivered_id=None)


def nobody_picked(clinic: Clinic) -> None:
    clinic.change(Launch, Launch.message_type == "LtiDeepLinkingRequest", message_type="LtiResourceLinkRequest")
    with clinic.db.write() as session:
        other = world.deployment(session).id
    clinic.change(PickedLink, deployment_id=other)


def tabs(clinic: Clinic) -> None:
    clinic.change(Launch, bounce="new_tab")
    with clinic.db.write() as session:
        one = session.query(Launch).first()
        assert one
        made = [
            Launch(
                ticket_id=f"tab-{number}", person_id=one.person_id, deployment_id=one.deployment_id, roles="learner",
                message_type="LtiResourceLinkRequest", framed=False, bounce="new_tab", led_to="/", at=one.at,
                expires_at=one.at,
            )
            for number in range(20)
        ]  # fmt: skip
        session.add_all(made)
    clinic.mended.append(lambda: forget_tabs(clinic))


def forget_tabs(clinic: Clinic) -> None:
    with clinic.db.write() as session:
        session.query(Launch).filter(Launch.ticket_id.like("tab-%")).delete()


def untrusted(clinic: Clinic) -> None:
    server = tls_server.started()
    clinic.mended.append(server.stop)
    addresses = {"auth_login_url": "auth.php", "token_url": "token.php", "jwks_url": "certs.php"}
    clinic.change(Registration, **{name: f"{server.url}/mod/lti/{file}" for name, file in addresses.items()})


BREAKS = [
    Break("secret", "changed", behind=BEHIND_CLIENT | {"client"},
          settings=lambda clinic: {"secret_key": SecretStr("another key of forty characters and some more")}),
    Break("storage", "not_writable", settings=lambda clinic: {"storage_url": f"file:{__file__}/files"}),
    Break("address", "odd_port", behind={"certificate"},
          settings=lambda clinic: {"public_url": "https://diklat.example.id:8443"}),
    Break("certificate", "not_us", settings=lambda clinic: {"public_url": clinic.lms.url}),
    Break("door", "held", held, BEHIND_ACTIVATION | {"activation"}),
    Break("door", "disabled", disabled, BEHIND_ACTIVATION | {"activation"}),
    fault("reach", "down", "no_connection", BEHIND_ENDPOINTS | {"tls", "endpoints"}),
    Break("tls", "unknown_authority", untrusted, BEHIND_ENDPOINTS | {"endpoints"}),
    *(fault("endpoints", name, "out_of_order", BEHIND_ENDPOINTS)
      for name in ("maintenance", "php_down", "database_down", "503_html")),
    fault("clock", "clock_90_s_ahead", "ahead", BEHIND_CLIENT | {"client"}),
    fault("clock", "clock_90_s_behind", "behind", BEHIND_CLIENT | {"client"}),
    fault("clock", "clock_1_h_ahead", "ahead", BEHIND_CLIENT | {"client"}),
    fault("clock", "clock_1_h_behind", "behind", BEHIND_CLIENT | {"client"}),
    fault("keyset", "keys_unreadable", "no_keys"),
    fault("client", "unknown_client", "unknown_client", BEHIND_CLIENT),
    fault("our_keys", "private_tool_url", "blocked", BEHIND_KEYS),
    fault("scope_score", "no_scope_score", "refused", {"grade"}),
    fault("scope_result", "no_scope_result", "refused"),
    fault("scope_lineitem_readonly", "no_scope_lineitem_readonly", "refused", COLUMNS | {"grade"}),
    fault("scope_lineitem", "no_scope_lineitem", "refused", {"new_item"}),
    fault("scope_roster", "no_scope_roster", "refused", {"roster"}),
    fault("path_info", "no_path_info", "lost", COLUMNS - {"path_info"} | {"grade"}),
    fault("path_info", "500", "out_of_order", COLUMNS - {"path_info"} | {"grade"}),
    fault("header", "no_authorization_header", "stripped", {"line_items", "new_item", "roster", "grade"}),
    fault("line_items", "columns_forbidden", "forbidden", {"new_item"}),
    fault("new_item", "no_new_columns", "refused"),
    fault("new_item", "no_deleting", "left_behind"),
    fault("roster", "roster_off", "refused"),
    Break("picker", "never", nobody_picked),
    Break("launch", "only_refusals", refused),
    Break("grade", "stuck", stuck),
    Break("grade", "no_worker", asleep),
    Break("grade", "some_wait", one_waits, light="amber"),
    Break("names", "no_names", lambda clinic: clinic.change(Person, name=None), light="amber"),
    Break("names", "no_email", lambda clinic: clinic.change(Person, email=None), light="amber"),
    Break("frame", "many_tabs", tabs, light="amber"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.link} {broken.reason}")
def test_one_broken_link_is_the_only_red_and_what_is_behind_it_grey(clinic: Clinic, broken: Break) -> None:
    clinic.look()
    broken.do(clinic)
    seen = clinic.look(**broken.settings(clinic))
    assert lights(seen, "red", "amber") == {broken.link: broken.reason}
    assert seen[broken.link].light == broken.light
    assert set(lights(seen, "grey")) == broken.behind
    label = chain.BY_NAME[broken.link].label
    assert all(seen[name].because == label for name in broken.behind)
    clinic.heal()
    assert lights(clinic.look(), "red", "amber", "grey") == {}


def test_every_link_of_an_lms_is_broken_once() -> None:
    assert {broken.link for broken in BREAKS} | {"database", "activation"} == ALL


def test_whether_a_tool_is_pending_is_not_known_before_its_first_launch(clinic: Clinic) -> None:
    with running_lms() as lms:
        _, platform = clinics.register(clinic, lms, "LMS kedua")
        seen = clinic.look(platform)
    assert lights(seen, "red", "amber") == {}
    assert set(lights(seen, "grey")) == BEHIND_ACTIVATION | {"activation"}
    assert seen["activation"].sentence == chain.BY_NAME["activation"].word("never_launched").sentence
    assert all(seen[name].because == chain.BY_NAME["activation"].label for name in BEHIND_ACTIVATION)


def test_a_database_that_is_not_migrated_is_the_first_red(empty_url: str, clinic: Clinic) -> None:
    db = Database(empty_url)
    found = checkup.of_service(db, clinic.settings, clinic.clock.real_now())
    db.dispose()
    assert {name: one.reason for name, one in found.items()} == {
        "database": "not_migrated", "storage": "writable", "address": "this_machine", "certificate": "no_tls",
    }  # fmt: skip


def test_a_database_that_is_silent_is_said_to_be(clinic: Clinic) -> None:
    db = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert checkup.of_service(db, clinic.settings, clinic.clock.real_now())["database"].reason == "silent"


def test_private_addresses_are_red_on_both_sides_where_the_installation_forbids_them(clinic: Clinic) -> None:
    seen = clinic.look(allow_private_platforms=False)
    assert lights(seen, "red") == {"address": "private", "reach": "forbidden"}


def test_all_of_a_slow_lms_is_over_in_the_time_that_is_given(clinic: Clinic) -> None:
    clinic.look()
    own = checkup.of_service(clinic.db, clinic.settings, clinic.clock.real_now())
    now = clinic.clock.real_now()
    found = checkup.of_platform(clinic.db, clinic.settings, clinic.platform, own, now, seconds=0.0)
    assert {one.reason for one in found.values()} == {"no_time"}
    assert clinic.read()["reach"].light == "grey"


def test_the_command_ends_with_0_where_nothing_is_red(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.look()
    for name in ("database_url", "storage_url", "public_url"):
        monkeypatch.setenv(f"DIKLAT_{name.upper()}", getattr(clinic.settings, name))
    monkeypatch.setenv("DIKLAT_SECRET_KEY", clinic.settings.secret_keys[0])
    monkeypatch.setenv("DIKLAT_ALLOW_PRIVATE_PLATFORMS", "true")
    ran = CliRunner().invoke(main, ["doctor", "--platform", str(clinic.platform), "--write"])
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert [line.split()[0] for line in ran.stdout.splitlines()] == ["green"] * len(CHAIN)


def test_a_support_bundle_holds_no_personal_word_no_token_and_no_key(clinic: Clinic) -> None:
    clinic.look()
    refused(clinic)
    with clinic.db.read() as session:
        told = json.dumps(bundle.made(session, clinic.settings, clinic.platform, clinic.clock.real_now()))
        people = session.query(Person).all()
        tokens = [sealed.unseal(clinic.settings.secret_keys, row.token).decode() for row in session.query(AccessToken)]
        keys = [row.public_jwk[part] for row in session.query(SigningKey) for part in ("kid", "n")]
        client = session.get_one(Registration, 1).client_id
        titles = [row.title for row in session.query(Course)]
    words = [word for person in people for word in (person.name, person.given_name, person.email) if word]
    assert len(words) >= 6
    secret = [*words, *tokens, *keys, client, *titles, "LMS Rahasia", clinic.settings.secret_keys[0]]
    assert [word for word in secret if word in told] == []
    assert '"reason": "clock_behind"' in told
    assert '"outcome": "delivered"' in told
