"""The Makefile, by running it: what it lists, what it would do, and how it refuses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TARGETS = ("help", "setup", "demo", "test", "transcripts", "check", "bench", "rasa-check", "wheel", "clean")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what make looks at, and no environment."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell of its own; an outer make's flags would change what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_make_alone_lists_every_target_with_a_line(checkout: Path) -> None:
    listed = re.findall(r"^  make ([\w-]+) +\S.*$", make(checkout).stdout, re.MULTILINE)
    assert tuple(listed) == TARGETS


def test_demo_needs_no_developer_packages_and_hands_arguments_on(checkout: Path) -> None:
    planned = make(checkout, "-n", "demo", "ARGS=--chat 127.0.0.1:9001").stdout
    assert "pip install" in planned
    assert "[dev]" not in planned
    assert planned.splitlines()[-1] == ".venv/bin/amparo demo --chat 127.0.0.1:9001"


def test_an_environment_that_is_ready_is_left_alone(checkout: Path) -> None:
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    for path in (folder / "python", folder.parent / ".amparo-run", folder.parent / ".amparo-dev"):
        path.touch()
    assert "pip" not in make(checkout, "-n", "setup", "demo").stdout
    os.utime(checkout / "pyproject.toml", (2**31, 2**31))
    assert ".[dev]" in make(checkout, "-n", "setup").stdout


def test_an_old_python_is_refused_in_words(checkout: Path) -> None:
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(checkout, "setup", f"PYTHON={old}")
    assert done.returncode != 0
    assert "too old" in done.stderr
    assert "3.11" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_missing_python_is_named(checkout: Path) -> None:
    done = make(checkout, "demo", "PYTHON=python-that-is-not-there")
    assert done.returncode != 0
    assert "there is no python-that-is-not-there" in done.stderr


def test_a_browser_that_is_named_must_exist(checkout: Path) -> None:
    done = make(checkout, "-o", ".venv/.amparo-dev", "browser", "AMPARO_CHROMIUM=/nowhere/chromium")
    assert done.returncode != 0
    assert "AMPARO_CHROMIUM names no program" in done.stderr


def test_clean_keeps_what_people_wrote(checkout: Path) -> None:
    (checkout / "bot").mkdir()
    (checkout / "tests").mkdir()
    for name in (".venv", ".amparo", "data", "dist"):
        (checkout / name).mkdir()
    assert make(checkout, "clean").returncode == 0
    left = {path.name for path in checkout.iterdir()}
    assert {".amparo", "data"} <= left
    assert not {".venv", "dist"} & left


def test_what_ci_calls_are_targets() -> None:
    called = re.findall(r"^make (.+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert " ".join(called).split() == ["check", "test"]
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
