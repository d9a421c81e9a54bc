"""Launches (login, launch, first page) for each CPU-second of the tool, on both engines; docs/performance.md says how to read it.

python benchmarks/launch.py                                   our own driver, SQLite and PostgreSQL
python benchmarks/launch.py --peer-bench DIR --engine sqlite  the driver in DIR over us and our peers, in turn
"""

import argparse
import asyncio
import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import beside
from issuer import Lms
from load import Crowd, Run

from stage import Stage, free_port, serving

WARM_UP = 100


async def measure(stage: Stage, lms: Lms, at_once: list[int], launches: int, runs: int) -> list[Run]:
    """All of it once after another, `runs` times, so that a neighbour's busy minute does not hit one figure alone."""
    server = await lms.serve()
    crowd, done = Crowd(stage, lms), []
    await crowd.first(WARM_UP, 4)
    for _ in range(runs):
        for many in at_once:
            for kind in (crowd.first, crowd.again):
                run = await kind(max(launches, many), many)
                done.append(run)
    server.close()
    return done


def table(engine: str, runs: list[Run]) -> Iterable[str]:
    """Medians; behind the launches per CPU-second the lowest and the highest run."""
    yield f"| {engine} | at once | per CPU-second | per second | p50 ms | p95 ms | CPU ms | database ms | requests | errors |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for kind, many in dict.fromkeys((run.kind, run.at_once) for run in runs):
        same = [run for run in runs if (run.kind, run.at_once) == (kind, many)]

        def middle(name: str, same: list[Run] = same) -> float:
            return float(statistics.median(getattr(run, name) for run in same))

        rates = [run.per_cpu_second for run in same]
        yield (
            f"| {kind} | {many} | {middle('per_cpu_second'):.0f} ({min(rates):.0f}–{max(rates):.0f}) "
            f"| {middle('per_second'):.0f} | {middle('p50'):.1f} | {middle('p95'):.1f} | {middle('cpu'):.2f} "
            f"| {middle('database_cpu'):.2f} | {middle('requests'):.1f} | {sum(len(run.errors) for run in same)} |"
        )


def ours(engines: list[str], at_once: list[int], launches: int, repeated: int, file: Path | None) -> int:
    """How many launches failed."""
    found: dict[str, list[Run]] = {}
    for engine in engines:
        lms = Lms(free_port())
        with serving(engine, lms.issuer) as stage:
            found[engine] = asyncio.run(measure(stage, lms, at_once, launches, repeated))
        print("\n".join(table(engine, found[engine])), flush=True)
        many = WARM_UP + sum(run.launches for run in found[engine])
        print(
            f"\nfor at least {many} launches: key sets asked for {lms.asked['/jwks']}, tokens {lms.asked['/token']}\n",
            flush=True,
        )
    errors = [error for runs in found.values() for run in runs for error in run.errors]
    print(*dict.fromkeys(errors), sep="\n")
    if file:
        file.write_text(json.dumps({name: [asdict(run) for run in runs] for name, runs in found.items()}, indent=1))
    return len(errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", action="append", help="sqlite, postgresql, or the URL of an empty database")
    parser.add_argument("--at-once", default="1,8,32,128")
    parser.add_argument("--launches", type=int, default=400, help="in one run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="every run into this file")
    parser.add_argument("--peer-bench", type=Path, metavar="DIR", help="holds drive.py and peers.py")
    parser.add_argument("--peers", default=",".join(beside.PEERS), help="names in peers.py")
    args = parser.parse_args()
    engines, at_once = args.engine or ["sqlite", "postgresql"], [int(word) for word in args.at_once.split(",")]
    if args.peer_bench:
        beside.compare(args.peer_bench, engines, args.peers.split(","), at_once, args.launches, args.runs, args.json)
    elif ours(engines, at_once, args.launches, args.runs, args.json):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
