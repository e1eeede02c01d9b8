"""A copy of the shipped content that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.content.checks import run_checks
from bot.content.findings import Finding
from bot.content.library import load

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 23)

Spoil = Callable[[str, str, str], list[Finding]]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """``spoil(file, old, new)``: the findings once ``old`` in a file became ``new``."""
    shutil.copytree(ROOT / "responses", tmp_path / "responses")
    intents = tmp_path / "intents"
    (intents / "es").mkdir(parents=True)
    shutil.copy(ROOT / "intents/taxonomy.yml", intents)
    (intents / "es" / "small.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hola\n    - buenas\n', "utf-8"
    )

    def change(file: str, old: str, new: str) -> list[Finding]:
        path = tmp_path / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} no longer holds {old!r}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        library = load(intents, tmp_path / "responses")
        return [*library.findings, *run_checks(library, TODAY)]

    return change
