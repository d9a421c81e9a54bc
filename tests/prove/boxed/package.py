"""The package, replayed: Dockerfile, compose file, units, proxy and docs/run.md, line by line in empty Debian folders; launches
through TLS from the built wheel, and each process ended by SIGTERM under load without one failed request.

python tests/prove/boxed/package.py [--base FOLDER] [--part NAME]    as root; FOLDER keeps the bootstrapped Debian
"""

import argparse
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "src")]

import compose  # noqa: E402 - from here on the house is in reach
import page  # noqa: E402
import visitors  # noqa: E402
from boxes import Box, Failed, Walls, bootstrap, checked  # noqa: E402
from dockerfile import Builder  # noqa: E402
from units import Systemd  # noqa: E402

NEEDED = {
    "mmdebstrap": "mmdebstrap",
    "openssl": "openssl",
    "docker-compose": "docker-compose",
    "ip": "iproute2",
    "curl": "curl",
}
ADDRESS = "https://diklat.example.id"
MOST_MB, MOST_SECONDS = 220, 0.4
CURL = ["curl", "-sf", "-o", "/dev/null", "--retry", "60", "--retry-delay", "1", "--retry-all-errors"]
LOADED = 2.0
"""Seconds of load between one restart and the next."""
FEWEST = 300
"""Requests that must have come while things were restarted, or nothing was proved."""
PARTS = ("image", "folder_alone", "server", "containers")
ALONE = ["--mount", "--propagation=private"]
BEGAN = time.monotonic()
steps_done = 0


def say(text: str) -> None:
    global steps_done
    steps_done += 1
    print(f"-- {time.monotonic() - BEGAN:4.0f} s  {text}", flush=True)


def outside(base: Path | None, parts: list[str]) -> int:
    """Brings what is needed, then starts the proof in namespaces of its own: mounts and processes end with it."""
    if missing := [package for command, package in NEEDED.items() if not shutil.which(command)]:
        checked(["apt-get", "update", "-qq"])
        checked(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing])
    with tempfile.TemporaryDirectory(prefix="diklat-package-") as name:
        folder = Path(name)
        checked(["mount", "-t", "tmpfs", "tmpfs", name])  # dpkg waits for the disk after each file
        say("an empty Debian 12, the locked packages, what git knows of this folder")
        base = base or folder / "base"
        if not base.exists():
            bootstrap(base)
        (folder / "packages").mkdir()
        for lock in ("requirements.lock", "requirements-build.lock"):
            words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            checked([*words, "--dest", str(folder / "packages"), "--requirement", str(ROOT / lock)])
        _context(folder / "context")
        (folder / "network").touch()
        checked(["mount", "--bind", "/proc/self/ns/net", str(folder / "network")])
        words = [
            "unshare",
            *ALONE,
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            sys.executable,
            __file__,
        ]
        words += ["--inside", str(folder), "--base", str(base), *(f"--part={part}" for part in parts)]
        code = subprocess.run(words, check=False).returncode
        checked(["umount", "--lazy", name])
        return code


def _context(folder: Path) -> None:
    listed = checked(["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"])
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


class Proof:
    """One folder, one builder, and the parts of the proof over them."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder, self.base = folder, base
        self.packages, self.context = folder / "packages", folder / "context"
        self.builder = Builder(self.context / "Dockerfile", self.context, base, self.packages, folder)
        self.page = page.sections(self.context / "docs" / "run.md")

    def box(self, name: str) -> Box:
        (root := self.folder / name).mkdir()
        return Box(root, self.base, self.packages)

    def image(self) -> None:
        """The Dockerfile's lines; how much it weighs, how fast it helps."""
        tool = self.builder.build("tool")
        weight = sum(
            int(line.split()[0]) for line in checked(["du", "-sm", str(tool.box.path("/opt/diklat"))]).splitlines()
        )
        say(f"the image is built; its runtime takes {weight} MB")
        if weight > MOST_MB:
            raise Failed(f"more than {MOST_MB} MB")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = tool.box.run([*tool.entrypoint, "--help"], Walls(tool.user), tool.cwd, tool.env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        say(f"diklat-lti --help: {seconds:.2f} s of CPU, chroot and all")
        if seconds > MOST_SECONDS or "diklat-lti migrate" not in said:
            raise Failed(f"help took more than {MOST_SECONDS} s, or does not teach:\n{said}")

    def _with_wheel(self, name: str) -> Box:
        box = self.box(name)
        shutil.copy(next(self.builder.build("build").box.path("/wheel").iterdir()), box.path("/root"))
        return box

    def folder_alone(self) -> None:
        """The wheel in an empty folder, nothing else."""
        box = self._with_wheel("try")
        box.shell("apt-get update && apt-get install -y --no-install-recommends python3-venv")
        *lines, serve = self.page["Try it in a folder"]
        page.follow(lines, box, Systemd(box, self.folder))
        process = box.start(shlex.split(serve), Walls(), "/root", {}, self.folder / "try.log")
        try:
            for path in ("readyz", "help/guides/peserta", "lti/config"):
                checked([*CURL, f"http://127.0.0.1:8000/{path}"])
        finally:
            process.terminate()
            process.wait(30)
        say("from the wheel alone, in an empty folder: migrated, invited, served")

    def server(self) -> None:
        """docs/run.md from an empty Debian to two web processes and two workers, on SQLite, then on PostgreSQL."""
        box = self._with_wheel("server")
        shutil.copy(self.context / "requirements.lock", box.path("/root"))
        box.path("/etc/hosts").write_text("127.0.0.1 localhost diklat.example.id\n")
        systemd = Systemd(box, self.folder)
        try:
            page.follow(self.page["One server, with SQLite"], box, systemd, lambda line: _allow_demo(line, box))
            said = page.follow(self.page["The proxy in front"], box, systemd)
            if not said.endswith("ready"):
                raise Failed(f"the proxy says {said}")
            self._verify(box)
            self._visit("SQLite", box, systemd)
            page.follow(self.page["PostgreSQL"], box, systemd)
            self._visit("PostgreSQL", box, systemd)
            page.follow(self.page["Upgrade"], box, systemd, lambda line: _calm(line, box))
            if page.follow(self.page["The proxy in front"][-1:], box, systemd) != "ready":
                raise Failed("not ready after the upgrade")
            say("upgraded as the page says: a calm page meanwhile, ready again afterwards")
            if told := box.shell("grep -r 'invite=' /var/log/nginx || true"):
                raise Failed(f"a log of the proxy holds an invite: {told[:300]}")
        finally:
            systemd.end()

    def _verify(self, box: Box) -> None:
        """By the systemd of that Debian: nothing to complain about, and little that a service may do."""
        box.shell("apt-get install -y --no-install-recommends systemd")
        units = "/etc/systemd/system/diklat.target /etc/systemd/system/diklat-migrate.service"
        instances = " ".join(f"/tmp/units/diklat-{kind}@{n}.service" for kind in ("web", "worker") for n in (1, 2))
        box.shell("mkdir /tmp/units && for n in 1 2; do for k in web worker; do"
                  " cp /etc/systemd/system/diklat-$k@.service /tmp/units/diklat-$k@$n.service; done; done")  # fmt: skip
        if complaints := box.shell(f"systemd-analyze verify {units} {instances}"):
            raise Failed(complaints)
        told = box.shell("systemd-analyze security --offline=yes /tmp/units/diklat-web@1.service").strip()
        say(f"systemd-analyze verify has nothing to say; {told.splitlines()[-1].lstrip('→ ')}")

    def _visit(self, engine: str, box: Box, systemd: Systemd) -> None:
        invite = page.follow(self.page["The first hours"], box, systemd)
        with self._lms(engine, box.path("/etc/diklat/tls/fullchain.pem"), "127.0.0.1") as lms:
            journey = visitors.Trusting(ADDRESS, lms, invite, certificate=box.path("/etc/diklat/tls/fullchain.pem"))
            say(f"{engine}, units, TLS: {visitors.connect(journey)}")
            listed = box.shell("cd /etc/diklat && runuser -u diklat -- diklat-lti platform list --json")
            lines = self.page["Restart without anybody noticing"]
            with visitors.coming(journey, _login(listed, lms)) as seen:
                for line in lines:
                    time.sleep(LOADED)
                    page.follow([line], box, systemd)
                time.sleep(LOADED)
            self._enough(f"{engine}, units: each process ended by SIGTERM", journey, seen)

    def containers(self) -> None:
        """deploy/compose.yaml as compose reads it."""
        tls, hosts = self.folder / "tls", self.folder / "hosts"
        tls.mkdir()
        line = next(line for line in self.page["The proxy in front"] if line.startswith("openssl"))
        checked(["/bin/sh", "-ec", line.replace("/etc/diklat/tls", shlex.quote(str(tls)))])
        postgres = self.box("postgres")
        for words in ("update", "install -y --no-install-recommends postgresql"):
            postgres.shell(f"apt-get {words}")
        compose.lay_network()
        config = compose.resolved(self.context / "deploy" / "compose.yaml", self._env_file())
        hosts.write_text(
            f"127.0.0.1 localhost\n{config['services']['proxy']['networks']['inside']['ipv4_address']} diklat.example.id\n"
        )
        checked(["mount", "--bind", str(hosts), "/etc/hosts"])
        project = compose.Project(config, self.builder, self.folder, tls, postgres)
        try:
            up, invite = self.page["Containers"]
            print(f"   # {up}", flush=True)
            project.up()
            for name in ("web1", "web2"):
                project.await_health(name)
            words = shlex.split(invite.removeprefix("docker compose exec "))
            self._restart_containers(
                project, project.containers[words[0]].run(words[1:]).strip(), tls / "fullchain.pem"
            )
        finally:
            project.end()

    def _restart_containers(self, project: compose.Project, invite: str, certificate: Path) -> None:
        with self._lms("compose", certificate, compose.GATEWAY) as lms:
            journey = visitors.Trusting(ADDRESS, lms, invite, certificate=certificate)
            say(f"compose, TLS: {visitors.connect(journey)}")
            listed = project.containers["web1"].run(["diklat-lti", "platform", "list", "--json"])
            with visitors.coming(journey, _login(listed, lms)) as seen:
                for name in ("web1", "web2", "worker1", "worker2"):
                    time.sleep(LOADED)
                    print(f"   # docker compose restart {name}", flush=True)
                    project.containers[name].stop()
                    time.sleep(1)
                    project.containers[name].start()
                    if project.containers[name].health:
                        project.await_health(name)
                time.sleep(LOADED)
            self._enough("compose: each process ended by SIGTERM", journey, seen)

    def _enough(self, what: str, journey: visitors.Trusting, seen: visitors.Seen) -> None:
        grade = visitors.await_grade(journey, visitors.LEARNERS[-1])
        if seen.done.total() < FEWEST:
            raise Failed(f"{what}: only {seen}")
        say(f"{what}: {seen}; grade {grade} in the gradebook")

    def _env_file(self) -> Path:
        """env.example, its blanks filled in."""
        text = (self.context / "deploy" / "env.example").read_text().replace("=\n", f"={'a1' * 20}\n")
        (file := self.folder / "compose.env").write_text(f"{text}DIKLAT_ALLOW_PRIVATE_PLATFORMS=true\n")
        return file

    @contextmanager
    def _lms(self, name: str, certificate: Path, host: str) -> Iterator[str]:
        """A demo LMS on a machine of its own, that trusts the proxy's certificate."""
        url = f"http://{host}:9000"
        words = [sys.executable, "-m", "diklat_lti.demo", "--url", url, "--file", str(self.folder / f"lms-{name}.db")]
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "SSL_CERT_FILE": str(certificate)}
        with (self.folder / f"lms-{name}.log").open("wb") as log:
            process = subprocess.Popen(words, env=env, stdout=log, stderr=log)
        try:
            checked([*CURL, f"{url}/login/index.php"])
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _allow_demo(line: str, box: Box) -> None:
    """The demo LMS speaks http on a private address."""
    if line.endswith("/etc/diklat/.env"):
        with box.path("/etc/diklat/.env").open("a") as file:
            file.write("DIKLAT_ALLOW_PRIVATE_PLATFORMS=true\n")


def _calm(line: str, box: Box) -> None:
    """While every process is away, the proxy says so itself."""
    if line.startswith("systemctl stop"):
        told = box.shell("curl -s -i --cacert /etc/diklat/tls/fullchain.pem https://diklat.example.id/learn/1")
        if " 502" not in told or "Diklat sedang tidak dapat dibuka" not in told:
            raise Failed(f"with all processes away the proxy says {told[:500]}")


def _login(listed: str, lms: str) -> dict[str, str]:
    """What a platform sends first."""
    client = next(row["client_id"] for row in json.loads(listed) if row["issuer"] == lms)
    return {
        "iss": lms, "client_id": client, "login_hint": "5", "lti_message_hint": "1",
        "target_link_uri": f"{ADDRESS}/lti/launch",
    }  # fmt: skip


def inside(folder: Path, base: Path, parts: list[str]) -> int:
    checked(["ip", "link", "set", "lo", "up"])
    Path("/run/netns").mkdir(exist_ok=True)
    checked(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"])
    (hosts := folder / "hosts.server").write_text("127.0.0.1 localhost diklat.example.id\n")
    checked(["mount", "--bind", str(hosts), "/etc/hosts"])
    proof = Proof(folder, base)
    try:
        for part in parts:
            getattr(proof, part)()
    except Failed as failed:
        print(f"FAILED: {failed}", flush=True)
        return 1
    print(f"{steps_done} passed")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--part", action="append", choices=PARTS, help="of the proof; all of them unless named")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    parts = args.part or list(PARTS)
    if args.inside:
        return inside(args.inside, args.base, parts)
    if args.alone:
        return outside(args.base, parts)
    if os.geteuid():
        print("The package is replayed with chroot: run this as root.", file=sys.stderr)
        return 1
    # What is mounted from here on goes with this process, however it ends.
    return os.execvp("unshare", ["unshare", *ALONE, sys.executable, __file__, "--alone", *sys.argv[1:]])


if __name__ == "__main__":
    raise SystemExit(main())
