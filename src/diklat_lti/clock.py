"""What time it is. Two clocks: the training's, which a demo may move, and the protocol's, which nobody may."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """Passed in at the edges; rules get plain instants from it and never look at a clock themselves."""

    shift: timedelta = timedelta(0)

    def real_now(self) -> datetime:
        """For tokens, sessions, retries and leases. UTC, with zone."""
        return datetime.now(UTC)

    def training_now(self) -> datetime:
        """For windows, states, stamps and grade decisions. UTC, with zone."""
        return self.real_now() + self.shift
