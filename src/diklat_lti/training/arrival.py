"""Who came, from where, through which link: the plain data that a launch comes to. `landing.arrive` receives it."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ArrivedCourse:
    """The context of a launch."""

    context_id: str
    title: str | None
    label: str | None


@dataclass(frozen=True)
class ArrivedLink:
    """The resource link of a launch."""

    resource_link_id: str
    title: str | None


@dataclass(frozen=True)
class DeepLinking:
    """What a deep-linking request allows. `data` is None where the request had none, else echoed exactly."""

    return_url: str
    accept_types: tuple[str, ...]
    accept_multiple: bool
    data: str | None
    title: str | None
    text: str | None

    def as_json(self) -> dict[str, Any]:
        """For the launch's row; the picker reads it again with `DeepLinking(**row)`."""
        return {**asdict(self), "accept_types": list(self.accept_types)}


@dataclass(frozen=True)
class ArrivedBrowser:
    """The browser that a launch came with, as `web/session` reads its cookies. Names of sessions as hashes."""

    session: str | None = None
    """The session it brought along."""
    founds: str | None = None
    """The session that this launch may found; None: the first page decides, since another launch may be under way."""
    device: str | None = None
    family: str | None = None
    """"Chrome" or "Firefox", without a version: so that one sees which kind of browser has trouble in a frame."""


@dataclass(frozen=True)
class Arrival:
    """A trusted launch as plain data, without claim URLs. Made by `lti/launch.accept` alone."""

    ticket_id: str
    registration_id: int
    deployment_row: int
    """Id of the deployment's row, not the platform's own text."""
    platform_id: int
    message_type: str
    """LtiResourceLinkRequest, LtiDeepLinkingRequest or LtiSubmissionReviewRequest."""
    sub: str
    is_learner: bool
    is_instructor: bool
    course: ArrivedCourse | None
    link: ArrivedLink | None
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    locale: str | None = None
    """As the platform wrote it, `_` turned to `-`: `id`, `en-us`."""
    custom: dict[str, str] = field(default_factory=dict)
    """Values that came back as a literal `$…` are left out: the platform did not know them."""
    lineitem_url: str | None = None
    lineitems_url: str | None = None
    ags_scopes: tuple[str, ...] = ()
    memberships_url: str | None = None
    return_url: str | None = None
    document_target: str | None = None
    bounce: str = "bounced"
    """How the login learnt that cookies work: known, document, bounced or new_tab."""
    framed: bool = True
    deep_linking: DeepLinking | None = None
    for_user: str | None = None
    """A look at work that is graded: whose, as the platform calls them."""
