"""The wheel holds all that the tool reads: in an empty folder, without the checkout, its commands work and its pages answer."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from diklat_lti import __version__
from diklat_lti.demo.processes import free_port

ROOT = Path(__file__).parents[2]
SOURCES = {"diklat_lti": ROOT / "src" / "diklat_lti", "diklat_lti/migrations": ROOT / "migrations"}
SHARE = f"diklat_lti-{__version__}.data/data/share/diklat-lti"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


class Installed:
    """The unpacked wheel before everything else on Python's path, and nothing of this process's environment."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        ZipFile(wheel).extractall(folder / "site")
        self.site, self.empty = folder / "site", folder / "empty"
        self.empty.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.site), "DIKLAT_LOG_FORMAT": "json"}

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=self.empty, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def command(self, *words: str) -> str:
        return self.run("-m", "diklat_lti", *words)

    @contextmanager
    def serving(self, port: int) -> Iterator[str]:
        words = [sys.executable, "-m", "diklat_lti", "serve", "--port", str(port)]
        with subprocess.Popen(words, cwd=self.empty, env=self.environment, stderr=subprocess.PIPE) as process:
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(30)


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Installed:
    return Installed(wheel, tmp_path)


def read(url: str) -> str:
    until = time.monotonic() + 30
    while True:
        try:
            with urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (URLError, OSError):
            assert time.monotonic() < until, url
            time.sleep(0.1)


def test_the_wheel_holds_every_file_of_the_package_and_of_the_servers_set_up(wheel: Path) -> None:
    wanted = {
        f"{name}/{file.relative_to(folder)}"
        for name, folder in SOURCES.items()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    wanted |= {
        f"{SHARE}/{room}/{file.name}" for room in ("nginx", "systemd") for file in (ROOT / "deploy" / room).iterdir()
    }
    assert {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name} == wanted


def test_in_an_empty_folder_the_wheel_migrates_invites_publishes_and_serves(installed: Installed) -> None:
    where = installed.run("-c", "import diklat_lti; print(diklat_lti.__file__)")
    assert Path(where).is_relative_to(installed.site)
    assert installed.command("--version") == f"diklat-lti, version {__version__}"
    assert "at revision" in installed.command("migrate")
    assert "/lti/register?invite=" in installed.command("platform", "invite", "--name", "LMS Bandung")
    installed.command("centre", "add", "BBPPKS Bandung")
    sample = str(installed.site / "diklat_lti" / "demo" / "programs" / "p2k2")
    assert "version 1" in installed.command("program", "import", sample)
    with installed.serving(free_port()) as url:
        assert read(f"{url}/readyz") == "ready\n"
        assert "<title>Panduan" in read(f"{url}/help/guides/peserta")
    assert {file.name for file in installed.empty.iterdir()} == {"var"}
