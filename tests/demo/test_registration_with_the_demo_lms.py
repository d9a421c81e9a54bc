"""The tool itself and the demo LMS register, look, update and register anew: over HTTP, by links and forms alone."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import select

from diklat_lti.app import create_app
from diklat_lti.database import Database
from diklat_lti.demo import RunningLms, running_lms, steps
from diklat_lti.demo.browser import Page
from diklat_lti.demo.steps import ADMIN, Journey
from diklat_lti.lti.registration import invites
from diklat_lti.models import Deployment, Registration
from diklat_lti.settings import Settings
from live import free_port, live_app
from stage import ShiftedClock

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Stage:
    """A tool without a platform beside a fresh LMS, and its administrator."""

    def __init__(self, db: Database, lms: RunningLms, tool: str, clock: ShiftedClock) -> None:
        self.db, self.lms, self.tool, self.clock = db, lms, tool, clock
        self.journey = Journey(tool, lms.url, self.invite())
        self.admin = self.journey.browser(ADMIN)

    def invite(self) -> str:
        with self.db.write() as session:
            token = invites.invite(session, "LMS contoh", None, None, self.clock.real_now())
        return f"{self.tool}/lti/register?invite={token}"

    def again(self, choice: str) -> Page:
        """Pastes a new invite; the LMS asks *update or new?* in the frame, and opens the tool with that `choice`."""
        tools = self.admin.get(f"{self.lms.url}/mod/lti/toolconfigure.php")
        pasted = self.admin.submit(tools, tools.form("toolconfigure", "url"), {"url": self.invite()})
        asked = self.admin.open_frame(pasted)
        return self.admin.get(asked.link(choice), dest="iframe")

    def say_yes(self, page: Page) -> Page:
        return self.admin.submit(page, page.form("/lti/register"), dest="iframe")

    def edit(self, **fields: Any) -> None:
        address = f"{self.lms.url}/mod/lti/typessettings.php"
        page = self.admin.get(f"{address}?id=1")
        self.admin.submit(page, page.form("typessettings"), {"id": "1", **fields})

    def registrations(self) -> list[Registration]:
        with self.db.read() as session:
            return list(session.scalars(select(Registration).order_by(Registration.id)))


@pytest.fixture
def stage(db: Database, settings: Settings) -> Iterator[Stage]:
    port, clock = free_port(), ShiftedClock()
    settings = settings.model_copy(update={"public_url": f"http://localhost:{port}"})
    with running_lms() as lms, live_app(create_app(settings, clock, db), port=port):
        yield Stage(db, lms, settings.public_url, clock)


def test_what_the_lms_grants_is_known_once_somebody_looks(stage: Stage) -> None:
    done = stage.say_yes(stage.admin.open_frame(_pasted(stage)))
    assert "belum diperiksa" in done.text
    steps.activate(stage.journey)
    later = stage.admin.get(done.url)
    seen = stage.admin.submit(later, later.form("/lti/register/look"))
    assert [row[-1] for row in seen.rows[1:]] == ["diberikan"] * 5


def test_the_lie_about_line_items_is_found_out(stage: Stage) -> None:
    """Moodle echoes the right to make columns where it gives only that of reading them."""
    done = stage.say_yes(stage.admin.open_frame(_pasted(stage)))
    stage.edit(grade_sync="1")
    seen = stage.admin.submit(done, done.form("/lti/register/look"), dest="iframe")
    assert "ditolak" in seen.text
    (made,) = stage.registrations()
    assert [scope.rsplit("/", 1)[1] for scope in made.scopes_refused or []] == ["lineitem"]


def test_an_update_shows_the_difference_and_leaves_the_admins_edits(stage: Stage) -> None:
    stage.say_yes(stage.admin.open_frame(_pasted(stage)))
    stage.edit(name="Diklat kita", description="Keterangan admin", grade_sync="0",
               custom="ctx_history=$Context.id.history\r\nadminkey=diisi admin")  # fmt: skip
    shown = stage.again("type=1")
    for words in ("Diklat kita", "Keterangan admin", "adminkey", "diisi admin", "mengirim nilai"):
        assert words in shown.text
    before = _held(stage)
    assert before["scope"] == "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
    done = stage.say_yes(shown)
    assert "Show in activity chooser" in done.text
    after = _held(stage)
    assert (after["client_name"], after["client_id"]) == ("Diklat kita", before["client_id"])
    assert "lti-ags/scope/score" in after["scope"]
    kept = {name: after[TOOL][name] for name in ("description", "custom_parameters", "claims", "deployment_id")}
    assert kept["custom_parameters"] == {"ctx_history": "$Context.id.history", "adminkey": "diisi admin"}
    assert kept["description"] == "Keterangan admin"
    assert kept["claims"] == before[TOOL]["claims"]
    (made,) = stage.registrations()
    with stage.db.read() as session:
        assert session.scalars(select(Deployment.deployment_id)).all() == [kept["deployment_id"]]
    assert made.client_id == after["client_id"]


def test_privacy_that_the_admin_switched_off_stays_off(stage: Stage) -> None:
    stage.say_yes(stage.admin.open_frame(_pasted(stage)))
    address = f"{stage.lms.url}/mod/lti/typessettings.php?id=1"
    page = stage.admin.get(address)
    form = page.form("typessettings")
    form.fields[:] = [field for field in form.fields if field[0] != "send_email"]
    stage.admin.submit(page, form)
    stage.say_yes(stage.again("type=1"))
    assert _held(stage)[TOOL]["claims"] == ["sub", "iss", "name", "family_name", "given_name"]


def test_a_tool_that_is_registered_as_a_new_one_is_offered_the_history_of_the_old(stage: Stage) -> None:
    stage.say_yes(stage.admin.open_frame(_pasted(stage)))
    done = stage.say_yes(stage.again("type=new"))
    old, new = stage.registrations()
    assert old.client_id != new.client_id
    assert f"diklat-lti platform join {new.platform_id} {old.platform_id}" in done.text


def _pasted(stage: Stage) -> Page:
    tools = stage.admin.get(f"{stage.lms.url}/mod/lti/toolconfigure.php")
    return stage.admin.submit(tools, tools.form("toolconfigure", "url"), {"url": stage.journey.invite})


def _held(stage: Stage) -> dict[str, Any]:
    """What the LMS says to an update token of its own."""
    key, now = stage.lms.lms.key, stage.lms.lms.now()
    token = key.sign({"sub": "1", "scope": "reg-update", "iat": now, "exp": now + 3600})
    address = f"{stage.lms.url}/mod/lti/openid-registration.php"
    told: dict[str, Any] = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
    return told
