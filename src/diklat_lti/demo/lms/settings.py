"""What a demo LMS needs to know before it starts, and what it holds while it runs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from diklat_lti.clock import Clock
from diklat_lti.demo.lms.configuration import RELEASES, Release
from diklat_lti.demo.lms.faults import Faults, clock_error, keys_rotated
from diklat_lti.demo.lms.keys import PlatformKey, make_key
from diklat_lti.demo.lms.language import Words
from diklat_lti.demo.lms.store import Store
from diklat_lti.demo.lms.tool_keys import ToolKeys


@dataclass(frozen=True)
class LmsSettings:
    """`file=None` keeps everything in a temporary folder that is gone when the process ends."""

    url: str = "http://127.0.0.1:8001"
    file: Path | None = None
    clock: Clock = field(default_factory=Clock)
    site_zone: str = "Asia/Jakarta"
    site_name: str = "LMS Contoh"
    short_name: str = "lms"
    moodle: str = "4.5"  # which release it is as: a key of RELEASES


@dataclass(frozen=True)
class Lms:
    """Everything a route reaches for: lives at `request.app.state.lms`."""

    settings: LmsSettings
    store: Store
    key: PlatformKey
    tool_keys: ToolKeys
    words: Words
    faults: Faults

    @property
    def url(self) -> str:
        return self.settings.url.rstrip("/")

    @cached_property
    def new_key(self) -> PlatformKey:
        """The one that a fault rotates to."""
        return make_key()

    @property
    def signing_key(self) -> PlatformKey:
        return self.new_key if keys_rotated.get() else self.key

    @property
    def shown_keys(self) -> list[PlatformKey]:
        """Before a rotation the one, after it the other; both where only some launches have the new one."""
        return {False: [self.key], True: [self.new_key], None: [self.new_key, self.key]}[self.faults.rotation()]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site_zone)

    @property
    def release(self) -> Release:
        return RELEASES[self.faults.moodle or self.settings.moodle]

    def now(self) -> int:
        """The protocol's time in whole seconds, as Moodle's `time()`; a fault can put it out."""
        return int(self.settings.clock.real_now().timestamp()) + clock_error.get()

    def untimely(self, claims: dict[str, Any]) -> str | None:
        """What Moodle's JWT library says about a token's times. It grants no leeway at all."""
        now = self.now()
        for name in ("nbf", "iat"):
            if name in claims and int(claims[name]) > now:
                when = datetime.fromtimestamp(int(claims[name]), UTC)
                return f"Cannot handle token prior to {when:%Y-%m-%dT%H:%M:%S+0000}"
        return "Expired token" if "exp" in claims and now >= int(claims["exp"]) else None
