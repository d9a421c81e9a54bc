"""`diklat-lti demo` as its user meets it: the start page, the one button, a second start; and where a journey breaks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from diklat_lti.cli import main
from diklat_lti.demo import html, running_lms, steps
from diklat_lti.demo.browser import Broken, Browser
from diklat_lti.demo.processes import free_port
from diklat_lti.demo.steps import Journey


@contextmanager
def demo(folder: Path, port: int, lms_port: int, *more: str) -> Iterator[str]:
    """The demo in a process of its own; yields its last line."""
    words = [sys.executable, "-m", "diklat_lti", "demo", "--port", str(port), "--lms-port", str(lms_port), *more]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIKLAT_")}
    with subprocess.Popen(words, cwd=folder, env=kept, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def test_the_start_page_plugs_the_tool_in_at_one_button_and_a_second_start_continues(tmp_path: Path) -> None:
    port, lms_port = free_port(), free_port()
    with demo(tmp_path, port, lms_port) as last_line:
        assert last_line == f"Open http://127.0.0.1:{lms_port}/demo"
        browser = Browser()
        page = browser.get(last_line.removeprefix("Open "))
        assert "/lti/register?invite=" in page.text
        done = browser.submit(page, page.form("/demo"))
        assert done.text.count("Selesai:") == 3
        assert not [form for form in done.forms if form.action == "/demo"]
    with demo(tmp_path, port, lms_port):
        home = steps.launch(Journey(f"http://localhost:{port}", f"http://127.0.0.1:{lms_port}", ""))
        assert home.headings == ["Selamat datang, Siti Rahmawati"]


def test_other_ports_need_a_fresh_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var/demo").mkdir(parents=True)
    (tmp_path / "var/demo/ports.json").write_text("[1, 2]")
    result = CliRunner().invoke(main, ["demo", "--port", "3", "--lms-port", "4"])
    assert result.exit_code == 1
    assert "--fresh" in result.stderr


def test_a_step_that_breaks_says_where_and_why() -> None:
    with running_lms() as lms:
        nowhere = f"http://localhost:{free_port()}"
        with pytest.raises(Broken, match="does not answer"):
            steps.register(Journey(nowhere, lms.url, f"{nowhere}/lti/register?invite=x"))
        with pytest.raises(Broken, match="shows no form with activate"):
            steps.activate(Journey(nowhere, lms.url, ""))
        with pytest.raises(Broken, match="answered 404"):
            Browser().get(f"{lms.url}/nothing")
        with pytest.raises(Broken, match="shows no link"):
            steps.launch(Journey(nowhere, lms.url, ""))


def test_a_page_is_read_as_it_is_served() -> None:
    page = html.read(
        "<h1>A <b>b</b></h1><form action=/x method=POST><input name=a value=1><input type=radio name=r value=2 checked>"
        "<input type=checkbox name=c><select name=s><option value=3><option value=4 selected></select>"
        "<textarea name=t>long</textarea><input type=submit name=go value=Go><button name=b value=5>Press</button></form>"
        "<a href=/y>there</a><iframe src=/f></iframe><table><tr><th>N</th><td>1</td></tr></table>"
    )
    (form,) = page.forms
    assert (form.action, form.method) == ("/x", "post")
    assert form.fields == [("a", "1"), ("r", "2"), ("s", "4"), ("t", "long")]
    assert form.choices == {"r": ["2"], "c": ["on"], "s": ["3", "4"]}
    assert form.buttons == [("Go", "go", "Go"), ("Press", "b", "5")]
    assert (page.headings, page.frames, page.rows) == (["A b"], ["/f"], [["N", "1"]])
    assert [(link.href, link.text) for link in page.links] == [("/y", "there")]
