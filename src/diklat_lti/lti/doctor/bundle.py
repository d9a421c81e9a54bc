"""What a helper needs to see of an installation and one of its LMSs: no names, no tokens, no keys, nobody's work."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti import __version__
from diklat_lti.lti.doctor import reading, site
from diklat_lti.models import Deployment, GradeDelivery, GradeItem, Platform, Refusal, Registration, SigningKey
from diklat_lti.settings import Settings

SHOWN = timedelta(days=30)


def made(session: Session, settings: Settings, platform_id: int, now: datetime, guest: bool = False) -> dict[str, Any]:
    """As JSON can say it. Everything in it is listed here: what is not, stays.

    `guest`: for a centre that only has courses on another one's LMS; what is counted over all of them is left out.
    """
    platform = session.get_one(Platform, platform_id)
    there = site.load(session, platform_id)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "tool": _tool(session, settings),
        "lms": {
            "product": platform.product,
            "version": platform.version,
            "registered_at": platform.created_at.isoformat(timespec="seconds"),
            "keys_fetched_by": platform.keys_fetched_by,
            "addresses": list(there.urls) if there else [],
            "permissions": _permissions(session, there),
        },
        "links": [_link(line) for line in reading.report(session, platform_id, now, guest)],
        "refusals": [] if guest else _refusals(session, platform_id, now - SHOWN),
        "deliveries": [] if guest else _deliveries(session, there),
    }


def _tool(session: Session, settings: Settings) -> dict[str, Any]:
    keys = session.scalars(select(SigningKey).order_by(SigningKey.id))
    return {
        "version": __version__,
        "address": settings.public_url,
        "database": session.get_bind().dialect.name,
        "private_platforms_allowed": settings.allow_private_platforms,
        "embedded_worker": settings.runs_worker,
        "signing_keys": [
            {
                "used_from": key.used_from.isoformat(timespec="seconds"),
                "retired": key.retired_at is not None,
                "revoked": key.revoked_at is not None,
            }
            for key in keys
        ],
    }


def _permissions(session: Session, there: site.Site | None) -> dict[str, Any]:
    if there is None:
        return {}
    registration = session.get_one(Registration, there.registration_id)
    return {
        "asked": registration.scopes_asked,
        "echoed": registration.scopes_echoed,
        "granted": registration.scopes_granted,
    }


def _link(line: reading.Line) -> dict[str, Any]:
    found = line.found
    return {
        "link": line.name,
        "light": line.light,
        "reason": found.reason if found else None,
        "data": found.data if found else {},
        "looked_at": found.looked_at.isoformat(timespec="seconds") if found else None,
    }


def _refusals(session: Session, platform_id: int, since: datetime) -> list[dict[str, Any]]:
    """By reason and browser, of the last 30 days."""
    counted = func.count(Refusal.id)
    rows = session.execute(
        select(Refusal.reason, Refusal.browser_family, counted, func.max(Refusal.at))
        .where(Refusal.platform_id == platform_id, Refusal.at > since)
        .group_by(Refusal.reason, Refusal.browser_family)
        .order_by(counted.desc(), Refusal.reason)
    )
    return [
        {"reason": reason, "browser": family, "times": times, "last_at": last.isoformat(timespec="seconds")}
        for reason, family, times, last in rows
    ]


def _deliveries(session: Session, there: site.Site | None) -> list[dict[str, Any]]:
    """How many grades stand where, and what the LMS answered."""
    d = GradeDelivery
    rows = session.execute(
        select(d.outcome, d.answer, d.http_status, func.count(d.id))
        .join(GradeItem, GradeItem.id == d.grade_item_id)
        .join(Deployment, Deployment.id == GradeItem.deployment_id)
        .where(Deployment.registration_id == (there.registration_id if there else None))
        .group_by(d.outcome, d.answer, d.http_status)
        .order_by(d.outcome, d.answer)
    )
    return [
        {"outcome": outcome, "answer": answer, "status": status, "times": times}
        for outcome, answer, status, times in rows
    ]
