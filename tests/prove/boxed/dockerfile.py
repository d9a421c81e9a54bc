"""Replays a Dockerfile line by line in boxes. An instruction that it does not know is an error, never passed over."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from boxes import Box, Failed

FROM = re.compile(r"(?P<base>\S+) AS (?P<name>\S+)")
BASE = "debian:12-slim"


@dataclass
class Image:
    """What a stage came to."""

    box: Box
    env: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    cwd: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Instruction and what follows, continued lines joined, comments left out."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", kept).splitlines():
        if line.strip():
            word, rest = line.split(maxsplit=1)
            yield word, rest.strip()


class Builder:
    """Builds targets of one Dockerfile over a context; stages are built once, those that are copied from on demand."""

    def __init__(self, file: Path, context: Path, base: Path, packages: Path, folder: Path) -> None:
        self.context, self.base, self.packages, self.folder = context, base, packages, folder
        self.stages: dict[str, list[tuple[str, str]]] = {}
        self.built: dict[str, Image] = {}
        for word, rest in lines(file.read_text()):
            if word == "FROM":
                match = FROM.fullmatch(rest)
                if match is None or match["base"] != BASE:
                    raise Failed(f"FROM {rest}: only {BASE} AS name can be replayed here")
                stage = self.stages[match["name"]] = []
            else:
                stage.append((word, rest))

    def build(self, name: str) -> Image:
        if name not in self.built:
            (root := self.folder / f"image-{name}").mkdir()
            image = self.built[name] = Image(Box(root, self.base, self.packages))
            for word, rest in self.stages[name]:
                print(f"   {name}: {word} {rest[:100]}", flush=True)
                self._do(image, word, rest)
        return self.built[name]

    def _do(self, image: Image, word: str, rest: str) -> None:
        match word:
            case "RUN":
                image.box.shell(rest, image.user, image.cwd, image.env)
            case "COPY":
                self._copy(image, rest.split())
            case "WORKDIR":
                image.box.path(rest).mkdir(parents=True, exist_ok=True)
                image.cwd = rest
            case "USER":
                image.user = rest
            case "ENV":
                name, _, value = rest.partition("=")
                image.env[name] = value
            case "ENTRYPOINT":
                image.entrypoint = json.loads(rest)
            case "CMD":
                image.command = json.loads(rest)
            case "HEALTHCHECK":
                image.health = json.loads(rest.split(" CMD ", 1)[1] if " CMD " in rest else rest.split("CMD ", 1)[1])
            case "STOPSIGNAL":
                image.stop_signal = rest
            case "VOLUME" | "EXPOSE":
                pass  # said to whoever runs it; the compose file says it again
            case _:
                raise Failed(f"{word} {rest}: not known here")

    def _copy(self, image: Image, words: list[str]) -> None:
        origin = self.context
        if words[0].startswith("--from="):
            origin = self.build(words.pop(0).removeprefix("--from=")).box.root
        *sources, target = words
        into = image.box.path(str(Path(image.cwd, target)))
        for source in (origin / word.lstrip("/") for word in sources):
            if source.is_dir():
                shutil.copytree(source, into, symlinks=True, dirs_exist_ok=True)
            else:
                file = into / source.name if target.endswith("/") else into
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, file)
