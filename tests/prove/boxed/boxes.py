"""Folders that hold a Debian 12, and commands inside them as chroot runs them. Needs root; leaves no mount and no process behind,
because the proof runs in namespaces of its own (package.py)."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOSTS = "127.0.0.1 localhost\n"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NO_SERVICES = "#!/bin/sh\nexit 101\n"
"""Debian's word for: install it, start nothing."""


class Failed(Exception):  # noqa: N818 - what the proof reports
    """A step did not do what the files say."""


def bootstrap(folder: Path) -> None:
    """What debian:12-slim is made of: the essential packages and apt."""
    words = ["mmdebstrap", "--quiet", "--variant=minbase", "--components=main", "bookworm", str(folder)]
    checked(["setsid", "--wait", *words])  # it speaks to its terminal, which stops whoever is in the background


def checked(words: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    )
    if done.returncode:
        raise Failed(f"{shlex.join(words)[:300]}\n{done.stdout[-3000:]}\nexit {done.returncode}")
    return done.stdout


@dataclass
class Walls:
    """What a service may do: whose rights it has, what it may write, which network it lives in."""

    user: str = "root"
    writable: Mapping[str, Path] = field(default_factory=dict)
    """Folder inside → folder outside that lies there."""
    readable: Mapping[str, Path] = field(default_factory=dict)
    is_read_only: bool = False
    network: str | None = None
    """The name of a network namespace."""


class Box:
    """One such folder. `packages`: a folder of wheels for pip, which lies at /wheels; beside it a handle of the network outside,
    from where Debian's packages come. Everything else stays in the proof's own network."""

    def __init__(self, root: Path, base: Path, packages: Path) -> None:
        self.root, self.outside = root, packages.with_name("network")
        checked(["cp", "--archive", f"{base}/.", f"{root}/"])
        checked(["mount", "--bind", str(root), str(root)])
        checked(["mount", "-t", "proc", "proc", str(root / "proc")])
        (root / "wheels").mkdir(exist_ok=True)
        checked(["mount", "--bind", str(packages), str(root / "wheels")])
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        (root / "etc/hosts").write_text(HOSTS)
        policy = root / "usr/sbin/policy-rc.d"
        policy.write_text(NO_SERVICES)
        policy.chmod(0o755)

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def shell(self, line: str, user: str = "root", cwd: str = "/", env: Mapping[str, str] | None = None) -> str:
        """One line as /bin/sh reads it, with packages in reach."""
        given = {"PATH": SYSTEM_PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"} | dict(env or {})
        given |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        inside = f"cd {shlex.quote(cwd)} && {line}"
        words = ["nsenter", f"--net={self.outside}"] if line.startswith("apt-get") else []
        return checked([*words, "chroot", f"--userspec={user}", str(self.root), "/bin/sh", "-ec", inside], given)

    def words(self, words: Sequence[str], walls: Walls, cwd: str, env: Mapping[str, str]) -> list[str]:
        """What starts `words` inside, within those walls; the process that is started is the one that ends up running."""
        root, lines = shlex.quote(str(self.root)), []
        for inside, outside in {**walls.writable, **walls.readable}.items():
            lines.append(f"mount --bind {shlex.quote(str(outside))} {root}{inside}")
        if walls.is_read_only:
            lines += [f"mount -t tmpfs tmpfs {root}/tmp && chmod 1777 {root}/tmp", f"mount -o remount,bind,ro {root}"]
        lines += [f"mount -o remount,bind,ro {root}{inside}" for inside in walls.readable]
        set_env = [f"{name}={value}" for name, value in {"PATH": SYSTEM_PATH, **env}.items()]
        rights: list[str] = []
        if walls.user != "root":
            rights = ["setpriv", f"--reuid={walls.user}", f"--regid={walls.user}", "--init-groups", "--no-new-privs"]
            rights += ["--bounding-set=-all", "--inh-caps=-all"]
        inner = shlex.join(
            ["env", "-i", *set_env, "/bin/sh", "-c", f'cd {shlex.quote(cwd)} && exec "$@"', "sh", *words]
        )
        lines.append(f"exec chroot {root} {shlex.join(rights)} {inner}")
        net = ["ip", "netns", "exec", walls.network] if walls.network else []
        return [*net, "unshare", "--mount", "--propagation=private", "/bin/sh", "-ec", "\n".join(lines)]

    def run(self, words: Sequence[str], walls: Walls, cwd: str, env: Mapping[str, str]) -> str:
        return checked(self.words(words, walls, cwd, env))

    def start(
        self, words: Sequence[str], walls: Walls, cwd: str, env: Mapping[str, str], log: Path
    ) -> "subprocess.Popen[bytes]":
        with log.open("ab") as out:
            return subprocess.Popen(self.words(words, walls, cwd, env), stdout=out, stderr=out)
