"""The commands that the program really has, for comparison with what files say."""

from __future__ import annotations

import typer.main

from bot.cli.main import app


def commands() -> frozenset[str]:
    """Every command as words, such as ``run`` and ``staff add``; groups too."""
    found: set[str] = set()

    def walk(command: object, before: str) -> None:
        for name, child in getattr(command, "commands", {}).items():
            found.add(f"{before}{name}")
            walk(child, f"{before}{name} ")

    walk(typer.main.get_command(app), "")
    return frozenset(found)
