"""The files of deploy/rasa, as far as they can be read without an engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PREFIX, Settings
from tests.unit.deploy.commands import commands

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "rasa"
NAMES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text("utf-8"))["services"]


def test_only_settings_that_exist_are_named() -> None:
    for service in SERVICES.values():
        assert {name for name in service["environment"] if name.startswith(PREFIX)} <= NAMES
    for path in FOLDER.glob("Dockerfile.*"):
        assert set(re.findall(rf"\b({PREFIX}\w+)=", path.read_text("utf-8"))) <= NAMES


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_are_shut_in(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(row.startswith("127.0.0.1:") for row in service.get("ports", []))


def test_the_action_server_and_the_database_are_inside_only() -> None:
    for name in ("actions", "db"):
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["inside"]


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|KEYS|PEPPER|TOKEN|SECRET", name):
                assert re.fullmatch(r"\$\{\w+(:\?[^}]+)?\}", value), name
    assert ".env" in (FOLDER / ".gitignore").read_text("utf-8").split()


def test_what_is_copied_exists_and_commands_are_ours() -> None:
    for path in FOLDER.glob("Dockerfile.*"):
        text = path.read_text("utf-8")
        sources = [row.split()[:-1] for row in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)]
        assert [word for row in sources for word in row if not (ROOT / word).exists()] == []
        for found in re.findall(r'"amparo", "(\w+)"', text):
            assert found in commands()


def test_rasa_is_pinned() -> None:
    assert "rasa==3.6.21" in (FOLDER / "requirements.txt").read_text("utf-8").split()
