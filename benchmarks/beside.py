"""Somebody else's driver over this tool and its peers, one after another in each round, so that all share the weather."""

import importlib
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from stage import free_port, serving

PEERS = ("pylti1p3-keycache", "floor-strict", "floor-fast", "lti-tool")
MEASURE = "pylti1p3-keycache"
"""What the tool must reach: the library's own Flask example with its keys cached."""
Address = tuple[str, int, int | None]
"""Where a tool answers, its process, its database's."""


def compare(
    bench: Path, engines: list[str], peers: list[str], at_once: list[int], launches: int, rounds: int, file: Path | None
) -> None:
    """BENCH_WORK names the folder in which `peers.py setup` has made the peers' environments."""
    peers_module = _peers(bench)
    bench_run = Bench(bench, peers_module, at_once, launches)
    found: dict[str, list[Any]] = defaultdict(list)
    with ExitStack() as stack:
        stack.enter_context(bench_run.platform())
        tools = {f"diklat-lti, {engine}": stack.enter_context(serving(engine, peers_module.ISS)) for engine in engines}
        for _ in range(rounds):
            for name, stage in tools.items():
                found[name].append(bench_run.load(name, (stage.url + "/lti", stage.pid, stage.database_pid)))
            for name in peers:
                with bench_run.peer(name) as address:
                    found[name].append(bench_run.load(name, address))
        for name, stage in tools.items():
            report(name, bench_run.checks(name, (stage.url + "/lti", stage.pid, stage.database_pid)))
    for place, many in enumerate(at_once):
        print("\n".join(table(many, {name: [run[place] for run in runs] for name, runs in found.items()})))
    if file:
        file.write_text(json.dumps(found, indent=1))


def _peers(bench: Path) -> Any:
    """The module takes its ports from the environment as it is imported."""
    os.environ |= {"BENCH_PORT": str(free_port()), "BENCH_LMS_PORT": str(free_port())}
    sys.path.insert(0, str(bench))
    sys.dont_write_bytecode = True
    return importlib.import_module("peers")


class Bench:
    """`drive.py` with the options that all tools get alike."""

    def __init__(self, folder: Path, peers: Any, at_once: list[int], launches: int) -> None:
        self.folder, self.peers = folder, peers
        self.key = Path(peers.WORK) / f"platform-{peers.LMS}.pem"
        many = ",".join(map(str, at_once))
        self.options = ["--c", many, "--n", str(launches), "--n1", str(launches // 2), "--runs", "1", "--seconds", "20"]

    @contextmanager
    def platform(self) -> Iterator[None]:
        command = [sys.executable, str(self.folder / "lms.py"), "--port", str(self.peers.LMS), "--key", str(self.key)]
        with subprocess.Popen(command) as child:
            try:
                yield
            finally:
                child.terminate()

    @contextmanager
    def peer(self, name: str) -> Iterator[Address]:
        child, _folder = self.peers.start(name)
        try:
            yield self.peers.BASE, child.pid, None
        finally:
            os.killpg(child.pid, 15)
            child.wait(20)

    def load(self, name: str, address: Address) -> Any:
        """A row for each number at once."""
        url, pid, database_pid = address
        more = ["--pid", str(pid), *(["--extra-pid", str(database_pid)] if database_pid else []), *self.options]
        rows = self._drive("load", name, url, more)
        if "failed" in rows[0]:
            raise SystemExit(f"{name} answers no launch: {rows[0]['failed']}")
        return rows

    def checks(self, name: str, address: Address) -> Any:
        return self._drive("checks", name, address[0], [])

    def _drive(self, what: str, name: str, url: str, more: list[str]) -> Any:
        out = Path(self.peers.WORK) / f"{what}.json"
        told = ["--label", name, "--login", f"{url}/login", "--launch", f"{url}/launch", "--https", "--json", str(out)]
        told += ["--issuer-port", str(self.peers.LMS), "--key", str(self.key), *more]
        quiet = subprocess.DEVNULL if what == "checks" else None
        subprocess.run([sys.executable, "drive.py", what, *told], cwd=self.folder, stdout=quiet, check=True)
        return json.loads(out.read_text())["result"]


def report(name: str, checks: dict[str, Any]) -> None:
    let_in = [case for case, answer in checks.items() if answer == "ACCEPTED"]
    odd = {case: answer for case, answer in checks.items() if "refused" not in str(answer) and case not in let_in}
    print(f"{name}: {len(checks)} checks; let in: {', '.join(let_in)}; neither let in nor refused: {odd}", flush=True)


def table(many: int, found: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Medians of the rounds; the ratio is the median of each round's own."""
    yield f"\n| {many} at once | per CPU-second | × {MEASURE} | per second | p50 ms | p95 ms | database ms | requests | errors |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, runs in found.items():

        def middle(field: str, runs: list[dict[str, Any]] = runs) -> float:
            return float(statistics.median(run[field] for run in runs))

        rates = [run["per_cpu_s"] for run in runs]
        measures = [run["per_cpu_s"] for run in found.get(MEASURE, runs)]
        ratio = statistics.median(rate / measure for rate, measure in zip(rates, measures, strict=True))
        yield (
            f"| {name} | {middle('per_cpu_s'):.0f} ({min(rates):.0f}–{max(rates):.0f}) | {ratio:.2f} "
            f"| {middle('per_s'):.0f} | {middle('p50'):.1f} | {middle('p95'):.1f} | {middle('db_cpu_ms'):.2f} "
            f"| {middle('requests'):.0f} | {sum(run['errors'] for run in runs)} |"
        )
