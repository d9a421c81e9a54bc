"""The files of deploy/ agree with each other and with the settings: ports, addresses, names, what a process may do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from diklat_lti.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()
TOOL = re.compile(r"web\d|worker\d|migrate")


def address(service: str) -> str:
    return str(SERVICES[service]["networks"]["inside"]["ipv4_address"])


def upstream(folder: str) -> list[str]:
    return re.findall(r"server ([\d.:]+) max_fails=0;", (DEPLOY / folder / "diklat-upstream.conf").read_text())


def service_part(unit: Path) -> list[str]:
    """The lines of [Service] from the user on: the same for all of them."""
    lines = unit.read_text().split("[Service]\n")[1].split("\n\n[Install]")[0].splitlines()
    return [line for line in lines[lines.index("User=diklat") :] if line]


@pytest.mark.parametrize("file", sorted(f for f in DEPLOY.rglob("*") if f.is_file()), ids=lambda file: file.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    assert set(re.findall(r"DIKLAT_\w+", file.read_text())) <= {
        f"DIKLAT_{name}".upper() for name in Settings.model_fields
    }


def test_the_proxy_asks_the_containers_and_the_units_at_their_addresses() -> None:
    assert upstream("proxy") == [f"{address(name)}:8000" for name in ("web1", "web2")]
    assert upstream("nginx") == ["127.0.0.1:8001", "127.0.0.1:8002"]
    assert "serve --port 800%i" in (DEPLOY / "systemd" / "diklat-web@.service").read_text()


def test_every_container_has_an_address_of_its_own_and_only_the_proxy_is_believed() -> None:
    addresses = [address(name) for name in SERVICES]
    assert len(set(addresses)) == len(addresses)
    tools = [name for name in SERVICES if TOOL.fullmatch(name)]
    assert len(tools) == 5
    for name in tools:
        assert SERVICES[name]["environment"]["DIKLAT_TRUSTED_PROXIES"] == address("proxy")


def test_one_image_serves_works_and_migrates_without_rights() -> None:
    tools = [service for name, service in SERVICES.items() if TOOL.fullmatch(name)]
    assert {service["image"] for service in tools} == {"diklat-lti"}
    for service in tools:
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"]
    stage = DOCKERFILE.split(" AS tool\n")[1]
    assert stage.index("USER diklat") < stage.index("ENTRYPOINT")
    assert "HEALTHCHECK" in stage


def test_every_unit_runs_as_the_same_user_within_the_same_walls() -> None:
    first, *others = (service_part(unit) for unit in UNITS)
    assert "ProtectSystem=strict" in first
    assert [unit for unit in others if unit != first] == []


def test_the_target_starts_both_of_each() -> None:
    wanted = re.findall(r"^Wants=(.*)$", (DEPLOY / "systemd" / "diklat.target").read_text(), re.MULTILINE)
    assert wanted[0].split() == [f"diklat-{name}@{n}.service" for name in ("web", "worker") for n in (1, 2)]


def test_no_log_of_the_proxy_holds_a_query() -> None:
    conf = (DEPLOY / "nginx" / "diklat.conf").read_text()
    (form,) = re.findall(r"log_format diklat '([^']*)'", conf)
    assert not {"$request", "$request_uri", "$args", "$query_string", "$http_referer"} & set(form.split())
    assert conf.count("access_log /var/log/nginx/diklat.log diklat;") == conf.count("server {")


def test_the_image_is_built_from_the_locked_requirements_alone() -> None:
    installs = re.findall(r"pip .*?install (.*)", DOCKERFILE)
    assert len(installs) == 3
    assert all("--no-deps" in words and ("--require-hashes" in words or "/wheel/" in words) for words in installs)


def test_the_proxys_own_error_page_needs_nothing_and_nobody() -> None:
    """While all processes are away there is nothing to fetch from; in the LMS's frame an empty page is a blank box."""
    page, conf = (DEPLOY / "nginx" / "down.html").read_text(), (DEPLOY / "nginx" / "diklat.conf").read_text()
    assert "error_page 502 503 504 /down.html;" in conf
    assert "COPY deploy/nginx/down.html" in DOCKERFILE
    assert re.findall(r"(?:src|href|action|url)\s*[=(]", page) == []
    assert '<html lang="id">' in page
    assert '<p lang="en">' in page
    assert "<h1>" in page
