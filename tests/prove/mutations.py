"""Breaks the code a line at a time and runs only the tests that reach that line: which changes does no test notice?"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import traceback
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import reach
from mutants import Mutant, drawn, of_file

ROOT = Path(__file__).parents[2]
HOUSE = "src/diklat_lti/"
EXPLAINED = Path(__file__).with_name("survivors.toml")
ROOMS = ("training", "gradebook", "lti", "field")
AT_ONCE = 2
QUICK, SLOW, LEAST = 15.0, 600.0, 60
"""Seconds of tests against one mutant, the quickest first, and so many in any case. Who outlives those and has no reason
meets the slower ones too: who outlives them as well is a survivor."""
HEAVY = (
    "pytest", "hypothesis", "sqlalchemy.orm", "alembic.command", "fastapi", "uvicorn", "requests", "jwcrypto.jwk",
    "pylti1p3.oidc_login", "playwright.sync_api", "psycopg", "babel.messages.pofile", "axe_playwright_python",
    "pydantic_settings", "markdown_it", "nh3", "click", "httpx2", "_hypothesis_pytestplugin",
)  # fmt: skip
"""Read once; each mutant's process is a fork that has them already."""


NO_TESTS, BROKE = 5, 99
"""pytest's word for an empty run, and ours for a fault of this very tool: neither says anything about a mutant."""


@dataclass(frozen=True)
class Outcome:
    """`end` is killed, survived, or unreached: no test runs the line."""

    mutant: Mutant
    tests: int
    end: str


@dataclass(frozen=True)
class Running:
    """A mutant in its process. `whole` is the file before it was broken."""

    mutant: Mutant
    tests: int
    slower: list[str]
    """Those that it meets if it outlives its tests."""
    tree: Path
    whole: bytes
    until: float


def copies(folder: Path) -> list[Path]:
    """Trees to break, as the work tree is now."""
    listed = subprocess.check_output(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT).decode().split("\0")
    wanted = "\0".join(sorted({name for name in listed if name and (ROOT / name).is_file()}))
    packed = subprocess.run(
        ["tar", "-cf-", "--null", "-T-"], cwd=ROOT, input=wanted.encode(), check=True, capture_output=True
    ).stdout
    trees = [folder / str(number) for number in range(AT_ONCE)]
    for tree in trees:
        tree.mkdir(parents=True)
        subprocess.run(["tar", "-xf-"], cwd=tree, input=packed, check=True)
        subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=tree, check=True)
    return trees


def _share_compiled(trees: list[Path]) -> None:
    """What pytest made of the tests' files: making it anew costs each mutant half a second."""
    for made in (trees[0] / "tests").rglob("__pycache__"):
        for tree in trees[1:]:
            shutil.copytree(made, tree / made.relative_to(trees[0]), dirs_exist_ok=True)


def changed_lines(hours: int = 4) -> set[tuple[str, int]]:
    """(file, line) of what changed since the newest commit that is `hours` old; everything, where there is none."""
    asked = ["git", "rev-list", "-1", f"--before={hours} hours ago", "HEAD"]
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name of a tree without a file
    since = subprocess.check_output(asked, cwd=ROOT, text=True).strip() or empty
    return written(subprocess.check_output(["git", "diff", "-U0", "-M", since, "--", "src"], cwd=ROOT, text=True))


def written(diff: str) -> set[tuple[str, int]]:
    """(file, line) of a diff's new lines. A line that went away elsewhere, or in another depth, was only moved."""
    new: list[tuple[str, int, str]] = []
    gone: Counter[str] = Counter()
    file, number, is_head = "", 0, True
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            is_head = True
        elif line.startswith("@@"):
            number, is_head = int(line.split()[2][1:].partition(",")[0]), False
        elif is_head:
            file = line[6:] if line.startswith("+++ b/") else file
        elif line.startswith("-"):
            gone[line[1:].strip()] += 1
        elif line.startswith("+"):
            new.append((file, number, line[1:].strip()))
            number += 1
    found = set()
    for file, number, text in new:
        gone[text] -= 1
        if gone[text] < 0:
            found.add((file, number))
    return found


def candidates(tree: Path, only: str = "") -> list[Mutant]:
    folders = [tree / HOUSE / room for room in ROOMS]
    files = [str(file.relative_to(tree)) for folder in folders for file in sorted(folder.rglob("*.py"))]
    return [mutant for file in files if only in file for mutant in of_file(tree, file)]


def explained() -> dict[tuple[str, str, str], str]:
    """(file, text of the line, change) → why nobody could see that change."""
    rows = tomllib.loads(EXPLAINED.read_text()).get("survivor", [])
    return {(row["file"], row["line"], change): row["reason"] for row in rows for change in row["changes"]}


def key(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.file.removeprefix(HOUSE), mutant.text, mutant.change


def outcomes(chosen: list[Mutant], trees: list[Path], reached: reach.Reached) -> Iterator[Outcome]:
    """Each mutant's end, as they come, one in each tree at once."""
    free, running, reasons = list(trees), dict[int, Running](), explained()
    waiting = [(mutant, *_tests_for(mutant, reached)) for mutant in chosen[::-1]]
    while waiting or running:
        if waiting and free:
            mutant, tests, slower = waiting.pop()
            if tests:
                child, begun = _break(mutant, tests, slower, free.pop(), reached)
                running[child] = begun
            else:
                yield Outcome(mutant, 0, "unreached")
            continue
        time.sleep(0.02)
        for child, one in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended or time.monotonic() > one.until:
                outcome = _end(child, running.pop(child), status if ended else None)
                free.append(one.tree)
                if outcome.end == "survived" and one.slower and key(one.mutant) not in reasons:
                    waiting.append((one.mutant, one.slower, []))
                else:
                    yield outcome


def _tests_for(mutant: Mutant, reached: reach.Reached) -> tuple[list[str], list[str]]:
    """Those to run at once, and those for whoever outlives them; the quickest first."""
    quick: list[str] = []
    slower: list[str] = []
    spent = 0.0
    for test in sorted(reached.by(mutant), key=lambda name: (reached.seconds.get(name, 1.0), name)):
        spent += reached.seconds.get(test, 1.0)
        if len(quick) < LEAST or spent < QUICK:
            quick.append(test)
        elif spent < QUICK + SLOW:
            slower.append(test)
    return quick, slower


def _break(
    mutant: Mutant, tests: list[str], slower: list[str], tree: Path, reached: reach.Reached
) -> tuple[int, Running]:
    """A process of its own group with one file broken."""
    whole = (tree / mutant.file).read_bytes()
    (tree / mutant.file).write_bytes(mutant.broken(whole))
    limit = 20 + 5 * sum(reached.seconds.get(test, 1.0) for test in tests)
    child = os.fork()
    if child:
        return child, Running(mutant, len(tests), slower, tree, whole, time.monotonic() + limit)
    code = BROKE
    try:
        os.setsid()
        log = os.open(tree / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = reach.run(tree, tests)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end(child: int, one: Running, status: int | None) -> Outcome:
    """`status` None: its time is over, which counts as noticed: it hangs where the whole code does not."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # the child, and what its tests started
    if status is None:
        os.waitpid(child, 0)
    (one.tree / one.mutant.file).write_bytes(one.whole)
    code = None if status is None else os.waitstatus_to_exitcode(status)
    if code in (NO_TESTS, BROKE):
        raise SystemExit(f"{one.mutant}: nothing was tried:\n{(one.tree / 'log').read_text()[-3000:]}")
    survived = code == 0
    return Outcome(one.mutant, one.tests, "survived" if survived else "killed")


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", default="", help="part of a file's name")
    parser.add_argument("--reach", type=Path, help="a folder of an earlier run: nothing is run anew before the mutants")
    args = parser.parse_args()
    for name in HEAVY:
        import_module(name)
    with TemporaryDirectory(prefix="diklat-mutants-") as given:
        folder = args.reach or Path(given)
        trees = [folder / str(number) for number in range(AT_ONCE)] if args.reach else copies(folder)
        reached = reach.read(trees[0], *reach.files(folder)) if args.reach else reach.look(trees[0], folder)
        _share_compiled(trees)
        found = candidates(trees[0], args.only)
        for gone in sorted(explained().keys() - {key(mutant) for mutant in found}) if not args.only else ():
            print("explained, but no longer there:", *gone, flush=True)
        chosen = drawn(found, args.number, changed_lines(), args.seed)
        return report(outcomes(chosen, trees, reached), len(chosen), len(found), args.seed)


def report(ends: Iterator[Outcome], chosen: int, found: int, seed: int) -> int:
    """A line for each survivor that nobody explained; returns 1 where there is one."""
    reasons, counted = explained(), dict.fromkeys(("killed", "explained", "survived", "unreached"), 0)
    for one in ends:
        end = "explained" if one.end != "killed" and key(one.mutant) in reasons else one.end
        counted[end] += 1
        if end in ("survived", "unreached"):
            print(f"{end} ({one.tests} tests): {one.mutant}", flush=True)
    words = ", ".join(f"{number} {end}" for end, number in counted.items())
    print(f"seed {seed}: {chosen} of {found} mutants: {words}")
    return int(counted["survived"] + counted["unreached"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
