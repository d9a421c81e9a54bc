"""Our own CSS, icons and scripts: read once, kept in memory with their compressed form, cached by browsers for ever."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

from diklat_lti.errors import not_found

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
LOGO, A_WEEK = "logo.svg", "public, max-age=604800"
"""An LMS keeps the address that it was told at the registration, and shows the logo beside each link of a course."""

router = APIRouter()


@dataclass(frozen=True)
class StaticFile:
    media_type: str
    plain: bytes
    compressed: bytes


@cache
def files() -> dict[str, StaticFile]:
    """By their path below `static/`."""
    found = {}
    for file in sorted(f for f in FOLDER.rglob("*") if f.is_file()):
        content = file.read_bytes()
        media_type = mimetypes.guess_type(file.name)[0] or "text/plain"
        found[file.relative_to(FOLDER).as_posix()] = StaticFile(media_type, content, gzip.compress(content, mtime=0))
    return found


@cache
def version() -> str:
    """One for all files, so that scripts which import each other never meet an older sister."""
    digest = sha256()
    for name, file in files().items():
        digest.update(name.encode() + b"\0" + file.plain)
    return digest.hexdigest()[:12]


@cache
def address(name: str) -> str:
    """Where a page finds `name`. A name that does not exist is our mistake, not the reader's."""
    if name not in files():
        raise KeyError(name)
    return f"/static/{version()}/{name}"


@router.get("/static/{asked_version}/{name:path}")
async def static(request: Request, asked_version: str, name: str) -> Response:
    """A page from before an update may ask for an older version: it gets today's file, and may not keep it.

    The logo it may keep: nothing depends on it."""
    file = files().get(name)
    if file is None:
        raise not_found()
    older = A_WEEK if name == LOGO else "no-cache"
    headers = {"Cache-Control": FOR_EVER if asked_version == version() else older, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.plain, media_type=file.media_type, headers=headers)
