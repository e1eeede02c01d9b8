"""The Dockerfile and the compose file, as far as they can be read without an engine."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PREFIX, Settings
from tests.unit.deploy.commands import commands

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
NAMES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined, comments left out."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    rows = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(name, " ".join(rest.split())) for name, _, rest in rows]


def of(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def last_stage() -> list[tuple[str, str]]:
    rows = instructions()
    start = max(place for place, (name, _) in enumerate(rows) if name == "FROM")
    return rows[start:]


def sent_to_the_builder(source: str) -> bool:
    """Whether .dockerignore, which begins by leaving out everything, lets a path through."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    sent = True
    for rule in rules:
        if fnmatch(source, rule.removeprefix("!")):
            sent = rule.startswith("!")
    return sent


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text("utf-8"))
    return loaded


@pytest.fixture(params=["amparo", "db"])
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"][request.param]
    return found


def test_what_is_copied_exists_and_is_sent() -> None:
    sources = [word for row in of("COPY") if "--from" not in row for word in row.split()[:-1]]
    assert len(sources) == 6
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if not sent_to_the_builder(source)] == []


@pytest.mark.parametrize("secret", ["deploy/amparo.env", "deploy/.env", "data/keys.txt", ".git", ".venv"])
def test_secrets_and_history_are_not_sent(secret: str) -> None:
    assert not sent_to_the_builder(secret)
    assert not sent_to_the_builder(secret.partition("/")[0])


def test_the_build_tools_stay_behind_and_bases_have_a_tag() -> None:
    bases = of("FROM")
    assert len(bases) == 2
    assert all(re.search(r":\d+\.\d+-slim-[a-z]+\b", base) for base in bases)
    assert [row for name, row in last_stage() if name == "COPY"] == ["--from=build /opt/amparo /opt/amparo"]


def test_it_does_not_run_as_root_and_keeps_its_data_in_a_volume() -> None:
    stage = dict(last_stage())
    assert stage["USER"] == "amparo"
    assert f"{PREFIX}DATA_DIR={stage['VOLUME']}" in stage["ENV"].split()


def test_it_starts_a_command_of_ours_and_sets_settings_of_ours() -> None:
    program, *words = json.loads(dict(last_stage())["CMD"])
    assert program == "amparo"
    assert " ".join(words) in commands()
    assert set(re.findall(rf"\b({PREFIX}\w+)=", dict(last_stage())["ENV"])) <= NAMES


def test_the_health_of_the_console_is_asked_on_its_port() -> None:
    stage = dict(last_stage())
    (port,) = re.findall(rf"{PREFIX}CONSOLE_BIND=0\.0\.0\.0:(\d+)", stage["ENV"])
    assert port == stage["EXPOSE"]
    assert f"http://127.0.0.1:{port}/healthz" in stage["HEALTHCHECK"]


def test_compose_names_only_settings_that_exist() -> None:
    given = compose()["services"]["amparo"]["environment"]
    ours = {name for name in given if name.startswith(PREFIX)}
    assert ours <= NAMES
    # uvicorn's own: https://www.uvicorn.org/settings/#http
    assert set(given) - ours == {"FORWARDED_ALLOW_IPS"}


def test_compose_services_are_shut_in(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_the_database_is_reached_by_amparo_alone() -> None:
    services = compose()["services"]
    assert "ports" not in services["db"]
    assert [compose()["networks"][name] for name in services["db"]["networks"]] == [{"internal": True}]
    assert services["db"]["networks"][0] in services["amparo"]["networks"]
    assert services["amparo"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_the_console_is_open_to_this_machine_only() -> None:
    assert all(row.startswith("127.0.0.1:") for row in compose()["services"]["amparo"]["ports"])


def test_compose_holds_no_secret_and_git_sees_none() -> None:
    for environment in (service["environment"] for service in compose()["services"].values()):
        for name, value in environment.items():
            assert "PASSWORD" not in name or re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", value)
    url = compose()["services"]["amparo"]["environment"][f"{PREFIX}DATABASE_URL"]
    assert re.fullmatch(r"postgresql://amparo:\$\{POSTGRES_PASSWORD:\?[^}]+\}@db/amparo", url)
    ignored = (DEPLOY / ".gitignore").read_text("utf-8").split("\n")
    assert {".env", compose()["services"]["amparo"]["env_file"]} <= set(ignored)


def test_every_volume_and_the_build_file_are_declared() -> None:
    plan = compose()
    used = {row.split(":")[0] for service in plan["services"].values() for row in service["volumes"]}
    assert used == set(plan["volumes"])
    build = plan["services"]["amparo"]["build"]
    context = (DEPLOY / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()
