"""The systemd unit: it parses, starts a command of ours and gives it a folder it may write."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings
from tests.unit.deploy.commands import commands

UNIT = Path(__file__).parents[3] / "deploy" / "amparo.service"


def sections() -> dict[str, dict[str, list[str]]]:
    """Section to name to values; a name may stand several times, which configparser refuses."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), defaultdict(list))
        elif line and not line.startswith("#"):
            name, sign, value = line.partition("=")
            assert sign, line
            assert name.isalnum(), line
            current[name].append(value)
    return found


def test_it_starts_a_command_of_ours() -> None:
    (line,) = sections()["Service"]["ExecStart"]
    program, _, words = line.partition(" ")
    assert program.startswith("/")
    assert Path(program).name == "amparo"
    assert words in commands()


def test_the_data_folder_is_the_one_systemd_keeps_for_it() -> None:
    service = sections()["Service"]
    variables = dict(row.split("=", 1) for row in service["Environment"])
    assert variables[f"{PREFIX}DATA_DIR"] == f"/var/lib/{service['StateDirectory'][0]}"
    ours = {name for name in variables if name.startswith(PREFIX)}
    assert ours <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NoNewPrivileges", "true"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "true"),
        ("PrivateTmp", "true"),
        ("CapabilityBoundingSet", ""),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("Restart", "always"),
    ],
)
def test_it_may_do_little_and_comes_back(name: str, value: str) -> None:
    assert sections()["Service"][name] == [value]


def test_it_runs_as_nobody_special_and_holds_no_secret() -> None:
    service = sections()["Service"]
    assert service["User"] not in ([], ["root"])
    assert service["EnvironmentFile"] == ["/etc/amparo/amparo.env"]
    assert not any("TOKEN" in row or "KEYS" in row for row in service["Environment"])
