"""Launches at so many at once, and what they cost: rates, percentiles, CPU of the tool and of its database."""

import asyncio
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, repeat

from client import Browser, Failed
from cost import cpu_seconds
from issuer import PEOPLE, Lms

from stage import Stage

Visitor = tuple[Browser, int]


@dataclass(frozen=True)
class Run:
    """One measured burst: times in milliseconds, CPU for each launch that ended well."""

    kind: str
    at_once: int
    launches: int
    errors: tuple[str, ...]
    per_cpu_second: float
    per_second: float
    p50: float
    p95: float
    cpu: float
    database_cpu: float
    requests: float


class Crowd:
    """Learners in turn, each with a browser of their own."""

    def __init__(self, stage: Stage, lms: Lms) -> None:
        self.stage, self.lms = stage, lms
        self.turn = count()

    def _visitor(self) -> Visitor:
        return Browser(self.stage.url), next(self.turn) % PEOPLE

    async def first(self, launches: int, at_once: int) -> Run:
        """Empty jars: login, its bounce, launch, first page."""
        shared = (self._visitor() for _ in range(launches))
        return await self._burst("first", [shared] * at_once)

    async def again(self, launches: int, at_once: int) -> Run:
        """Jars that hold a session, so there is no bounce. The launches that filled them are not counted."""
        known = [self._visitor() for _ in range(at_once)]
        await self._burst("fill", [iter(known)] * min(at_once, 8))
        return await self._burst("again", [repeat(one, launches // at_once) for one in known])

    async def _burst(self, kind: str, lanes: list[Iterable[Visitor]]) -> Run:
        times: list[float] = []
        errors: list[str] = []
        requests = 0

        async def walk(lane: Iterable[Visitor]) -> None:
            nonlocal requests
            for browser, learner in lane:
                before, began = browser.requests, time.perf_counter()
                try:
                    await browser.launch(self.lms, learner)
                    times.append((time.perf_counter() - began) * 1000)
                    requests += browser.requests - before
                except (Failed, OSError, EOFError) as error:
                    errors.append(f"{type(error).__name__}: {error}"[:300])

        tool, database = cpu_seconds(self.stage.pid), cpu_seconds(self.stage.database_pid)
        began = time.perf_counter()
        await asyncio.gather(*map(walk, lanes))
        wall = time.perf_counter() - began
        tool, database = cpu_seconds(self.stage.pid) - tool, cpu_seconds(self.stage.database_pid) - database
        done = max(len(times), 1)
        cuts = statistics.quantiles(times, n=20) if len(times) > 1 else [0.0] * 19
        return Run(
            kind, len(lanes), len(times) + len(errors), tuple(errors), len(times) / max(tool, 0.01),
            len(times) / wall, cuts[9], cuts[18], tool * 1000 / done, database * 1000 / done, requests / done,
        )  # fmt: skip
