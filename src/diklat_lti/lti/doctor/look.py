"""One look at the chain: the site, the time that is left, and answers that several links read, asked for once."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from diklat_lti.database import Database
from diklat_lti.lti import http
from diklat_lti.lti.doctor.site import Site
from diklat_lti.lti.tokens import Channel, Client
from diklat_lti.settings import Settings

SECONDS = 30.0
"""The whole look at one LMS."""
ONE_CALL = 6.0
MOST_BYTES = 256 * 1024
Answer = TypeVar("Answer")


@dataclass
class Look:
    """What a link may ask. `write`: whether a column may be made in the gradebook."""

    db: Database
    settings: Settings
    now: datetime
    site: Site | None = None
    write: bool = False
    seconds: float = SECONDS
    began: float = field(default_factory=time.monotonic)
    _kept: dict[str, tuple[Any, Exception | None]] = field(default_factory=dict)

    @property
    def left(self) -> float:
        return self.began + self.seconds - time.monotonic()

    @property
    def moment(self) -> datetime:
        """What our clock says at this instant."""
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    @property
    def of(self) -> Site:
        assert self.site is not None
        return self.site

    @property
    def channel(self) -> Channel:
        client = Client(self.of.registration_id, self.of.client_id, self.of.token_url)
        return Channel(self.db, self.settings, client, self.began + self.seconds, self.now)

    def once(self, name: str, ask: Callable[[], Answer]) -> Answer:
        """What `ask` answered, or raised, the first time."""
        if name not in self._kept:
            try:
                self._kept[name] = (ask(), None)
            except Exception as e:
                self._kept[name] = (None, e)
        answer, error = self._kept[name]
        if error is not None:
            raise error
        return answer  # type: ignore[no-any-return] # `name` belongs to one kind of answer

    def fetch(self, url: str, own: bool = False) -> tuple[http.Answer, datetime]:
        """A GET, and when its answer was here. Our `own` address may be private: we are the ones who say so."""
        settings = self.settings.model_copy(update={"allow_private_platforms": True}) if own else self.settings
        limits = http.Limits(seconds=max(0.2, min(ONE_CALL, self.left)), bytes=MOST_BYTES)

        def ask() -> tuple[http.Answer, datetime]:
            return http.fetch(settings, "GET", url, headers={"Accept": "*/*"}, limits=limits), self.moment

        return self.once(url, ask)
