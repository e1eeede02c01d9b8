"""deploy/env.example says what the settings table says, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from bot.settings import PREFIX, Settings

EXAMPLE = Path(__file__).parents[3] / "deploy" / "env.example"
_ENTRY = re.compile(rf"^# (?P<text>.+)\n#(?P<name>{PREFIX}[A-Z_]+)=(?P<value>.*)$", re.MULTILINE)


def described() -> dict[str, tuple[str, str]]:
    """Name to description and default, as the settings table has them."""
    table = {}
    for name, field in Settings.model_fields.items():
        unset = field.default in (None, PydanticUndefined)
        table[f"{PREFIX}{name.upper()}"] = (field.description or "", "" if unset else str(field.default))
    return table


def test_every_setting_with_its_description_and_default() -> None:
    entries = _ENTRY.finditer(EXAMPLE.read_text("utf-8"))
    assert {e["name"]: (e["text"], e["value"]) for e in entries} == described()


def test_nothing_is_set_and_nothing_is_left_over() -> None:
    """An entry that the pattern does not see would escape the comparison above."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert sum(line.startswith(f"#{PREFIX}") for line in lines) == len(described())


def test_a_copy_with_every_default_set_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "amparo.env"
    text = EXAMPLE.read_text("utf-8")
    copy.write_text(re.sub(rf"^#({PREFIX}[A-Z_]+=.+)$", r"\1", text, flags=re.MULTILINE), "utf-8")
    assert Settings(_env_file=copy) == Settings()  # type: ignore[call-arg]
