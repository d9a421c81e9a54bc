"""The files of a program folder: no links out of it, nothing too large, only kinds of files that we know."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from diklat_lti.content.mistakes import Mistakes, Report
from diklat_lti.errors import say

MEDIA = {
    ".png": ("image/png", b"\x89PNG"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".webp": ("image/webp", b"RIFF"),
    ".gif": ("image/gif", b"GIF8"),
    ".mp3": ("audio/mpeg", b""),
    ".mp4": ("video/mp4", b""),
    ".pdf": ("application/pdf", b"%PDF"),
}
"""Ending → media type and the bytes with which such a file begins, where there are such."""

MEGABYTE = 1_000_000
TEXT_LIMIT = MEGABYTE
IMAGE_LIMIT = 2 * MEGABYTE
ASSET_LIMIT = 10 * MEGABYTE
FILES_LIMIT = 2000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass
class Tree:
    root: Path
    texts: set[str] = field(default_factory=set)
    """Paths below the root of .yaml and .md files."""
    assets: dict[str, str] = field(default_factory=dict)
    """Path below the root → media type."""

    def text(self, path: str, report: Report) -> str | None:
        """None if it is not UTF-8; then `report` was told where."""
        data = (self.root / path).read_bytes()
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            report(line, say("A character here is not UTF-8."), say("Save the file as UTF-8."))
            return None

    def folders(self) -> list[str]:
        """Folders directly below the root that hold anything."""
        return sorted({path.split("/")[0] for path in (*self.texts, *self.assets) if "/" in path})

    def texts_in(self, folder: str) -> list[str]:
        """Names of the texts directly in it."""
        return sorted(PurePosixPath(path).name for path in self.texts if str(PurePosixPath(path).parent) == folder)


def scan(root: Path, mistakes: Mistakes) -> Tree:
    tree = Tree(root)
    for number, (path, entry) in enumerate(_walk(root, "", mistakes)):
        if number == FILES_LIMIT:
            what = say("The program has more than %(count)s files.", count=FILES_LIMIT)
            mistakes.of(path)(1, what, say("Remove those that no lesson shows."))
            break
        _sort(tree, path, entry, mistakes.of(path))
    return tree


def _walk(folder: Path, prefix: str, mistakes: Mistakes) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = prefix + entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            what = say("This is a link to another place.")
            mistakes.of(path)(1, what, say("Put the file itself into the program folder."))
        elif not NAME.fullmatch(entry.name):
            what = say("This name has characters that are not allowed.")
            mistakes.of(path)(1, what, say("Use letters, digits, hyphens and points, without spaces."))
        elif entry.is_dir():
            yield from _walk(folder / entry.name, path + "/", mistakes)
        elif entry.is_file():
            yield path, entry


def _sort(tree: Tree, path: str, entry: os.DirEntry[str], report: Report) -> None:
    ending = PurePosixPath(path).suffix.lower()
    media, start = MEDIA.get(ending, ("", b""))
    limit = IMAGE_LIMIT if media.startswith("image/") else ASSET_LIMIT if media else TEXT_LIMIT
    if not media and ending not in (".md", ".yaml"):
        what = say("Files that end in “%(ending)s” are not used.", ending=ending)
        report(1, what, say("Remove it. Known are .md, .yaml and %(endings)s.", endings=", ".join(MEDIA)))
    elif entry.stat().st_size > limit:
        what = say("The file is larger than %(limit)s MB.", limit=limit // MEGABYTE)
        report(1, what, say("Make it smaller: learners pay for each megabyte."))
    elif not media:
        tree.texts.add(path)
    else:
        tree.assets[path] = media
        with open(entry.path, "rb") as file:
            if file.read(len(start)) != start:
                what = say("The file is not what its ending “%(ending)s” says.", ending=ending)
                report(1, what, say("Save it again in that format."))
