"""`make prove`: the long proofs, each as a named step; what was proved, how often and in how long goes into docs/proofs.md."""

import os
import re
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy.engine import make_url

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import engines  # noqa: E402 - a module of the tests, found from here

REPORT = ROOT / "docs" / "proofs.md"
COUNTED = re.compile(
    r"(\d+) passed|(\d+) of \d+ mutants|(\d+) facts|(\d+) exchanges replayed|^ +[\d.]+ s  (ok) ", re.MULTILINE
)
"""Numbers that the commands print; of the demo's check, its steps."""
HEAD = """# Proofs

Written by `make prove`, which runs what is too long for every commit and ends with exit 1 where a proof fails.
`.ci/run` holds the rest. Each row names the commit at which it was proved; a `+` stands for changes that were not committed.
"""


@dataclass(frozen=True)
class Proof:
    name: str
    says: str
    command: list[str]
    engine: str = "sqlite"
    is_demo: bool = False
    """It gets a database to itself, as an operator would give it."""
    count: str = ""
    """Where the command prints none."""


@dataclass(frozen=True)
class Proved:
    proof: Proof
    count: str
    seconds: float
    is_right: bool
    output: str


def tests(*words: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]


def proofs(mutants: int, seed: int) -> list[Proof]:
    python, both = sys.executable, ("sqlite", "postgresql")
    many = ["--hypothesis-profile=prove", "-n", "2"]
    rules = tests(*many, "tests/rules/test_state.py", "tests/rules/test_effective.py", "tests/prove/two_models.py")
    raced = [f"tests/rooms/test_{name}.py" for name in ("grade_races", "progress", "landing")] + [
        "-k",
        "at_once or races",
    ]
    launches = [python, "benchmarks/launch.py", "--at-once", "128", "--launches", "200", "--runs", "1"]
    mutations = [python, "tests/prove/mutations.py", "--number", str(mutants), "--seed", str(seed)]
    return [
        Proof("properties", "what holds always, 10,000 random histories each", rules),
        *(Proof("state in SQL", "equals the Python form, 1,000 worlds", tests(*many[:1], "tests/rooms/test_state_sql.py"), e)
          for e in both),
        Proof("fuzz", "launches, registrations and every route with nonsense: never 500",
              tests(*many[:1], *(f"tests/sweeps/test_fuzz_{name}.py" for name in ("launch", "registration", "routes")))),
        Proof("sweeps", "every form and page, abuse case by case", tests("-n", "2", "tests/sweeps"), "postgresql"),
        *(Proof("races", "both parties held between read and write", tests(*raced), e) for e in both),
        *(Proof("flood", "200 launches, 128 at once", [*launches, "--engine", e], e, count="200") for e in both),
        *(Proof("the demo's check", "registration to gradebook", [python, "-m", "diklat_lti", "demo", "--check"], e, True)
          for e in both),
        *(Proof("old installations", "the same people, states and grades", tests("tests/rooms/test_old_installation.py"), e)
          for e in both),
        *(Proof("the world", "a fiftieth of it",
                [python, "benchmarks/world.py", "{database}", "{folder}", "--factor", "0.02"], e, True) for e in both),
        Proof("recordings", "the demo LMS answers as real Moodles did", [python, "tests/prove/recorded.py"]),
        *([Proof("peers", "two other tools, unchanged, on the demo LMS", [python, "tests/prove/lms_peers.py"])]
          if os.environ.get("LTI_BENCH") else []),
        Proof("the package", "from empty Debian folders to launches through TLS, each process ended by SIGTERM under load",
              [python, "tests/prove/boxed/package.py"]),
        Proof("browser", "journeys that click, in a real Chromium", tests("-n", "2", "tests/browser")),
        Proof("Firefox", "as installed, in the LMS's frame, and one that refuses cookies there", tests("tests/prove/firefox.py")),
        Proof("mutations", "the code broken a line at a time", mutations),
    ]  # fmt: skip


def run(proof: Proof, server: str) -> Proved:
    """In an environment without settings but those of the proof."""
    began = time.perf_counter()
    with TemporaryDirectory(prefix="diklat-prove-") as folder:
        url = _database(proof, server, Path(folder))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DIKLAT_")}
        own = {"DIKLAT_TEST_ENGINE": proof.engine, "DIKLAT_TEST_POSTGRES_URL": server}
        if proof.is_demo:
            own = {"DIKLAT_DATABASE_URL": url}
        words = [word.format(database=url, folder=folder) for word in proof.command]
        done = subprocess.run(
            words, cwd=ROOT, env=kept | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    found = ["".join(groups) for groups in COUNTED.findall(done.stdout)]
    numbers = [text for text in found if text.isdigit()]
    return Proved(
        proof,
        proof.count or (numbers[-1] if numbers else str(len(found))),
        time.perf_counter() - began,
        done.returncode == 0,
        done.stdout,
    )


def _database(proof: Proof, server: str, folder: Path) -> str:
    if proof.engine == "sqlite" or not proof.is_demo:
        return f"sqlite:///{folder / 'prove.db'}"
    name = f"prove_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def written(proved: list[Proved], seed: int) -> str:
    """What was not proved again keeps its row, which says at which commit it was proved."""
    rows = {_row_name(row): row for row in _kept("| ")} | {_row_name(row): row for row in map(_row, proved)}
    order = [(proof.name, proof.engine) for proof in proofs(0, seed)]
    mutated = next((one.output for one in proved if one.proof.name == "mutations"), None)
    return "\n".join(
        [
            HEAD,
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores.\n",
            "| proof | engine | what it shows | count | seconds | commit | |",
            "|---|---|---|---:|---:|---|---|",
            *(rows[name] for name in order if name in rows),
            "\n## Mutations\n",
            *(_kept("", after="## Mutations") if mutated is None else _mutations(mutated)),
            "",
        ]
    )


def _row(one: Proved) -> str:
    report = str(REPORT.relative_to(ROOT))  # what an earlier proof has just written is no change of the code
    p, changed = one.proof, "+" if _git("status", "--porcelain", "-uno", "--", ".", f":!{report}") else ""
    commit = f"{_git('rev-parse', '--short', 'HEAD')}{changed}"
    end = "✓" if one.is_right else "FAILED"
    return f"| {p.name} | {p.engine} | {p.says} | {one.count} | {one.seconds:.0f} | {commit} | {end} |"


def _row_name(row: str) -> tuple[str, str]:
    name, engine = row.strip("| ").split(" | ")[:2]
    return name, engine


def _kept(start: str, after: str = "|---") -> list[str]:
    """Lines of the report as it stands, below the line that begins with `after`."""
    lines = REPORT.read_text().splitlines() if REPORT.exists() else []
    place = next((i for i, line in enumerate(lines) if line.startswith(after)), len(lines))
    return [line for line in lines[place + 1 :] if line and line.startswith(start)]


def _git(*words: str) -> str:
    return subprocess.check_output(["git", *words], cwd=ROOT, text=True).strip()


def _mutations(output: str) -> list[str]:
    survivors = [f"- {line}" for line in output.splitlines() if line.startswith(("survived", "unreached"))]
    summary = next((line for line in output.splitlines() if line.startswith("seed ")), "not run")
    explained = "Those that nobody can notice stand with their reason in `tests/prove/survivors.toml`."
    return [f"{summary}. {explained}", *([""] if survivors else []), *survivors]


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", default="", help="part of a proof's name; the others keep their rows")
    args = parser.parse_args()
    server, proved = engines.Server(), []
    try:
        for proof in proofs(args.mutants, args.seed):
            if args.only in proof.name:
                print(f"== {proof.name} ({proof.engine})", flush=True)
                proved.append(one := run(proof, server.url))
                print(
                    f"   {one.count}, {one.seconds:.0f} s" if one.is_right else f"{one.output[-6000:]}\nFAILED",
                    flush=True,
                )
    finally:
        server.stop()
    REPORT.write_text(written(proved, args.seed))
    return int(not all(one.is_right for one in proved))


if __name__ == "__main__":
    raise SystemExit(main())
