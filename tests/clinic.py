"""A whole chain for the doctor: the tool, a demo LMS that is plugged in, a grade that arrived; each link can be broken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import select, update

import office
from diklat_lti.app import create_app
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.demo import RunningLms, running_lms, steps
from diklat_lti.lti.doctor import checkup, reading
from diklat_lti.lti.doctor.reading import Line
from diklat_lti.lti.registration import invites
from diklat_lti.models import Enrolment, GradeDelivery, GradeItem, Platform
from diklat_lti.settings import Settings
from diklat_lti.training import regions
from diklat_lti.training.verdict import AT_ONCE
from diklat_lti.worker import Worker
from live import free_port, live_app

Healing = Callable[[], object]


@dataclass
class Clinic:
    db: Database
    settings: Settings
    lms: RunningLms
    clock: Clock = field(default_factory=Clock)
    platform: int = 0
    """The LMS whose chain is whole."""
    mended: list[Healing] = field(default_factory=list)

    def look(self, platform: int | None = None, write: bool = True, **changed: Any) -> dict[str, Line]:
        """A whole look, stored and read again."""
        settings = self.set(**changed) if changed else self.settings
        platform = platform or self.platform
        own = checkup.of_service(self.db, settings, self.clock.real_now())
        checkup.of_platform(self.db, settings, platform, own, self.clock.real_now(), write, seconds=300)
        return self.read(platform)

    def read(self, platform: int | None = None) -> dict[str, Line]:
        with self.db.read() as session:
            found = reading.report(session, platform or self.platform, self.clock.real_now())
        return {line.name: line for line in found}

    def set(self, **changed: Any) -> Settings:
        """Other settings, without what the ones before have worked out."""
        return Settings(_env_file=None, **{**self.settings.model_dump(), **changed})

    def fault(self, *names: str) -> None:
        sent = [{"fault": name} for name in names]
        assert httpx2.put(f"{self.lms.url}/demo/faults", json=sent).status_code == 200
        self.mended.append(lambda: httpx2.put(f"{self.lms.url}/demo/faults", json=[]))

    def change(self, table: Any, *which: Any, **columns: Any) -> None:
        """Rows as they are not in a whole chain, until `heal`."""
        names = [column.name for column in table.__table__.primary_key]
        with self.db.write() as session:
            rows = session.scalars(select(table).where(*which)).all()
            assert rows, f"{table.__name__}: nothing to change"
            before = [{name: getattr(row, name) for name in (*names, *columns)} for row in rows]
            session.execute(update(table).where(*which).values(**columns))
        self.mended.append(lambda: self._put_back(table, before))

    def _put_back(self, table: Any, before: list[dict[str, Any]]) -> None:
        with self.db.write() as session:
            session.execute(update(table), before)

    def heal(self) -> None:
        while self.mended:
            self.mended.pop()()


def register(clinic: Clinic, lms: RunningLms, name: str) -> tuple[steps.Journey, int]:
    """An LMS's administrator has pasted the address; the tool stands there as Pending."""
    with clinic.db.write() as session:
        token = invites.invite(session, name, None, None, clinic.clock.real_now())
    journey = steps.Journey(
        clinic.settings.public_url, lms.url, f"{clinic.settings.public_url}/lti/register?invite={token}"
    )
    steps.register(journey)
    with clinic.db.read() as session:
        return journey, session.scalars(select(Platform.id).where(Platform.name == name)).one()


def arrived(clinic: Clinic) -> None:
    """A grade, decided and delivered."""
    with clinic.db.write() as session:
        enrolment = session.scalars(select(Enrolment)).first()
        item = session.scalars(select(GradeItem)).first()
        assert enrolment
        assert item
        decision = office.decided(session, enrolment, "85")
        decision.decided_at = clinic.clock.real_now()
        session.add(
            GradeDelivery(
                enrolment_id=enrolment.id, grade_item_id=item.id, wanted_id=decision.id, tries=0, outcome="waiting",
                next_try_at=AT_ONCE,
            )
        )  # fmt: skip
    Worker(clinic.db, clinic.settings, clinic.clock).run_once()


@contextmanager
def open_clinic(url: str, folder: Path) -> Iterator[Clinic]:
    port, db = free_port(), Database(url)
    settings = Settings(
        _env_file=None, database_url=url, storage_url=f"file:{folder}", embedded_worker=False,
        public_url=f"http://localhost:{port}", allow_private_platforms=True,
        secret_key=SecretStr("the clinic's own key of forty characters and more"),
    )  # fmt: skip
    with db.write() as session:
        regions.load_shipped(session)
    app = create_app(settings, Clock(), Database(url))
    with running_lms() as lms, live_app(app, port=port):
        clinic = Clinic(db, settings, lms)
        journey, clinic.platform = register(clinic, lms, "LMS Rahasia")
        for step in (steps.activate, steps.offer, steps.add, steps.launch):
            step(journey)
        arrived(clinic)
        yield clinic
    db.dispose()
