"""HELPLINE_FEATURES.md has every row once, and names only modules and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "deploy" / "HELPLINE_FEATURES.md").read_text("utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| feature |")
]
# fmt: off
BAR = (
    "queue", "claim and lock", "priority", "timers", "assign and transfer", "two-way relay",
    "ready texts by language", "internal notes", "forms", "referral directory", "supervisor's view",
    "live updates", "search", "bulk", "audit trail", "roles", "second factor, sign-in elsewhere",
    "encryption at rest", "retention and erasure", "export", "translations", "after hours", "survey",
    "attachments", "mobile", "accessibility", "API and webhooks", "notifications", "monitoring", "backups",
    "many countries", "light to run",
)
# fmt: on


def test_every_feature_has_its_row_in_order() -> None:
    names = [row[0] for row in ROWS]
    assert tuple(names[: len(BAR)]) == BAR
    assert [name.partition(".")[0] for name in names[len(BAR) :]] == [str(n) for n in range(1, 16)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_exists(row: tuple[str, ...]) -> None:
    _, what, where, test = row
    state = re.match(r"\*\*(Yes|Partly|No)\*\*", what)
    assert state is not None
    places, tests = re.findall(r"`([^`]+)`", where), re.findall(r"`([\w/.]+)::(\w+)`", test)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert (test == "–") is (state[1] == "No")
    for path, name in tests:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path} has no {name}"
    assert bool(tests) is (state[1] != "No")
