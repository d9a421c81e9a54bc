"""The shell blocks of docs/run.md, section by section, and who carries out each of their lines."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from boxes import Box
from units import Systemd

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INSTALLS = re.compile(r"apt-get install .*\b(nginx|postgresql)\b")


def sections(file: Path) -> dict[str, list[str]]:
    """Heading → the lines of its ```sh blocks, continued ones joined."""
    found = {}
    for part in file.read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        joined = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
        found[heading] = [line.strip() for line in joined.splitlines() if line.strip()]
    return found


def follow(lines: list[str], box: Box, systemd: Systemd, after: Callable[[str], None] | None = None) -> str:
    """Does what an operator would type, as root in /root; returns what the last line printed."""
    said = ""
    for line in lines:
        print(f"   # {line[:130]}", flush=True)
        if line.startswith("systemctl "):
            systemd.call(*shlex.split(line)[1:])
        else:
            said = box.shell(line, cwd="/root")
        if match := INSTALLS.match(line):
            systemd.start(match[1])  # Debian starts what it installs
        if after:
            after(line)
    return said.strip()
