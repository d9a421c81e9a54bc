"""Registrations as the door needs them, with their deployments and keys, remembered for some seconds."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.pool import Pool

from diklat_lti.database import Database
from diklat_lti.lti import platform_jwk
from diklat_lti.models import Deployment, Platform, Registration

REMEMBERED = timedelta(seconds=5)


@dataclass(frozen=True)
class KnownDeployment:
    """`row` is the id of its row."""

    row: int
    admitted: bool
    disabled: bool


@dataclass(frozen=True)
class Known:
    """A registration and all that decides whether a launch of it is let in."""

    id: int
    platform_id: int
    issuer: str
    client_id: str
    auth_login_url: str
    jwks_url: str
    disabled: bool
    """It, or its platform."""
    deployments: dict[str, KnownDeployment]
    keys: dict[str, platform_jwk.Key]
    keys_read_at: datetime | None
    keys_tried_at: datetime | None
    read_at: datetime = field(compare=False)


class NotAtHand(Exception):  # noqa: N818 - nothing failed: it has to be asked for
    """Memory alone does not know: the database or the platform must be asked, and that waits."""


class _Memory:
    """What one process remembers of one database."""

    def __init__(self) -> None:
        self.by_id: dict[int, Known] = {}
        self.by_name: dict[tuple[str, str | None], int] = {}


_memories: WeakKeyDictionary[Pool, _Memory] = WeakKeyDictionary()
_lock = threading.Lock()


def by_name(db: Database, issuer: str, client_id: str | None, now: datetime, at_hand: bool = False) -> Known | None:
    """The registration of an issuer; without a client id only if the issuer has just one that is not disabled.

    `at_hand`: from memory alone, or `NotAtHand`.
    """
    remembered = _memory(db).by_name.get((issuer, client_id))
    if remembered is not None:
        return by_id(db, remembered, now, at_hand)
    if at_hand:
        raise NotAtHand
    named = [Registration.issuer == issuer]
    named.append(Registration.client_id == client_id if client_id else Registration.disabled_at.is_(None))
    with db.engine.connect() as connection:
        ids = list(connection.scalars(select(Registration.id).where(*named).limit(2)))
    if len(ids) != 1:
        return None
    if client_id is not None:
        _memory(db).by_name[issuer, client_id] = ids[0]
    return by_id(db, ids[0], now)


def by_id(db: Database, registration_id: int, now: datetime, at_hand: bool = False) -> Known | None:
    remembered = _memory(db).by_id.get(registration_id)
    if remembered is not None and abs(now - remembered.read_at) < REMEMBERED:
        return remembered
    if at_hand:
        raise NotAtHand
    return reread(db, registration_id, now)


def reread(db: Database, registration_id: int, now: datetime) -> Known | None:
    """As the database has it now, and remembered anew."""
    found = _read(db, Registration.id == registration_id)
    if not found:
        return None
    known = _known(found, now)
    _memory(db).by_id[registration_id] = known
    return known


def forget(db: Database) -> None:
    """After a change by this process; others see it within `REMEMBERED`."""
    with _lock:
        _memories.pop(db.engine.pool, None)


def _memory(db: Database) -> _Memory:
    with _lock:
        return _memories.setdefault(db.engine.pool, _Memory())


def _read(db: Database, which: ColumnElement[bool]) -> list[Row[Any]]:
    statement = (
        select(
            *Registration.__table__.c,
            Platform.disabled_at.label("platform_disabled_at"),
            Deployment.id.label("row"),
            Deployment.deployment_id,
            Deployment.admitted_at,
            Deployment.disabled_at.label("deployment_disabled_at"),
        )
        .join(Platform, Platform.id == Registration.platform_id)
        .outerjoin(Deployment, Deployment.registration_id == Registration.id)
        .where(which)
    )
    with db.engine.connect() as connection:
        return list(connection.execute(statement))


def _known(rows: list[Row[Any]], now: datetime) -> Known:
    first = rows[0]
    return Known(
        id=first.id,
        platform_id=first.platform_id,
        issuer=first.issuer,
        client_id=first.client_id,
        auth_login_url=first.auth_login_url,
        jwks_url=first.jwks_url,
        disabled=first.disabled_at is not None or first.platform_disabled_at is not None,
        deployments=dict(_deployments(rows)),
        keys=platform_jwk.keys_of(first.jwks or {}),
        keys_read_at=first.jwks_read_at,
        keys_tried_at=first.jwks_tried_at,
        read_at=now,
    )


def _deployments(rows: list[Row[Any]]) -> Iterable[tuple[str, KnownDeployment]]:
    for row in rows:
        if row.row is not None:
            yield (
                row.deployment_id,
                KnownDeployment(row.row, row.admitted_at is not None, row.deployment_disabled_at is not None),
            )
