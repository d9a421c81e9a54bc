"""The answer to a deep-linking request: what was picked, or nothing, signed for the platform."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from diklat_lti.lti import keys
from diklat_lti.lti.sealed import Secrets
from diklat_lti.models import Deployment, Registration
from diklat_lti.training.arrival import DeepLinking

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK = "ltiResourceLink"
LIFE = timedelta(minutes=5)
REVIEWABLE = ["InProgress", "Submitted", "Completed"]
"""There is something to look at from the first lesson on."""
BACKDATED = timedelta(seconds=30)
"""Moodle refuses a token of the next second; no clock is that exact."""


@dataclass(frozen=True)
class LinkItem:
    """One activity that the LMS is asked to make. `resource_id` and `tag` come back with its line item."""

    title: str
    url: str
    text: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    icon_url: str | None = None
    graded: bool = True
    resource_id: str | None = None
    tag: str | None = None
    review_url: str | None = None
    """Where the LMS leads from a grade to the work behind it."""

    def as_json(self) -> dict[str, Any]:
        item: dict[str, Any] = {"type": LINK, "title": self.title, "url": self.url}
        if self.text:
            item["text"] = self.text
        if self.custom:
            item["custom"] = self.custom
        if self.icon_url:
            item["icon"] = {"url": self.icon_url}
        if self.graded:
            # A whole number: Moodle drops the whole item where its grade maximum is 7.5 or above the site's 100.
            line_item = {"scoreMaximum": 100, "label": self.title, "resourceId": self.resource_id, "tag": self.tag}
            line_item["submissionReview"] = self.review_url and {"reviewableStatus": REVIEWABLE, "url": self.review_url}
            item["lineItem"] = {name: value for name, value in line_item.items() if value is not None}
        return item


def answer(
    session: Session,
    secret_keys: Secrets,
    deployment_row: int,
    wish: DeepLinking,
    items: Sequence[LinkItem],
    now: datetime,
    message: str | None = None,
    error: str | None = None,
) -> str:
    """The signed answer for the form field `JWT`, posted to `wish.return_url`. No items: it was cancelled.

    `message` and `error` are plain texts that the LMS shows.
    """
    if items and LINK not in wish.accept_types:
        raise ValueError("the request does not accept links")
    if len(items) > 1 and not wish.accept_multiple:
        raise ValueError("the request accepts one link alone")
    issuer, client_id, deployment_id = session.execute(
        select(Registration.issuer, Registration.client_id, Deployment.deployment_id)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(Deployment.id == deployment_row)
    ).one()
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": issuer,
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "nonce": secrets.token_urlsafe(16),
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": deployment_id,
        DL + "content_items": [item.as_json() for item in items],
    }
    said = {"data": wish.data, "msg": message, "errormsg": error}
    claims |= {DL + name: value for name, value in said.items() if value is not None}
    signer = keys.current(session, secret_keys, now)
    return jwt.encode(claims, signer.private_key, algorithm="RS256", headers={"kid": signer.kid})
