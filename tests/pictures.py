"""`make pictures`: every page per role, state, language and width, as single files and on one sheet, into docs/pictures/."""

import base64
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright
from pydantic import SecretStr

import gallery_centre
import gallery_learn
import gallery_manage
from browser import FLAGS
from diklat_lti import migrations
from diklat_lti.database import Database
from diklat_lti.settings import Settings
from gallery import Gallery, Scene, open_gallery

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ROOMS = {"learn": gallery_learn, "manage": gallery_manage, "centre": gallery_centre}
SCALES = {360: 0.75, 1100: 0.5}
"""Width of the page in pixels, and of its picture in widths of the page: sharp enough to read, small enough to keep."""
LANGUAGES = {"id": "id-ID", "en": "en-GB"}
LONGEST = 1500
"""Pixels of height; below that a page only goes on."""
QUALITY = 8
STYLE = "body{font:14px system-ui;background:#ddd}section{display:flex;gap:8px;align-items:start}h2{margin:24px 0 4px}"


@contextmanager
def world_of_pictures(folder: Path) -> Iterator[Gallery]:
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder / 'pictures.db'}",
        storage_url=f"file:{folder / 'files'}",
        secret_key=SecretStr("for pictures alone and of more than thirty-two characters"),
        allow_private_platforms=True,
        embedded_worker=False,
    )
    migrations.upgrade(settings.database_url)
    with open_gallery(Database(settings.database_url), settings) as gallery:
        yield gallery


def page_in(playwright: Playwright, profile: Path, locale: str) -> Page:
    """A browser of its own for each language, as its readers have it."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=shutil.which("chromium"),
        args=list(FLAGS),
        locale=locale,
        timezone_id="Asia/Jakarta",
    )
    return context.pages[0]


def shoot(page: Page, gallery: Gallery, scene: Scene, language: str, name: str, folder: Path) -> None:
    for width, scale in SCALES.items():
        page.set_viewport_size({"width": width, "height": 740})
        gallery.visit(page, scene, language)
        wire = page.context.new_cdp_session(page)
        height = min(LONGEST, page.evaluate("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        asked = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
        taken = wire.send("Page.captureScreenshot", asked)["data"]
        (folder / f"{name}-{language}-{width}.webp").write_bytes(base64.b64decode(taken))


def sheet(folder: Path) -> str:
    """Each scene in a row: both languages, both widths."""
    files = sorted(file.name for file in folder.glob("*.webp"))
    rows = []
    for name, found in groupby(files, key=lambda file: file.rsplit("-", 2)[0]):
        shown = "".join(
            f'<a href="{file}"><img src="{file}" alt="{file}" loading="lazy" width="{width_of(file)}"></a>'
            for file in found
        )
        rows.append(f"<h2>{name}</h2><section>{shown}</section>")
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Every page</title><style>{STYLE}</style>"
    return "\n".join([head, "<h1>Every page, in each language and width</h1>", *rows, ""])


def width_of(file: str) -> int:
    width = int(file.rsplit("-", 1)[1].removesuffix(".webp"))
    return round(width * SCALES[width])


def main(folder: Path = FOLDER, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in [file for file in folder.glob("*.webp") if only in file.name]:
        old.unlink()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        pages = {lang: page_in(playwright, Path(place) / lang, locale) for lang, locale in LANGUAGES.items()}
        with world_of_pictures(Path(place)) as gallery:
            for room, scenes in ROOMS.items():
                for scene in scenes.scenes(gallery):
                    name = f"{room}-{scene.name}"
                    for language, page in pages.items() if only in name else ():
                        shoot(page, gallery, scene, language, name, folder)
        for page in pages.values():
            page.context.close()
    (folder / "index.html").write_text(sheet(folder))
    print(f"{len(list(folder.glob('*.webp')))} pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    main(*(Path(word) if "/" in word else word for word in sys.argv[1:]))
