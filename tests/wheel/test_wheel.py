"""The wheel in an environment of its own, outside the checkout: nothing is missing that a checkout has."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from threading import Timer
from typing import IO

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds for a command on a busy machine."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    (built,) = folder.glob("amparo-*.whl")
    return built


@pytest.fixture(scope="module")
def amparo(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a fresh environment.

    The libraries come from this environment by a path file, written after the installation: quick, and without
    a network. That the wheel declares all of them is the business of `test_every_import_is_declared`.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    install = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), *install], check=True, timeout=PATIENCE
    )
    (packages,) = (home / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home / "bin" / "amparo"


@pytest.fixture(scope="module")
def folder(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run, with the model trained from the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / ".amparo").mkdir()
    shutil.copy(trained, folder / ".amparo" / "model.npz")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Without anything that could lead back to the checkout."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("AMPARO_", "PYTHON", "COV_"))}
    return {**kept, "AMPARO_DATA_DIR": str(folder / ".amparo"), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


def run(amparo: Path, folder: Path, *words: str) -> str:
    done = subprocess.run(
        [amparo, *words],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def started(amparo: Path, folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A running command, ended for certain: a test must fail rather than wait for ever."""
    with subprocess.Popen(
        [amparo, *words],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        watchdog = Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def until(stream: IO[str] | None, mark: str) -> str:
    """What is printed up to the line that holds ``mark``."""
    assert stream is not None
    seen = []
    for line in stream:
        seen.append(line)
        if mark in line:
            return "".join(seen)
    raise AssertionError("ended before it was ready:\n" + "".join(seen))


def status(address: str) -> int:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of this machine
        return int(answer.status)


def test_the_wheel_holds_program_and_content_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"bot", next(top for top in tops if top.endswith(".dist-info"))}
    for source, target in (
        ("bot", "bot"),
        ("intents", "bot/data/intents"),
        ("responses", "bot/data/responses"),
    ):
        files = subprocess.run(
            ["git", "ls-files", source], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        assert files
        assert {target + file.removeprefix(source) for file in files} <= set(names)


def test_every_import_is_declared() -> None:
    """A library that only the tests need would be missing where people run Amparo.

    The action server alone may need what the extra ``rasa`` brings.
    """
    always, with_rasa = _closure(_run_requirements()), _closure(_run_requirements("rasa"))
    owners = metadata.packages_distributions()
    missing = set()
    for path in (ROOT / "bot").rglob("*.py"):
        declared = with_rasa if path.parent.name == "actions" else always
        for top in _imports(path) - set(sys.stdlib_module_names) - {"bot"}:
            if not {_normal(name) for name in owners.get(top, [])} & declared:
                missing.add(f"{path.relative_to(ROOT)}: {top}")
    assert missing == set()


def test_the_program_comes_from_the_wheel(amparo: Path, folder: Path) -> None:
    """The premise of the tests below: the checkout is out of reach."""
    asked = run(amparo.with_name("python"), folder, "-c", "import bot; print(bot.__file__)")
    assert Path(asked).is_relative_to(amparo.parents[1])


def test_check_reads_the_content_of_the_wheel(amparo: Path, folder: Path) -> None:
    assert "0 errors" in run(amparo, folder, "check")


def test_parse_reads_danger_and_the_wheel_has_the_very_examples_of_the_checkout(
    amparo: Path, folder: Path
) -> None:
    """A model is taken only where examples and code are those that it was trained from; else it is made anew."""
    before = (folder / ".amparo" / "model.npz").stat()
    printed = run(amparo, folder, "parse", "mi hija de 12 años dice que se quiere morir", "--json")
    assert '"self_harm"' in printed
    after = (folder / ".amparo" / "model.npz").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_wheel_trains(amparo: Path, folder: Path) -> None:
    examples = folder / "examples.jsonl"
    lines = [
        json.dumps({"text": f"{word} {number}", "intent": word})
        for word in ("hola", "gracias")
        for number in range(5)
    ]
    examples.write_text("\n".join(lines), "utf-8")
    run(amparo, folder, "train", "--examples", str(examples), "--out", str(folder / "small.npz"))
    measured = run(amparo, folder, "evaluate", str(examples), "--model", str(folder / "small.npz"), "--json")
    assert json.loads(measured)["overall"]["accuracy"] == 1.0


def test_demo_answers_on_both_addresses_and_ends_cleanly(amparo: Path, folder: Path) -> None:
    words = ("demo", "--chat", "127.0.0.1:0", "--console", "127.0.0.1:0")
    with started(amparo, folder, *words) as process:
        addresses = re.findall(r"http://127\.0\.0\.1:\d+", until(process.stdout, "Stop with Ctrl-C"))
        assert [status(address) for address in addresses] == [200, 200]
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Stopped." in rest
    assert "Traceback" not in rest


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _run_requirements(*extras: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = [row for extra in extras for row in project["optional-dependencies"][extra]]
    return [str(row) for row in (*project["dependencies"], *optional)]


def _closure(requirements: list[str]) -> set[str]:
    """Distributions that come along with these, by what is installed here."""
    found: set[str] = set()
    waiting = [(text, "") for text in requirements]
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        name = _normal(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name not in found:
            found.add(name)
            waiting += [(item, "") for item in metadata.requires(name) or ()]
        for wanted in requirement.extras:
            waiting += [(item, wanted) for item in metadata.requires(name) or () if "extra" in item]
    return found
